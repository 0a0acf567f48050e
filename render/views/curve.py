"""Metrics over training time: lines that grow with the film, on axes fixed for the whole clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from render import text
from render.axes import Axis, linear_axis, log_axis
from render.canvas import Color, Frame, Rect, blank, cv2, mix
from render.layout import Place
from render.template import METRICS
from render.theme import Style, ThemeColor
from render.views import View
from trainer.options import Names
from trainer.recording import Recording
from trainer.run import Description

Scale = Literal["linear", "log"]
NAMES_SHOWN = {
    "loss": "training loss",
    "accuracy": "training accuracy",
    "batch_loss": "loss of each batch",
    "batch_accuracy": "accuracy of each batch",
}
_SHIFT = 4  # OpenCV draws lines at sixteenths of a pixel


class Curve(View):
    """Lines of metrics over epochs or steps, with round ticks and direct labels in a free corner."""

    type: Literal["curve"] = "curve"
    metrics: Annotated[Names, Field(min_length=1)] = ("loss", "validation_loss")
    x: Literal["epoch", "step"] = "epoch"
    x_scale: Scale = "linear"
    y_scale: Scale = "linear"
    limits: Annotated[tuple[float, float], Field(strict=False)] | None = Field(
        default=None, description="lowest and highest value; default: those of the whole clip"
    )
    colors: Annotated[tuple[ThemeColor, ...], Field(strict=False)] | None = None
    labels: Names | None = Field(default=None, description="words in place of the metrics' names")
    batches: bool = Field(default=True, description="show each batch faintly behind loss and accuracy")
    legend: bool = True

    def problems(self, about: Description) -> list[tuple[str, str]]:
        """Unknown metrics, lists of different lengths, an empty range."""
        found = [
            (f"metrics[{i}]", f"unknown metric '{m}'; there are {', '.join(METRICS)}")
            for i, m in enumerate(self.metrics)
            if m not in METRICS
        ]
        for key, given in (("labels", self.labels), ("colors", self.colors)):
            if given is not None and len(given) != len(self.metrics):
                found.append((key, f"{len(given)} {key} for {len(self.metrics)} metrics"))
        if self.limits and (self.limits[0] >= self.limits[1] or (self.y_scale == "log" and self.limits[0] <= 0)):
            found.append(("limits", "must rise, and start above 0 on a log scale"))
        return found

    def fit(self, recording: Recording, place: Place) -> FittedCurve:
        """Fix both axes over the whole clip and draw what stays."""
        present = [m for m in self.metrics if recording.has_metric(m)]
        x, y = self._x_axis(recording, place), self._y_axis(recording, present, place)
        plot = _plot_rect(place, y)
        fitted = FittedCurve(self, place, plot, x, y, blank(place.rect[2:], place.style.background))
        fitted.draw_axes()
        if self.legend:
            fitted.draw_legend(recording)
        return fitted

    def shown(self, index: int) -> str:
        """The words for a metric."""
        name = self.metrics[index]
        return self.labels[index] if self.labels else NAMES_SHOWN.get(name, name.replace("_", " "))

    def color(self, index: int, style: Style) -> Color:
        """The colour of a metric's line."""
        return style.color(self.colors[index]) if self.colors else style.series(index)

    def xs(self, recording: Recording, steps: NDArray) -> NDArray[np.float64]:
        """Steps, or the epochs that they are."""
        return steps / (recording.description.steps_per_epoch if self.x == "epoch" else 1)

    def _x_axis(self, recording: Recording, place: Place) -> Axis:
        xs = self.xs(recording, recording.steps)
        count = max(2, min(7, place.rect.width // place.style.px(130)))
        if self.x_scale == "log":
            positive = xs[xs > 0]
            low = float(positive[0]) if len(positive) else 1.0
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
        if self.limits is None and all(m.endswith("accuracy") for m in present):
            high = 1.0 if high > 0.5 else high
        elif self.limits is None and low > 0:
            low = 0.0
        return linear_axis(low, high, count, widen=self.limits is None)


def _plot_rect(place: Place, y: Axis) -> Rect:
    """What the axes enclose, within the place; shares its right edge, and its top but for half a label."""
    style, (_, _, width, height) = place.style, place.rect
    ascent, descent, cap = text.metrics(style.body_px)
    line = ascent + descent
    left = max(text.width(label, style.body_px) for label in y.labels) + style.px(16)
    top = (cap + 1) // 2
    below = 2 * line + _drop(style)
    right = style.px(8)
    return Rect(left, top, max(1, width - left - right), max(1, height - top - below))


def _drop(style: Style) -> int:
    """Pixels from the plot to the labels under it: clear of the lowest label of the y axis."""
    return text.metrics(style.body_px)[2] // 2 + 1


@dataclass(frozen=True)
class FittedCurve:
    """A curve ready to draw."""

    view: Curve
    place: Place
    plot: Rect
    x: Axis
    y: Axis
    background: Frame

    def draw(self, canvas: Frame, recording: Recording, step: int) -> None:
        """Draw the lines up to `step`, each ending in a dot."""
        canvas[:] = self.background
        style = self.place.style
        present = [i for i, m in enumerate(self.view.metrics) if recording.has_metric(m)]
        for i in present:
            name = self.view.metrics[i]
            if self.view.batches and name in ("loss", "accuracy"):
                faint = mix(style.background, self.view.color(i, style), 0.35)
                self._line(canvas, recording, f"batch_{name}", step, faint, style.px(2))
        for i in reversed(present):
            points = self._line(canvas, recording, self.view.metrics[i], step, self.view.color(i, style), style.px(4))
            self._dot(canvas, points, self.view.color(i, style))

    def points(self, recording: Recording, metric: str, step: int) -> NDArray[np.int32]:
        """Where a metric's values up to `step` fall, (n, 2) in sixteenths of a pixel."""
        steps, values = recording.metric(metric)
        n = int(np.searchsorted(steps, step, side="right"))
        px = self.x.place(self.view.xs(recording, steps[:n]), self.plot.x, self.plot.x + self.plot.width)
        py = self.y.place(values[:n], self.plot.y + self.plot.height, self.plot.y)
        return np.round(np.stack([px, py], axis=1) * (1 << _SHIFT)).astype(np.int32)

    def _line(
        self, canvas: Frame, recording: Recording, metric: str, step: int, color: Color, thickness: int
    ) -> NDArray[np.int32]:
        if not recording.has_metric(metric):
            return np.empty((0, 2), np.int32)
        points = _thinned(self.points(recording, metric, step))
        if len(points) > 1:
            cv2.polylines(canvas, [points], False, color, thickness, cv2.LINE_AA, _SHIFT)
        return points

    def _dot(self, canvas: Frame, points: NDArray[np.int32], color: Color) -> None:
        if len(points):
            x, y = (int(v) for v in points[-1])
            radius = self.place.style.px(7) << _SHIFT
            cv2.circle(canvas, (x, y), radius, color, -1, cv2.LINE_AA, _SHIFT)

    def draw_axes(self) -> None:
        """Horizontal grid lines, tick labels and the name of the x axis, on the background."""
        style, plot = self.place.style, self.plot
        ascent, descent, cap = text.metrics(style.body_px)
        right = plot.x + plot.width
        for value, label in zip(self.y.ticks, self.y.labels, strict=True):
            y = round(float(self.y.place(np.array(value), plot.y + plot.height, plot.y)))
            self.background[y : y + max(1, style.px(1)), plot.x : right] = style.color("line")
            x = plot.x - style.px(12) - text.width(label, style.body_px)
            self._write((x, y - ascent + cap // 2), label)
        below = plot.y + plot.height + _drop(style)
        for value, label in zip(self.x.ticks, self.x.labels, strict=True):
            middle = float(self.x.place(np.array(value), plot.x, right))
            width = text.width(label, style.body_px)
            self._write((min(round(middle - width / 2), self.place.rect.width - width), below), label)
        name = self.view.x
        x = plot.x + (plot.width - text.width(name, style.body_px)) // 2
        self._write((x, below + ascent + descent - style.px(4)), name)

    def _write(self, xy: tuple[int, int], words: str, color: Color | None = None) -> None:
        style = self.place.style
        color = color or style.color("muted")
        text.draw(self.background, xy, words, size=style.body_px, color=color, background=style.background)

    def draw_legend(self, recording: Recording) -> None:
        """The names of the lines in their colours, in the corner that the fewest points pass through."""
        style, plot = self.place.style, self.plot
        ascent, descent, _ = text.metrics(style.body_px)
        line, pad = ascent + descent, style.px(14)
        words = [self.view.shown(i) for i in range(len(self.view.metrics))]
        width, height = max(text.width(w, style.body_px) for w in words), line * len(words)
        x, y = self._free_corner(recording, (width + 2 * pad, height + 2 * pad))
        on_left = x == plot.x
        for i, word in enumerate(words):
            indent = pad if on_left else pad + width - text.width(word, style.body_px)
            self._write((x + indent, y + pad + i * line), word, self.view.color(i, style))

    def _free_corner(self, recording: Recording, size: tuple[int, int]) -> tuple[int, int]:
        plot, last = self.plot, int(recording.steps[-1])
        names = [m for m in self.view.metrics if recording.has_metric(m)]
        fixed = [self.points(recording, m, last) for m in names] or [np.empty((0, 2), np.int32)]
        points = np.concatenate(fixed) / (1 << _SHIFT)
        right, bottom = plot.x + plot.width - size[0], plot.y + plot.height - size[1]
        corners = [(right, plot.y), (right, bottom), (plot.x, plot.y), (plot.x, bottom)]

        def crossed(corner: tuple[int, int]) -> int:
            inside = (points >= corner) & (points <= np.add(corner, size))
            return int(inside.all(axis=1).sum())

        return min(corners, key=crossed)


def _thinned(points: NDArray[np.int32]) -> NDArray[np.int32]:
    """The line with points dropped that move it by less than half a pixel sideways and not at all in height."""
    if len(points) < 3:
        return points
    moved = np.any(np.abs(np.diff(points, axis=0)) >= (1 << _SHIFT) // 2, axis=1)
    keep = np.concatenate([[True], moved])
    keep[-1] = True
    return points[keep]
