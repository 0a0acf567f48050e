"""What is wrong between parts of a scene that are each valid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weightreel.render.drawing.layout import Layout
from weightreel.render.encoders._output import Output
from weightreel.render.errors import Problem
from weightreel.render.scene.grid import combinations, grid_problems
from weightreel.render.views import View
from weightreel.trainer.run import Run


def contradictions(parts: Mapping[str, Any]) -> list[Problem]:
    """What is wrong between parts of a scene that are each valid; parts that are missing are not looked at."""
    problems: list[Problem] = []
    if parts.get("run") and parts.get("runs"):
        problems.append(Problem("runs", "a scene has [run] or [runs.NAME], not both"))
    runs = dict(parts.get("runs") or {}) or ({"run": parts["run"]} if parts.get("run") else {})
    for name, run in runs.items():
        problems += [Problem(f"{run_key(name)}.{k}", m) for k, m in run.problems(None, None)]
    if parts.get("run") and parts.get("grid"):
        found = grid_problems(parts["run"], parts["grid"])
        problems += found
        runs = {} if found else {n: r for n, (r, _) in combinations(parts["run"], parts["grid"]).items()}
    elif parts.get("grid"):
        problems.append(Problem("grid", "a grid varies [run]; there is none"))
    table = parts.get("table")
    if table and not str(table).lower().endswith(".csv"):
        problems.append(Problem("table", f"'{table}' is not a .csv file"))
    layout = parts.get("layout")
    if layout is not None:
        problems += layout.problems()
    for i, view in _numbered(parts.get("view")):
        problems += _view_problems(i, view, layout, runs)
    for key in ("title_card", "end_card"):
        card = parts.get(key)
        if card is not None and runs and card.run not in (None, *runs):
            problems.append(Problem(f"{key}.run", f"no run '{card.run}'; there are {', '.join(runs)}"))
    for i, output in _numbered(parts.get("output")):
        problems += _output_problems(i, output, layout)
    return problems


def run_key(name: str) -> str:
    """The key of a run in the scene: [run], or [runs.NAME]."""
    return "run" if name == "run" else f"runs.{name}"


def _numbered(items: Any) -> list[tuple[int, Any]]:
    return list(items.items()) if isinstance(items, Mapping) else list(enumerate(items or ()))


def _view_problems(i: int, view: View, layout: Layout | None, runs: Mapping[str, Run]) -> list[Problem]:
    found = []
    if layout is not None and view.area is not None and view.area not in layout.names:
        there = ", ".join(f"'{n}'" for n in layout.names)
        hint = f"layout.areas names {there}" if there else "layout.areas names none"
        found.append(Problem(f"view[{i}].area", f"no area '{view.area}'; {hint}"))
    if view.every_run or not runs:
        return found
    run = view.runs(runs)[0]
    if run not in runs:
        found.append(Problem(f"view[{i}].run", f"no run '{view.run}'; there are {', '.join(runs)}"))
    layer, count = getattr(view, "layer", None), len(runs[run].layers) if run in runs else 0
    if layer is not None and count and layer >= count:
        found.append(Problem(f"view[{i}].layer", f"layer {layer} is out of range; the run has layers 0 to {count - 1}"))
    return found


def _output_problems(i: int, output: Output, layout: Layout | None) -> list[Problem]:
    size = output.size_in(layout.size) if layout is not None else output.size
    message = output.size_problem(output.padded(size)) if size else None
    if message:
        return [Problem(f"output[{i}].size" if output.size else "layout.size", message)]
    return []
