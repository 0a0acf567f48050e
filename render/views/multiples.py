"""Small multiples: the same little plot for every run, side by side, growing in step."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from render import text
from render.axes import Axis, linear_axis, log_axis
from render.canvas import Frame, Rect, blank
from render.layout import Place
from render.plot import SHIFT, dot, line
from render.template import METRICS
from render.theme import Style
from render.views import View
from trainer.options import Count, Names
from trainer.recording import Recording
from trainer.recordings import Recordings
from trainer.run import Description


class Multiples(View):
    """A cell a run, all on the same axes; above each what the run differs in."""

    every_run: ClassVar[bool] = True

    type: Literal["multiples"] = "multiples"
    metrics: Annotated[Names, Field(min_length=1)] = ("loss", "validation_loss")
    columns: Count | None = None
    y_scale: Literal["linear", "log"] = "linear"

    def problems(self, about: Description) -> list[tuple[str, str]]:
        """Unknown metrics."""
        unknown = [m for m in self.metrics if m not in METRICS]
        return [("metrics", f"unknown metric '{m}'; there are {', '.join(METRICS)}") for m in unknown]

    def fit(self, recording: Recordings, place: Place) -> FittedMultiples:
        """Fix the cells and the axes that all of them share."""
        style, (_, _, width, height) = place.style, place.rect
        columns = self.columns or ceil(len(recording) ** 0.5)
        rows = ceil(len(recording) / columns)
        gap = style.px(28)
        size = (max(1, (width - gap * (columns - 1)) // columns), max(1, (height - gap * (rows - 1)) // rows))
        cells = [
            Rect(i % columns * (size[0] + gap), i // columns * (size[1] + gap), *size) for i in range(len(recording))
        ]
        y = self._axis(recording)
        background = blank((width, height), style.background)
        return FittedMultiples(self, style, tuple(cells), y, float(recording.steps[-1]), background)

    def _axis(self, recordings: Recordings) -> Axis:
        found = [r.metric(m)[1] for r in recordings.values() for m in self.metrics if r.has_metric(m)]
        values = np.concatenate(found or [np.array([0.0, 1.0])])
        high = float(np.percentile(values, 99.5))
        if self.y_scale == "log":
            return log_axis(max(float(values.min()), high / 1e4), high, widen=True)
        return linear_axis(0.0, high, 4, widen=True)


@dataclass(frozen=True)
class FittedMultiples:
    """Small multiples ready to draw."""

    view: Multiples
    style: Style
    cells: tuple[Rect, ...]
    y: Axis
    last: float
    background: Frame

    def draw(self, canvas: Frame, recording: Recordings, step: int) -> None:
        """Draw each run up to `step`."""
        canvas[:] = self.background
        for cell, (name, run) in zip(self.cells, recording.items(), strict=True):
            part = cell.of(canvas)
            if part.size:
                self._cell(part, name, run, step)

    def _cell(self, canvas: Frame, name: str, run: Recording, step: int) -> None:
        style = self.style
        ascent, _, cap = text.metrics(style.body_px)
        words = "  ".join(f"{k.rpartition('.')[2]} {v}" for k, v in run.description.settings.items()) or name
        top = cap + style.px(14)
        size = next((s for s in range(style.body_px, 7, -1) if text.width(words, s) <= canvas.shape[1]), 8)
        at, color = (0, cap - ascent), style.color("muted")
        text.draw(canvas, at, words, size=size, color=color, background=style.background)
        bottom = canvas.shape[0] - style.px(2 * style.theme.grid)
        canvas[bottom:] = style.color("line")
        for i in range(len(self.view.metrics) - 1, -1, -1):
            self._line(canvas, run, i, step, (top, bottom))

    def _line(self, canvas: Frame, run: Recording, i: int, step: int, span: tuple[int, int]) -> None:
        metric, style = self.view.metrics[i], self.style
        if not run.has_metric(metric):
            return
        steps, values = run.metric(metric)
        n = int(np.searchsorted(steps, step, side="right"))
        px = steps[:n] / max(1.0, self.last) * (canvas.shape[1] - 1 - style.px(6))
        py = self.y.place(values[:n], span[1], span[0])
        points = np.round(np.stack([px, py], axis=1) * (1 << SHIFT)).astype(np.int32)
        line(canvas, points, style.series(i), style.px(0.75 * style.theme.curve))
        if n:
            dot(canvas, points[-1], style.series(i), style.px(style.theme.dot - 2))
