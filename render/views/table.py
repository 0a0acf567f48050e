"""Every run as a row: what was set and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.axes import short
from weightreel.render.drawing.canvas import Color, Frame, Rect, blank
from weightreel.render.drawing.fitting import in_lines, shrunk, smaller
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.numbers import grouped
from weightreel.render.drawing.template import Written
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import Finding
from weightreel.render.views import EveryRun, settings_written, unmeasured
from weightreel.trainer.options import Names
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.metrics import MetricAbout
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

EXPECTED = "0.0000"  # as wide as a metric is, before it is measured
LARGE = 1e6  # from here on a number is written as 2.5e30
LEAST_GAP = 24  # between two columns, on a frame 1080 high


class Table(EveryRun):
    """A row a run: the settings in which they differ, and metrics at the step; the best of the last metric stands out.

    Example:
        [grid]
        l2 = [0.0, 0.001, 0.01]

        [[view]]
        type = "table"
        area = "grid"
        metrics = ["loss", "validation_accuracy"]
    """

    inset: ClassVar[bool] = True

    type: Literal["table"] = "table"
    metrics: Names = Field(
        default=("loss", "validation_loss", "validation_accuracy"),
        min_length=1,
        title="list of metrics",
        description="a column for each",
    )

    def findings(self, about: About) -> Iterator[Finding]:
        """Unknown metrics."""
        return unmeasured(about, (("metrics", m) for m in self.metrics))

    def written(self, run: str, about: About) -> Iterator[Written]:
        """What the run differs in, and the names of the metrics."""
        yield from settings_written(run, about)
        yield from (Written("the names of the metrics", about.metric(name).short) for name in self.metrics)

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedTable:
        """Fix the columns, and the size of type at which all rows have room."""
        style, about = place.style, next(iter(recordings.values())).about
        laid, _ = self._set(self._columns(recordings), len(recordings), place)
        gap = max(0, (place.rect.width - sum(laid.widths)) // max(1, len(laid.widths) - 1))
        gap = min(gap, style.px(160))
        rights = tuple(sum(laid.widths[: i + 1]) + i * gap for i in range(len(laid.widths)))
        background = blank(place.rect[2:], style.background)
        return FittedTable(
            self, style, self._keys(about), laid.names, rights, laid.line, laid.least, laid.size, background
        )

    def findings_among(self, about: Mapping[str, About], place: Place) -> Iterator[Finding]:
        """Columns or rows that have no room, even with names on two lines and smaller, by what is known of them."""
        first = next(iter(about.values()))
        keys = self._keys(first)
        rows = [
            [*(str(a.settings.get(k, run)) for k in keys), *(EXPECTED for _ in self.metrics)]
            for run, a in about.items()
        ]
        laid, fits = self._set(list(zip(self._names(first), *rows, strict=True)), len(rows), place)
        width = place.rect.width
        if laid.needed > width:
            needs = f"the columns need {laid.needed} pixels even in type of {laid.size} and have {width}"
            yield Finding("metrics", f"{needs}; show fewer or give the table more room")
        elif not fits:
            needs = f"{len(rows)} rows need {laid.least} pixels each even in type of {laid.size} and have {laid.line}"
            yield Finding("area", f"{needs}; give the table more room, or show fewer runs")

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

    @classmethod
    def of(cls, columns: Sequence[Sequence[str]], rows: int, lines: int, place: Place, share: float) -> Laid:
        """At a share of the type size, names on at most so many lines."""
        style = place.style
        size = smaller(style.body_px, share)
        names = tuple(in_lines(column[0], lambda words: text.width(words, size), lines) for column in columns)
        widths = tuple(
            max(text.width(word, size) for word in (*name, *column[1:]))
            for name, column in zip(names, columns, strict=True)
        )
        every = "".join(word for column in columns for word in column)
        least = text.highest(every, size) + text.metrics(size)[1]
        high = place.rect.height - least * (max(map(len, names)) - 1)
        line = min(max(style.px(44), least), max(1, high // (rows + 1)))
        needed = sum(widths) + style.px(LEAST_GAP) * (len(widths) - 1)
        return cls(names, widths, line, least, size, needed)


@dataclass(frozen=True)
class FittedTable:
    """A table ready to draw."""

    view: Table
    style: Style
    keys: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    rights: tuple[int, ...]
    line: int
    tight: int  # from line to line of a name
    size: int
    background: Frame

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Write the settings of each run and its metrics at a moment."""
        style = self.style
        canvas[:] = self.background
        head = self.tight * (max(map(len, self.names)) - 1) + self.line
        scores = {n: r.latest(self.view.metrics[-1], moment.step(n)) for n, r in recordings.items()}
        known = {n: s for n, s in scores.items() if isfinite(s)}
        falls = recordings.about.metric(self.view.metrics[-1]).better == "low"
        best = (min if falls else max)(known, key=lambda n: known[n], default=None)
        for i, (name, r) in reversed(
            list(enumerate(recordings.items()))
        ):  # boxes are higher than rows that stand close
            settings = [str(r.about.settings.get(k, name)) for k in self.keys]
            words = (*settings, *(_shown(r.about.metric(m), r.latest(m, moment.step(name))) for m in self.view.metrics))
            color = style.series(1) if name == best else style.color("text")
            self._row(canvas, head + i * self.line, words, color)
        for line in range(max(map(len, self.names))):
            words = tuple(name[-1 - line] if line < len(name) else "" for name in self.names)
            self._row(canvas, head - self.line - line * self.tight, words, style.color("muted"))
        rule = Rect(0, head - 1, min(canvas.shape[1], self.rights[-1]), style.grid_px)
        rule.of(canvas)[:] = style.color("line")

    def _row(self, canvas: Frame, top: int, words: tuple[str, ...], color: Color) -> None:
        """Words aligned on the right of their columns."""
        ascent, descent, _ = text.metrics(self.size)
        y = top + (self.line - ascent - descent) // 2
        for right, word in zip(self.rights, words, strict=True):
            x = right - text.width(word, self.size)
            text.draw(canvas, (x, y), word, size=self.size, color=color, background=self.style.background)


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
