"""Antialiased TrueType text through Pillow, cached and blitted.

Text is drawn on a known background, so that a number that changes costs a few cached glyphs and never a
blend with what stands on the canvas. All digits have one width: figures that count do not jitter. The box of a line is
as large as its ink needs: on its edge there is none.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing import typeface
from weightreel.render.drawing.canvas import Color, Frame, cv2
from weightreel.render.drawing.typeface import Coverage, Weight, instead, metrics, missing, named

__all__ = ["Weight", "draw", "highest", "instead", "metrics", "missing", "named", "width"]

TALL = "bdfhkl"
DIGITS = "0123456789"
_COUNTS = re.compile("[\\d\N{FIGURE SPACE}]")
_PIECES = re.compile("[\\d\N{FIGURE SPACE}]|[^\\d\N{FIGURE SPACE}]{1,200}")  # longer ones are pictures beyond any frame


@lru_cache(maxsize=4096)
def highest(words: str, size: int, weight: Weight = "regular") -> int:
    """Pixels of the box over the baseline: tall letters such as f stand over the capitals, accents over both. Never
    less than tall letters have, or a line would move with what is in it; never more than the line has."""
    tops = (typeface.inked(part, size, weight)[2] for part in typeface.parts(f"{TALL}{words}"))
    return min(1 - min(tops), metrics(size, weight)[0])


@lru_cache(maxsize=4096)
def _advance(text: str, size: int, weight: Weight) -> int:
    """Width of a piece in pixels, without drawing it."""
    return max(1, round(typeface.advance(text, size, weight)))


@lru_cache(maxsize=4096)
def _piece(text: str, size: int, weight: Weight) -> tuple[Coverage, int]:
    """Coverage (ascent + descent, width), 0…255, of a piece, and the column of its left edge from the pen."""
    ascent, descent, _ = metrics(size, weight)
    ink, left, top = typeface.inked(text, size, weight)
    strip = np.zeros((ascent + descent, ink.shape[1]), np.uint8)
    first = max(0, -ascent - top)
    part = ink[first : first + descent - max(top, -ascent)]
    strip[ascent + max(top, -ascent) :][: len(part)] = part
    return strip, left


def _split(text: str) -> list[str]:
    """Digits one by one, and spaces as wide as they, what is between them whole: few different pieces, however a number
    counts."""
    return [part for piece in _PIECES.findall(text) for part in typeface.parts(piece)]


@cache
def _of_digits(size: int, weight: Weight) -> tuple[int, int]:
    """What the digits reach beyond their advances, at the most."""
    reaches = [typeface.extent(digit, size, weight) for digit in DIGITS]
    return max(left for left, _ in reaches), max(right for _, right in reaches)


def _beyond(piece: str, size: int, weight: Weight) -> tuple[int, int]:
    """(columns left of its pen, right of its advance) that a piece takes; any digit takes as many as any other."""
    return _of_digits(size, weight) if _COUNTS.fullmatch(piece) else typeface.extent(piece, size, weight)


@lru_cache(maxsize=4096)
def _pens(text: str, size: int, weight: Weight) -> tuple[tuple[int, ...], int]:
    """Where the pen stands for each piece of a line, all of whose digits are 0, from the left edge of its box, and the
    width of the box."""
    pieces = _split(text)
    if not pieces:
        return (), 0
    pens = [_beyond(pieces[0], size, weight)[0]]
    for piece in pieces:
        pens.append(pens[-1] + _advance(piece, size, weight))
    return tuple(pens[:-1]), pens[-1] + _beyond(pieces[-1], size, weight)[1]


def width(text: str, size: int, weight: Weight = "regular") -> int:
    """Width of a line in pixels; depends on how many digits it has, not on which."""
    return _pens(_COUNTS.sub("0", text), size, weight)[1]


@lru_cache(maxsize=64)
def _shades(color: Color, background: Color) -> NDArray[np.uint8]:
    """The colour of each coverage, (256, 1, 3)."""
    share = np.arange(256)[:, None] / 255.0
    return np.round(np.array(background) * (1 - share) + np.array(color) * share).astype(np.uint8)[:, None]


def _line(text: str, size: int, weight: Weight) -> Coverage:
    """Coverage (ascent + descent, width), 0…255, of a line."""
    pens, whole = _pens(_COUNTS.sub("0", text), size, weight)
    strip = np.zeros((sum(metrics(size, weight)[:2]), whole), np.uint8)
    for piece, pen in zip(_split(text), pens, strict=True):
        ink, left = _piece(piece, size, weight)
        part = strip[:, max(0, pen + left) : max(0, pen + left + ink.shape[1])]
        np.maximum(part, ink[:, max(0, -pen - left) :][:, : part.shape[1]], out=part)
    return strip


@lru_cache(maxsize=512)
def _colored(text: str, size: int, weight: Weight, color: Color, background: Color) -> Frame:
    """A line in its colours, (ascent + descent, width, 3)."""
    line = _line(text, size, weight)
    if not line.size:
        return np.zeros((*line.shape, 3), np.uint8)
    return np.asarray(cv2.applyColorMap(line, _shades(color, background)), np.uint8)


def draw(
    canvas: Frame,
    xy: tuple[int, int],
    text: str,
    *,
    size: int,
    color: Color,
    background: Color,
    weight: Weight = "regular",
) -> None:
    """Draw a line of text whose top left corner is `xy`; what falls off the canvas is cut.

    Writes the whole box, background included, `width(text)` × (ascent + descent) pixels.
    """
    x, y = xy
    if x >= canvas.shape[1] or y >= canvas.shape[0]:
        return
    strip = _colored(text, size, weight, color, background)
    top, left = max(0, -y), max(0, -x)
    target = canvas[max(0, y) : max(0, y + strip.shape[0]), max(0, x) : max(0, x + strip.shape[1])]
    if target.size:
        target[:] = strip[top : top + target.shape[0], left : left + target.shape[1]]
