"""Lines of text: how large, how placed in a rectangle, how aligned with each other."""

from __future__ import annotations

from typing import Literal, NamedTuple

from weightreel.render.drawing import text
from weightreel.render.drawing.text import Weight

Anchor = Literal["top left", "top", "top right", "left", "center", "right", "bottom left", "bottom", "bottom right"]
Align = Literal["left", "center", "right"]
_SHARE = {"left": 0.0, "center": 0.5, "right": 1.0}


class Line(NamedTuple):
    """One line of text; `color` is a role of the theme or a colour."""

    words: str
    size: int
    weight: Weight
    color: str

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return text.width(self.words, self.size, self.weight)

    @property
    def height(self) -> int:
        """Pixels from line to line."""
        ascent, descent, _ = text.metrics(self.size, self.weight)
        return ascent + descent

    @property
    def above(self) -> int:
        """Pixels above the highest letter."""
        return text.metrics(self.size, self.weight)[0] - text.highest(self.words, self.size, self.weight)

    @property
    def below(self) -> int:
        """Pixels below the baseline."""
        return text.metrics(self.size, self.weight)[1]


def anchored(anchor: Anchor, room: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """Top left corner of something of `size` (width, height) in a room, at one of nine places."""
    words = anchor.split()
    down = 0.0 if "top" in words else 1.0 if "bottom" in words else 0.5
    return aligned(side(anchor), room[0], size[0]), round((room[1] - size[1]) * down)


def side(anchor: Anchor) -> Align:
    """The side that a place lies on: what stands there is aligned with it."""
    words = anchor.split()
    return "left" if "left" in words else "right" if "right" in words else "center"


def aligned(align: Align, room: int, width: int) -> int:
    """Where something of `width` begins in a room."""
    return round((room - width) * _SHARE[align])
