"""Every run as a row: what was set and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.axes import short
from weightreel.render.drawing.canvas import Color, Frame, Rect, blank, cv2
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.plot import SHIFT
from weightreel.render.drawing.template import Written
from weightreel.render.drawing.text import Weight
from weightreel.render.drawing.theme import LEAST_LEGIBLE_PX, Style
from weightreel.render.errors import Finding
from weightreel.render.views import EveryRun, settings_written, unmeasured
from weightreel.render.views._gliding import gliding
from weightreel.trainer.options import Names
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.metrics import MetricAbout
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

LARGE = 1e6  # from here on a number is written as 2.5e30
BOLD: Weight = "semibold"  # type of the best row
GLIDE = 0.4  # of a second, that a row takes to its new place
LEAST_GAP = 24  # between two columns, on a frame 1080 high


class Table(EveryRun):
    """A row a run: the settings in which they differ, and metrics at the step. A triangle is before the best row, in
    heavier type: that of the metric that rows are sorted by, or else of the last.

    Example:
        [grid]
        l2 = [0.0, 0.001, 0.01]

        [[view]]
        type = "table"
        area = "grid"
        metrics = ["loss", "validation_accuracy"]
        sort = "validation_accuracy"
    """

    inset: ClassVar[bool] = True

    type: Literal["table"] = "table"
    metrics: Names = Field(
        default=("loss", "validation_loss", "validation_accuracy"),
        min_length=1,
        title="list of metrics",
        description="a column for each",
    )
    sort: str | None = Field(
        default=None,
        title="metric",
        description="one of the metrics, by whose value at the moment rows are sorted, the best first; they change "
        "places every second; default: the order of the grid",
    )

    def findings(self, about: About) -> Iterator[Finding]:
        """Unknown metrics, or a sorting by what has no column."""
        yield from unmeasured(about, (("metrics", m) for m in self.metrics))
        if self.sort is not None and self.sort not in self.metrics:
            yield Finding("sort", f"'{self.sort}' has no column; there are {', '.join(self.metrics)}")

    @property
    def scored(self) -> str:
        """The metric that tells the best row."""
        return self.sort or self.metrics[-1]

    def written(self, run: str, about: About) -> Iterator[Written]:
        """What the run differs in, and the names of the metrics."""
        yield from settings_written(run, about)
        yield from (Written("the names of the metrics", about.metric(name).short) for name in self.metrics)

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedTable:
        """Fix the columns, and the size of type at which all rows have room."""
        style, about = place.style, next(iter(recordings.values())).about
        keys, names, columns = self._keys(about), self._names(about), self._columns(recordings)
        line = min(style.px(44), max(1, place.rect.height // (len(recordings) + 1)))
        most = max(1, min(style.body_px, int(line * 0.8)))
        sizes = range(most, LEAST_LEGIBLE_PX, -1)
        size = next((s for s in sizes if _needed(columns, s, style) <= place.rect.width), min(most, LEAST_LEGIBLE_PX))
        widths = _widths(columns, size)
        gap = max(0, (place.rect.width - size - sum(widths)) // max(1, len(widths) - 1))
        rights = tuple(size + sum(widths[: i + 1]) + i * min(gap, style.px(160)) for i in range(len(widths)))
        rows = self._rows(recordings, course)
        return FittedTable(self, style, keys, names, rights, line, size, rows, blank(place.rect[2:], style.background))

    def findings_at(self, about: About, place: Place) -> Iterator[Finding]:
        """Columns that touch or are cut, by their names alone."""
        needed = _needed([[name] for name in self._names(about)], LEAST_LEGIBLE_PX, place.style)
        if needed > place.rect.width:
            needs = f"the columns need {needed} pixels and have {place.rect.width}: they touch or are cut"
            yield Finding("metrics", f"{needs}; show fewer or give the table more room", "note")

    def _rows(self, recordings: Recordings, course: Course) -> NDArray[np.float64]:
        """The row of each run in each frame, (frames, runs)."""
        if self.sort is None:
            return np.tile(np.arange(float(len(recordings))), (len(course), 1))
        moments = [course[i] for i in range(len(course))]
        sign = -1 if recordings.about.metric(self.sort).better == "low" else 1
        scores = [
            [sign * value for value in _values(run, self.sort, [m.step(name) for m in moments])]
            for name, run in recordings.items()
        ]
        second = max(1, round((len(moments) - 1) / max(moments[-1].seconds, 1e-9)))
        return gliding(np.array(scores).T, second, max(1, round(GLIDE * second)))

    def _keys(self, about: About) -> tuple[str, ...]:
        return tuple(about.settings) or ("run",)

    def _names(self, about: About) -> tuple[str, ...]:
        """What stands over the columns."""
        return (*(k.rpartition(".")[2] for k in self._keys(about)), *(about.metric(m).short for m in self.metrics))

    def _columns(self, recordings: Recordings) -> list[list[str]]:
        """The widest of what each column holds over the whole clip."""
        keys = self._keys(next(iter(recordings.values())).about)
        rows = [
            [*(str(r.about.settings.get(k, name)) for k in keys), *(_widest(r, m) for m in self.metrics)]
            for name, r in recordings.items()
        ]
        return [list(column) for column in zip(self._names(recordings.about), *rows, strict=True)]


@dataclass(frozen=True)
class FittedTable:
    """A table ready to draw."""

    view: Table
    style: Style
    keys: tuple[str, ...]
    names: tuple[str, ...]
    rights: tuple[int, ...]
    line: int
    size: int
    rows: NDArray[np.float64]
    background: Frame

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Write the settings of each run and its metrics at a moment."""
        style, rows = self.style, self.rows[moment.index]
        canvas[:] = self.background
        self._row(canvas, 0, self.names, style.color("muted"))
        best = self._best(recordings, moment)
        for i, (name, r) in sorted(enumerate(recordings.items()), key=lambda run: (run[1][0] == best, -rows[run[0]])):
            settings = [str(r.about.settings.get(k, name)) for k in self.keys]
            words = (*settings, *(_shown(r.about.metric(m), r.latest(m, moment.step(name))) for m in self.view.metrics))
            self._row(canvas, 1 + rows[i], words, style.color("text"), best=name == best)
        rule = Rect(0, self.line - 1, min(canvas.shape[1], self.rights[-1]), style.grid_px)
        rule.of(canvas)[:] = style.color("line")  # last: lines of text are higher than rows that stand close

    def _best(self, recordings: Recordings, moment: Moment) -> str | None:
        """The run with the best score at a moment."""
        scores = {n: r.latest(self.view.scored, moment.step(n)) for n, r in recordings.items()}
        known = {n: s for n, s in scores.items() if isfinite(s)}
        falls = recordings.about.metric(self.view.scored).better == "low"
        return (min if falls else max)(known, key=lambda n: known[n], default=None)

    def _row(self, canvas: Frame, row: float, words: tuple[str, ...], color: Color, *, best: bool = False) -> None:
        """Words aligned on the right of their columns; those of the best are heavier, behind a triangle."""
        ascent, descent, _ = text.metrics(self.size)
        weight: Weight = BOLD if best else "regular"
        top = round(row * self.line)
        y = top + (self.line - ascent - descent) // 2
        background = self.style.panel if best else self.style.background
        band = canvas[max(0, top) : max(0, top) + self.line, : self.rights[-1] + self.size // 2]
        band[:] = background  # rows that pass each other hide each other, or their numbers would be read as one
        if best:
            self._triangle(canvas, top + self.line / 2)
        for right, word in zip(self.rights, words, strict=True):
            x = right - text.width(word, self.size, weight)
            text.draw(canvas, (x, y), word, size=self.size, color=color, background=background, weight=weight)

    def _triangle(self, canvas: Frame, middle: float) -> None:
        """It points to the row that it is before."""
        side, left = 0.36 * self.size, 0.25 * self.size
        corners = np.array([[left, middle - side], [left, middle + side], [left + 1.2 * side, middle]])
        points = np.round(corners * (1 << SHIFT)).astype(np.int32)
        cv2.fillConvexPoly(canvas, points, self.style.color("text"), cv2.LINE_AA, SHIFT)


def _values(run: Recording, metric: str, steps: Sequence[int]) -> list[float]:
    """A metric at steps, each looked up once."""
    known = {step: run.latest(metric, step) for step in dict.fromkeys(steps)}
    return [known[step] for step in steps]


def _shown(metric: MetricAbout, value: float) -> str:
    if not isfinite(value):
        return "–"
    if metric.share:
        return f"{value:.1%}"
    return f"{value:.3f}" if abs(value) < LARGE else short(value)


def _widest(recording: Recording, metric: str) -> str:
    """The largest value that is written out, or 0 in as many signs as a short one has."""
    about = recording.about.metric(metric)
    values = recording.metric(metric)[1] if recording.has_metric(metric) else np.empty(0)
    parts = [part for part in (values, values[np.abs(values) < LARGE]) if len(part)]
    return max("0.0000", *(_shown(about, float(v)) for part in parts for v in (part.min(), part.max())), key=len)


def _widths(columns: Sequence[Sequence[str]], size: int) -> list[int]:
    """Pixels of the widest word of each column."""
    return [max(text.width(word, size, BOLD) for word in column) for column in columns]


def _needed(columns: Sequence[Sequence[str]], size: int, style: Style) -> int:
    """Pixels of all columns, the least between them, and the triangle."""
    return size + sum(_widths(columns, size)) + style.px(LEAST_GAP) * (len(columns) - 1)
