"""Scenes: what is trained, what is shown, what is written."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import Discriminator, Field, Tag, ValidationError, model_validator

from weightreel.render.drawing import text
from weightreel.render.drawing.layout import Layout
from weightreel.render.drawing.theme import Theme
from weightreel.render.encoders._output import Output
from weightreel.render.encoders._presets import with_suffix
from weightreel.render.errors import Problem
from weightreel.render.scene.timeline import Timeline
from weightreel.render.views import View
from weightreel.render.views._card import Card
from weightreel.trainer import plugins
from weightreel.trainer.options import Options
from weightreel.trainer.recording.about import About
from weightreel.trainer.run import Run


def output_kinds() -> dict[str, type[Output]]:
    """The option class of every encoder, by its name."""
    return plugins.options("weightreel.render.encoders")  # type: ignore[return-value]


def suffixes() -> tuple[str, ...]:
    """All suffixes that some encoder writes."""
    return tuple(sorted({s for kind in output_kinds().values() for s in kind.suffixes}))


def codecs() -> dict[str, str]:
    """The encoder of each codec that one of them claims by name."""
    return {codec: name for name, kind in output_kinds().items() for codec in kind.codecs}


def output_kind(value: Any) -> str | None:
    """The encoder for an output: by its type, else its codec, else its suffix; None where none fits.

    Of several that fit, the one named after the suffix is meant; otherwise OpenCV, which also tries a fourcc that
    nobody claims.
    """
    if isinstance(value, Output):
        return getattr(value, "type", None)
    if not isinstance(value, Mapping):
        return None
    value = with_suffix(value)
    suffix = Path(str(value.get("path", ""))).suffix.lower()
    fitting = [n for n, kind in output_kinds().items() if suffix in kind.suffixes]
    named = value.get("type") or codecs().get(str(value.get("codec")))
    if named in fitting:
        return str(named)
    if not suffix and "for" in value:
        return "h264"  # any kind will do: what is wrong is the purpose, and that is what it will say
    preferred = [name for name in (suffix.lstrip("."), "opencv") if name in fitting]
    return next(iter(preferred + fitting), None)


if TYPE_CHECKING:
    AnyView = View
    AnyOutput = Output
else:
    AnyView = plugins.union("weightreel.render.views")
    AnyOutput = Annotated[
        Union[tuple(Annotated[kind, Tag(name)] for name, kind in output_kinds().items())],  # noqa: UP007
        Discriminator(output_kind),
    ]


class Recipe(Options):
    """What a clip's recipe says besides the scene: versions of packages, and the digest of each run's data."""

    versions: dict[str, str] = Field(default={}, description="of the packages that drew the clip")
    data: dict[str, str] = Field(default={}, description="SHA-256 by run")


class Scene(Options):
    """A film, as a scene file says it. Plain, frozen, built the same way from Python.

    Raises:
        pydantic.ValidationError: a value is wrong, or two contradict each other.
    """

    title: str = ""
    seed: int = Field(default=0, ge=0, description="fixes the split, the initial weights and the order of images")
    run: Run | None = None
    runs: dict[str, Run] = Field(default={}, description="several trainings by name, in place of [run]")
    grid: dict[str, list[Any]] = Field(
        default={}, description="values by key of [run], such as l2 = [0.01, 0.1]: a run for each combination"
    )
    table: str | None = Field(default=None, description="a .csv file to write: settings and final metrics of every run")
    theme: Theme = Theme()
    timeline: Timeline = Timeline()
    title_card: Card | None = Field(default=None, description="before the film")
    end_card: Card | None = Field(default=None, description="after the film")
    layout: Layout = Layout()
    view: Annotated[tuple[AnyView, ...], Field(strict=False)] = ()
    output: Annotated[tuple[AnyOutput, ...], Field(strict=False)] = ()
    recipe: Recipe | None = Field(default=None, description="in scenes printed by weightreel recipe")
    folder: str = Field(default=".", exclude=True, description="where relative data paths start; set on loading")
    source: str = Field(default="scene", exclude=True, description="what messages call it; set on loading")

    ships: bool = Field(default=False, exclude=True, description="one of ours by name: its folders are made for it")

    @model_validator(mode="after")
    def _consistent(self) -> Scene:
        problems = contradictions(vars(self))
        if problems:
            raise ValueError("; ".join(f"{p.key}: {p.message}" for p in problems))
        return self

    @property
    def trainings(self) -> dict[str, Run]:
        """The runs by name; a single one is called "run"."""
        return {name: run for name, (run, _) in self.variants.items()}

    @property
    def cards(self) -> dict[str, Card]:
        """The cards there are, by their keys; the title card says the scene's title where it says no heading."""
        title, found = self.title_card, {}
        if title is not None:
            heading = self.title.replace("{", "{{").replace("}", "}}") if title.heading is None else title.heading
            found["title_card"] = title.model_copy(update={"heading": heading})
        return found if self.end_card is None else found | {"end_card": self.end_card}

    def card_frames(self, fps: float) -> tuple[int, int]:
        """How many frames the title card and the end card take."""
        title, end = (0 if card is None else card.frames(fps) for card in (self.title_card, self.end_card))
        return title, end

    @property
    def variants(self) -> dict[str, tuple[Run, dict[str, str]]]:
        """The runs by name, each with the settings that tell it from the others of a grid."""
        if self.run is not None and self.grid:
            return combinations(self.run, self.grid)
        runs = dict(self.runs) or ({"run": self.run} if self.run else {})
        return {name: (run, {}) for name, run in runs.items()}


