"""Lines of a plot that grow: what each is, where it runs, and the picture of a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.axes import Axis
from weightreel.render.drawing.canvas import Color, Frame, blank
from weightreel.render.drawing.growing import EVERYWHERE, Growing
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
FINE = 4  # pens are so many times as wide as the columns in which a line keeps four points
LAST = 2**62  # no step is later


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
class Traced:
    """A line of a metric, the steps at which it was measured, rising, and where the pen goes. On a logarithmic axis
    `there` says which measurements have a place; while the last one has none, as step 0, all are drawn, at the edge:
    `bare`."""

    line: Line
    steps: NDArray[np.int64]
    growing: Growing
    there: NDArray[np.bool_] | None = None
    bare: Growing | None = None

    def at(self, step: int) -> Now:
        """As far as it was measured at a step."""
        n = int(np.searchsorted(self.steps, step, side="right"))
        if self.there is None or self.bare is None:
            return Now(self.line, self.growing, n, self.growing.still(n))
        whole, through = n >= len(self.steps), n > 0 and bool(self.there[n - 1])
        growing = self.growing if through else self.bare
        count = int(np.count_nonzero(self.there[:n])) if through else n
        steady = through and bool(self.there[n:].all()) and growing.rising
        return Now(self.line, growing, count, EVERYWHERE if whole else growing.still(count) if steady else 0)


class Now(NamedTuple):
    """A line through the first `many` of its points; left of the column `still` it stays as it is."""

    line: Line
    growing: Growing
    many: int
    still: int

    @property
    def points(self) -> Points:
        """Where it was measured, (many, 2)."""
        return self.growing.points[: self.many]


@dataclass(frozen=True)
class FittedCurve:
    """Lines on their axes, ready to draw; `best` is the run whose best epoch is marked, or "", with a line of words for
    it over the plot. `whole` and `behind` are pictures of all lines at their ends, and of those behind them alone."""

    lines: tuple[Line, ...]
    counted: XAxis
    plot: Plot
    background: Frame
    names: Names
    best: str
    behind: Frame
    whole: Frame | None = None
    faint: tuple[Traced, ...] = ()
    traced: tuple[Traced, ...] = ()

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
        background = blank(size, style.background)
        made = cls(tuple(lines), counted, plot, background, names, best, background)
        made = replace(made, lines=made._told_apart(runs))
        plot.draw_axes(made.background)
        names.draw(made.background, plot, made._ends(runs))
        return made._grown(runs)

    def _grown(self, runs: Mapping[str, Recording]) -> FittedCurve:
        """With the lines as they will be at their ends; those over others come last, dashes over all."""
        order = sorted(self.lines, key=lambda line: line.dashed, reverse=True)[::-1]
        faint = tuple(self._traced(line, line.behind, runs[line.run]) for line in self.lines if line.behind)
        traced = tuple(self._traced(line, line.metric, runs[line.run]) for line in order)
        behind = self.background.copy()
        for line in faint:
            self._faint(behind, line.at(LAST), 0)
        whole = behind.copy()
        for line in traced:
            self._draw(whole, line.at(LAST), 0)
        return replace(self, faint=faint, traced=traced, behind=behind, whole=None if self.best else whole)

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Draw the lines up to a moment, each ending in a dot: what changes no more is there already."""
        faint, lines = ([t.at(moment.step(t.line.run)) for t in traced] for traced in (self.faint, self.traced))
        behind = min((now.still - _reach(self.plot.style.thin_px) for now in faint), default=canvas.shape[1])
        whole = min((now.still - max(*self._reaches(now.line)) for now in lines), default=canvas.shape[1])
        behind = max(0, behind)
        whole = max(0, min(behind, whole)) if self.whole is not None else 0
        if behind < canvas.shape[1]:
            canvas[:, behind:] = self.background[:, behind:]
            for now in faint:
                self._faint(canvas, now, behind)
        canvas[:, whole:behind] = self.behind[:, whole:behind]
        if self.best:
            self._mark(canvas, recordings[self.best], moment.step(self.best))
        if whole < canvas.shape[1]:
            for now in lines:
                self._draw(canvas, now, whole)
        if self.whole is not None:
            canvas[:, :whole] = self.whole[:, :whole]

    def _traced(self, line: Line, metric: str, recording: Recording) -> Traced:
        """A metric of a run, drawn as a line or behind it."""
        steps, values = recording.metric(metric)
        xs = places(recording, steps, self.counted)
        points, there = self.plot.points(xs, values, cut="x"), xs >= self.plot.x.low
        style, own = self.plot.style, metric == line.metric
        pen = style.curve_px * line.wide if own else style.thin_px
        if metric not in BEHIND:
            made = partial(Growing.through_means, width=style.curve_px)
        elif line.dashed and own:
            made = partial(Growing.through_points)
        else:
            made = partial(Growing.through_columns, width=max(1, pen // FINE))
        if not self.plot.x.log or there.all():
            return Traced(line, steps, made(points))
        # Step 0 has no place on a log axis: it is a dot at its edge until there is more.
        return Traced(line, steps, made(points[there]), there, made(points[: np.flatnonzero(~there)[-1] + 1]))

    def _reaches(self, line: Line) -> tuple[int, int]:
        """Pixels that the pen of a line, and its dots, reach from its middle."""
        style = self.plot.style
        return _reach(style.curve_px * line.wide), _reach(2 * style.dot_px)

    def _faint(self, canvas: Frame, now: Now, left: int) -> None:
        """What stands behind a line, or what of it can be seen from a column of pixels on."""
        style, places = self.plot.style, now.growing.places(now.many, left - _reach(self.plot.style.thin_px))
        self.plot.line(canvas, places, style.faint(now.line.color), style.thin_px, whole=False)

    def _draw(self, canvas: Frame, now: Now, left: int) -> None:
        """A line as far as it goes, or what of it can be seen from a column of pixels on: dots where it was measured,
        if that was seldom, and one at its end."""
        plot, line, points = self.plot, now.line, now.points
        seen, dotted = (left - reach for reach in self._reaches(line))
        weight = plot.style.curve_px
        if line.dashed:
            dashes = now.growing.places(now.many)
            plot.dashes(canvas, dashes, line.color, weight * line.wide, left=seen if now.growing.rising else None)
        else:
            plot.line(canvas, now.growing.places(now.many, seen), line.color, weight * line.wide, whole=False)
        radius = max(2, round(weight * 0.9))
        apart = SPARSE * radius
        for point in sparse(points[: canvas.shape[1] // apart + 2], apart):  # more have no room
            if point[0] >> SHIFT >= dotted and plot.holds(point):
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
            first = int(np.searchsorted(steps, marked[0]))
            at = slice(first, first + 1)
            if (steps[at] == marked[0]).any() and line.metric.startswith("validation_"):
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


def _reach(thickness: int) -> int:
    """Pixels that a pen reaches from the column of its middle: half of its width, two that an antialiased edge shades,
    one for where in the column it is, and one more."""
    return (thickness + 1) // 2 + 4


def sparse(points: Points, apart: int) -> Points:
    """A line's points from its beginning on, as long as each has more than `apart` pixels of width to the next."""
    return points[:-1][np.logical_and.accumulate(np.diff(points[:, 0]) > apart << SHIFT)]


def _coincide(one: NDArray[np.float64], other: NDArray[np.float64], style: Style) -> bool:
    """Whether two lines, a height for each column of pixels, lie on each other for the most part."""
    both = np.isfinite(one) & np.isfinite(other)
    return bool(both.any() and (np.abs(one - other)[both] < style.curve_px / 2).mean() > ALIKE)
