"""What the values of a grid are called: the shortest words that tell them apart. Its runs have their names from them.

A word ends where it is seen to end, so that no two rows of words read the same: text with blanks, quotes or signs of
syntax stands in quotes, as in TOML. Files are called by what says nothing of the machine that they are on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import date, time
from typing import Any

from weightreel.trainer.fields import Loc, escaped, quoted
from weightreel.trainer.options import Options
from weightreel.trainer.paths import bare

Places = Sequence[tuple[Loc, str]]  # of the paths within a value


def labels(values: Sequence[object], paths: Sequence[Places]) -> list[str]:
    """The words for each value: alike only where the values are. `paths` are those within each of them."""
    shown = without_paths(values, paths)
    short = [_short(value) for value in shown]
    return short if len(set(short)) == len(short) else [_exact(value) for value in shown]


def without_paths(values: Sequence[object], paths: Sequence[Places]) -> list[object]:
    """The values with the names of files in place of what says where they are; different ones are called apart."""
    names = _apart(dict.fromkeys(path for places in paths for _, path in places))
    return [_renamed(plain(value), places, names) for value, places in zip(values, paths, strict=True)]


def plain(value: object) -> object:
    """A value as a scene file would say it: an instance becomes its table, without what is so by default."""
    if not isinstance(value, Options):
        return value
    kind = {"type": value.type} if hasattr(value, "type") else {}
    return kind | value.model_dump(exclude_defaults=True, exclude_none=True)


def _apart(paths: Iterable[str]) -> dict[str, str]:
    """What files are called: what is left of their paths, numbered before the suffix where that is the same."""
    names: dict[str, str] = {}
    for path in paths:
        name, number = bare(path), 1
        stem, dot, suffix = name.rpartition(".") if "." in name[1:] else (name, "", "")
        while name in names.values():
            number += 1
            name = f"{stem}-{number}{dot}{suffix}"
        names[path] = name
    return names


def _renamed(value: object, places: Places, names: Mapping[str, str]) -> object:
    if not places:
        return value
    holder: dict[str, Any] = {"value": deepcopy(value)}
    for at, path in places:
        node: Any = holder
        *parents, last = ("value", *at)
        for part in parents:
            node = node[part]
        node[last] = names[path]
    return holder["value"]


def _short(value: object) -> str:
    """The words for a value where they need not say of which type it is."""
    if isinstance(value, float):
        rounded = f"{value:g}"
        return rounded if float(rounded) == value else repr(value).removesuffix(".0")
    if isinstance(value, str) and value and not any(c in "\"'=#[]{}," or c.isspace() for c in value):
        return value if value.isprintable() else _exact(value)
    return _exact(value)


def _exact(value: object) -> str:
    """The words for a value as TOML writes it, in a line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{quoted(str(k))}={_exact(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_exact, value)) + "]"
    written = json.dumps(value if isinstance(value, str) else repr(value), ensure_ascii=False)
    return "".join(c if c.isprintable() else escaped(c) for c in written)
