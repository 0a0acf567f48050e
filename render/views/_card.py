"""Title and end cards: whole frames of words before and after the film."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Frame, Rect, even, fill
from weightreel.render.drawing.lines import Align, Anchor, Line, aligned, anchored, side
from weightreel.render.drawing.moment import Moment
from weightreel.render.drawing.template import (
    Source,
    Template,
    Written,
    data_named,
    expected,
    filled,
    unknown_names,
    unrecorded,
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
    run: str | None = Field(default=None, description="whose numbers, of several runs; default: the first")
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

    def lacking(self, recording: Recording) -> Iterator[Finding]:
        """Names that a kept recording has nothing for."""
        return unrecorded({"heading": self.heading or "", "text": self.text}, recording)

    def written(self, about: About) -> Iterator[Written]:
        """The name of the data, where it is asked for."""
        return data_named((self.heading or "", self.text), about)

    def findings_at(self, about: About, style: Style) -> list[Finding]:
        """Lines wider than the frame without its margins, or too many of them."""
        fitted, (width, height) = self.fit(style, expected(about)), _room(style)
        size = "{} × {}".format(*style.size)
        found = []
        for key, lines in (("heading", fitted.heading), ("text", fitted.text)):
            widest = max(lines, key=lambda line: line.width, default=None)
            if widest and widest.width > width:
                needs = f"'{widest.words}' is {widest.width} pixels wide on frames of {size}, where {width} fit"
                found.append(Finding(key, f"{needs}; shorten it, or break the line with \\n"))
        if fitted.height > height and not found:
            needs = f"the lines are {fitted.height} pixels high on frames of {size}, where {height} fit"
            found.append(Finding("", f"{needs}; take some out"))
        return found

    def fit(self, style: Style, source: Source) -> FittedCard:
        """The card with its numbers, at a size."""
        theme = style.theme
        sizes = style.text_px(HEADING * theme.title), style.text_px(TEXT * theme.body)
        parts = []
        for template, size, color in ((self.heading, sizes[0], "text"), (self.text, sizes[1], "muted")):
            words = filled(template, source).split("\n") if template else []
            parts.append(tuple(Line(w, size, "regular", color) for w in words))
        return FittedCard(self, style, *parts)


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
        return total + (self._pause if self.heading and self.text else 0)

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
            y += self._pause
        for line in self.text:
            self._write(frame, x + aligned(align, block, line.width), y, line)
            y += line.height

    @property
    def _pause(self) -> int:
        """Pixels between heading and text, for the rule."""
        return sum(self.style.px(p) for p in (ABOVE_RULE, RULE[1], BELOW_RULE))

    def _write(self, frame: Frame, x: int, y: int, line: Line) -> None:
        color, background = self.style.color(line.color), self.style.background
        text.draw(frame, (x, y), line.words, size=line.size, color=color, background=background, weight=line.weight)
