"""Grids of settings: a run for each combination of values."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

from weightreel.render.errors import Finding, SceneError, Unfit
from weightreel.render.scene.labels import Places, labels, plain, without_paths
from weightreel.trainer import plugins
from weightreel.trainer.fields import Loc, meant, quoted
from weightreel.trainer.kinds import KINDS
from weightreel.trainer.options import PATH, Options
from weightreel.trainer.run import Run

MOST_RUNS = 1_000
Grid = Mapping[str, Sequence[object]]


Runs = dict[str, tuple[Run, dict[str, str]]]
# What was asked for last: a scene is asked for its runs again and again, and a thousand take a fifth of a second.
_MADE: deque[tuple[Run, Grid, Runs]] = deque(maxlen=4)


def combinations(run: Run, grid: Grid) -> Runs:
    """A run for each combination of the grid's values, named after them, such as "lr=0.1 l2=0.01".

    Raises:
        SceneError: a value is wrong for its key.
        Unfit: a run has no such key.
    """
    for known_run, known_grid, known in _MADE:
        if known_run is run and known_grid is grid:
            return dict(known)
    called = {key: _labels(run, key, values) for key, values in grid.items()}
    made: Runs = {}
    for numbers in _numbers(grid):
        settings = {key: called[key][i] for key, i in numbers.items()}
        name = " ".join(f"{key.rpartition('.')[2]}={label}" for key, label in settings.items())
        made[name] = _changed(run, {key: grid[key][i] for key, i in numbers.items()}), settings
    _MADE.append((run, grid, made))
    return dict(made)


def _numbers(grid: Grid) -> Iterator[dict[str, int]]:
    """Which value of each key, for every combination."""
    for numbers in itertools.product(*(range(len(values)) for values in grid.values())):
        yield dict(zip(grid, numbers, strict=True))


def _labels(run: Run, key: str, values: Sequence[object]) -> list[str]:
    """What each value of a key is called."""
    return labels(values, _places(run, key, values))


def without_machine(run: Run, grid: Grid) -> dict[str, list[object]]:
    """The same grid with nothing that says where its files are; its runs have the same names."""
    return {key: without_paths(values, _places(run, key, values)) for key, values in grid.items()}


def _places(run: Run, key: str, values: Sequence[object]) -> list[Places]:
    at = tuple(int(part) if part.isdecimal() else part for part in key.split("."))
    return [list(_paths(run, key, at, plain(value))) for value in values]


def _paths(run: Run, key: str, at: Loc, value: object) -> Iterator[tuple[Loc, str]]:
    """The places within a value of a key at which a path of the machine stands, each with that path."""
    document = run.model_dump(exclude_none=True)
    try:
        _set(document, key, value)
    except Unfit:
        return  # the key is wrong, which is said elsewhere
    for place, path in meant(Run, document, PATH):
        if place[: len(at)] == at and isinstance(path, str):
            yield place[len(at) :], path


def _changed(run: Run, values: Mapping[str, object]) -> Run:
    document = run.model_dump(exclude_none=True)
    for key, value in values.items():
        _set(document, key, value)
    return Run.model_validate(_with_own_classes(document, run))


def _with_own_classes(document: dict[str, Any], run: Run) -> dict[str, Any]:
    """Plain values, but for plug-ins that were made in Python: they are built by their class, as no name of a type
    leads to it."""
    if not isinstance(document["layers"], list | tuple):
        return document  # what is wrong with them is the model's to say
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
    """Put a value at a dotted path; numbers count items of lists.

    Raises:
        Unfit: the path leads through something that is not there.
    """
    node: Any = document
    *parents, last = path.split(".")
    for i, part in enumerate(parents):
        _must_have(node, part, parents[:i])
        key = int(part) if isinstance(node, list) else part
        if isinstance(node[key], tuple):
            node[key] = list(node[key])
        node = node[key]
    if not isinstance(node, dict):
        _must_have(node, last, parents)
    node[int(last) if isinstance(node, list) else last] = value


def _must_have(node: object, part: str, owner: Sequence[str]) -> None:
    """An item that is there: keys that a run leaves out are set as a whole, such as early_stopping."""
    where = " ".join(["[run]", *owner])
    if isinstance(node, dict):
        if part not in node:
            raise Unfit("", f"no such key in {where}; there are {', '.join(node)}")
    elif not isinstance(node, list):
        raise Unfit("", f"{where} is a value and has no keys")
    elif not part.isdecimal() or int(part) >= len(node):
        raise Unfit("", f"no item {part} in {where}; there are {len(node)}, counted from 0")


def grid_findings(run: Run, grid: Grid) -> list[Finding]:
    """What is wrong with a grid of settings: each value by itself, then between the values of a combination."""
    count = prod(map(len, grid.values()))
    if count > MOST_RUNS:
        return [Finding("grid", f"makes {count:,} runs; a scene has at most {MOST_RUNS:,}, take values out")]
    found = [finding for key, values in grid.items() for finding in _of_key(run, key, values)]
    if found:
        return found
    try:
        made = combinations(run, grid)
    except (SceneError, Unfit) as error:  # keys that lead into one another
        told = [f.message for f in error.findings] if isinstance(error, SceneError) else [error.message]
        return [Finding("grid", message) for message in told]
    return placed({name: run.findings() for name, (run, _) in made.items()}, grid)


def _of_key(run: Run, key: str, values: Sequence[object]) -> Iterator[Finding]:
    place = _place(key)
    if not values:
        yield Finding(place, "is an empty list; give the values to try")
    shown = _labels(run, key, values)
    for i, value in enumerate(values):
        if shown[i] in shown[:i]:
            yield Finding(f"{place}[{i}]", f"is called {shown[i]}, as one before it is; take one of them out")
        try:
            _changed(run, {key: value})
        except SceneError as error:
            yield from (_moved(finding, key, i, run) for finding in error.findings)
        except Unfit as error:
            yield error.finding.under(place)
            return


def _moved(finding: Finding, key: str, number: int, run: Run) -> Finding:
    """What is wrong with a run, where the value stands that made it so. A key that is none is no value's fault."""
    within = _within(finding.key, key)
    if within is None:
        return Finding(f"{_place(key)}[{number}]", f"{finding.key}: {finding.message}")
    if not within and finding.message.startswith("unknown key"):
        of_optimizer = key in type(run.optimizer).model_fields
        return Finding(
            _place(key), f'unknown key; did you mean "optimizer.{key}"?' if of_optimizer else finding.message
        )
    return finding._replace(key=within).under(f"{_place(key)}[{number}]")


