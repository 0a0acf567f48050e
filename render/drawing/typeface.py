"""The typeface: Source Sans Pro, and what stands in for the signs that it lacks."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import font_source_sans_pro
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Weight = Literal["light", "regular", "semibold"]
Coverage = NDArray[np.uint8]
_FILES = {"light": "Light", "regular": "Regular", "semibold": "Semibold"}
MOST_NAMED = 10  # characters, in a message
HIGHEST, LOWEST = "ỖẰẲǛǙḖṒ", "ʝ₎ģ̹ǂ"  # signs, at one size or another


@cache
def font(size: int, weight: Weight) -> ImageFont.FreeTypeFont:
    """The typeface at a size in pixels."""
    # Its only release, held by hash in a test. Not copied here: the wheel brings the OFL with it, as the OFL asks.
    folder = Path(font_source_sans_pro.__file__).parent / "files"
    path = folder / f"SourceSansPro-{_FILES[weight]}.otf"
    # Not Raqm, which Pillow takes where it can: it kerns, so text would be as wide as the machine's Pillow is equipped.
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def inked(words: str, size: int, weight: Weight) -> tuple[Coverage, int, int]:
    """(coverage 0…255 of nothing but the ink, column of its left edge from the pen, row of its top from the baseline).
    What Pillow says of the extent of words is rounded: it cuts the tops of f and i."""
    reach = 2 * size
    advance = round(font(size, weight).getlength(words))
    strip = Image.new("L", (advance + 2 * reach, 2 * reach))
    ImageDraw.Draw(strip).text((reach, reach), words, font=font(size, weight), fill=255, anchor="ls")
    box = strip.getbbox()
    if box is None:
        return np.zeros((0, 0), np.uint8), 0, 0
    return np.asarray(strip.crop(box)), box[0] - reach, box[1] - reach


@cache
def metrics(size: int, weight: Weight = "regular") -> tuple[int, int, int]:
    """(ascent, descent, cap height) in pixels; text is `ascent + descent` high. No sign has ink in the first row or the
    last."""
    ascent, descent = font(size, weight).getmetrics()
    _, _, top = inked(HIGHEST, size, weight)
    low, _, start = inked(LOWEST, size, weight)
    cap = -int(font(size, weight).getbbox("H", anchor="ls")[1])
    return max(ascent, 1 - top), max(descent, start + low.shape[0] + 1), cap


@lru_cache(maxsize=4096)
def extent(words: str, size: int, weight: Weight) -> tuple[int, int]:
    """(columns left of the pen, right of the advance) that the ink takes beyond them, each with an empty one."""
    ink, left, _ = inked(words, size, weight)
    if not ink.size:
        return 0, 0
    return max(0, 1 - left), max(0, left + ink.shape[1] + 1 - round(font(size, weight).getlength(words)))


def missing(words: str) -> str:
    """The characters of a line of text that the typeface lacks: they are drawn as boxes."""
    return "".join(dict.fromkeys(c for c in words if _lacks(c)))


@cache
def _lacks(sign: str) -> bool:
    face = font(20, "regular")
    return bytes(face.getmask(sign)) == bytes(face.getmask("\uffff"))


def named(signs: str) -> str:
    """Characters as messages name them, parted by blanks: those that cannot be seen by their numbers."""
    shown = [c if c.isprintable() else f"U+{ord(c):04X}" for c in signs[:MOST_NAMED]]
    return " ".join(shown) + (f" and {len(signs) - MOST_NAMED} more" if len(signs) > MOST_NAMED else "")
