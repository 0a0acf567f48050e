"""Every run as a row: what was set and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.axes import short
from weightreel.render.drawing.canvas import Color, Frame, Rect, blank, cv2, fill
from weightreel.render.drawing.fitting import in_lines, shrunk, smaller
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.numbers import grouped
from weightreel.render.drawing.plot import SHIFT
from weightreel.render.drawing.template import Written
from weightreel.render.drawing.text import Weight
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import Finding
from weightreel.render.views import EveryRun, settings_written, unmeasured
from weightreel.render.views._gliding import gliding
from weightreel.trainer.options import Names, Tiles
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.metrics import MetricAbout
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

EXPECTED = "0.0000"  # as wide as a metric is, before it is measured
LARGE = 1e6  # from here on a number is written as 2.5e30
BOLD: Weight = "semibold"  # type of the best row
PLAIN: Weight = "regular"
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

    best: Tiles | None = Field(
        default=None, description="how many of the sorted rows are shown, said in a line under them; default: all"
    )

    def findings(self, about: About) -> Iterator[Finding]:
        """Unknown metrics, a sorting by what has no column, or the best of what is not sorted."""
        yield from unmeasured(about, (("metrics", m) for m in self.metrics))
        if self.sort is not None and self.sort not in self.metrics:
            yield Finding("sort", f"'{self.sort}' has no column; there are {', '.join(self.metrics)}")
        if self.best is not None and self.sort is None:
            yield Finding("best", f'nothing is sorted; say sort, such as sort = "{self.metrics[-1]}"')

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
        laid, _ = self._set(self._columns(recordings), self.lines(len(recordings)), place)
        gap = max(0, (place.rect.width - laid.before - sum(laid.widths)) // max(1, len(laid.widths) - 1))
        gap = min(gap, style.px(160))
        rights = tuple(laid.before + sum(laid.widths[: i + 1]) + i * gap for i in range(len(laid.widths)))
        rows, background = self._rows(recordings, course), blank(place.rect[2:], style.background)
        return FittedTable(self, style, self._keys(about), laid, rights, rows, background)

    def lines(self, runs: int) -> int:
        """Rows that are shown of so many, and the line that says it where they are not all."""
        return runs if self.best is None or self.best >= runs else self.best + 1

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

    def findings_among(self, about: Mapping[str, About], place: Place) -> Iterator[Finding]:
        """Columns or rows that have no room, even with names on two lines and smaller, by what is known of them."""
        first = next(iter(about.values()))
        keys = self._keys(first)
        rows = [
            [*(str(a.settings.get(k, run)) for k in keys), *(EXPECTED for _ in self.metrics)]
            for run, a in about.items()
        ]
        shown = self.lines(len(rows))
        laid, fits = self._set(list(zip(self._names(first), *rows, strict=True)), shown, place)
        width = place.rect.width
        if laid.needed > width:
            needs = f"the columns need {laid.needed} pixels even in type of {laid.size} and have {width}"
            yield Finding("metrics", f"{needs}; show fewer or give the table more room")
        elif not fits:
            needs = f"{shown} rows need {laid.least} pixels each even in type of {laid.size} and have {laid.line}"
            yield Finding("area", f"{needs}; give the table more room, or show the best alone, with sort and best")

    def _set(self, columns: Sequence[Sequence[str]], rows: int, place: Place) -> tuple[Laid, bool]:
        """The columns, each of a name and what may stand under it, over so many rows."""
        for lines in (1, 2):
            laid, fits = shrunk(
                partial(Laid.of, columns, rows, lines, place),
                lambda laid: laid.needed <= place.rect.width and laid.line >= laid.least,
            )
            if fits:
                return laid, True
        return laid, False

    def _keys(self, about: About) -> tuple[str, ...]:
        return tuple(about.settings) or ("run",)

    def _names(self, about: About) -> tuple[str, ...]:
        """What stands over the columns."""
        return (*(k.rpartition(".")[2] for k in self._keys(about)), *(about.metric(m).short for m in self.metrics))

    def _columns(self, recordings: Recordings) -> list[tuple[str, ...]]:
        """The widest of what each column holds over the whole clip."""
        keys = self._keys(next(iter(recordings.values())).about)
        rows = [
            [*(str(r.about.settings.get(k, name)) for k in keys), *(_widest(r, m) for m in self.metrics)]
            for name, r in recordings.items()
        ]
        return list(zip(self._names(recordings.about), *rows, strict=True))


class Laid(NamedTuple):
    """Columns in a room: the lines of each name, the widths, pixels from row to row, the least that they may be, the
    type size, and the width that all need."""

    names: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    line: int
    least: int
    size: int
    needed: int

    @property
    def before(self) -> int:
        """Pixels that the triangle takes."""
        return self.size

    @property
    def head(self) -> int:
        """Pixels from the top to the first row."""
        return self.least * (max(map(len, self.names)) - 1) + self.line

    @classmethod
    def of(cls, columns: Sequence[Sequence[str]], rows: int, lines: int, place: Place, share: float) -> Laid:
        """At a share of the type size, names on at most so many lines."""
        style = place.style
        size = smaller(style.body_px, share)
        names = tuple(in_lines(column[0], size, lines) for column in columns)
        widths = tuple(
            max(text.width(word, size, BOLD) for word in (*name, *column[1:]))
            for name, column in zip(names, columns, strict=True)
        )
        every = "".join(word for column in columns for word in column)
        least = text.highest(every, size, BOLD) + text.metrics(size, BOLD)[1]
        high = place.rect.height - least * (max(map(len, names)) - 1)
        line = min(max(style.px(44), least), max(1, high // (rows + 1)))
        needed = size + sum(widths) + style.px(LEAST_GAP) * (len(widths) - 1)
        return cls(names, widths, line, least, size, needed)


@dataclass(frozen=True)
class FittedTable:
    """A table ready to draw."""

    view: Table
    style: Style
    keys: tuple[str, ...]
    laid: Laid
    rights: tuple[int, ...]
    rows: NDArray[np.float64]
    background: Frame

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Write the settings of each run and its metrics at a moment."""
        style, laid, rows = self.style, self.laid, self.rows[moment.index]
        canvas[:] = self.background
        best, every = self._best(recordings, moment), len(recordings)
        table = canvas
        if self.view.best is not None and self.view.best < every:
            table = canvas[: laid.head + self.view.best * laid.line]
            self._tell(canvas, laid.head + self.view.best * laid.line, f"the best {self.view.best} of {every}")
        order = sorted(enumerate(recordings.items()), key=lambda run: (run[1][0] == best, -rows[run[0]]))
        tops = [laid.head + round(rows[i] * laid.line) for i, _ in order]
        for (_, (name, r)), top, whole in zip(order, tops, self._whole(tops, len(table)), strict=True):
            settings = [str(r.about.settings.get(k, name)) for k in self.keys]
            words = (*settings, *(_shown(r.about.metric(m), r.latest(m, moment.step(name))) for m in self.view.metrics))
            self._row(table, top, words if whole else (), best=name == best)
        for line in range(max(map(len, laid.names))):
            words = tuple(name[-1 - line] if line < len(name) else "" for name in laid.names)
            self._write(canvas[: laid.head], laid.head - laid.line - line * laid.least, words, "muted")
        rule = Rect(0, laid.head - 1, min(canvas.shape[1], self.rights[-1]), style.grid_px)
        fill(rule.of(canvas), style.color("line"))

    def _whole(self, tops: list[int], below: int) -> list[bool]:
        """Of rows from the first drawn to the last, which have all their words seen: what passes behind another, or
        goes out below, is without words rather than with halves of them."""
        least = self.laid.line - max(1, (self.laid.line - self.laid.least) // 2)  # from row to row
        clear = (all(abs(top - over) >= least for over in tops[i + 1 :]) for i, top in enumerate(tops))
        return [free and top + least <= below for free, top in zip(clear, tops, strict=True)]

    def _best(self, recordings: Recordings, moment: Moment) -> str | None:
        """The run with the best score at a moment."""
        scores = {n: r.latest(self.view.scored, moment.step(n)) for n, r in recordings.items()}
        known = {n: s for n, s in scores.items() if isfinite(s)}
        falls = recordings.about.metric(self.view.scored).better == "low"
        return (min if falls else max)(known, key=lambda n: known[n], default=None)

    def _row(self, canvas: Frame, top: int, words: tuple[str, ...], *, best: bool) -> None:
        """A row on a band of its own: rows that pass each other hide each other, or their numbers would be read as
        one. That of the best is in another shade, and behind a triangle."""
        band = canvas[top : top + self.laid.line, : self.rights[-1] + self.laid.size // 2]
        background = self.style.panel if best else self.style.background
        fill(band, background)
        if best:
            self._triangle(band)
        if words:
            self._write(band, 0, words, "text", BOLD if best else PLAIN, background)

    def _write(
        self,
        canvas: Frame,
        top: int,
        words: tuple[str, ...],
        color: str,
        weight: Weight = PLAIN,
        background: Color | None = None,
    ) -> None:
        """Words aligned on the right of their columns, all of their ink below `top`."""
        size, laid, shade = self.laid.size, self.laid, self.style.color(color)
        y = top + (laid.line - laid.least) // 2 - (sum(text.metrics(size)[:2]) - laid.least)
        ground = self.style.background if background is None else background
        for right, word in zip(self.rights, words, strict=True):
            x = right - text.width(word, size, weight)
            text.draw(canvas, (x, y), word, size=size, color=shade, background=ground, weight=weight)

    def _tell(self, canvas: Frame, top: int, words: str) -> None:
        """A line under the rows, from where the words of the first column may begin."""
        size, style = self.laid.size, self.style
        y = top + (self.laid.line - self.laid.least) // 2 - (sum(text.metrics(size)[:2]) - self.laid.least)
        at, color = (self.laid.before, y), style.color("muted")
        text.draw(canvas, at, words, size=size, color=color, background=style.background)

    def _triangle(self, band: Frame) -> None:
        """It points to the row that it is before."""
        side, left, middle = 0.36 * self.laid.size, 0.25 * self.laid.size, band.shape[0] / 2
        corners = np.array([[left, middle - side], [left, middle + side], [left + 1.2 * side, middle]])
        points = np.round(corners * (1 << SHIFT)).astype(np.int32)
        cv2.fillConvexPoly(band, points, self.style.color("text"), cv2.LINE_AA, SHIFT)


def _values(run: Recording, metric: str, steps: Sequence[int]) -> list[float]:
    """A metric at steps, each looked up once."""
    known = {step: run.latest(metric, step) for step in dict.fromkeys(steps)}
    return [known[step] for step in steps]


def _shown(metric: MetricAbout, value: float) -> str:
    if not isfinite(value):
        return "–"
    if metric.share:
        return f"{value:.1%}"
    if abs(value) >= LARGE:
        return short(value)
    return grouped(f"{value:.3f}" if abs(value) < 1000 else f"{value:.0f}").replace("-", "−")


def _widest(recording: Recording, metric: str) -> str:
    """The largest value that is written out, or 0 in as many signs as a short one has."""
    about = recording.about.metric(metric)
    values = recording.metric(metric)[1] if recording.has_metric(metric) else np.empty(0)
    parts = [part for part in (values, values[np.abs(values) < LARGE]) if len(part)]
    return max(EXPECTED, *(_shown(about, float(v)) for part in parts for v in (part.min(), part.max())), key=len)