def combinations(run: Run, grid: Mapping[str, list[Any]]) -> dict[str, tuple[Run, dict[str, str]]]:
    """A run for each combination of the grid's values, named after them, such as "lr=0.1 l2=0.01".

    Raises:
        pydantic.ValidationError: a value is wrong for its key.
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
        made[name] = (Run.model_validate(document), settings)
    return made


def _set(document: dict[str, Any], path: str, value: Any) -> None:
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


def grid_problems(run: Run, grid: Mapping[str, list[Any]]) -> list[Problem]:
    """What is wrong with a grid of settings."""
    for key, values in grid.items():
        if not values:
            return [Problem(f"grid.{key}", "is an empty list; give the values to try")]
    try:
        combinations(run, grid)
    except ValidationError as error:
        first = error.errors()[0]
        return [Problem("grid", f"{'.'.join(map(str, first['loc']))}: {first['msg']}")]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        return [Problem("grid", f'no such key in [run]: {error}; write it as lr = … under optimizer: "optimizer.lr"')]
    return []


def contradictions(parts: Mapping[str, Any]) -> list[Problem]:
    """What is wrong between parts of a scene that are each valid; parts that are missing are not looked at."""
    problems: list[Problem] = []
    if parts.get("run") and parts.get("runs"):
        problems.append(Problem("runs", "a scene has [run] or [runs.NAME], not both"))
    runs = dict(parts.get("runs") or {}) or ({"run": parts["run"]} if parts.get("run") else {})
    for name, run in runs.items():
        problems += [Problem(f"{_run_key(name)}.{k}", m) for k, m in run.problems(None, None)]
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


def _run_key(name: str) -> str:
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
    run = view.run_among(runs)
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


def misfits(scene: Scene, about: Mapping[str, About]) -> list[Problem]:
    """What the networks and the data cannot give to the scene's cards and views, once both are known."""
    found = [Problem(f"{k}.{key}".rstrip("."), m) for k, card in scene.cards.items() for key, m in card.problems()]
    if scene.title_card and scene.title_card.heading is None and text.missing(scene.title):
        lost = " ".join(text.missing(scene.title))
        found.append(Problem("title", f"the typeface has no sign for {lost}; use others, or say title_card.heading"))
    return found + [
        Problem(f"view[{i}].{key}", message)
        for i, view in enumerate(scene.view)
        for key, message in view.problems(about[view.run_among(about)])
    ]
