"""A row of large numbers, each under its name: the state of the training at a glance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Frame, fill
from weightreel.render.drawing.layout import Natural, Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.template import (
    Source,
    Template,
    Words,
    Written,
    data_named,
    expected,
    filled,
    tilded,
    unknown_names,
    unrecorded,
    values,
)
from weightreel.render.drawing.theme import Style, TextColor
from weightreel.render.errors import Finding
from weightreel.render.views import View
from weightreel.trainer.options import Many, Options
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

LEAST_GAP = 24  # between two numbers, on a frame 1080 high


class Figure(Options):
    """One number: its name, its template such as "{loss:.4f}", its colour."""

    label: Words = Field(description="the name above the number")
    value: Template = Field(description="the number, such as {loss:.4f}")
    color: TextColor = Field(default="text", description="colour of the number")


class Figures(View):
    """Large numbers side by side in columns of equal width, each under its name.

    Example:
        [[view]]
        type = "figures"
        area = "figures"
        items = [
          { label = "epoch", value = "{epoch:.2f}" },
          { label = "accuracy", value = "{validation_accuracy:.1%}", color = "validation" },
        ]
    """

    inset: ClassVar[bool] = True

    type: Literal["figures"] = "figures"
    items: Annotated[Many[Figure], Field(min_length=1)] = Field(
        default=(
            Figure(label="epoch", value="{epoch:.2f}"),
            Figure(label="training loss", value="{loss:.4f}", color="training"),
            Figure(label="validation accuracy", value="{validation_accuracy:.1%}", color="validation"),
        ),
        description="the numbers, from left to right; default: epoch, training loss, validation accuracy",
    )

    def findings(self, about: About) -> Iterator[Finding]:
        """Names that no recording has."""
        return unknown_names({f"items[{i}].value": item.value for i, item in enumerate(self.items)}, about)

    def lacking(self, recording: Recording) -> Iterator[Finding]:
        """Names that it has nothing for."""
        return unrecorded({f"items[{i}].value": item.value for i, item in enumerate(self.items)}, recording)

    def written(self, run: str, about: About) -> Iterator[Written]:
        """The name of the data, where it is asked for."""
        return data_named((item.value for item in self.items), about)

    def natural(self, about: About, place: Place) -> Natural | None:
        """The height of a name and a number."""
        return Natural(None, self.heights(place.style)[2]) if self.area else None

    def findings_at(self, about: About, place: Place) -> Iterator[Finding]:
        """Numbers that touch or are cut."""
        widths = self._widths(expected(about), place.style)
        needed = sum(widths) + place.style.px(LEAST_GAP) * (len(widths) - 1)
        if needed > place.rect.width:
            needs = f"the numbers need {needed} pixels and have {place.rect.width}: they touch or are cut"
            yield Finding("items", f"{needs}; show fewer or give their column more room", "note")

    def _widths(self, source: Source, style: Style) -> list[int]:
        """Pixels of each name and its number, whichever is wider."""
        return [
            max(text.width(i.label, style.body_px), text.width(filled(i.value, source), style.figure_px))
            for i in self.items
        ]

    def heights(self, style: Style) -> tuple[int, int, int]:
        """(offset of the names, offset of the numbers, height of both); the highest letter of the names touches the
        top."""
        ascent, descent, _ = text.metrics(style.body_px)
        big_ascent, big_descent, big_cap = text.metrics(style.figure_px)
        top = max(text.highest(item.label, style.body_px) for item in self.items)
        number = top + descent + style.px(16) - (big_ascent - big_cap)
        return top - ascent, number, number + big_ascent + big_descent // 2

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedFigures:
        """Fix where the columns begin: the room left by the widest contents is shared out between them."""
        style, recording = place.style, self.recording(recordings)
        source = values(recording, int(recording.steps[-1]))
        widths = self._widths(tilded(source) if course.tweens else source, style)
        free = max(0, place.rect.width - sum(widths))
        gap = min(free // max(1, len(widths) - 1), style.px(120)) if len(widths) > 1 else 0
        starts = tuple(sum(widths[:i]) + i * gap for i in range(len(widths)))
        return FittedFigures(self, style, starts)


@dataclass(frozen=True)
class FittedFigures:
    """Figures ready to draw."""

    view: Figures
    style: Style
    starts: tuple[int, ...]

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Write names and numbers of a moment."""
        style = self.style
        fill(canvas, style.background)
        label_y, number_y, _ = self.view.heights(style)
        source = self.view.filling(recordings, moment)
        for x, item in zip(self.starts, self.view.items, strict=True):
            self._write(canvas, (x, number_y), filled(item.value, source), style.figure_px, item.color)
            self._write(canvas, (x, label_y), item.label, style.body_px, "muted")

    def _write(self, canvas: Frame, xy: tuple[int, int], words: str, size: int, color: str) -> None:
        style = self.style
        text.draw(canvas, xy, words, size=size, color=style.color(color), background=style.background)
