"""The typeface: Source Sans Pro, and what stands in for the signs that it lacks."""

from __future__ import annotations

import importlib.util
import unicodedata
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from typing import Literal

import font_source_sans_pro
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Weight = Literal["light", "regular", "semibold"]
Coverage = NDArray[np.uint8]
_FILES = {"light": "Light", "regular": "Regular", "semibold": "Semibold"}
PROBED = 100  # pixels: the type size at which signs are looked for
MOST_ABOVE, MOST_BELOW = 93, 22  # of these, from the baseline, that a sign which stands in may take
MOST_NAMED = 10  # characters, in a message
# Noto's, where the extra "signs" is installed; of scripts whose letters stand each alone, from the left to the right.
STAND_INS = (
    ("manimgx_fonts", "NotoSans[wght].ttf"),
    ("manimgx_fonts", "NotoSansSymbols[wght].ttf"),
    ("manimgx_fonts", "NotoEmoji[wght].ttf"),
    ("manimgx_fonts", "NotoSansArmenian[wght].ttf"),
    ("manimgx_fonts", "NotoSansGeorgian[wght].ttf"),
    ("manimgx_fonts", "NotoSansEthiopic[wght].ttf"),
    ("manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc"),
)
STAND_IN_SIZE = 0.9  # of the type size: their capitals are higher
_WEIGHTS = {"light": 300, "regular": 400, "semibold": 600}
# Scripts whose letters join, change places or carry marks; Pillow draws them one after the other.
JOINED = ((0x590, 0x109F), (0x1700, 0x18AF), (0x1900, 0x1CFF), (0xA800, 0xABFF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFF))
HIGHEST, LOWEST = "ỖẰẲǛǙḖṒ", "ʝ₎ģ̹ǂ"  # signs, at one size or another


@cache
def font(size: int, weight: Weight) -> ImageFont.FreeTypeFont:
    """The typeface at a size in pixels."""
    # Its only release, held by hash in a test. Not copied here: the wheel brings the OFL with it, as the OFL asks.
    folder = Path(font_source_sans_pro.__file__).parent / "files"
    path = folder / f"SourceSansPro-{_FILES[weight]}.otf"
    # Not Raqm, which Pillow takes where it can: it kerns, so text would be as wide as the machine's Pillow is equipped.
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def stand_ins() -> tuple[Path, ...]:
    """The files that are installed of those that stand in."""
    found = []
    for package, name in STAND_INS:
        spec = importlib.util.find_spec(package)
        folders = spec.submodule_search_locations if spec and spec.submodule_search_locations else ()
        found += [Path(folder) / name for folder in folders if (Path(folder) / name).is_file()]
    return tuple(found)


@cache
def face(sign: str) -> int | None:
    """Which typeface has a sign: 0 for Source Sans, then those that stand in; None where none does."""
    if _has(font(PROBED, "regular"), sign):
        return 0
    if not _alone(sign):
        return None
    numbers = range(1, len(stand_ins()) + 1)
    return next((n for n in numbers if _has(_font_of(n, PROBED, "regular"), sign) and _within(n, sign)), None)


def _within(number: int, sign: str) -> bool:
    """Whether a sign is no higher and no lower than a line is."""
    _, top, _, bottom = _font_of(number, PROBED, "regular").getbbox(sign, anchor="ls")
    return top >= -MOST_ABOVE and bottom <= MOST_BELOW


def _alone(sign: str) -> bool:
    """Whether a sign is one of its own, neither a mark on others nor a part of a script that joins its letters."""
    marks = unicodedata.category(sign)[0] in "MC" or unicodedata.bidirectional(sign) in ("R", "AL", "AN")
    return not marks and not any(first <= ord(sign) <= last for first, last in JOINED)


def _has(face: ImageFont.FreeTypeFont, sign: str) -> bool:
    return bytes(face.getmask(sign)) != bytes(face.getmask("\uffff"))


@cache
def _font_of(number: int, size: int, weight: Weight) -> ImageFont.FreeTypeFont:
    if number == 0:
        return font(size, weight)
    path, px = stand_ins()[number - 1], max(1, round(STAND_IN_SIZE * size))
    found = ImageFont.truetype(str(path), px, layout_engine=ImageFont.Layout.BASIC)
    found.set_variation_by_axes([_WEIGHTS[weight]])
    return found


def advance(words: str, size: int, weight: Weight) -> float:
    """How far the pen goes for words that are all of one typeface."""
    return _font_of(face(words[:1]) or 0, size, weight).getlength(words)


@lru_cache(maxsize=4096)
def parts(words: str) -> tuple[str, ...]:
    """Words parted where the typeface changes."""
    return tuple("".join(signs) for _, signs in groupby(words, key=lambda sign: face(sign) or 0))


def inked(words: str, size: int, weight: Weight) -> tuple[Coverage, int, int]:
    """(coverage 0…255 of nothing but the ink, column of its left edge from the pen, row of its top from the baseline)
    of words that are all of one typeface. What Pillow says of the extent of words is rounded: it cuts the tops of f and
    i."""
    reach = 2 * size
    strip = Image.new("L", (round(advance(words, size, weight)) + 2 * reach, 2 * reach))
    drawn = _font_of(face(words[:1]) or 0, size, weight)
    ImageDraw.Draw(strip).text((reach, reach), words, font=drawn, fill=255, anchor="ls")
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
    return max(0, 1 - left), max(0, left + ink.shape[1] + 1 - round(advance(words, size, weight)))


def missing(words: str) -> str:
    """The characters of a line of text that the typeface lacks: they are drawn as boxes."""
    return "".join(dict.fromkeys(c for c in words if face(c) is None))


def instead(signs: str, otherwise: str = "use others") -> str:
    """The way out where signs are missing."""
    more = len(stand_ins()) < len(STAND_INS) and any(map(_alone, signs))
    return f'{otherwise}, or pip install "weightreel[signs]", which has more' if more else otherwise


def named(signs: str) -> str:
    """Characters as messages name them, parted by blanks: those that cannot be seen by their numbers."""
    shown = [c if c.isprintable() else f"U+{ord(c):04X}" for c in signs[:MOST_NAMED]]
    return " ".join(shown) + (f" and {len(signs) - MOST_NAMED} more" if len(signs) > MOST_NAMED else "")
