"""Lines of a plot that grow: what each is, where it runs, and the picture of a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.axes import Axis
from weightreel.render.drawing.canvas import Color, Frame, blank
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.moment import Moment
from weightreel.render.drawing.plot import SHIFT, Plot, averaged, dot, ring
from weightreel.render.drawing.theme import Style
from weightreel.render.views._line_names import Named, Names
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

XAxis = Literal["epoch", "step"]
Points = NDArray[np.int32]
BEHIND = ("batch_loss", "batch_accuracy")
SPARSE = 4  # points so many radii apart are drawn as points
ALIKE = 0.5  # of the columns of pixels: lines that lie on each other there coincide
BEST = "best_epoch"
WIDEST = 3


@dataclass(frozen=True)
class Line:
    """A metric of a run: its words and how it is drawn; `behind` is what stands faintly behind it, or ""; of lines that
    coincide the lower is wider, `wide` times its weight; `short` are words for where there is little room."""

    run: str
    metric: str
    words: str
    color: Color
    dashed: bool
    behind: str = ""
    wide: int = 1
    short: str = ""

    @property
    def named(self) -> Named:
        """What its name is made of."""
        return Named(self.run, self.words, self.color, self.dashed, self.short or self.words)


def has_epochs(recording: Recording) -> bool:
    """Whether epochs are known of its snapshots."""
    return recording.about.steps_per_epoch is not None or bool(np.isfinite(recording.epochs).all())


def places(recording: Recording, steps: NDArray[np.integer], counted: XAxis) -> NDArray[np.float64]:
    """Steps, or the epochs that they are; where the length of an epoch is not known, that of the last snapshot."""
    per_epoch = recording.about.steps_per_epoch if counted == "epoch" else 1
    if per_epoch is not None:
        return steps / per_epoch
    return recording.epochs[np.maximum(np.searchsorted(recording.steps, steps, side="right") - 1, 0)]


@dataclass(frozen=True)
class FittedCurve:
    """Lines on their axes, ready to draw; `best` is the run whose best epoch is marked, or "", with a line of words for
    it over the plot."""

    lines: tuple[Line, ...]
    counted: XAxis
    plot: Plot
    background: Frame
    names: Names
    best: str = ""

    @classmethod
    def named(
        cls,
        lines: Sequence[Line],
        counted: XAxis,
        axes: tuple[Axis, Axis],
        place: Place,
        runs: Mapping[str, Recording],
        names: Names,
        best: str,
    ) -> FittedCurve:
        """Lines on axes (horizontal, vertical), with their names, which stand on the background."""
        size, style = place.rect[2:], place.style
        plot = Plot.within(size, *axes, style, (counted, ""), lines=names.lines + bool(best), beside=names.beside)
        made = cls(tuple(lines), counted, plot, blank(size, style.background), names, best)
        made = replace(made, lines=made._told_apart(runs))
        plot.draw_axes(made.background)
        names.draw(made.background, plot, made._ends(runs))
        return made

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Draw the lines up to a moment, each ending in a dot."""
        canvas[:] = self.background
        style = self.plot.style
        for line in self.lines:
            if line.behind:
                faint = self.points(recordings[line.run], line.behind, moment.step(line.run))
                self.plot.line(canvas, faint, style.faint(line.color), style.thin_px)
        if self.best:
            self._mark(canvas, recordings[self.best], moment.step(self.best))
        for line in sorted(self.lines, key=lambda line: line.dashed, reverse=True)[::-1]:
            self._draw(canvas, line, self.points(recordings[line.run], line.metric, moment.step(line.run)))

    def _draw(self, canvas: Frame, line: Line, points: Points) -> None:
        """A line as far as it goes: dots where it was measured, if that was seldom, and one at its end."""
        weight, plot = self.plot.style.curve_px, self.plot
        smooth = points if line.metric in BEHIND else averaged(points, weight)
        (plot.dashes if line.dashed else plot.line)(canvas, smooth, line.color, weight * line.wide)
        radius = max(2, round(weight * 0.9))
        for point in sparse(points, SPARSE * radius):
            if plot.holds(point):
                dot(canvas, point, line.color, radius)
        if len(points) and plot.holds(points[-1]):
            dot(canvas, points[-1], line.color, plot.style.dot_px)

    def _mark(self, canvas: Frame, recording: Recording, step: int) -> None:
        """The best epoch so far, and that the training ended early once it has."""
        plot, style, per_epoch = self.plot, self.plot.style, recording.about.steps_per_epoch
        best = recording.latest(BEST, step)
        if not np.isfinite(best) or per_epoch is None:
            return
        done, ended = step >= recording.about.length, int(recording.about.run.get("epochs", 0))
        epochs = step / per_epoch
        words = f"best epoch {best:.0f}" if done else f"best epoch so far {best:.0f}"
        marked = [best * per_epoch]
        if done and epochs < ended:
            words += f", stopped after {epochs:.0f}"
            marked.append(step)
        xs = plot.points(places(recording, np.array(marked), self.counted), np.full(len(marked), plot.y.high), cut="x")
        for x, color in zip(xs[:, 0] >> SHIFT, ("text", "muted"), strict=False):
            canvas[plot.rect.y : plot.rect.y + plot.rect.height, x : x + style.thin_px] = style.color(color)
        self.names.told(canvas, plot, words, int(xs[0, 0] >> SHIFT))
        for line in self.lines:
            steps, values = recording.metric(line.metric)
            at = np.flatnonzero(steps == best * per_epoch)
            if len(at) and line.metric.startswith("validation_"):
                point = plot.points(places(recording, steps[at], self.counted), values[at], cut="x")[0]
                if plot.holds(point):
                    ring(canvas, point, style.color("text"), style.dot_px + style.curve_px, style.thin_px)

    def points(self, recording: Recording, metric: str, step: int) -> Points:
        """Where a metric's values up to `step` fall, (n, 2) in sixteenths of a pixel."""
        steps, values = recording.metric(metric)
        n = int(np.searchsorted(steps, step, side="right"))
        xs, ys = places(recording, steps[:n], self.counted), values[:n]
        if self.plot.x.log and n > 1 and xs[-1] >= self.plot.x.low:
            # Step 0 has no place on a log axis: it is a dot at its edge until there is more.
            there = xs >= self.plot.x.low
            xs, ys = xs[there], ys[there]
        return self.plot.points(xs, ys, cut="x")

    def _whole(self, line: Line, runs: Mapping[str, Recording]) -> Points:
        """The line at the end of the film, as it is drawn."""
        recording = runs[line.run]
        points = self.points(recording, line.metric, int(recording.steps[-1]))
        return averaged(points, self.plot.style.curve_px)

    def _ends(self, runs: Mapping[str, Recording]) -> list[float]:
        """The pixel at which each line ends, from the top."""
        return [float(self._whole(line, runs)[-1, 1]) / (1 << SHIFT) for line in self.lines]

    def _told_apart(self, runs: Mapping[str, Recording]) -> tuple[Line, ...]:
        """The lines, wider where one of the same sort lies over them: dashes over a line are seen as they are."""
        columns = np.arange(self.plot.rect.x, self.plot.rect.x + self.plot.rect.width)
        heights = []
        for line in self.lines:
            xs, ys = (self._whole(line, runs) / (1 << SHIFT)).T
            heights.append(np.interp(columns, xs, ys, left=np.nan, right=np.nan))
        made = []
        for i, line in enumerate(self.lines):
            over = [j for j in range(i) if self.lines[j].dashed == line.dashed]
            covered = sum(_coincide(heights[i], heights[j], self.plot.style) for j in over)
            made.append(replace(line, wide=min(WIDEST, 1 + covered)))
        return tuple(made)


def sparse(points: Points, apart: int) -> Points:
    """A line's points from its beginning on, as long as each has more than `apart` pixels of width to the next."""
    return points[:-1][np.logical_and.accumulate(np.diff(points[:, 0]) > apart << SHIFT)]


def _coincide(one: NDArray[np.float64], other: NDArray[np.float64], style: Style) -> bool:
    """Whether two lines, a height for each column of pixels, lie on each other for the most part."""
    both = np.isfinite(one) & np.isfinite(other)
    return bool(both.any() and (np.abs(one - other)[both] < style.curve_px / 2).mean() > ALIKE)
