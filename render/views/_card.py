"""Title and end cards: whole frames of words before and after the film."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Frame, Rect, even, fill
from weightreel.render.drawing.fitting import Read, Typeset, overflow, typeset
from weightreel.render.drawing.lines import Align, Anchor, Line, aligned, anchored, side
from weightreel.render.drawing.moment import Moment
from weightreel.render.drawing.template import (
    Source,
    Template,
    Written,
    expected,
    filled,
    longest,
    unchosen,
    unknown_names,
    unrecorded,
    words_named,
)
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import Finding
from weightreel.trainer.options import Options
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

HEADING, TEXT = 1.8, 1.5  # type sizes, in those of titles and of small words
MARGIN = 100  # the lengths are for frames 1080 high
RULE = (120, 6)
ABOVE_RULE, BELOW_RULE = 28, 40


class Card(Options):
    """A card: a heading, a short rule, lines of text, over the whole frame before or after the film.

    Names in braces are filled in as in captions: on the title card with the numbers of step 0, on the end card with
    those at the end of the training.

    Example:
        [title_card]
        text = "{steps} batches"
        seconds = 2

        [end_card]
        heading = "{validation_accuracy:.1%}"
        text = "of digits it has never seen"
    """

    seconds: float = Field(default=2.0, gt=0, le=3600, description="how long it stands")
    heading: Template | None = Field(
        default=None, description="large words above the rule; default: on the title card the scene's title"
    )
    text: Template = Field(default="", description="lines under the rule; \\n breaks them")
    run: str | None = Field(
        default=None,
        description="whose numbers, of several runs; must be said where it has some and no {run} in its words",
    )
    anchor: Anchor = Field(default="center", description="where in the frame the words stand")
    align: Align | None = Field(default=None, description="how lines stand to each other; default: the anchor's side")

    def frames(self, fps: float) -> int:
        """How many frames it stands."""
        return max(1, round(fps * self.seconds))

    def run_of(self, names: Iterable[str]) -> str:
        """The run whose numbers it shows, of those there are."""
        return next(iter(names)) if self.run is None else self.run

    def findings(self, about: About) -> list[Finding]:
        """Names that the recording has not, or nothing to show."""
        templates = {"heading": self.heading or "", "text": self.text}
        if not any(templates.values()):
            return [Finding("", "shows nothing; give it a heading or a text")]
        return list(unknown_names(templates, about))

    def unchosen(self, runs: Sequence[str]) -> Iterator[Finding]:
        """Numbers of the first of several runs, in silence."""
        if self.run is None:
            yield from unchosen(self._templates, runs, "error")

    def lacking(self, recording: Recording) -> Iterator[Finding]:
        """Names that a kept recording has nothing for."""
        return unrecorded({"heading": self.heading or "", "text": self.text}, recording)

    def written(self, run: str, about: About) -> Iterator[Written]:
        """The words of others that it asks for, such as the name of the data."""
        return words_named((self.heading or "", self.text), about, run)

    def findings_at(self, about: About, style: Style) -> list[Finding]:
        """Lines that have no room between the margins of the frame, even broken and smaller."""
        laid, width = self._set(style, longest(self._templates, [expected(about)])), _room(style)[0]
        told = overflow(laid, _room(style))
        if told is None:
            return []
        key, way_out = "heading" if self.heading and laid.of <= self.heading.count("\n") else "text", "shorten it"
        if laid.widest.width <= width:
            key, way_out = "", "take some out"
        return [Finding(key, f"{told}; {way_out}")]

    def fit(self, style: Style, source: Source) -> FittedCard:
        """The card with its numbers, at a size."""
        laid = self._set(style, lambda template: filled(template, source))
        lines = [line._replace(words=filled(line.words, source)) for line in laid.lines]
        heading = tuple(line for line in lines if line.color == "text")
        return FittedCard(self, style, heading, tuple(line for line in lines if line.color != "text"))

    @property
    def _templates(self) -> tuple[str, ...]:
        return (self.heading or "", self.text)

    def _set(self, style: Style, read: Read) -> Typeset:
        """The lines, those of the heading in the colour of text."""
        sizes = style.text_px(HEADING * style.theme.title), style.text_px(TEXT * style.theme.body)
        parts = zip(self._templates, sizes, ("text", "muted"), strict=True)
        rows = [(row, size, color) for words, size, color in parts if words for row in words.split("\n")]
        lines = [Line(row, size, "regular", color) for row, size, color in rows]
        return typeset(lines, read, _room(style), fixed=_pause(style) if all(self._templates) else 0)


def _pause(style: Style) -> int:
    """Pixels between heading and text, for the rule."""
    return sum(style.px(p) for p in (ABOVE_RULE, RULE[1], BELOW_RULE))


def _room(style: Style) -> tuple[int, int]:
    """(width, height) within the margins."""
    width, height = (side - 2 * style.px(MARGIN) for side in style.size)
    return width, height


@dataclass(frozen=True)
class FittedCard:
    """A card ready to draw."""

    card: Card
    style: Style
    heading: tuple[Line, ...]
    text: tuple[Line, ...]

    @property
    def height(self) -> int:
        """Pixels from the top of the highest letter of the first line to the last baseline."""
        lines = (*self.heading, *self.text)
        total = sum(line.height for line in lines) - lines[0].above - lines[-1].below
        return total + (_pause(self.style) if self.heading and self.text else 0)

    def draw(self, frame: Frame, recordings: Recordings, moment: Moment) -> None:
        """Draw it over the whole frame; it is the same at every moment."""
        fill(frame, self.style.background)
        style, (width, height) = self.style, _room(self.style)
        align = self.card.align or side(self.card.anchor)
        block = max(line.width for line in (*self.heading, *self.text))
        x, y = (p + style.px(MARGIN) for p in anchored(self.card.anchor, (width, height), (block, self.height)))
        y -= (*self.heading, *self.text)[0].above
        for line in self.heading:
            self._write(frame, x + aligned(align, block, line.width), y, line)
            y += line.height
        if self.heading and self.text:
            rule = style.even_px(RULE[0]), style.even_px(RULE[1])
            left, top = even(x + aligned(align, block, rule[0])), even(y + style.px(ABOVE_RULE))
            Rect(left, top, *rule).of(frame)[:] = style.color("muted")
            y += _pause(style)
        for line in self.text:
            self._write(frame, x + aligned(align, block, line.width), y, line)
            y += line.height

    def _write(self, frame: Frame, x: int, y: int, line: Line) -> None:
        color, background = self.style.color(line.color), self.style.background
        text.draw(frame, (x, y), line.words, size=line.size, color=color, background=background, weight=line.weight)
