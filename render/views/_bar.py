"""A bar beside a picture: which colour is which value. And how numbers are written."""

from __future__ import annotations

import numpy as np

from weightreel.render.drawing import colormaps, text
from weightreel.render.drawing.canvas import Frame, Rect, even
from weightreel.render.drawing.theme import Style

BESIDE, WIDTH, WORDS = 22, 16, 10  # pixels between picture and bar, of it, between it and words; on a frame 1080 high


def bar_width(style: Style) -> int:
    """Pixels that the bar takes beside the picture, with its words."""
    return even(style.px(WIDTH) + style.px(BESIDE) + style.px(WORDS) + text.width("−0.000", style.body_px) + 1)


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


def draw_ends(canvas: Frame, rect: Rect, ends: tuple[str, str], style: Style) -> None:
    """What the ends of the bar stand for, the high one first."""
    px = style.body_px
    ascent, _, cap = text.metrics(px)
    tops = (rect.y - (ascent - cap), rect.y + rect.height - ascent)
    for word, y in zip(ends, tops, strict=True):
        x = rect.x + rect.width + style.px(WORDS)
        text.draw(canvas, (x, y), word, size=px, color=style.color("muted"), background=style.background)


def signed(value: float) -> str:
    """A number with three digits, its minus as long as a digit."""
    shown = f"{value:.3g}" if abs(value) < 0.0995 and value else f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
    return shown.replace("-", "−")


def spaced(count: int) -> str:
    """A whole number, its thousands apart."""
    return f"{count:,}".replace(",", " ")
