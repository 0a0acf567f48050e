"""Every run as a point: one metric against another, moving as the runs learn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.axes import Axis, linear_axis, log_axis
from weightreel.render.drawing.canvas import Frame, Rect, blank
from weightreel.render.drawing.growing import Growing
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.plot import SHIFT, Plot, Room, dot, line
from weightreel.render.drawing.template import Written
from weightreel.render.drawing.text import Weight
from weightreel.render.errors import Finding
from weightreel.render.views import EveryRun, settings_written, unmeasured
from weightreel.render.views import _labels as labels
from weightreel.render.views._labels import Label
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

SIGN = " · "  # between the values of a label
LABEL = 0.8  # of the type of other small words, that labels have
GAP = 24  # between words, on a frame 1080 high
BOLD: Weight = "semibold"
PLAIN: Weight = "regular"


class Scatter(EveryRun):
    """One dot a run, with a faint trail of where it came from; the best of metric `y` has a ring. Dots are labelled
    with what the runs differ in, where there is room for that at the end and on the way; the best wherever there is.

    Example:
        [grid]
        l2 = [0.0, 0.001, 0.01]

        [[view]]
        type = "scatter"
        area = "loss"
        x = "validation_loss"
        y = "validation_accuracy"
    """

    inset: ClassVar[bool] = True
    steady: ClassVar[bool] = True

    type: Literal["scatter"] = "scatter"
    x: str = Field(default="validation_loss", title="metric", description="what counts to the right")
    y: str = Field(default="validation_accuracy", title="metric", description="what counts upward")
    x_scale: Literal["linear", "log"] = Field(default="linear", description="of the horizontal axis")
    labels: bool = Field(default=True, description="what tells a run from the others, beside its dot")

    def findings(self, about: About) -> Iterator[Finding]:
        """Unknown metrics."""
        return unmeasured(about, (("x", self.x), ("y", self.y)))

    def findings_at(self, about: About, place: Place) -> Iterator[Finding]:
        """Words about the plot that are left out."""
        return Room.of(place.rect[2:], place.style, self._names(about)).findings()

    def written(self, run: str, about: About) -> Iterator[Written]:
        """The names of the metrics, and what the run differs in."""
        if self.labels:
            yield from settings_written(run, about)
        yield from (Written("the names of the metrics", about.metric(name).short) for name in (self.x, self.y))

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedScatter:
        """Fix both axes over all runs and the whole clip."""
        x, y = self._axis(recordings, self.x, place), self._axis(recordings, self.y, place)
        plot = Plot.within(place.rect[2:], x, y, place.style, names := self._names(recordings.about))
        background = blank(place.rect[2:], place.style.background)
        plot.draw_axes(background)
        trails = {name: self._trail(plot, recording) for name, recording in recordings.items()}
        if not self.labels:
            return FittedScatter(self, plot, background, trails)
        key, words = _labelled(recordings)
        at = place.rect.width - text.width(key, place.style.body_px), text.highest(key, place.style.body_px)
        if plot.room.names and at[0] > text.width(names[1], place.style.body_px) + place.style.px(GAP):
            plot.write(background, (at[0], at[1] - text.metrics(place.style.body_px)[0]), key)
        fitted = FittedScatter(self, plot, background, trails, words)
        return replace(fitted, placed=fitted.labels_at(recordings, course[len(course) - 1]))

    def _trail(self, plot: Plot, recording: Recording) -> Trail:
        """Where a run has been, at the steps at which both metrics were measured."""
        if not (recording.has_metric(self.x) and recording.has_metric(self.y)):
            return Trail(np.empty(0, np.int64), Growing.through_columns(np.empty((0, 2), np.int32)))
        sides = [recording.metric(m) for m in (self.x, self.y)]
        common = np.intersect1d(sides[0][0], sides[1][0])
        xs, ys = (values[np.searchsorted(steps, common)] for steps, values in sides)
        return Trail(common, Growing.through_columns(plot.points(xs, ys, cut="")))

    def _names(self, about: About) -> tuple[str, str]:
        return about.metric(self.x).short, about.metric(self.y).short

    def _axis(self, recordings: Recordings, metric: str, place: Place) -> Axis:
        values = self.measured(recordings, metric)
        if metric == self.x and self.x_scale == "log":
            return log_axis(max(float(values.min()), float(values.max()) / 1e6), float(values.max()), widen=True)
        low, high = values.min(), np.percentile(values, 98)
        if recordings.about.metric(metric).share:
            low, high = min(low, 0.0), values.max()
        return linear_axis(float(low), float(high), 5, widen=True)


def _labelled(recordings: Recordings) -> tuple[str, dict[str, str]]:
    """What the parts of the labels are, where they have more than one; and the label of each run."""
    runs = {name: run.about.settings for name, run in recordings.items()}
    every = {
        key: {settings.get(key, "") for settings in runs.values()} for settings in runs.values() for key in settings
    }
    keys = [key for key, values in every.items() if len(values) > 1]
    names = [key.rpartition(".")[2] for key in keys]
    if len(keys) < 2:
        return "", {run: f"{names[0]} {s.get(keys[0], '')}" if keys else run for run, s in runs.items()}
    return SIGN.join(names), {run: SIGN.join(s.get(key, "") for key in keys) for run, s in runs.items()}


class Trail(NamedTuple):
    """The steps at which a run was seen, rising, and where."""

    steps: NDArray[np.int64]
    growing: Growing

    def until(self, step: int) -> NDArray[np.int32]:
        """Where the pen goes up to a step."""
        return self.growing.places(int(np.searchsorted(self.steps, step, side="right")))


@dataclass(frozen=True)
class FittedScatter:
    """A scatter plot ready to draw: `words` are the labels of runs, of which those `placed` have room at the end."""

    view: Scatter
    plot: Plot
    background: Frame
    trails: Mapping[str, Trail]
    words: Mapping[str, str] = field(default_factory=dict)
    placed: Sequence[Label] = ()

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Draw each run where it stands at a moment, if that lies between the ends of the axes."""
        canvas[:] = self.background
        style, color = self.plot.style, self.plot.style.color("muted")
        points, best = self._standing(recordings, moment)
        for name in recordings:
            self.plot.line(canvas, self.trails[name].until(moment.step(name)), style.faint(color), style.thin_px)
        at, room = _pixels(points), (self._radius + 1, self._room)
        first = self._near(best, at) if best is not None and self.words else []
        for label in labels.shown([p for p in self.placed if p.name != best], at, *room, first):
            self._write(canvas, label, at[label.name], best=label.name == best)
        for name, point in points.items():
            if name != best:
                dot(canvas, point, color, style.dot_px + 1)
        if best is not None:
            self._join(canvas, first, at[best])
            self._ring(canvas, points[best])

    def labels_at(self, recordings: Recordings, moment: Moment) -> list[Label]:
        """The labels that have room at a moment, that of the best run first, then those of runs that stand alone."""
        points, best = self._standing(recordings, moment)
        at = _pixels(points)
        order = sorted(at, key=lambda n: (n != best, -_alone(n, at)))
        return self._beside(order, at)

    def _beside(self, names: Sequence[str], at: Mapping[str, tuple[float, float]]) -> list[Label]:
        """The labels of some runs that have room beside their dots, where all dots are at these places."""
        widths = {name: text.width(self.words[name], self._size, BOLD) for name in names}
        height = sum(text.metrics(self._size)[:2])
        return labels.beside(names, at, widths, height, self._radius + 1, self._room)

    def _near(self, best: str, at: Mapping[str, tuple[float, float]]) -> list[Label]:
        """The label of the best run."""
        height = sum(text.metrics(self._size)[:2])
        return labels.near(
            best, at, text.width(self.words[best], self._size, BOLD), height, self._radius + 1, self._room
        )

    def _standing(self, recordings: Recordings, moment: Moment) -> tuple[dict[str, NDArray[np.int32]], str | None]:
        """Where the runs that are seen stand, in sixteenths of a pixel, and the best of them."""
        sides = (self.view.x, self.view.y)
        now = {n: [r.latest(m, moment.step(n)) for m in sides] for n, r in recordings.items()}
        here = {n: np.array(p) for n, p in now.items() if np.isfinite(p).all()}
        points = {n: self.plot.points(p[:1], p[1:], cut="")[0] for n, p in here.items()}
        sign = -1 if recordings.about.metric(self.view.y).better == "low" else 1
        best = max(here, key=lambda n: sign * here[n][1], default=None)
        seen = {n: point for n, point in points.items() if self.plot.holds(point)}
        return seen, best if best in seen else None

    def _write(self, canvas: Frame, label: Label, point: tuple[float, float], *, best: bool) -> None:
        style, rect = self.plot.style, label.at(point)
        color, weight = (style.color("text"), BOLD) if best else (style.color("muted"), PLAIN)
        words, ground = self.words[label.name], style.background
        x = rect.x + (rect.width - text.width(words, self._size, weight) if label.dx < 0 else 0)
        text.draw(canvas, (x, rect.y), words, size=self._size, color=color, background=ground, weight=weight)

    def _ring(self, canvas: Frame, point: NDArray[np.int32]) -> None:
        """The best run: a dot within a ring."""
        style = self.plot.style
        dot(canvas, point, style.color("text"), self._radius)
        dot(canvas, point, style.background, self._radius - style.curve_px)
        dot(canvas, point, style.color("text"), style.dot_px)

    def _join(self, canvas: Frame, placed: Sequence[Label], point: tuple[float, float]) -> None:
        """A line from the dot to its label, where that is away from it: else it would be read as another's."""
        for end in filter(None, (label.joined(point, labels.AWAY * (self._radius + 1)) for label in placed)):
            ends = np.round(np.array([point, end]) * (1 << SHIFT)).astype(np.int32)
            line(canvas, ends, self.plot.style.color("text"), max(1, self.plot.style.thin_px // 2))

    @property
    def _radius(self) -> int:
        """Of the ring, in pixels."""
        return self.plot.style.dot_px + 2 * self.plot.style.curve_px

    @property
    def _size(self) -> int:
        """Of the type of the labels."""
        return self.plot.style.text_px(LABEL * self.plot.style.theme.body)

    @property
    def _room(self) -> Rect:
        """Where labels may stand: over the axis below, and as far as the view is wide."""
        r, right = self.plot.rect, self.background.shape[1]
        return Rect(r.x, r.y, right - r.x, r.height)


def _alone(name: str, at: Mapping[str, tuple[float, float]]) -> float:
    """How far the nearest other point is."""
    x, y = at[name]
    return min((abs(x - v) + abs(y - w) for other, (v, w) in at.items() if other != name), default=0.0)


def _pixels(points: Mapping[str, NDArray[np.int32]]) -> dict[str, tuple[float, float]]:
    """Points in whole pixels and their parts."""
    return {name: (float(x) / (1 << SHIFT), float(y) / (1 << SHIFT)) for name, (x, y) in points.items()}