def _place(key: str) -> str:
    return f"grid.{quoted(key)}"


def _within(place: str, key: str) -> str | None:
    """The rest of a run's place under a key of the grid; None where it is elsewhere."""
    parts = key.split(".")
    own = parts[0] + "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in parts[1:])
    rest = place.removeprefix(own) if place.startswith(own) else "no"
    return rest.removeprefix(".") if not rest or rest[0] in ".[" else None


def placed(found: Mapping[str, Sequence[Finding]], grid: Grid) -> list[Finding]:
    """What is wrong with the runs of a grid, by their names, in the order of its combinations, at keys that the scene
    has: that of the value which is wrong, or that of [run], once, with the run where it is not so with all."""
    by_place: dict[Finding, list[str]] = {}
    for (name, findings), numbers in zip(found.items(), _numbers(grid), strict=True):
        for finding in findings:
            by_place.setdefault(_of_value(finding, numbers) or finding.under("run"), []).append(name)
    told = []
    for finding, names in by_place.items():
        of_all = len(names) == len(found) or finding.key.startswith("grid.")
        message = finding.message if of_all else f"{finding.message} (in the run {names[0]})"
        told.append(finding._replace(message=message))
    return told


def _of_value(finding: Finding, numbers: Mapping[str, int]) -> Finding | None:
    for key, number in numbers.items():
        within = _within(finding.key, key)
        if within is not None:
            return finding._replace(key=within).under(f"{_place(key)}[{number}]")
    return None
