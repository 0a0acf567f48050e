"""Words and numbers: a template filled in from the recording."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.areas import Role
from weightreel.render.drawing.canvas import Color, Frame, Rect, even, fill
from weightreel.render.drawing.layout import Natural, Place
from weightreel.render.drawing.lines import Align, Anchor, Line, aligned, anchored, side
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.template import (
    Source,
    Template,
    Written,
    data_named,
    expected,
    filled,
    tilded,
    unknown_names,
    unrecorded,
    values,
)
from weightreel.render.drawing.text import Weight
from weightreel.render.drawing.theme import Style, TextColor
from weightreel.render.errors import Finding
from weightreel.render.views import View
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

PAD, MARGIN = 14, 24


class Caption(View):
    """Lines of text in an area, or on a panel over the whole frame.

    Names in braces are filled in: data, step, steps, epoch, loss, accuracy, batch_loss, batch_accuracy,
    validation_loss, validation_accuracy, test_loss, test_accuracy, or the metrics of a recording by their own names; a
    number not yet measured is shown as –.

    Example:
        [[view]]
        type = "caption"
        area = "title"
        heading = "64 neurons learn MNIST"
        text = "epoch {epoch:.2f}  loss {loss:.4f}  accuracy {validation_accuracy:.1%}"
    """

    worded: ClassVar[bool] = True

    type: Literal["caption"] = "caption"
    text: Template = Field(default="", description="the lines; \\n breaks them")
    heading: Template | None = Field(default=None, description="a line above the text, in the size of titles")
    size: int | None = Field(
        default=None, gt=0, le=500, description="type size in pixels on a frame 1080 high; default: the theme's body"
    )
    weight: Weight = Field(default="regular", description="how heavy the type is")
    color: TextColor | None = Field(
        default=None, description="colour of the text; default: text; under a heading: muted"
    )
    anchor: Anchor | None = Field(
        default=None, description="where the lines stand; default: top left; over the frame: bottom left"
    )
    align: Align | None = Field(default=None, description="how lines stand to each other; default: the anchor's side")

    def findings(self, about: About) -> Iterator[Finding]:
        """Names that no recording has."""
        templates = {"heading": self.heading or "", "text": self.text}
        return unknown_names(templates, about)

    def lacking(self, recording: Recording) -> Iterator[Finding]:
        """Names that it has nothing for."""
        return unrecorded({"heading": self.heading or "", "text": self.text}, recording)

    def written(self, run: str, about: About) -> Iterator[Written]:
        """The name of the data, where it is asked for."""
        return data_named((self.heading or "", self.text), about)

    def _usually_on_top(self) -> bool:
        return self.area is None

    def natural(self, about: About, place: Place) -> Natural | None:
        """The height of its lines, from the top of the highest letter of the first. A heading makes them a title,
        else they may be the label of what is under them."""
        if self.area is None:
            return None
        lines = self.lines(place.style, expected(about))
        role: Role = "label" if self.heading is None else "title"
        return Natural(None, even(sum(line.height for line in lines) - lines[0].above + 1), role=role)

    def findings_at(self, about: About, place: Place) -> Iterator[Finding]:
        """Lines that are cut."""
        lines, (_, _, width, height) = self.lines(place.style, expected(about)), place.rect
        widest = max(lines, key=lambda line: line.width)
        high = sum(line.height for line in lines) - lines[0].above - lines[-1].below
        if widest.width > width:
            key = "heading" if widest is lines[0] and self.heading is not None else "text"
            needs = f"'{widest.words}' is {widest.width} pixels wide and cut at {width}"
            yield Finding(key, f"{needs}; shorten it or give its column more room", "note")
        elif high > height:
            needs = f"the lines are {high} pixels high and cut at {height}"
            yield Finding("text", f"{needs}; take some out or give their row more room", "note")

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedCaption:
        """Fix the box that it paints; a panel is as wide as the widest that the text becomes."""
        if self.area is None:
            panel = self._panel(recordings, place, course)
            return FittedCaption(self, place.style, panel, panel.width - 2 * place.style.px(PAD))
        width = self._largest(recordings, place, course)[0] if self.align else place.rect.width
        return FittedCaption(self, place.style, Rect(0, 0, *place.rect[2:]), width)

    def lines(self, style: Style, source: Source) -> list[Line]:
        """The lines with their numbers filled in."""
        found = []
        color = self.color or ("muted" if self.heading else "text")
        if self.heading is not None:
            found.append(Line(filled(self.heading, source), style.title_px, self.weight, "text"))
        size = style.text_px(self.size) if self.size else style.body_px
        rows = filled(self.text, source).split("\n") if self.text or self.heading is None else []
        return found + [Line(row, size, self.weight, color) for row in rows]

    def _largest(self, recordings: Recordings, place: Place, course: Course) -> tuple[int, int]:
        """(width, height) of the lines where they are widest."""
        recording, widest, tallest = self.recording(recordings), 0, 0
        for step in course.shown(self.runs(recordings)[0]):
            source = values(recording, int(step))
            lines = self.lines(place.style, tilded(source) if course.tweens else source)
            widest = max(widest, *(line.width for line in lines))
            tallest = sum(line.height for line in lines)
        return widest, tallest

    def _panel(self, recordings: Recordings, place: Place, course: Course) -> Rect:
        style, (_, _, w, h) = place.style, place.rect
        widest, tallest = self._largest(recordings, place, course)
        pad, margin = style.px(PAD), style.px(MARGIN)
        width, height = min(w, widest + 2 * pad), min(h, tallest + pad)
        x, y = anchored(self.anchor or "bottom left", (w - 2 * margin, h - 2 * margin), (width, height))
        return Rect(max(0, min(w - width, x + margin)), max(0, min(h - height, y + margin)), width, height)


@dataclass(frozen=True)
class FittedCaption:
    """A caption ready to draw."""

    view: Caption
    style: Style
    box: Rect
    width: int  # of the block of lines: the same at every step, or they would jump

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Fill the box and write the text of a moment."""
        box, background = self.box.of(canvas), self._background()
        fill(box, background)
        lines = self.view.lines(self.style, self.view.filling(recordings, moment))
        for (x, y), line in zip(self._corners(lines), lines, strict=True):
            text.draw(
                box,
                (x, y),
                line.words,
                size=line.size,
                color=self.style.color(line.color),
                background=background,
                weight=line.weight,
            )

    def _background(self) -> Color:
        if self.view.area is not None:
            return self.style.background
        return self.style.panel

    def _corners(self, lines: list[Line]) -> list[tuple[int, int]]:
        """Where each line begins; in an area, the highest letter of the first touches the top edge."""
        panel = self.view.area is None
        pad, above = (self.style.px(PAD), 0) if panel else (0, lines[0].above)
        anchor: Anchor = "left" if panel else self.view.anchor or "top left"
        room = (self.box.width - 2 * pad, self.box.height + above)
        x, y = anchored(anchor, room, (self.width, sum(line.height for line in lines)))
        corners = []
        for line in lines:
            corners.append((x + pad + aligned(self.view.align or side(anchor), self.width, line.width), y - above))
            y += line.height
        return corners
