"""Metrics over training time: lines that grow with the film, on axes fixed for the whole clip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from weightreel.render.drawing.axes import Axis, linear_axis, log_axis, short
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.moment import Course
from weightreel.render.drawing.numbers import spaced
from weightreel.render.drawing.plot import Room
from weightreel.render.drawing.template import Words, Written
from weightreel.render.drawing.theme import Style, TextColor
from weightreel.render.errors import Finding
from weightreel.render.views import View, unmeasured
from weightreel.render.views._line_names import Named
from weightreel.render.views._line_names import Names as LineNames
from weightreel.render.views._lines import BEHIND, BEST, FittedCurve, Line, XAxis, has_epochs, places
from weightreel.trainer.options import Many, Names, Value
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.metrics import MetricAbout
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

Scale = Literal["linear", "log"]
EVERY = "all"
LEAST_SPREAD = 1e-30  # of the ends of an axis
FLAT = 0.1  # of the largest value: lines that change by less are shown between two ticks


class Curve(View):
    """Lines of metrics over epochs or steps, each named where it ends, or over the plot where that has no room.

    Training is solid, validation dashed. With several runs a colour is a run. Measurements that lie far apart are
    points. Where a training stops early, the best epoch is marked.

    Example:
        [[view]]
        type = "curve"
        area = "loss"
        metrics = ["loss", "validation_loss"]
        y_scale = "log"
    """

    inset: ClassVar[bool] = True
    steady: ClassVar[bool] = True

    type: Literal["curve"] = "curve"
    run: str | Annotated[Names, Field(min_length=1)] | None = Field(  # type: ignore[assignment]
        default=None,
        title="name, or list of names",
        description='which of several runs, such as ["sigmoid", "relu"], or "all"; default: the first',
    )
    metrics: Annotated[Names, Field(min_length=1)] = Field(
        default=("loss", "validation_loss"), title="list of metrics", description="a line for each"
    )
    x: Literal["epoch", "step"] | None = Field(
        default=None, description="what the horizontal axis counts; default: epoch, or step where no epochs are known"
    )
    x_scale: Scale = Field(default="linear", description="of the horizontal axis")
    y_scale: Scale = Field(default="linear", description="of the vertical axis")
    limits: Annotated[tuple[Value, Value], Field(strict=False)] | None = Field(
        default=None,
        title="[lowest, highest]",
        description="ends of the vertical axis; default: those of the whole clip",
    )
    colors: Many[TextColor] | None = Field(
        default=None,
        description="one for each metric, or for each run where there are several; default: those of the theme",
    )
    labels: Many[Words] | None = Field(
        default=None, description="words for the metrics, one each; default: their names"
    )
    batches: bool = Field(default=True, description="show each batch faintly behind loss and accuracy")
    legend: bool = Field(default=True, description="name the lines")

    def runs(self, names: Iterable[str]) -> tuple[str, ...]:
        """The runs that it shows, of those there are."""
        there = tuple(names)
        if self.run is None:
            return there[:1]
        if self.run == EVERY and EVERY not in there:
            return there
        return (self.run,) if isinstance(self.run, str) else tuple(dict.fromkeys(self.run))

    def unchosen(self, runs: Sequence[str]) -> Iterator[Finding]:
        """Nothing: the first of several runs is named over the plot."""
        yield from ()

    def findings(self, about: About) -> Iterator[Finding]:
        """Unknown metrics, lists of different lengths, an empty range."""
        yield from unmeasured(about, ((f"metrics[{i}]", m) for i, m in enumerate(self.metrics)))
        several = self.run == EVERY or not isinstance(self.run, str | None)
        if self.labels is not None and len(self.labels) != len(self.metrics):
            yield Finding("labels", f"{len(self.labels)} labels for {len(self.metrics)} metrics")
        if self.colors is not None and not several and len(self.colors) != len(self.metrics):
            yield Finding("colors", f"{len(self.colors)} colors for {len(self.metrics)} metrics")
        if self.colors is not None and several and self.run != EVERY and len(self.colors) != len(self.run or ()):
            yield Finding("colors", f"{len(self.colors)} colors for {len(self.run or ())} runs")
        if self.limits and 0 < self.limits[1] - self.limits[0] < LEAST_SPREAD:
            yield Finding("limits", f"are less than {LEAST_SPREAD:g} apart; give them more room")
        if self.limits and (self.limits[0] >= self.limits[1] or (self.y_scale == "log" and self.limits[0] <= 0)):
            yield Finding("limits", "must rise, and start above 0 on a log scale")

    def findings_at(self, about: About, place: Place) -> Iterator[Finding]:
        """Names and numbers that are left out, for the plot would have no room."""
        runs = ("",) if isinstance(self.run, str | None) else self.runs(())
        splits = [about.metric(m).split for m in self.metrics]
        short = splits if len(set(splits)) == len(splits) > 1 and not self.labels else [""] * len(splits)
        words = [(self.shown(i, about), short[i]) for i in range(len(splits))]
        named = [Named(run, told, (0, 0, 0), False, brief or told) for run in runs for told, brief in words]
        names = LineNames.of(named if self.legend else [], place.rect[2:], place.style, runs=len(runs), heading="")
        if names.left_out:
            told = f"the names of {len(named)} lines have no room beside the plot or over it, and are left out"
            yield Finding("metrics", f"{told}; show fewer, or enlarge the area", "note")
        best = self.legend and BEST in about.metric_names
        if best and not names.has_room_above(place.rect.height):
            yield Finding("area", "has no room to name the best epoch, which is not marked; enlarge it", "note")
            best = False
        yield from Room.of(place.rect[2:], place.style, (self.x or "epoch", ""), lines=names.lines + best).findings()

    def written(self, run: str, about: About) -> Iterator[Written]:
        """The words for the metrics, where the scene has none, and the names of the runs."""
        if self.legend and not self.labels:
            yield from (Written("the names of the metrics", about.metric(m).words) for m in self.metrics)
        if self.legend and self.run is not None and not isinstance(self.run, str):
            yield Written("the names of the runs", run)

    def lacking(self, recording: Recording) -> Iterator[Finding]:
        """Epochs, where it is to count them."""
        if self.x == "epoch" and not has_epochs(recording):
            yield Finding(
                "x", 'epochs were not recorded; write x = "step", or record them: recorder.log(step, epoch=…)'
            )

    def unseen(self, run: str, recording: Recording) -> Iterator[Finding]:
        """Lines that lie wholly outside of the axes."""
        for metric in dict.fromkeys(self.metrics):
            values = recording.metric(metric)[1] if recording.has_metric(metric) else np.zeros(0)
            if len(values):
                low, high = float(values.min()), float(values.max())
                own = f"{metric} of {run}" if self.run is not None else metric
                told = f"{own} goes from {short(low)} to {short(high)}, and its line is not seen"
                if self.limits and (high < self.limits[0] or low > self.limits[1]):
                    yield Finding("limits", f"{told}, wholly outside of them; widen them, or leave them out", "note")
                elif self.y_scale == "log" and high <= 0:
                    yield Finding("y_scale", f"{told}: a log scale has nothing below 0; write 'linear'", "note")

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedCurve:
        """Fix both axes over the whole clip, and draw what stays."""
        shown = {name: recordings[name] for name in self.runs(recordings)}
        counted: XAxis = self.x or ("epoch" if all(map(has_epochs, shown.values())) else "step")
        lines = self._lines(shown, place.style)
        first = next(iter(shown)) if self.run is None and len(recordings) > 1 else ""
        named = [line.named for line in lines] if self.legend else []
        names = LineNames.of(named, place.rect[2:], place.style, runs=len(shown), heading=first)
        told = len(shown) == 1 and self.legend and names.has_room_above(place.rect.height)
        best = next((n for n, r in shown.items() if told and r.has_metric(BEST)), "")
        room = place.rect.height - names.height(bool(best))
        axes = self._x_axis(shown, counted, place), self._y_axis(shown, lines, room // place.style.px(68))
        return FittedCurve.named(lines, counted, axes, place, shown, names, best)

    def shown(self, index: int, about: About) -> str:
        """The words for a metric, with how many images it is over where not over all."""
        words = self.labels[index] if self.labels else about.metric(self.metrics[index]).words
        images = about.images(self.metrics[index])
        return words if images is None else f"{words}, {spaced(images)} images"

    def _lines(self, runs: dict[str, Recording], style: Style) -> tuple[Line, ...]:
        """What is drawn, the first on top."""
        lines = []
        for number, (name, recording) in enumerate(runs.items()):
            about = recording.about
            splits = list(dict.fromkeys(about.metric(m).split for m in self.metrics))
            colors = self._colors([about.metric(m) for m in self.metrics], number if len(runs) > 1 else None, style)
            for i, metric in enumerate(self.metrics):
                if recording.has_metric(metric):
                    dashed = about.metric(metric).split == "validation" and len(splits) > 1
                    behind = f"batch_{metric}" if self.batches and f"batch_{metric}" in BEHIND else ""
                    behind = behind if recording.has_metric(behind) and len(runs) == 1 else ""
                    short = about.metric(metric).split if len(splits) == len(self.metrics) and not self.labels else ""
                    line = Line(name, metric, self.shown(i, about), colors[i], dashed, behind, short=short)
                    lines.append(line)
        return tuple(lines)

    def _colors(self, metrics: Sequence[MetricAbout], run: int | None, style: Style) -> list[tuple[int, int, int]]:
        """Those of a run, by its number; or of the only one: that of its split for the first of a split, for others
        what is left of the series."""
        if run is not None:
            color = style.color(self.colors[run % len(self.colors)]) if self.colors else style.series(run)
            return [color] * len(metrics)
        if self.colors:
            return [style.color(color) for color in self.colors]
        return style.line_colors([metric.split for metric in metrics])

    def _x_axis(self, runs: dict[str, Recording], counted: XAxis, place: Place) -> Axis:
        """From where the recordings begin; on a logarithmic axis, from the first step on."""
        begun = max(int(self.x_scale == "log"), min(int(r.steps[0]) for r in runs.values()))
        low = min(float(places(r, np.array([begun]), counted)[0]) for r in runs.values())
        high = max(float(places(r, r.steps[-1:], counted)[0]) for r in runs.values())
        if self.x_scale == "log":
            return log_axis(low, max(high, low), widen=False)
        return linear_axis(low, high, max(2, min(7, place.rect.width // place.style.px(130))), widen=False)

    def _y_axis(self, runs: dict[str, Recording], lines: Sequence[Line], count: int) -> Axis:
        """What was measured, of the runs that came to their end, where any did; losses from 0 on."""
        whole = {name for name, r in runs.items() if not r.about.stopped} or set(runs)
        found = [runs[line.run].metric(line.metric)[1] for line in lines if line.run in whole]
        values = np.concatenate(found or [np.array([0.0, 1.0])])
        about = next(iter(runs.values())).about
        count = max(2, min(7, count))
        low, high = self.limits or (float(values.min()), float(values.max()))
        flat = self.limits is None and high - low <= FLAT * max(abs(low), abs(high))
        if self.y_scale == "log":
            positive = values[values > 0]
            low = low if low > 0 else float(positive.min()) if len(positive) else 0.1
            return log_axis(low, max(high, low), widen=flat and high > 0)
        if self.limits is None and all(about.metric(line.metric).share for line in lines):
            low, high = 0.0 if low == 1.0 else low, 1.0 if high > 0.5 or not high else high
        elif self.limits is None and low > 0:
            low = 0.0
        return linear_axis(low, high, count, widen=flat)
