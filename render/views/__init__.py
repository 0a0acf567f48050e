"""Views, one file each: what fills a rectangle of the frame.

A view is frozen options, a subclass of `View` whose `type` is its module's name. Before training it may name
the probes it needs and the size it fills. `fit` sees all recordings and the whole course of the film and fixes what the
options leave open; what it returns draws any moment of it, paints every pixel that it is responsible for at each
draw, and reads nothing after the steps that the moment names. Views know nothing of scenes, encoders or each other;
what they share stands in files whose names begin with `_`, or in `drawing`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from weightreel.render.drawing.canvas import Frame, Rect
from weightreel.render.drawing.layout import Natural, Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.template import Source, Written, values_at
from weightreel.render.drawing.tiles import TileGrid
from weightreel.render.drawing.tweened import Tweened
from weightreel.render.errors import Finding, Unfit
from weightreel.trainer.options import Options
from weightreel.trainer.recording import held
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.probes import Probe
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

NO_CLASSES = "the training names no classes to tell apart; say classes to the recorder"


DECIDES = {"fit", "now", "filling"}  # on what a moment shows


class Fitted(Protocol):
    """A view fitted to recordings and a place. Pickles; holds no canvas."""

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Draw a moment on `canvas`, the view's rectangle of the frame (height, width, 3); read nothing after the
        steps that the moment names."""
        ...


class View(Options):
    """The keys that every view has, and the answers of a view that needs nothing special."""

    every_run: ClassVar[bool] = False  # true: it shows all runs, see EveryRun

    worded: ClassVar[bool] = False  # true: without an area it stands where nothing else is shown over the frame

    inset: ClassVar[bool] = False  # true: without an area it keeps a margin from the edges of the frame

    steady: ClassVar[bool] = False  # true: by the steps of a moment and nothing else it paints all of its rectangle

    area: str | None = Field(default=None, description="the area of the layout; default: the whole frame")
    run: str | None = Field(default=None, description="which of several runs; default: the first")
    on_top: bool | None = Field(
        default=None,
        description="may lie over other views, which are drawn before it; where it may not, views that share pixels "
        "are refused; default: false",
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **keys: object) -> None:
        """A view of every run would take the name of one and pass over it. What is true of how one is drawn need not be
        of what somebody makes of it, who says so anew."""
        super().__pydantic_init_subclass__(**keys)
        if cls.steady and "steady" not in vars(cls) and DECIDES.intersection(vars(cls)):
            cls.steady = False
        if cls.every_run and "run" in cls.model_fields:
            raise TypeError(f"{cls.__name__} shows every run, and has a key for one; make it a subclass of EveryRun")

    @model_validator(mode="before")
    @classmethod
    def _completed(cls, said: object) -> object:
        """A table that says a part of what is a table by default, such as how values are normalised, has the rest from
        there."""
        if not isinstance(said, Mapping):
            return said
        beside = cls.defaults_beside(said)
        defaults = {key: field.default for key, field in cls.model_fields.items()} | beside
        return beside | {key: _whole(value, defaults.get(key)) for key, value in said.items()}

    @classmethod
    def defaults_beside(cls, said: Mapping[Any, Any]) -> dict[Any, Any]:
        """The defaults that depend on what is said for other keys."""
        return {}

    @property
    def lies_on_top(self) -> bool:
        """Whether it is drawn after others and may lie over them."""
        return self._usually_on_top() if self.on_top is None else self.on_top

    def _usually_on_top(self) -> bool:
        return False

    def runs(self, names: Iterable[str]) -> tuple[str, ...]:
        """The runs that it shows, of those there are."""
        if self.every_run:
            return tuple(names)
        return (next(iter(names)) if self.run is None else self.run,)

    def recording(self, recordings: Recordings) -> Recording:
        """The recording of the first run that it shows."""
        return recordings[self.runs(recordings)[0]]

    def now(self, recordings: Recordings, moment: Moment) -> tuple[Recording, int]:
        """That recording, and the step of it that a moment shows; its parameters at that step lie between two snapshots
        where the moment does and the film makes them up."""
        run = self.runs(recordings)[0]
        recording = recordings[run]
        seen = Tweened(recording, moment.at[run]) if moment.tweened(run) else recording
        return seen, moment.step(run)

    def filling(self, recordings: Recordings, moment: Moment) -> Source:
        """What templates are filled with at a moment."""
        run = self.runs(recordings)[0]
        return values_at(recordings[run], moment, run)

    def findings(self, about: About) -> Iterable[Finding]:
        """What the network or the data cannot give, with keys relative to the view; see `gathered`.

        Raises:
            Unfit: a layer or a metric is not there; it is one finding more.
        """
        return ()

    def unchosen(self, runs: Sequence[str]) -> Iterator[Finding]:
        """That it shows the first of several runs and does not say so."""
        if self.run is None and not self.every_run and len(runs) > 1:
            told = f"shows '{runs[0]}', the first of {len(runs)} runs, and does not say so"
            yield Finding("run", f"{told}; choose one, such as run = '{runs[0]}'", "warning")

    def findings_at(self, about: About, place: Place) -> Iterable[Finding]:
        """What it must leave out at a place, as notes, which are no reason not to make the film; what has no room, as
        errors."""
        return ()

    def findings_among(self, about: Mapping[str, About], place: Place) -> Iterable[Finding]:
        """The same, with what is known of every run."""
        return self.findings_at(about[self.runs(about)[0]], place)

    def lacking(self, recording: Recording) -> Iterable[Finding]:
        """What it shows and a kept recording has not, with keys relative to the view; what `findings` finds is not
        looked for again."""
        for probe in self.probes(recording.about).values():
            told = held.lacking(probe, recording)
            if told is not None:
                yield Finding("", told)

    def unseen(self, run: str, recording: Recording) -> Iterable[Finding]:
        """What was recorded of a run that it shows and will not be seen after all, as notes with keys relative to the
        view: nobody knows before it is trained."""
        return ()

    def written(self, run: str, about: About) -> Iterable[Written]:
        """What it writes that others said, such as the names of classes, for a run that it shows."""
        return ()

    @property
    def colored(self) -> bool:
        """Whether what its tiles show has colours, and not only shades of gray."""
        return False

    def tiles(self, about: About, place: Place) -> TileGrid | None:
        """Where its tiles stand within a place, for a view that has some."""
        return None

    def probes(self, about: About) -> Mapping[str, Probe]:
        """The probes it reads, by key."""
        return {}

    def natural(self, about: About, place: Place) -> Natural | None:
        """The size it fills within a place, where it is made of whole tiles.

        Raises:
            Unfit: the place is too small for it.
        """
        return None

    def paints(self, place: Place) -> Rect:
        """The part of the frame that it ever paints, at a place; by default all of that."""
        return place.rect

    @abstractmethod
    def fit(self, recordings: Recordings, place: Place, course: Course) -> Fitted:
        """Fix what the options leave open, over the whole course of the film."""


