"""A bar beside a picture: which colour is which value. And how numbers are written."""

from __future__ import annotations

import numpy as np

from weightreel.render.drawing import colormaps, text
from weightreel.render.drawing.canvas import Frame, Rect, even
from weightreel.render.drawing.catalogue import purpose_of
from weightreel.render.drawing.colormaps import Limits
from weightreel.render.drawing.theme import Style

LONGEST = "−0.0000"  # number at an end
SMALL, LARGE = 1e-3, 99_999.5  # numbers beyond are written as 2.5e−7
BESIDE, WIDTH, WORDS = 22, 16, 10  # pixels between picture and bar, of it, between it and words; on a frame 1080 high


def bar_width(style: Style) -> int:
    """Pixels that the bar takes beside the picture, with its words: room for the longest that `ends_of` writes."""
    return even(style.px(WIDTH) + style.px(BESIDE) + style.px(WORDS) + text.width(LONGEST, style.body_px) + 1)


def bar_beside(picture: Rect, style: Style) -> Rect:
    """The colours of the bar: as high as the picture, or as a word."""
    _, _, cap = text.metrics(style.body_px)
    x = picture.x + picture.width + style.px(BESIDE)
    return Rect(x, picture.y, style.px(WIDTH), max(2, picture.height, cap))


def draw_bar(canvas: Frame, rect: Rect, table: Frame) -> None:
    """The colours of a table (256, 1, 3) from high to low."""
    part = rect.of(canvas)
    levels = np.linspace(255, 0, part.shape[0]).round().astype(np.uint8)[:, None]
    part[:] = colormaps.colorize(levels, table)


def draw_range(canvas: Frame, rect: Rect, limits: Limits, colormap: str, style: Style) -> None:
    """What the ends of the bar stand for; where its map diverges, 0 too."""
    low, high = limits
    draw_ends(canvas, rect, ends_of(low, high), style)
    if low < 0 < high and purpose_of(colormap) == "diverging":
        y, tick = rect.y + round(rect.height * high / (high - low)), style.px(WORDS) - 2
        canvas[y : y + style.grid_px, rect.x + rect.width : rect.x + rect.width + tick] = style.color("muted")
        ascent, descent, cap = text.metrics(style.body_px)
        if min(y - rect.y, rect.y + rect.height - y) > cap + descent:
            at = rect.x + rect.width + style.px(WORDS), y - ascent + cap // 2
            text.draw(canvas, at, "0", size=style.body_px, color=style.color("muted"), background=style.background)


def draw_ends(canvas: Frame, rect: Rect, ends: tuple[str, str], style: Style) -> None:
    """The words at the ends of the bar, the high one first."""
    px = style.body_px
    ascent, _, cap = text.metrics(px)
    above = ascent - text.highest(ends[0], px)
    tops = (max(rect.y - (ascent - cap), -above), rect.y + rect.height - ascent)
    for word, y in zip(ends, tops, strict=True):
        x = rect.x + rect.width + style.px(WORDS)
        text.draw(canvas, (x, y), word, size=px, color=style.color("muted"), background=style.background)


def ends_of(low: float, high: float) -> tuple[str, str]:
    """Both ends of a range as numbers with as many decimals, the high one first; more of them where an end would be
    rounded to 0, or to the other, as far as there is room; what is 0 even so is "0". Their minus is as long as a
    digit."""
    most = max(abs(low), abs(high))
    if not SMALL <= most < LARGE and most:
        ways = [_with_power(low, high, digits) for digits in (1, 0)]
        written = next((way for way in ways if max(map(len, way)) <= len(LONGEST)), ways[-1])
    else:
        least = 4 if 0 < most < 0.00995 else 3 if 0 < most < 0.0995 else 2 if most < 99.5 else 0
        ways = [[_rounded(value, decimals) for value in (high, low)] for decimals in range(least, 5)]
        there = [way for way in ways[1:] if max(map(len, way)) <= len(LONGEST)]
        written = next((way for way in (ways[0], *there) if _told_apart(way, low, high)), ways[0])
    upper, lower = (word.replace("-", "−") for word in written)
    return upper, lower


def _with_power(low: float, high: float, digits: int) -> list[str]:
    short = (f"{value:.{digits}e}".partition("e") for value in (high, low))
    return [f"{number}e{int(power)}" if float(number) else "0" for number, _, power in short]


def _rounded(value: float, decimals: int) -> str:
    """A number; of what is rounded to nothing, no sign and no decimals."""
    written = f"{value + 0.0:.{decimals}f}"  # of −0.0 too, none
    return written if float(written) or not value else "0"


def _told_apart(written: list[str], low: float, high: float) -> bool:
    """Whether an end that is not 0 is not written so, and both differ where they do."""
    return (written[0] != written[1] or low == high) and all(word != "0" for word in written)
