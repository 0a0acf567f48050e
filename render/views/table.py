"""Every run as a row: what was set and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.axes import short
from weightreel.render.drawing.canvas import Color, Frame, Rect, blank
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.template import Written
from weightreel.render.drawing.theme import LEAST_LEGIBLE_PX, Style
from weightreel.render.errors import Finding
from weightreel.render.views import EveryRun, settings_written, unmeasured
from weightreel.trainer.options import Names
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.metrics import MetricAbout
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

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
        keys, names, columns = self._keys(about), self._names(about), self._columns(recordings)
        line = min(style.px(44), max(1, place.rect.height // (len(recordings) + 1)))
        most = max(1, min(style.body_px, int(line * 0.8)))
        sizes = range(most, LEAST_LEGIBLE_PX, -1)
        size = next((s for s in sizes if _needed(columns, s, style) <= place.rect.width), min(most, LEAST_LEGIBLE_PX))
        widths = _widths(columns, size)
        gap = max(0, (place.rect.width - sum(widths)) // max(1, len(widths) - 1))
        rights = tuple(sum(widths[: i + 1]) + i * min(gap, style.px(160)) for i in range(len(widths)))
        return FittedTable(self, style, keys, names, rights, line, size, blank(place.rect[2:], style.background))

    def findings_at(self, about: About, place: Place) -> Iterator[Finding]:
        """Columns that touch or are cut, by their names alone."""
        needed = _needed([[name] for name in self._names(about)], LEAST_LEGIBLE_PX, place.style)
        if needed > place.rect.width:
            needs = f"the columns need {needed} pixels and have {place.rect.width}: they touch or are cut"
            yield Finding("metrics", f"{needs}; show fewer or give the table more room", "note")

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
    background: Frame

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Write the settings of each run and its metrics at a moment."""
        style = self.style
        canvas[:] = self.background
        self._row(canvas, 0, self.names, style.color("muted"))
        scores = {n: r.latest(self.view.metrics[-1], moment.step(n)) for n, r in recordings.items()}
        known = {n: s for n, s in scores.items() if isfinite(s)}
        falls = recordings.about.metric(self.view.metrics[-1]).better == "low"
        best = (min if falls else max)(known, key=lambda n: known[n], default=None)
        for i, (name, r) in enumerate(recordings.items()):
            settings = [str(r.about.settings.get(k, name)) for k in self.keys]
            words = (*settings, *(_shown(r.about.metric(m), r.latest(m, moment.step(name))) for m in self.view.metrics))
            self._row(canvas, i + 1, words, style.series(1) if name == best else style.color("text"))
        rule = Rect(0, self.line - 1, min(canvas.shape[1], self.rights[-1]), style.grid_px)
        rule.of(canvas)[:] = style.color("line")  # last: lines of text are higher than rows that stand close

    def _row(self, canvas: Frame, row: int, words: tuple[str, ...], color: Color) -> None:
        """Words aligned on the right of their columns."""
        ascent, descent, _ = text.metrics(self.size)
        y = row * self.line + (self.line - ascent - descent) // 2
        for right, word in zip(self.rights, words, strict=True):
            x = right - text.width(word, self.size)
            text.draw(canvas, (x, y), word, size=self.size, color=color, background=self.style.background)


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
    return [max(text.width(word, size) for word in column) for column in columns]


def _needed(columns: Sequence[Sequence[str]], size: int, style: Style) -> int:
    """Pixels of all columns and the least between them."""
    return sum(_widths(columns, size)) + style.px(LEAST_GAP) * (len(columns) - 1)
