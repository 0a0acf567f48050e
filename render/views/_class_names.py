"""The names of classes along both sides of a square of cells: on one line or several, turned, or left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Color, Frame, Rect, blank
from weightreel.render.drawing.fitting import SHARES, in_lines, smaller
from weightreel.render.drawing.theme import Style

LINES = 2  # pixels of the lines around cells
NEAR, APART, MOST_LINES = 10, 8, 3  # pixels between names and cells, between names; on a frame 1080 high


class ClassNames(NamedTuple):
    """Names in type of `size` pixels, 0 where they are left out; their lines; whether those on top are `turned`; the
    pixels that they take left of the cells and above them, with what the sides are called, and the side of a cell."""

    size: int
    rows: tuple[tuple[str, ...], ...]
    turned: bool
    left: int
    top: int
    side: int

    @classmethod
    def of(cls, names: Sequence[str], room: tuple[int, int], style: Style) -> ClassNames:
        """The first way in which no name touches its neighbour; where there is none, without."""
        line = sum(text.metrics(style.body_px)[:2])
        for names_in in (*_flat(names, style), *_turned(names, style)):
            size, rows, turned = names_in
            wide = max(text.width(word, size) for row in rows for word in row)
            high = sum(text.metrics(size)[:2]) * max(map(len, rows))
            left, top = line + wide + style.px(NEAR), line + (wide + style.px(NEAR) if turned else high + LINES)
            side = _side(room, left, top, len(names))
            if side >= high and (turned or side >= wide + style.px(APART)):
                return cls(size, rows, turned, left, top, side)
        alone = line + LINES
        return cls(0, (), False, alone, alone, _side(room, alone, alone, len(names)))

    def draw(self, canvas: Frame, cells: Rect, style: Style) -> None:
        """Write them on the background of the cells, which have lines between and around them."""
        if not self.size:
            return
        line, up, color = sum(text.metrics(self.size)[:2]), cells.y - LINES, style.color("muted")
        for i, rows in enumerate(self.rows):
            middle = i * self.side + (self.side - LINES) // 2
            strips = [_strip(row, self.size, color, style) for row in rows]
            for k, strip in enumerate(strips):
                down = cells.y + middle - len(rows) * line // 2 + k * line
                _put(canvas, strip, cells.x - style.px(NEAR) - strip.shape[1], down)
                if not self.turned:
                    _put(canvas, strip, cells.x + middle - strip.shape[1] // 2, up - (len(rows) - k) * line)
            if self.turned:
                turned = np.rot90(strips[0])
                across = cells.x + middle - turned.shape[1] // 2
                _put(canvas, turned, across, cells.y - style.px(NEAR) // 2 - turned.shape[0])


def _flat(names: Sequence[str], style: Style) -> Iterator[tuple[int, tuple[tuple[str, ...], ...], bool]]:
    for share in SHARES:
        size = smaller(style.body_px, share)
        for lines in range(1, MOST_LINES + 1):
            rows = tuple(in_lines(name, size, lines) for name in names)
            if max(map(len, rows)) == lines:
                yield size, rows, False


def _turned(names: Sequence[str], style: Style) -> Iterator[tuple[int, tuple[tuple[str, ...], ...], bool]]:
    for share in SHARES:
        yield smaller(style.body_px, share), tuple((name,) for name in names), True


def _side(room: tuple[int, int], left: int, top: int, count: int) -> int:
    """Pixels of a square cell, even."""
    return max(1, min(room[0] - left, room[1] - top) // count // 2 * 2)


def _strip(words: str, size: int, color: Color, style: Style) -> Frame:
    """A line on its own."""
    strip = blank((text.width(words, size), sum(text.metrics(size)[:2])), style.background)
    text.draw(strip, (0, 0), words, size=size, color=color, background=style.background)
    return strip


def _put(canvas: Frame, strip: Frame, x: int, y: int) -> None:
    """What of a strip lies on a canvas."""
    top, left = max(0, y), max(0, x)
    part = strip[top - y :, left - x :]
    target = canvas[top : top + part.shape[0], left : left + part.shape[1]]
    target[:] = part[: target.shape[0], : target.shape[1]]