class EveryRun(View):
    """A view of all runs, which has no key for one of them."""

    every_run: ClassVar[bool] = True

    run: ClassVar[None] = None  # type: ignore[misc]

    def measured(self, recordings: Recordings, *metrics: str) -> NDArray[np.float64]:
        """All values of the metrics, from which axes are made: of the runs that came to their end, where any did, for
        beside the last of a run that diverged nothing else would be seen."""
        whole = [r for r in recordings.values() if not r.about.stopped] or list(recordings.values())
        found = [r.metric(m)[1] for r in whole for m in metrics if r.has_metric(m)]
        return np.concatenate(found or [np.array([0.0, 1.0])])


def _whole(value: Any, default: object) -> Any:
    """A table with what it leaves out from the one that is there by default; anything else as it is."""
    if isinstance(default, Options) and isinstance(value, Mapping):
        return {**dict(default), **value}
    if isinstance(default, Options) and type(value) is type(default):
        return value.model_copy(update={k: v for k, v in default if k not in value.model_fields_set})
    return value


def settings_written(run: str, about: About) -> Iterator[Written]:
    """What tells a run from the others: its settings, or its name where it has none."""
    for setting in (*about.settings, *about.settings.values()):
        yield Written("the settings of the grid", setting)
    if not about.settings:
        yield Written("the names of the runs", run)


def unmeasured(about: About, names: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """A finding for each metric that the training does not measure; `names` are pairs (key that names it, name)."""
    for key, name in names:
        try:
            about.metric(name)
        except Unfit as error:
            yield Finding(key, error.message)
