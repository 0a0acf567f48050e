"""What is wrong between parts of a scene that are each valid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from weightreel.render.drawing.layout import Layout
from weightreel.render.encoders._output import Output
from weightreel.render.errors import Finding, Unfit
from weightreel.render.scene.grid import combinations, grid_findings
from weightreel.render.views import View
from weightreel.trainer.fields import quoted
from weightreel.trainer.options import LAYER
from weightreel.trainer.recording.about import layer_place
from weightreel.trainer.run import Run

LISTS = ("view", "output")


def sound_parts(
    document: Mapping[str, Any], error: ValidationError, validate: Callable[[object], object]
) -> dict[str, Any]:
    """The parts of a scene in which nothing is wrong, of a document in which something is; items of lists that are
    left in part are by their numbers."""
    wrong = {e["loc"][: 2 if e["loc"][0] in LISTS else 1] for e in error.errors()}
    rest, numbers = {k: v for k, v in document.items() if (k,) not in wrong}, {}
    for key in LISTS:
        if isinstance(rest.get(key), list | tuple):
            numbers[key] = [i for i in range(len(rest[key])) if (key, i) not in wrong]
            rest[key] = [rest[key][i] for i in numbers[key]]
    parts = {k: v for k, v in vars(validate(rest)).items() if (k,) not in wrong}
    return parts | {key: dict(zip(there, parts[key], strict=True)) for key, there in numbers.items()}


def contradictions(parts: Mapping[str, Any]) -> list[Finding]:
    """What is wrong between parts of a scene that are each valid; parts that are missing are not looked at."""
    found: list[Finding] = []
    found += _subject(parts)
    runs = dict(parts.get("runs") or {}) or ({"run": parts["run"]} if parts.get("run") else {})
    for name, run in runs.items():
        found += [finding.under(run_key(name)) for finding in run.findings()]
    if parts.get("run") and parts.get("grid"):
        wrong = grid_findings(parts["run"], parts["grid"])
        found += wrong
        runs = {} if wrong else {n: r for n, (r, _) in combinations(parts["run"], parts["grid"]).items()}
    elif parts.get("grid") and "run" in parts:
        found.append(Finding("grid", "a grid varies [run]; there is none"))
    table = parts.get("table")
    if table and not str(table).lower().endswith(".csv"):
        found.append(Finding("table", f"'{table}' is not a .csv file"))
    layout = parts.get("layout")
    if layout is not None:
        found += [finding.under("layout") for finding in layout.findings()]
    for i, view in _numbered(parts.get("view")):
        found += _view_findings(i, view, layout, runs)
    for key in ("title_card", "end_card"):
        card = parts.get(key)
        if card is not None and runs and card.run not in (None, *runs):
            found.append(Finding(f"{key}.run", f"no run '{card.run}'; there are {', '.join(runs)}"))
    for i, output in _numbered(parts.get("output")):
        found += _output_findings(i, output, layout)
    return found


def _subject(parts: Mapping[str, Any]) -> list[Finding]:
    """A scene is about one thing: a training, several, or a recording."""
    sorts = ("run", "runs", "recording")
    said = [key for key in sorts if parts.get(key)]
    if all(key in parts for key in sorts) and not said:
        told = "is missing; a scene needs a [run] table that says what is trained, or a [recording] to film"
        return [Finding("run", told)]
    found = [Finding("runs", "a scene has [run] or [runs.NAME], not both")] if {"run", "runs"} <= set(said) else []
    if "recording" in said:
        found += [finding.under("recording") for finding in parts["recording"].findings()]
        if len(said) > 1:
            told = f"a scene films a [recording] or trains [{said[0]}], not both; take one of them out"
            found.append(Finding("recording", told))
    return found


def run_key(name: str) -> str:
    """The key of a run's table: a single one is called "run"."""
    return "run" if name == "run" else f"runs.{quoted(name)}"


def _numbered(items: Any) -> list[tuple[int, Any]]:
    return list(items.items()) if isinstance(items, Mapping) else list(enumerate(items or ()))


def _view_findings(i: int, view: View, layout: Layout | None, runs: Mapping[str, Run]) -> list[Finding]:
    found = []
    if layout is not None and view.area is not None and view.area not in layout.every_name:
        there = ", ".join(f"'{n}'" for n in layout.every_name)
        hint = f"layout.areas names {there}" if there else "layout.areas names none"
        found.append(Finding(f"view[{i}].area", f"no area '{view.area}'; {hint}"))
    if view.every_run or not runs:
        return found
    shown = view.runs(runs)
    unknown = [run for run in shown if run not in runs]
    found += [Finding(f"view[{i}].run", f"no run '{run}'; there are {', '.join(runs)}") for run in unknown]
    names = runs[shown[0]].layer_names if shown[0] in runs else ()
    for key, layer in view.meant(LAYER).items() if names else ():
        try:
            layer_place(layer, names)
        except Unfit as error:
            found.append(Finding(key, error.message).under(f"view[{i}]"))
    return found


def _output_findings(i: int, output: Output, layout: Layout | None) -> list[Finding]:
    size = output.size_in(layout.size) if layout is not None else output.size
    own = f"output[{i}]" if output.size else "layout"
    return [finding.under(own) for finding in output.findings_at(output.padded(size))] if size else []
