"""Metrics over training time: lines that grow with the film, on axes fixed for the whole clip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.axes import Axis, linear_axis, log_axis
from weightreel.render.drawing.canvas import Color, Frame, blank
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.plot import SHIFT, Plot, averaged, dot
from weightreel.render.drawing.template import Words, Written
from weightreel.render.drawing.theme import Style, TextColor
from weightreel.render.errors import Finding
from weightreel.render.views import View, unmeasured
from weightreel.trainer.options import Many, Names, Value
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

Scale = Literal["linear", "log"]
BEHIND = ("batch_loss", "batch_accuracy")
LEAST_SPREAD = 1e-30  # of the ends of an axis


class Curve(View):
    """Lines of metrics over epochs or steps, with round ticks and direct labels in a free corner.

    Example:
        [[view]]
        type = "curve"
        area = "loss"
        metrics = ["loss", "validation_loss"]
        y_scale = "log"
    """

    inset: ClassVar[bool] = True

    type: Literal["curve"] = "curve"
    metrics: Annotated[Names, Field(min_length=1)] = Field(
        default=("loss", "validation_loss"), title="list of metrics", description="a line for each"
    )
    x: Literal["epoch", "step"] | None = Field(
        default=None, description="what the horizontal axis counts; default: epoch, or step where no epochs are known"
    )
    x_scale: Scale = Field(default="linear", description="of the horizontal axis")
    y_scale: Scale = Field(default="linear", description="of the vertical axis")
    limits: Annotated[tuple[Value, Value], Field(strict=False)] | None = Field(
        default=None,
        title="[lowest, highest]",
        description="ends of the vertical axis; default: those of the whole clip",
    )
    colors: Many[TextColor] | None = Field(default=None, description="one for each metric; default: the theme's series")
    labels: Many[Words] | None = Field(
        default=None, description="words for the metrics, one each; default: their names"
    )
    batches: bool = Field(default=True, description="show each batch faintly behind loss and accuracy")
    legend: bool = Field(default=True, description="name the lines, in a free corner")

    def findings(self, about: About) -> Iterator[Finding]:
        """Unknown metrics, lists of different lengths, an empty range."""
        yield from unmeasured(about, ((f"metrics[{i}]", m) for i, m in enumerate(self.metrics)))
        for key, given in (("labels", self.labels), ("colors", self.colors)):
            if given is not None and len(given) != len(self.metrics):
                yield Finding(key, f"{len(given)} {key} for {len(self.metrics)} metrics")
        if self.limits and 0 < self.limits[1] - self.limits[0] < LEAST_SPREAD:
            yield Finding("limits", f"are less than {LEAST_SPREAD:g} apart; give them more room")
        if self.limits and (self.limits[0] >= self.limits[1] or (self.y_scale == "log" and self.limits[0] <= 0)):
            yield Finding("limits", "must rise, and start above 0 on a log scale")

    def written(self, run: str, about: About) -> Iterator[Written]:
        """The words for the metrics, where the scene has none."""
        if self.legend and not self.labels:
            yield from (Written("the names of the metrics", about.metric(m).words) for m in self.metrics)

    def lacking(self, recording: Recording) -> Iterator[Finding]:
        """Epochs, where it is to count them."""
        if self.x == "epoch" and not _has_epochs(recording):
            yield Finding(
                "x", 'epochs were not recorded; write x = "step", or record them: recorder.log(step, epoch=…)'
            )

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedCurve:
        """Fix both axes over the whole clip and draw what stays."""
        recording = self.recording(recordings)
        view = self.model_copy(update={"x": self.x or ("epoch" if _has_epochs(recording) else "step")})
        present = [m for m in self.metrics if recording.has_metric(m)]
        x, y = view._x_axis(recording, place), view._y_axis(recording, present, place)
        plot = Plot.within(place.rect[2:], x, y, place.style)
        fitted = FittedCurve(view, plot, blank(place.rect[2:], place.style.background))
        plot.draw_axes(fitted.background, view.x or "")
        if self.legend:
            fitted.draw_legend(recording)
        return fitted

    def shown(self, index: int, about: About) -> str:
        """The words for a metric."""
        return self.labels[index] if self.labels else about.metric(self.metrics[index]).words

    def color(self, index: int, style: Style) -> Color:
        """The colour of a metric's line."""
        return style.color(self.colors[index]) if self.colors else style.series(index)

    def xs(self, recording: Recording, steps: NDArray[np.integer]) -> NDArray[np.float64]:
        """Steps, or the epochs that they are; where the length of an epoch is not known, that of the last snapshot."""
        per_epoch = recording.about.steps_per_epoch if self.x == "epoch" else 1
        if per_epoch is not None:
            return steps / per_epoch
        return recording.epochs[np.maximum(np.searchsorted(recording.steps, steps, side="right") - 1, 0)]

    def _x_axis(self, recording: Recording, place: Place) -> Axis:
        xs = self.xs(recording, recording.steps)
        count = max(2, min(7, place.rect.width // place.style.px(130)))
        if self.x_scale == "log":
            low = float(self.xs(recording, np.array([1]))[0])  # whatever else was recorded, the first step
            return log_axis(low, max(float(xs[-1]), low), widen=False)
        return linear_axis(0.0, float(xs[-1]), count, widen=False)

    def _y_axis(self, recording: Recording, present: list[str], place: Place) -> Axis:
        values = np.concatenate([recording.metric(m)[1] for m in present]) if present else np.array([0.0, 1.0])
        count = max(2, min(6, place.rect.height // place.style.px(90)))
        low, high = self.limits or (float(values.min()), float(values.max()))
        if self.y_scale == "log":
            positive = values[values > 0]
            low = low if low > 0 else float(positive.min()) if len(positive) else 0.1
            return log_axis(low, max(high, low), widen=self.limits is None)
        if self.limits is None and all(recording.about.metric(m).share for m in present):
            high = 1.0 if high > 0.5 else high
        elif self.limits is None and low > 0:
            low = 0.0
        return linear_axis(low, high, count, widen=self.limits is None)


def _has_epochs(recording: Recording) -> bool:
    """Whether epochs are known of its snapshots."""
    return recording.about.steps_per_epoch is not None or bool(np.isfinite(recording.epochs).all())


@dataclass(frozen=True)
class FittedCurve:
    """A curve ready to draw."""

    view: Curve
    plot: Plot
    background: Frame

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Draw the lines up to a moment, each ending in a dot."""
        recording, step = self.view.now(recordings, moment)
        canvas[:] = self.background
        style = self.plot.style
        present = [i for i, m in enumerate(self.view.metrics) if recording.has_metric(m)]
        for i in present:
            behind = f"batch_{self.view.metrics[i]}"
            if self.view.batches and behind in BEHIND and recording.has_metric(behind):
                faint = style.faint(self.view.color(i, style))
                self.plot.line(canvas, self.points(recording, behind, step), faint, style.thin_px)
        for i in reversed(present):
            points, color = self.points(recording, self.view.metrics[i], step), self.view.color(i, style)
            raw = self.view.metrics[i] in BEHIND
            self.plot.line(canvas, points if raw else averaged(points, style.curve_px), color, style.curve_px)
            if len(points) and self.plot.holds(points[-1]):
                dot(canvas, points[-1], color, style.dot_px)

    def points(self, recording: Recording, metric: str, step: int) -> NDArray[np.int32]:
        """Where a metric's values up to `step` fall, (n, 2) in sixteenths of a pixel."""
        steps, values = recording.metric(metric)
        n = int(np.searchsorted(steps, step, side="right"))
        xs, ys = self.view.xs(recording, steps[:n]), values[:n]
        if self.plot.x.log and n > 1 and xs[-1] >= self.plot.x.low:
            shown = (
                xs >= self.plot.x.low
            )  # step 0 has no place on a log axis: it is a dot at its edge until there is more
            xs, ys = xs[shown], ys[shown]
        return self.plot.points(xs, ys, cut="x")

    def draw_legend(self, recording: Recording) -> None:
        """The names of the lines in their colours, in the corner that the lines pass through least."""
        style, rect = self.plot.style, self.plot.rect
        ascent, descent, _ = text.metrics(style.body_px)
        height, pad = ascent + descent, style.px(14)
        words = [self.view.shown(i, recording.about) for i in range(len(self.view.metrics))]
        width = max(text.width(w, style.body_px) for w in words)
        x, y = self._free_corner(recording, (width + 2 * pad, height * len(words) + 2 * pad))
        for i, word in enumerate(words):
            indent = pad if x == rect.x else pad + width - text.width(word, style.body_px)
            self.plot.write(self.background, (x + indent, y + pad + i * height), word, self.view.color(i, style))

    def _passed(self, recording: Recording) -> NDArray[np.float64]:
        """Where the lines run at the end, (n, 2): a point for each column of pixels, also between two values; those of
        single batches too."""
        rect, last = self.plot.rect, int(recording.steps[-1])
        behind = [f"batch_{m}" for m in self.view.metrics if self.view.batches and f"batch_{m}" in BEHIND]
        columns, found = np.arange(rect.x, rect.x + rect.width + 1), [np.empty((0, 2))]
        for name in (m for m in (*self.view.metrics, *behind) if recording.has_metric(m)):
            xs, ys = (self.points(recording, name, last) / (1 << SHIFT)).T
            if len(xs):
                found.append(np.stack([columns, np.interp(columns, xs, ys)], axis=1))
        return np.concatenate(found)

    def _free_corner(self, recording: Recording, size: tuple[int, int]) -> tuple[int, int]:
        rect = self.plot.rect
        points = self._passed(recording)
        right, bottom = rect.x + rect.width - size[0], rect.y + rect.height - size[1]
        corners = [(right, rect.y), (right, bottom), (rect.x, rect.y), (rect.x, bottom)]

        def crossed(corner: tuple[int, int]) -> int:
            inside = (points >= corner) & (points <= np.add(corner, size))
            return int(inside.all(axis=1).sum())

        return min(corners, key=crossed)
