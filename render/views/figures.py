"""A row of large numbers, each under its name: the state of the training at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Frame, even, fill
from weightreel.render.drawing.fitting import Read, in_lines, shrunk, smaller
from weightreel.render.drawing.layout import Natural, Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.template import (
    Source,
    Template,
    Words,
    Written,
    expected,
    filled,
    longest,
    tilded,
    unchosen,
    unknown_names,
    unrecorded,
    values,
    words_named,
)
from weightreel.render.drawing.theme import Style, TextColor
from weightreel.render.errors import Finding
from weightreel.render.views import View
from weightreel.trainer.options import Many, Options
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

LEAST_GAP, MOST_GAP = 24, 120  # between two numbers, on a frame 1080 high
BETWEEN = 24  # rows of numbers
MOST_HIGH = 10_000  # pixels: as many rows as there are


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
    steady: ClassVar[bool] = True

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

    def unchosen(self, runs: Sequence[str]) -> Iterator[Finding]:
        """Numbers of the first of several runs, in silence."""
        if self.run is None:
            yield from unchosen((item.value for item in self.items), runs, "warning")

    def lacking(self, recording: Recording) -> Iterator[Finding]:
        """Names that it has nothing for."""
        return unrecorded({f"items[{i}].value": item.value for i, item in enumerate(self.items)}, recording)

    def written(self, run: str, about: About) -> Iterator[Written]:
        """The words of others that it asks for, such as the name of the data."""
        return words_named((item.value for item in self.items), about, run)

    def natural(self, about: About, place: Place) -> Natural | None:
        """The height of names and numbers."""
        if self.area is None:
            return None
        laid, _ = self._set(place.style, self._read([expected(about)]), (place.rect.width, MOST_HIGH))
        return Natural(None, even(laid.size[1] + 1))

    def findings_at(self, about: About, place: Place) -> Iterator[Finding]:
        """Numbers that have no room, even below each other and smaller."""
        laid, fits = self._set(place.style, self._read([expected(about)]), place.rect[2:])
        if not fits:
            needs = "the numbers need {} × {} pixels even in small type and have".format(*laid.size)
            told = f"{needs} {place.rect.width} × {place.rect.height}; show fewer or give their area more room"
            yield Finding("items", told)

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedFigures:
        """Fix where the columns begin and how large the type is, by the longest that the numbers become."""
        recording, (run,) = self.recording(recordings), self.runs(recordings)
        sources = (values(recording, int(step), run) for step in course.shown(run))
        read = self._read(tilded(source) if course.tweens else source for source in sources)
        laid, _ = self._set(place.style, read, place.rect[2:])
        return FittedFigures(self, place.style, laid)

    def _read(self, sources: Iterable[Source]) -> Read:
        return longest([item.value for item in self.items], sources)

    def _set(self, style: Style, read: Read, room: tuple[int, int]) -> tuple[Laid, bool]:
        """In one row, where that has room; else with names on two lines, or below each other."""
        tried = []
        for columns in range(len(self.items), 0, -1):
            for names in (1, 2):
                laid, fits = shrunk(
                    partial(self._laid, style, read, room[0], columns, names),
                    lambda laid: laid.size[0] <= room[0] and laid.size[1] <= room[1],
                )
                if fits:
                    return laid, True
                tried.append(laid)
        return min(tried, key=lambda laid: _beyond(laid.size, room)), False

    def _laid(self, style: Style, read: Read, room: int, columns: int, names: int, share: float) -> Laid:
        small, large = smaller(style.body_px, share), smaller(style.figure_px, share)
        words = tuple(in_lines(item.label, small, names) for item in self.items)
        wide = [max(text.width(read(item.value), large), *(text.width(w, small) for w in lines))
                for item, lines in zip(self.items, words, strict=True)]  # fmt: skip
        widths = [max(wide[i::columns]) for i in range(columns)]
        gap = min(max(style.px(LEAST_GAP), (room - sum(widths)) // max(1, columns - 1)), style.px(MOST_GAP))
        starts = tuple(sum(widths[:i]) + i * gap for i in range(columns))
        return Laid(words, starts, (starts[-1] + widths[-1], 0), (small, large)).stacked(style)


def _beyond(size: tuple[int, int], room: tuple[int, int]) -> int:
    """Pixels by which something is larger than a room, in both directions."""
    return sum(max(0, has - may) for has, may in zip(size, room, strict=True))


class Laid(NamedTuple):
    """Figures in a room: the lines of each name, where columns begin, `size` (width, height) of all, the type sizes of
    names and numbers, and the places of both from the top of a row, and from row to row."""

    names: tuple[tuple[str, ...], ...]
    starts: tuple[int, ...]
    size: tuple[int, int]
    type: tuple[int, int]
    name_y: int = 0
    number_y: int = 0
    pitch: int = 0

    def stacked(self, style: Style) -> Laid:
        """With the heights; the highest letter of the names touches the top."""
        small, large = self.type
        ascent, descent, _ = text.metrics(small)
        big_ascent, big_descent, big_cap = text.metrics(large)
        first = [lines[0] for lines in self.names if len(lines) == self.lines]
        top = max(text.highest(word, small) for word in first)
        above = top - ascent
        number = above + self.lines * (ascent + descent) + style.px(16) - (big_ascent - big_cap)
        high = number + big_ascent + big_descent // 2
        rows = -(-len(self.names) // len(self.starts))
        pitch = high + style.px(BETWEEN)
        return self._replace(size=(self.size[0], high + (rows - 1) * pitch), name_y=above, number_y=number, pitch=pitch)

    @property
    def lines(self) -> int:
        """Of the longest name."""
        return max(map(len, self.names))


@dataclass(frozen=True)
class FittedFigures:
    """Figures ready to draw."""

    view: Figures
    style: Style
    laid: Laid

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Write names and numbers of a moment."""
        fill(canvas, self.style.background)
        laid, (small, large) = self.laid, self.laid.type
        line = sum(text.metrics(small)[:2])
        source = self.view.filling(recordings, moment)
        for number, (item, names) in enumerate(zip(self.view.items, laid.names, strict=True)):
            row, column = divmod(number, len(laid.starts))
            x, y = laid.starts[column], row * laid.pitch
            self._write(canvas, (x, y + laid.number_y), filled(item.value, source), large, item.color)
            for i, name in enumerate(names, laid.lines - len(names)):
                self._write(canvas, (x, y + laid.name_y + i * line), name, small, "muted")

    def _write(self, canvas: Frame, xy: tuple[int, int], words: str, size: int, color: str) -> None:
        style = self.style
        text.draw(canvas, xy, words, size=size, color=style.color(color), background=style.background)
