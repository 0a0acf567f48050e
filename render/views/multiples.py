"""Small multiples: the same little plot for every run, side by side, growing in step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.render.drawing import plot, text
from weightreel.render.drawing.axes import Axis, linear_axis, log_axis
from weightreel.render.drawing.canvas import Color, Frame, Rect, blank
from weightreel.render.drawing.growing import Growing
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.numbers import spaced
from weightreel.render.drawing.plot import OFF, ON, SHIFT, dashed, dot
from weightreel.render.drawing.template import Written
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import Finding
from weightreel.render.views import EveryRun, settings_written, unmeasured
from weightreel.render.views._sheet import GAP, INDENT, Sheet, sheet
from weightreel.trainer.options import Names, Tiles
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

EXPECTED = "0.00"  # as wide as the limits of an axis are, before anything is measured
NARROWEST = 6  # dots, that a cell is wide at the least
WEIGHTS = 1.3, 0.5  # of a usual line, the first and those drawn over it: both are seen where they coincide


class Multiples(EveryRun):
    """A cell a run, all on the same axes: in a matrix, where the runs are all combinations of two settings or more,
    whose values stand along its edges; else row by row, above each what it differs in. Under them the steps and the
    names of the lines.

    Example:
        [grid]
        "optimizer.lr" = [0.01, 0.1, 1.0]

        [[view]]
        type = "multiples"
        area = "grid"
        metrics = ["loss", "validation_loss"]
    """

    inset: ClassVar[bool] = True
    steady: ClassVar[bool] = True

    type: Literal["multiples"] = "multiples"
    metrics: Annotated[Names, Field(min_length=1)] = Field(
        default=("loss", "validation_loss"), title="list of metrics", description="a line for each"
    )
    columns: Tiles | None = Field(
        default=None,
        description="cells across, row by row; default: a matrix of the settings, else as many as make it about square",
    )
    y_scale: Literal["linear", "log"] = Field(default="linear", description="of the vertical axes")

    def findings(self, about: About) -> Iterator[Finding]:
        """Unknown metrics."""
        return unmeasured(about, (("metrics", m) for m in self.metrics))

    def findings_among(self, about: Mapping[str, About], place: Place) -> Iterator[Finding]:
        """Titles that are wider than their cells, by what is known of the runs."""
        limits = text.width(EXPECTED, place.style.body_px)
        laid, below = self._laid(about, place, limits, max(run.length for run in about.values()))
        cell, wide = laid.cells[0], max(text.width(h.words, h.size) for h in laid.headings)
        if laid.above and wide > cell.width:
            needs = f"titles need {wide} pixels even in type of {laid.headings[0].size} and have {cell.width}"
            yield Finding("columns" if self.columns else "area", f"{needs}; show fewer columns, or give it more room")
        elif cell.width < NARROWEST * place.style.dot_px or cell.height - laid.above < _line(place.style) // 2:
            has = f"{max(0, cell.width)} × {max(0, cell.height - laid.above)}"
            yield Finding("area", f"its cells have {has} pixels for a line of a training; give it more room")
        elif below.wide(self._names(next(iter(about.values()))), place.style) > place.rect.width:
            yield Finding("area", "is too narrow for the steps and the names under its cells; give it more room")

    def written(self, run: str, about: About) -> Iterator[Written]:
        """What the run differs in, and the names of the metrics."""
        yield from settings_written(run, about)
        yield from (Written("the names of the metrics", about.metric(name).short) for name in self.metrics)

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedMultiples:
        """Fix the cells and the axes that all of them share, and write what stays."""
        style, y = place.style, self._axis(recordings)
        limits = max(text.width(y.labels[i], style.body_px) for i in (0, -1))
        last = int(recordings.steps[-1])
        laid, below = self._laid({n: run.about for n, run in recordings.items()}, place, limits, last)
        lines, background = tuple(self._drawn(recordings.about, style)), blank(place.rect[2:], style.background)
        fitted = FittedMultiples(style, laid, y, last, lines, below, background, background)
        fitted.draw_words()
        return fitted.grown(recordings)

    def _drawn(self, about: About, style: Style) -> Iterator[Drawn]:
        splits = [about.metric(m).split for m in self.metrics]
        colors = style.line_colors(splits)
        for metric, name, split, color in zip(self.metrics, self._names(about), splits, colors, strict=True):
            yield Drawn(metric, name, color, split == "validation" and len(set(splits)) > 1)

    def _names(self, about: About) -> list[str]:
        return [about.metric(m).short for m in self.metrics]

    def _laid(self, about: Mapping[str, About], place: Place, limits: int, last: int) -> tuple[Sheet, Below]:
        """The cells, and what is written under them in as few lines as it takes, of trainings of so many steps."""
        style, (_, _, width, height) = place.style, place.rect
        settings, names = {name: run.settings for name, run in about.items()}, self._names(next(iter(about.values())))
        for lines in range(1, len(names) + 2):
            under = lines * _line(style) + style.px(INDENT) // 2
            laid = sheet(settings, (width, height - under), limits, style, self.columns)
            below = Below.of(names, last, laid.cells[0], place)
            if len(below.lines) <= lines:
                break
        return laid, below

    def _axis(self, recordings: Recordings) -> Axis:
        values = self.measured(recordings, *self.metrics)
        if self.y_scale == "log":
            high = float(values.max())
            return log_axis(max(float(values.min()), high / 1e4), high, widen=True)
        return linear_axis(0.0, float(np.percentile(values, 99.5)), 4, widen=True)


def _line(style: Style) -> int:
    return sum(text.metrics(style.body_px)[:2])


class Drawn(NamedTuple):
    """A line of every cell: its metric, the name of it, and how it looks."""

    metric: str
    name: str
    color: Color
    dashed: bool


class Below(NamedTuple):
    """What is written under the cells: the steps, (x, words), in the first line, and the numbers of the names that
    stand in each line, at its right end."""

    steps: Sequence[tuple[int, str]]
    lines: Sequence[Sequence[int]]

    @classmethod
    def of(cls, names: Sequence[str], last: int, first: Rect, place: Place) -> Below:
        """The steps at both ends of the first cell, or together where it is too narrow; names where there is room."""
        px, width, gap = place.style.body_px, place.rect.width, place.style.px(GAP)
        end = f"{spaced(last)} step{'s' * (last != 1)}"
        steps = [(first.x, "0"), (first.x + first.width - text.width(end, px), end)]
        if first.width < text.width(f"0  {end}", px):
            words = f"0 to {end}"
            steps = [(max(0, min(first.x, width - text.width(words, px))), words)]
        room = width - gap - max(x + text.width(words, px) for x, words in steps)
        return cls(steps, _lines([text.width(name, px) for name in names], room, width, gap))

    def wide(self, names: Sequence[str], style: Style) -> int:
        """Pixels that the widest line of it takes at the least."""
        ends = (x + text.width(words, style.body_px) for x, words in self.steps)
        return max(*ends, *(text.width(name, style.body_px) for name in names))


def _lines(widths: Sequence[int], room: int, width: int, gap: int) -> list[list[int]]:
    """The numbers of the words that stand in each line, of which the first has less room."""
    lines: list[list[int]] = [[]]
    for number, wide in enumerate(widths):
        if wide > room and (lines[-1] or len(lines) == 1):
            lines.append([])
            room = width
        lines[-1].append(number)
        room -= wide + gap
    return lines


class Track(NamedTuple):
    """A line of a cell: the steps at which it was measured, rising, where it runs in the cell, and which of its points
    lie between the ends of the axis."""

    drawn: Drawn
    weight: int
    steps: NDArray[np.int64]
    growing: Growing
    held: NDArray[np.bool_]

    def many(self, step: int) -> int:
        """How many points it has at a step."""
        return int(np.searchsorted(self.steps, step, side="right"))


@dataclass(frozen=True)
class FittedMultiples:
    """Small multiples ready to draw; `whole` is the picture of all lines at their ends."""

    style: Style
    sheet: Sheet
    y: Axis
    last: int
    lines: Sequence[Drawn]
    below: Below
    background: Frame
    whole: Frame
    tracks: Sequence[tuple[Rect, str, Sequence[Track]]] = ()

    def grown(self, recordings: Recordings) -> FittedMultiples:
        """With the lines as they will be at their ends."""
        cells = [(cell, *item) for cell, item in zip(self.sheet.cells, recordings.items(), strict=True)]
        tracks = tuple(
            (
                cell,
                name,
                tuple(self._track(cell, run, i) for i, line in enumerate(self.lines) if run.has_metric(line.metric)),
            )
            for cell, name, run in cells
            if cell.of(self.background).size
        )
        whole = self.background.copy()
        for cell, _, drawn in tracks:
            for track in drawn:
                self._line(cell.of(whole), track, len(track.steps), 0)
        return replace(self, whole=whole, tracks=tracks)

    def _track(self, cell: Rect, run: Recording, i: int) -> Track:
        """Where a line of a cell runs."""
        style, drawn, (steps, values) = self.style, self.lines[i], run.metric(self.lines[i].metric)
        room = cell.width - 1 - 2 * style.dot_px
        px = style.dot_px + steps / max(1, self.last) * max(0, room)
        top, bottom = self._span(cell)
        py = self.y.place(values, bottom, top, cut=False)
        points = np.round(np.stack([px, py], axis=1) * (1 << SHIFT)).astype(np.int32)
        weight = max(2, style.px(WEIGHTS[min(i, 1)] * style.theme.curve))
        held = (top - 0.5 <= py) & (py <= bottom + 0.5)
        return Track(drawn, weight, steps, Growing.through_means(points, weight), held)

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Draw the lines of each run up to a moment: what changes no more is there already."""
        canvas[:] = self.whole
        for cell, name, tracks in self.tracks:
            step = moment.step(name)
            now = [(track, track.many(step)) for track in tracks]
            left = min((track.growing.still(many) - self._reach(track) for track, many in now), default=cell.width)
            if left < cell.width:
                left, part = max(0, left), cell.of(canvas)
                part[:, left:] = cell.of(self.background)[:, left:]
                for track, many in now:
                    self._line(part, track, many, left)
                part[:, :left] = cell.of(self.whole)[:, :left]

    def _reach(self, track: Track) -> int:
        """Pixels that the pen, or the dot, of a line reaches from its middle, and some more."""
        return max(track.weight, self.style.dot_px) + 2

    def draw_words(self) -> None:
        """The lines that values are read from, and all words; none of them changes."""
        style = self.style
        for x, y, quiet, words, size in self.sheet.headings:
            self._write(self.background, (x, y), quiet, style.color("muted"), size)
            x += text.width(quiet, size) if quiet else 0
            self._write(self.background, (x, y), words.removeprefix(quiet), style.color("text"), size)
        for cell in self.sheet.cells:
            part, (top, bottom) = cell.of(self.background), self._span(cell)
            for y in (top, bottom) if part.size else ():
                part[y : y + style.grid_px] = style.color("line")
        for cell in self.sheet.left:
            self._limits(cell, *self._span(cell))
        self._write_below()

    def _span(self, cell: Rect) -> tuple[int, int]:
        """Rows of a cell at which its highest and its lowest value lie; a dot has room under the lowest."""
        top = min(self.sheet.above, cell.height - 1)
        return top, max(top, cell.height - self.style.dot_px - 1)

    def _limits(self, cell: Rect, top: int, bottom: int) -> None:
        """The highest and the lowest value, left of the first cell of a row; of a low one, only the lowest."""
        ascent, _, cap = text.metrics(self.style.body_px)
        ends = ((top, self.y.labels[-1]), (bottom, self.y.labels[0]))
        for y, label in ends if bottom - top > 1.5 * cap else ends[1:]:
            x = cell.x - self.style.px(INDENT) - text.width(label, self.style.body_px)
            self._write(self.background, (x, cell.y + y + cap // 2 - ascent), label, self.style.color("muted"))

    def _write_below(self) -> None:
        """The steps under the first cell, the names of the lines at the right end."""
        px, style = self.style.body_px, self.style
        line = sum(text.metrics(px)[:2])
        y = self.background.shape[0] - max(1, len(self.below.lines)) * line
        for x, words in self.below.steps:
            self._write(self.background, (x, y), words, style.color("muted"))
        for row, numbers in enumerate(self.below.lines):
            right = max(c.x + c.width for c in self.sheet.cells)
            for i in reversed(numbers):
                right -= text.width(self.lines[i].name, px)
                self._write(self.background, (right, y + row * line), self.lines[i].name, self.lines[i].color)
                right -= style.px(GAP)

    def _line(self, canvas: Frame, track: Track, many: int, left: int) -> None:
        """A line through its first points, or what of it can be seen from a column of pixels on, and its dot."""
        weight, color, seen = track.weight, track.drawn.color, left - self._reach(track)
        top, bottom = self._span(Rect(0, 0, canvas.shape[1], canvas.shape[0]))
        above = max(0, top - weight)
        shown = canvas[above : bottom + weight]  # what lies beyond the ends of the axis is not seen
        smooth = track.growing.places(many, 0 if track.drawn.dashed else seen) - np.array([0, above << SHIFT], np.int32)
        parts = dashed(smooth, ON * weight, OFF * weight, left=seen) if track.drawn.dashed else [smooth]
        plot.lines(shown, parts, color, weight)
        if many and track.held[many - 1]:
            dot(canvas, track.growing.points[many - 1], color, max(weight, self.style.dot_px - 2))

    def _write(self, canvas: Frame, at: tuple[int, int], words: str, color: Color, size: int | None = None) -> None:
        size = size or self.style.body_px
        text.draw(canvas, at, words, size=size, color=color, background=self.style.background)
