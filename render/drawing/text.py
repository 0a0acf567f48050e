"""Antialiased TrueType text: Source Sans Pro through Pillow, cached and blitted.

Text is drawn on a known background, so that a number that changes costs a few cached glyphs and never a
blend with what stands on the canvas. All digits have one width: figures that count do not jitter.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import font_source_sans_pro
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from weightreel.render.drawing.canvas import Color, Frame

Weight = Literal["light", "regular", "semibold"]
_FILES = {"light": "Light", "regular": "Regular", "semibold": "Semibold"}
TALL = "bdfhkl"
MOST_NAMED = 10  # characters, in a message
_DIGITS = re.compile("[\\d\N{FIGURE SPACE}]+")
_PIECES = re.compile("[\\d\N{FIGURE SPACE}]|[^\\d\N{FIGURE SPACE}]{1,200}")  # longer ones are pictures beyond any frame


@cache
def _font(size: int, weight: Weight) -> ImageFont.FreeTypeFont:
    # Its only release, held by hash in a test. Not copied here: the wheel brings the OFL with it, as the OFL asks.
    folder = Path(font_source_sans_pro.__file__).parent / "files"
    path = folder / f"SourceSansPro-{_FILES[weight]}.otf"
    # Not Raqm, which Pillow takes where it can: it kerns, so text would be as wide as the machine's Pillow is equipped.
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def metrics(size: int, weight: Weight = "regular") -> tuple[int, int, int]:
    """(ascent, descent, cap height) in pixels; text is `ascent + descent` high."""
    font = _font(size, weight)
    ascent, descent = font.getmetrics()
    return ascent, descent, -int(font.getbbox("H", anchor="ls")[1])


@lru_cache(maxsize=4096)
def highest(words: str, size: int, weight: Weight = "regular") -> int:
    """Pixels of the highest letter over the baseline: tall ones such as f stand over the capitals, accents over both.
    Never less than tall letters have, or a line would move with what is in it; never more than the line has."""
    top = -int(_font(size, weight).getbbox(f"{TALL}{words}", anchor="ls")[1])
    return min(top, metrics(size, weight)[0])


@lru_cache(maxsize=4096)
def _advance(text: str, size: int, weight: Weight) -> int:
    """Width of a piece in pixels, without drawing it."""
    return max(1, round(_font(size, weight).getlength(text)))


@lru_cache(maxsize=4096)
def _piece(text: str, size: int, weight: Weight) -> NDArray[np.uint8]:
    """Coverage (ascent + descent, width), 0…255, of text whose advance is `width`."""
    font = _font(size, weight)
    ascent, descent, _ = metrics(size, weight)
    strip = Image.new("L", (_advance(text, size, weight), ascent + descent))
    ImageDraw.Draw(strip).text((0, ascent), text, font=font, fill=255, anchor="ls")
    return np.asarray(strip)


def _split(text: str) -> list[str]:
    """Digits one by one, and spaces as wide as they, what is between them whole: few different pieces, however a number
    counts."""
    return _PIECES.findall(text)


def width(text: str, size: int, weight: Weight = "regular") -> int:
    """Width of a line in pixels; depends on how many digits it has, not on which."""
    words = [word for word in _DIGITS.split(text) if word]
    digits = len(text) - sum(map(len, words))  # all of one width
    between = sum(_advance(p, size, weight) for word in words for p in _split(word))
    return between + (digits * _advance("0", size, weight) if digits else 0)


@lru_cache(maxsize=4096)
def _colored(piece: str, size: int, weight: Weight, color: Color, background: Color) -> Frame:
    """A piece in its colours, (ascent + descent, width, 3): from then on a copy."""
    share = np.arange(256)[:, None] / 255.0
    shades = np.round(np.array(background) * (1 - share) + np.array(color) * share).astype(np.uint8)
    return shades[_piece(piece, size, weight)]


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

    Writes the whole strip, background included, `width(text)` × (ascent + descent) pixels.
    """
    x, y = xy
    for word in _split(text):
        advance = _advance(word, size, weight)
        if x + advance <= 0 or x >= canvas.shape[1] or y >= canvas.shape[0]:
            x += advance
            continue
        piece = _colored(word, size, weight, color, background)
        top, left = max(0, -y), max(0, -x)
        target = canvas[max(0, y) : max(0, y + piece.shape[0]), max(0, x) : max(0, x + piece.shape[1])]
        if target.size:
            target[:] = piece[top : top + target.shape[0], left : left + target.shape[1]]
        x += piece.shape[1]


def missing(text: str) -> str:
    """The characters of a line of text that the typeface lacks: they are drawn as boxes."""
    return "".join(dict.fromkeys(c for c in text if _lacks(c)))


@cache
def _lacks(sign: str) -> bool:
    font = _font(20, "regular")
    return bytes(font.getmask(sign)) == bytes(font.getmask("\uffff"))


def named(signs: str) -> str:
    """Characters as messages name them, parted by blanks: those that cannot be seen by their numbers."""
    shown = [c if c.isprintable() else f"U+{ord(c):04X}" for c in signs[:MOST_NAMED]]
    return " ".join(shown) + (f" and {len(signs) - MOST_NAMED} more" if len(signs) > MOST_NAMED else "")
