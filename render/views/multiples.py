"""Small multiples: the same little plot for every run, side by side, growing in step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.axes import Axis, linear_axis, log_axis
from weightreel.render.drawing.canvas import Color, Frame, Rect, blank
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.numbers import spaced
from weightreel.render.drawing.plot import SHIFT, averaged, dot, line
from weightreel.render.drawing.template import Written
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import Finding
from weightreel.render.views import EveryRun, settings_written, unmeasured
from weightreel.trainer.options import Names, Tiles
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

GAP, INDENT = 28, 14  # between cells, between words and lines; on a frame 1080 high


class Multiples(EveryRun):
    """A cell a run, all on the same axes; above each what the run differs in, under them the steps and the names of
    the lines.

    Example:
        [grid]
        "optimizer.lr" = [0.01, 0.1, 1.0]

        [[view]]
        type = "multiples"
        area = "grid"
        metrics = ["loss", "validation_loss"]
    """

    inset: ClassVar[bool] = True

    type: Literal["multiples"] = "multiples"
    metrics: Annotated[Names, Field(min_length=1)] = Field(
        default=("loss", "validation_loss"), title="list of metrics", description="a line for each"
    )
    columns: Tiles | None = Field(
        default=None, description="cells across; default: as many as make the grid about square"
    )
    y_scale: Literal["linear", "log"] = Field(default="linear", description="of the vertical axes")

    def findings(self, about: About) -> Iterator[Finding]:
        """Unknown metrics."""
        return unmeasured(about, (("metrics", m) for m in self.metrics))

    def written(self, run: str, about: About) -> Iterator[Written]:
        """What the run differs in, and the names of the metrics."""
        yield from settings_written(run, about)
        yield from (Written("the names of the metrics", about.metric(name).short) for name in self.metrics)

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedMultiples:
        """Fix the cells and the axes that all of them share, and write what stays."""
        style, (_, _, width, height) = place.style, place.rect
        y = self._axis(recordings)
        columns = self.columns or ceil(len(recordings) ** 0.5)
        rows = ceil(len(recordings) / columns)
        left = max(text.width(y.labels[i], style.body_px) for i in (0, -1)) + style.px(INDENT)
        below, gap = sum(text.metrics(style.body_px)[:2]) + style.px(INDENT) // 2, style.px(GAP)
        across = max(1, (width - left - gap * (columns - 1)) // columns)
        down = max(1, (height - below - gap * (rows - 1)) // rows)
        cells = tuple(
            Rect(left + i % columns * (across + gap), i // columns * (down + gap), across, down)
            for i in range(len(recordings))
        )
        last = int(recordings.steps[-1])
        names = tuple(recordings.about.metric(m).short for m in self.metrics)
        fitted = FittedMultiples(self, style, cells, y, last, names, blank((width, height), style.background))
        fitted.draw_words(recordings)
        return fitted

    def _axis(self, recordings: Recordings) -> Axis:
        values = self.measured(recordings, *self.metrics)
        if self.y_scale == "log":
            high = float(values.max())
            return log_axis(max(float(values.min()), high / 1e4), high, widen=True)
        return linear_axis(0.0, float(np.percentile(values, 99.5)), 4, widen=True)


@dataclass(frozen=True)
class FittedMultiples:
    """Small multiples ready to draw."""

    view: Multiples
    style: Style
    cells: tuple[Rect, ...]
    y: Axis
    last: int
    names: tuple[str, ...]
    background: Frame

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Draw the lines of each run up to a moment."""
        canvas[:] = self.background
        for cell, (name, run) in zip(self.cells, recordings.items(), strict=True):
            part = cell.of(canvas)
            for i in range(len(self.view.metrics) - 1, -1, -1):
                if part.size and run.has_metric(self.view.metrics[i]):
                    self._line(part, run, i, moment.step(name))

    def draw_words(self, recordings: Recordings) -> None:
        """The lines that values are read from, and all words; none of them changes."""
        style, columns = self.style, len({c.x for c in self.cells})
        titles, size = self._titles(recordings)
        ascent = text.metrics(size)[0]
        for number, (cell, title) in enumerate(zip(self.cells, titles, strict=True)):
            part, (top, bottom) = cell.of(self.background), self._span(cell)
            if not part.size:
                continue
            self._write(part, (0, text.highest(title, size) - ascent), title, style.color("text"), size)
            for y in (top, bottom):
                part[y : y + style.grid_px] = style.color("line")
            if number % columns == 0:
                self._limits(cell, top, bottom)
        self._write_below()

    def _span(self, cell: Rect) -> tuple[int, int]:
        """Rows of a cell at which its highest and its lowest value lie; a dot has room under the lowest."""
        _, _, cap = text.metrics(self.style.body_px)
        top = min(cap + self.style.px(INDENT + 8), cell.height - 1)
        return top, max(top, cell.height - self.style.dot_px - 1)

    def _titles(self, recordings: Recordings) -> tuple[list[str], int]:
        """What is written over the cells, and the type size at which all of it has room."""
        words = [
            "  ".join(f"{k.rpartition('.')[2]} {v}" for k, v in run.about.settings.items()) or name
            for name, run in recordings.items()
        ]
        widest, room = max(words, key=lambda w: text.width(w, 100)), self.cells[0].width
        sizes = range(self.style.body_px, 8, -1)
        return words, next((s for s in sizes if text.width(widest, s) <= room), 8)

    def _limits(self, cell: Rect, top: int, bottom: int) -> None:
        """The highest and the lowest value, left of the first cell of a row."""
        ascent, _, cap = text.metrics(self.style.body_px)
        for y, label in ((top, self.y.labels[-1]), (bottom, self.y.labels[0])):
            x = cell.x - self.style.px(INDENT) - text.width(label, self.style.body_px)
            self._write(self.background, (x, cell.y + y + cap // 2 - ascent), label, self.style.color("muted"))

    def _write_below(self) -> None:
        """The steps under the first cell, the names of the lines at the right end."""
        px, muted = self.style.body_px, self.style.color("muted")
        y = self.background.shape[0] - sum(text.metrics(px)[:2])
        first, right = self.cells[0], max(c.x + c.width for c in self.cells)
        end = f"{spaced(self.last)} steps"
        self._write(self.background, (first.x, y), "0", muted)
        self._write(self.background, (first.x + first.width - text.width(end, px), y), end, muted)
        for i in range(len(self.view.metrics) - 1, -1, -1):
            word = self.names[i]
            right -= text.width(word, px)
            self._write(self.background, (right, y), word, self.style.series(i))
            right -= self.style.px(GAP)

    def _line(self, canvas: Frame, run: Recording, i: int, step: int) -> None:
        style, (steps, values) = self.style, run.metric(self.view.metrics[i])
        n = int(np.searchsorted(steps, step, side="right"))
        room = canvas.shape[1] - 1 - 2 * style.dot_px
        px = style.dot_px + steps[:n] / max(1, self.last) * max(0, room)
        top, bottom = self._span(Rect(0, 0, canvas.shape[1], canvas.shape[0]))
        py = self.y.place(values[:n], bottom, top, cut=False)
        points = np.round(np.stack([px, py], axis=1) * (1 << SHIFT)).astype(np.int32)
        weight = max(2, style.px(0.75 * style.theme.curve))
        above = max(0, top - weight)
        shown = canvas[above : bottom + weight]  # what lies beyond the ends of the axis is not seen
        line(shown, averaged(points, weight) - np.array([0, above << SHIFT], np.int32), style.series(i), weight)
        if n and top - 0.5 <= py[-1] <= bottom + 0.5:
            dot(canvas, points[-1], style.series(i), max(weight, style.dot_px - 2))

    def _write(self, canvas: Frame, at: tuple[int, int], words: str, color: Color, size: int | None = None) -> None:
        size = size or self.style.body_px
        text.draw(canvas, at, words, size=size, color=color, background=self.style.background)
