"""Scenes: what is trained, what is shown, what is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Discriminator, Field, ModelWrapValidatorHandler, PrivateAttr, Tag, ValidationError, model_validator

from weightreel.render.drawing.layout import Layout
from weightreel.render.drawing.theme import Theme
from weightreel.render.encoders._output import Output
from weightreel.render.errors import Finding, SceneError
from weightreel.render.scene.consistency import contradictions, sound_parts
from weightreel.render.scene.digests import Digests
from weightreel.render.scene.grid import combinations
from weightreel.render.scene.outputs import output_kind, output_kinds
from weightreel.render.scene.recorded import Recorded, RunName
from weightreel.render.scene.sections import Section, sections_of
from weightreel.render.scene.timeline import Timeline
from weightreel.render.views import View
from weightreel.render.views._card import Card
from weightreel.trainer import plugins
from weightreel.trainer.bounds import Plain
from weightreel.trainer.messages import worded
from weightreel.trainer.options import Many, Options, PathText
from weightreel.trainer.recording.about import About
from weightreel.trainer.run import Run

if TYPE_CHECKING:
    AnyView = View
    AnyOutput = Output
else:
    AnyView = plugins.union("weightreel.render.views")
    _tagged = tuple(Annotated[kind, Tag(name)] for name, kind in output_kinds().items())
    _by_path = Annotated[Union[_tagged], Discriminator(output_kind)]  # noqa: UP007
    AnyOutput = plugins.union("weightreel.render.encoders", _by_path, output_kind)


MOST_VIEWS, MOST_OUTPUTS = 100, 20


class Recipe(Options):
    """What a clip's recipe says besides the scene: versions of packages, the digest of each run's data or recording, of
    each frame.

    Example:
        [recipe]
        versions = { weightreel = "0.1.0" }
    """

    versions: dict[str, str] = Field(default={}, description="of the packages that drew the clip")
    data: dict[RunName, str] = Field(default={}, description="SHA-256 by run")
    recording: dict[RunName, str] = Field(default={}, description="SHA-256 by run of what was filmed, untrained")
    frames: Digests | None = Field(default=None, description="what was drawn, for weightreel reproduce")


class Scene(Options):
    """A film, as a scene file says it. Plain, frozen, built the same way from Python.

    Example:
        title = "64 neurons learn MNIST"
        theme = "light"

        [run]
        layers = [
          { type = "dense", units = 64, activation = "sigmoid" },
          { type = "dense", units = 10, activation = "softmax" },
        ]

        [[view]]
        type = "neuron_grid"

        [[output]]
        path = "film.gif"

    Raises:
        SceneError: with everything that is wrong or contradicts itself, in the order of the keys.
    """

    title: str = Field(default="", description="a line that says what it shows; title cards show it")
    seed: int = Field(
        default=0, ge=0, lt=2**64, description="fixes the split, the initial weights and the order of images"
    )
    run: Run | None = Field(default=None, description="what is trained; needed, unless there is [runs] or [recording]")
    runs: dict[str, Run] = Field(default={}, description="several trainings by name, [runs.NAME], in place of [run]")
    grid: dict[str, Annotated[list[Plain], Field(strict=False)]] = Field(
        default={}, description="values by key of [run], such as l2 = [0.01, 0.1]: a run for each combination"
    )
    recording: Recorded | None = Field(
        default=None, description="what is filmed without any training, in place of [run]"
    )
    table: PathText | None = Field(
        default=None, description="a .csv file to write: settings and final metrics of every run"
    )
    theme: Theme = Field(default=Theme(), description="colours, type sizes and line weights")
    timeline: Timeline = Field(default=Timeline(), description="how long the film is, and its pace")
    title_card: Card | None = Field(default=None, description="words before the film")
    end_card: Card | None = Field(default=None, description="words after the film")
    layout: Layout = Field(default=Layout(), description="size of the frame, and its areas")
    view: Annotated[Many[AnyView], Field(max_length=MOST_VIEWS)] = Field(
        default=(), description="what is shown, drawn in this order, each under [[view]]"
    )
    output: Annotated[Many[AnyOutput], Field(max_length=MOST_OUTPUTS)] = Field(
        default=(), description="the clips that are written, each under [[output]]"
    )
    recipe: Recipe | None = Field(default=None, description="in scenes printed by weightreel recipe")
    # Where it came from is no part of it: not of its keys, its recipe or its schema.
    _folder: str = PrivateAttr(default=".")
    _source: str = PrivateAttr(default="scene")
    _makes: frozenset[str] = PrivateAttr(default=frozenset())
    _notes: tuple[Finding, ...] = PrivateAttr(default=())

    @model_validator(mode="wrap")
    @classmethod
    def _checked(cls, value: object, validate: ModelWrapValidatorHandler[Scene]) -> Scene:
        """A wrong key hides no other: what is wrong is left out, and the rest is looked at too."""
        try:
            scene = validate(value)
            found = contradictions(vars(scene))
        except ValidationError as error:
            found = worded(error, cls, value)
            if isinstance(value, Mapping):
                found += contradictions(sound_parts(value, error, validate))
        if found:
            raise SceneError("scene", sorted(dict.fromkeys(found), key=_order))
        return scene

    @property
    def folder(self) -> str:
        """Where relative paths of data start."""
        return self._folder

    @property
    def source(self) -> str:
        """What messages call it."""
        return self._source

    def makes_folder_of(self, path: str) -> bool:
        """Whether the folder of what it writes is made where it is missing, and that is said: of a path that was asked
        for with -o, and of one that a scene of ours has, as long as nobody named another. Other scenes name folders
        that their people know; a name that was mistyped makes none."""
        return path in self._makes

    @property
    def notes(self) -> tuple[Finding, ...]:
        """What was read otherwise than it was written."""
        return self._notes

    def located(
        self,
        *,
        folder: Path | str,
        source: str,
        makes: frozenset[str] = frozenset(),
        notes: tuple[Finding, ...] = (),
    ) -> Scene:
        """The same scene from another place; `makes` are the paths whose folders are made."""
        scene = self.model_copy()
        scene._folder, scene._source, scene._makes, scene._notes = str(folder), source, makes, notes
        return scene

    @property
    def trainings(self) -> dict[str, Run]:
        """The runs by name; a single one is called "run"."""
        return {name: run for name, (run, _) in self.variants.items()}

    def names(self, about: Mapping[str, About]) -> tuple[str, ...]:
        """The names of its runs: of those that it trains, or of those that are known of its recording."""
        return tuple(self.trainings) or tuple(about)

    @property
    def sections(self) -> tuple[Section, ...]:
        """The film from its first frame to its last: a title card, the training, an end card."""
        return sections_of(self.title, self.title_card, self.end_card)

    @property
    def cards(self) -> dict[str, Card]:
        """The cards there are, by their keys."""
        return {section.key: section.card for section in self.sections if section.card is not None}

    @property
    def variants(self) -> dict[str, tuple[Run, dict[str, str]]]:
        """The runs by name, each with the settings that tell it from the others of a grid."""
        if self.run is not None and self.grid:
            return combinations(self.run, self.grid)
        runs = dict(self.runs) or ({"run": self.run} if self.run else {})
        return {name: (run, {}) for name, run in runs.items()}


def _order(finding: Finding) -> tuple[int, int]:
    """Where a finding stands in the order of a scene's keys and of the items of its lists; unknown keys come last."""
    keys, parts = list(Scene.model_fields), re.match(r"(\w*)(?:\[(\d+)\])?", finding.key)
    assert parts is not None
    return (keys.index(parts[1]) if parts[1] in keys else len(keys)), int(parts[2] or 0)
