"""Every run as a point: one metric against another, moving as the runs learn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from weightreel.render.drawing.axes import Axis, linear_axis, log_axis
from weightreel.render.drawing.canvas import Frame, blank
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.plot import Plot, dot
from weightreel.render.drawing.template import Written
from weightreel.render.errors import Finding
from weightreel.render.views import EveryRun, unmeasured
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.store import Recordings


class Scatter(EveryRun):
    """One dot a run, with a faint trail of where it came from; the best of metric `y` is filled in another colour.

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

    type: Literal["scatter"] = "scatter"
    x: str = Field(default="validation_loss", title="metric", description="what counts to the right")
    y: str = Field(default="validation_accuracy", title="metric", description="what counts upward")
    x_scale: Literal["linear", "log"] = Field(default="linear", description="of the horizontal axis")

    def findings(self, about: About) -> Iterator[Finding]:
        """Unknown metrics."""
        return unmeasured(about, (("x", self.x), ("y", self.y)))

    def written(self, run: str, about: About) -> Iterator[Written]:
        """The names of the metrics."""
        yield from (Written("the names of the metrics", about.metric(name).short) for name in (self.x, self.y))

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedScatter:
        """Fix both axes over all runs and the whole clip."""
        x, y = self._axis(recordings, self.x, place), self._axis(recordings, self.y, place)
        names = [recordings.about.metric(n).short for n in (self.x, self.y)]
        plot = Plot.within(place.rect[2:], x, y, place.style, y_name=names[1])
        background = blank(place.rect[2:], place.style.background)
        plot.draw_axes(background, *names)
        return FittedScatter(self, plot, background)

    def _axis(self, recordings: Recordings, metric: str, place: Place) -> Axis:
        values = self.measured(recordings, metric)
        if metric == self.x and self.x_scale == "log":
            return log_axis(max(float(values.min()), float(values.max()) / 1e6), float(values.max()), widen=True)
        low, high = values.min(), np.percentile(values, 98)
        if recordings.about.metric(metric).share:
            low, high = min(low, 0.0), values.max()
        return linear_axis(float(low), float(high), 5, widen=True)


@dataclass(frozen=True)
class FittedScatter:
    """A scatter plot ready to draw."""

    view: Scatter
    plot: Plot
    background: Frame

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Draw each run where it stands at a moment, if that lies between the ends of the axes."""
        canvas[:] = self.background
        style = self.plot.style
        first, second = style.series(0), style.series(1)
        steps = {n: moment.step(n) for n in recordings}
        now = {n: tuple(r.latest(m, steps[n]) for m in (self.view.x, self.view.y)) for n, r in recordings.items()}
        here = {n: p for n, p in now.items() if np.isfinite(p).all()}
        best = max(here, key=lambda n: here[n][1], default=None)
        for name in here:
            self.plot.line(canvas, self._trail(recordings, name, steps[name]), style.faint(first), style.thin_px)
        for name, (x, y) in here.items():
            color = second if name == best else first
            point = self.plot.points(np.array([x]), np.array([y]), cut="")[0]
            if self.plot.holds(point):
                dot(canvas, point, color, style.dot_px + 1)

    def _trail(self, recordings: Recordings, name: str, step: int) -> np.ndarray:
        """Where a run has been, at the steps at which both metrics were measured."""
        sides = [recordings[name].metric(m) for m in (self.view.x, self.view.y)]
        common = np.intersect1d(sides[0][0], sides[1][0])
        common = common[common <= step]
        xs, ys = (values[np.searchsorted(steps, common)] for steps, values in sides)
        return self.plot.points(xs, ys, cut="")
