"""What scripts have at hand, as the plain values that a scene file would hold: numbers and arrays of NumPy, paths."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

DEEPEST = 64  # of tables and lists within each other; what is deeper is left to whoever judges it


def plain(value: object, depth: int = 0) -> object:
    """The same with Python's own numbers, text and lists in place of those of NumPy and of paths; what is nothing of
    these is as it was."""
    if type(value) in (str, int, float, bool) or value is None or depth > DEEPEST:
        return value
    if isinstance(value, dict):
        return {key: plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        items = [plain(inner, depth + 1) for inner in value]
        return items if isinstance(value, list) else tuple(items)
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    return _of_numpy(value, sys.modules.get("numpy"), depth)  # not imported here: a value of it can only come with it


def plain_keys(keys: Mapping[str, object]) -> dict[str, Any]:
    """The keys of a call with plain values."""
    return {key: plain(value) for key, value in keys.items()}


def _of_numpy(value: Any, numpy: Any, depth: int) -> object:
    if numpy is None or not isinstance(value, numpy.generic | numpy.ndarray):
        return value
    if isinstance(value, numpy.ndarray):
        return plain(value[()], depth) if value.ndim == 0 else [plain(inner, depth + 1) for inner in value]
    if isinstance(value, numpy.floating):
        return float(str(value))  # 0.1 in float32 was meant as 0.1, not as 0.10000000149011612
    if isinstance(value, numpy.bool_ | numpy.integer | numpy.str_):
        return value.item()
    return value
