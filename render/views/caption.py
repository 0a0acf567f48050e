"""Words and numbers: a template filled in from the recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.areas import Role
from weightreel.render.drawing.canvas import Color, Frame, Rect, even, fill
from weightreel.render.drawing.fitting import Read, Typeset, overflow, typeset
from weightreel.render.drawing.layout import Natural, Place
from weightreel.render.drawing.lines import Align, Anchor, Line, aligned, anchored, side
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.template import (
    Source,
    Template,
    Written,
    expected,
    filled,
    longest,
    stays,
    tilded,
    unchosen,
    unknown_names,
    unrecorded,
    values,
    words_named,
)
from weightreel.render.drawing.text import Weight
from weightreel.render.drawing.theme import Style, TextColor
from weightreel.render.errors import Finding
from weightreel.render.views import View
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

PAD, MARGIN = 14, 24  # on a frame 1080 high
MOST_HIGH = 10_000  # pixels: as many lines as there are


class Caption(View):
    """Lines of text in an area, or on a panel over the whole frame.

    Names in braces are filled in: data, run, layers, activation, optimizer, lr, batch_size, parameters, step, steps,
    epoch, loss, accuracy, batch_loss, batch_accuracy, validation_loss, validation_accuracy, test_loss, test_accuracy,
    or the metrics of a recording by their own names; a number not yet measured is shown as –, one that is not finite
    any more as NaN or ∞. Lines that have no room are broken, then smaller, by at most a quarter.

    Example:
        [[view]]
        type = "caption"
        area = "title"
        heading = "{layers}, {activation}"
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
    on_top: bool | None = Field(
        default=None, description="may lie over other views; default: true without an area, else false"
    )

    def findings(self, about: About) -> Iterator[Finding]:
        """Names that no recording has."""
        templates = {"heading": self.heading or "", "text": self.text}
        return unknown_names(templates, about)

    def unchosen(self, runs: Sequence[str]) -> Iterator[Finding]:
        """Numbers of the first of several runs, in silence."""
        if self.run is None:
            yield from unchosen(self._templates, runs, "warning")

    def lacking(self, recording: Recording) -> Iterator[Finding]:
        """Names that it has nothing for."""
        return unrecorded({"heading": self.heading or "", "text": self.text}, recording)

    def written(self, run: str, about: About) -> Iterator[Written]:
        """The words of others that it asks for, such as the name of the data."""
        return words_named((self.heading or "", self.text), about, run)

    def _usually_on_top(self) -> bool:
        return self.area is None

    def natural(self, about: About, place: Place) -> Natural | None:
        """The height of its lines, from the top of the highest letter of the first. A heading makes them a title,
        else they may be the label of what is under them."""
        if self.area is None:
            return None
        laid = self._set(place.style, longest(self._templates, [expected(about)]), (place.rect.width, MOST_HIGH))
        role: Role = "label" if self.heading is None else "title"
        return Natural(None, even(laid.size[1] + 1), role=role)

    def findings_at(self, about: About, place: Place) -> Iterator[Finding]:
        """Lines that have no room, even wrapped and smaller."""
        room = self._room(place)
        laid = self._set(place.style, longest(self._templates, [expected(about)]), room)
        told = overflow(laid, room)
        if told:
            key = "heading" if self.heading is not None and (laid.of == 0 or not self.text) else "text"
            yield Finding(key, f"{told}; shorten it, or give its area more room")

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedCaption:
        """Fix where lines are broken and how large they are, by the longest that they become, and the box."""
        recording, (run,) = self.recording(recordings), self.runs(recordings)
        sources = (values(recording, int(step), run) for step in course.shown(run))
        read = longest(self._templates, (tilded(source) if course.tweens else source for source in sources))
        laid = self._set(place.style, read, self._room(place))
        high = sum(line.height for line in laid.lines)
        box = self._panel(place, (laid.size[0], high)) if self.area is None else Rect(0, 0, *place.rect[2:])
        width = laid.size[0] if self.area is None or self.align else box.width
        fitted = FittedCaption(self, place.style, box, width, laid.lines)
        if not all(stays(row.words, recording.about) for row in laid.lines):
            return fitted
        picture = np.empty((*place.rect[3:1:-1], 3), np.uint8)
        fitted.write(picture, values(recording, int(recording.steps[0]), run))
        return replace(fitted, picture=box.of(picture).copy())

    @property
    def _templates(self) -> tuple[str, ...]:
        return (self.heading or "", self.text)

    def _lines(self, style: Style) -> list[Line]:
        """The lines as templates, not yet broken."""
        found = []
        color = self.color or ("muted" if self.heading else "text")
        if self.heading is not None:
            found.append(Line(self.heading, style.title_px, self.weight, "text"))
        size = style.text_px(self.size) if self.size else style.body_px
        rows = self.text.split("\n") if self.text or self.heading is None else []
        return found + [Line(row, size, self.weight, color) for row in rows]

    def _set(self, style: Style, read: Read, room: tuple[int, int]) -> Typeset:
        return typeset(self._lines(style), read, room)

    def _room(self, place: Place) -> tuple[int, int]:
        """(width, height) that the lines may take."""
        style, (_, _, width, height) = place.style, place.rect
        if self.area is not None:
            return width, height
        around = style.px(MARGIN)
        return width - 2 * (around + style.px(PAD)), height - 2 * around - style.px(PAD)

    def _panel(self, place: Place, size: tuple[int, int]) -> Rect:
        """The box of lines over the frame, as wide as they become."""
        style, (_, _, w, h) = place.style, place.rect
        pad, margin = style.px(PAD), style.px(MARGIN)
        width, height = min(w, size[0] + 2 * pad), min(h, size[1] + pad)
        x, y = anchored(self.anchor or "bottom left", (w - 2 * margin, h - 2 * margin), (width, height))
        return Rect(max(0, min(w - width, x + margin)), max(0, min(h - height, y + margin)), width, height)


@dataclass(frozen=True)
class FittedCaption:
    """A caption ready to draw."""

    view: Caption
    style: Style
    box: Rect
    width: int  # of the block of lines: the same at every step, or they would jump
    rows: tuple[Line, ...]  # templates, broken where they have to be
    picture: Frame | None = None  # of the box, where words never change

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Fill the box and write the text of a moment."""
        if self.picture is not None:
            self.box.of(canvas)[:] = self.picture
        else:
            self.write(canvas, self.view.filling(recordings, moment))

    def write(self, canvas: Frame, source: Source) -> None:
        """Fill the box and write the text with the numbers of a source."""
        box, background = self.box.of(canvas), self._background()
        fill(box, background)
        lines = [row._replace(words=filled(row.words, source)) for row in self.rows]
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
