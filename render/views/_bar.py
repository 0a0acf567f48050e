"""A bar beside a picture: which colour is which value. And how numbers are written."""

from __future__ import annotations

import numpy as np

from weightreel.render.drawing import colormaps, text
from weightreel.render.drawing.canvas import Frame, Rect, even
from weightreel.render.drawing.catalogue import purpose_of
from weightreel.render.drawing.colormaps import Limits
from weightreel.render.drawing.theme import Style

SMALL, LARGE = 1e-3, 99_999.5  # numbers beyond are written as 2.5e−7
BESIDE, WIDTH, WORDS = 22, 16, 10  # pixels between picture and bar, of it, between it and words; on a frame 1080 high


def bar_width(style: Style) -> int:
    """Pixels that the bar takes beside the picture, with its words: room for the longest that `ends_of` writes."""
    return even(style.px(WIDTH) + style.px(BESIDE) + style.px(WORDS) + text.width("−0.0000", style.body_px) + 1)


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
    """Both ends of a range as numbers with as many decimals, the high one first; their minus is as long as a digit."""
    most = max(abs(low), abs(high))
    if not SMALL <= most < LARGE and most:
        short = (f"{value:.1e}".partition("e") for value in (high, low))
        written = [f"{digits}e{int(power)}" if float(digits) else "0" for digits, _, power in short]
    else:
        decimals = 4 if 0 < most < 0.00995 else 3 if 0 < most < 0.0995 else 2 if most < 99.5 else 0
        written = [f"{value:.{decimals}f}" for value in (high, low)]
    upper, lower = (word.replace("-", "−") for word in written)
    return upper, lower
