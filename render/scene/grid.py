"""Grids of settings: a run for each combination of values."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from weightreel.render.errors import Finding, SceneError
from weightreel.trainer import plugins
from weightreel.trainer.kinds import KINDS
from weightreel.trainer.options import Options
from weightreel.trainer.run import Run


def combinations(run: Run, grid: Mapping[str, Sequence[object]]) -> dict[str, tuple[Run, dict[str, str]]]:
    """A run for each combination of the grid's values, named after them, such as "lr=0.1 l2=0.01".

    Raises:
        SceneError: a value is wrong for its key.
        KeyError: a run has no such key.
    """
    made = {}
    for values in itertools.product(*grid.values()):
        document = run.model_dump(exclude_none=True)
        for key, value in zip(grid, values, strict=True):
            _set(document, key, value)
        settings = {
            key: f"{value:g}" if isinstance(value, float) else str(value)
            for key, value in zip(grid, values, strict=True)
        }
        name = " ".join(f"{key.rpartition('.')[2]}={shown.replace('/', ' ')}" for key, shown in settings.items())
        made[name] = (Run.model_validate(_with_own_classes(document, run)), settings)
    return made


def _with_own_classes(document: dict[str, Any], run: Run) -> dict[str, Any]:
    """Plain values, but for plug-ins that were made in Python: they are built by their class, as no name of a type
    leads to it."""
    layers = itertools.zip_longest(document["layers"], run.layers[: len(document["layers"])])
    return document | {
        "layers": [_built("layer", plain, was) for plain, was in layers],
        "optimizer": _built("optimizer", document["optimizer"], run.optimizer),
        "data": _built("dataset", document["data"], run.data),
    }


def _built(kind: str, plain: object, was: Options | None) -> object:
    if was is None or type(was) in plugins.known(KINDS[kind].package):
        return plain
    same = isinstance(plain, Mapping) and plain.get("type") == getattr(was, "type", None)
    return type(was).model_validate(plain) if same else plain


def _set(document: dict[str, Any], path: str, value: object) -> None:
    """Put a value at a dotted path; numbers count items of lists."""
    node: Any = document
    *parents, last = path.split(".")
    for part in parents:
        if isinstance(node, tuple | list):
            node = node[int(part)]
        else:
            if isinstance(node.get(part), tuple):
                node[part] = list(node[part])
            node = node[part]
    node[last] = value


def grid_findings(run: Run, grid: Mapping[str, Sequence[object]]) -> list[Finding]:
    """What is wrong with a grid of settings."""
    for key, values in grid.items():
        if not values:
            return [Finding(f"grid.{key}", "is an empty list; give the values to try")]
    try:
        combinations(run, grid)
    except SceneError as error:
        first = error.findings[0]
        return [Finding("grid", f"{first.key}: {first.message}")]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        return [Finding("grid", f'no such key in [run]: {error}; write it as lr = … under optimizer: "optimizer.lr"')]
    return []
