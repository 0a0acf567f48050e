"""Colours and sizes that the views share.

Sizes are in thousandths of 1080 pixels of the frame's shorter side, so that a clip laid out at another size
keeps its proportions; text never falls under 12 pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator

from render.canvas import Color, parse_color

SMALLEST_TEXT_PX = 12
ROLES = ("text", "muted", "line", "border", "first", "second", "third", "fourth")


@dataclass(frozen=True)
class Theme:
    """A set of colours, as "#rrggbb"."""

    background: str = "#0d1117"
    panel: str = "#161b22"
    line: str = "#30363d"
    text: str = "#e6edf3"
    muted: str = "#8b949e"
    border: str = "#ff0000"
    series: tuple[str, ...] = ("#58a6ff", "#f0ad4e", "#3fb99c", "#d183e8", "#e6edf3", "#f47067", "#b3a125", "#7d8590")


@dataclass(frozen=True)
class Style:
    """A theme at one frame size: colours in frame order, lengths in pixels."""

    size: tuple[int, int]
    theme: Theme = field(default_factory=Theme)

    def px(self, at_1080: float) -> int:
        """A length given for 1080 pixels of height, at this size; at least 1."""
        return max(1, round(at_1080 * min(self.size) / 1080))

    def even_px(self, at_1080: float) -> int:
        """The same, rounded to an even number, at least 2."""
        return max(2, round(at_1080 * min(self.size) / 2160) * 2)

    def text_px(self, at_1080: float) -> int:
        """A type size given for 1080 pixels of height; never under 12."""
        return max(SMALLEST_TEXT_PX, self.px(at_1080))

    @property
    def title_px(self) -> int:
        """Type size of titles."""
        return self.text_px(52)

    @property
    def figure_px(self) -> int:
        """Type size of the large numbers."""
        return self.text_px(58)

    @property
    def body_px(self) -> int:
        """Type size of everything else."""
        return self.text_px(25)

    def color(self, name: str) -> Color:
        """A role of the theme, or any colour that `parse_color` knows."""
        if name in ("first", "second", "third", "fourth"):
            return self.series(("first", "second", "third", "fourth").index(name))
        return parse_color(getattr(self.theme, name) if name in ROLES else name)

    def series(self, index: int) -> Color:
        """Colour of the curve with this index; they come round again."""
        return parse_color(self.theme.series[index % len(self.theme.series)])

    @property
    def background(self) -> Color:
        """Colour of everything that nothing is drawn on."""
        return parse_color(self.theme.background)


def _valid(name: str) -> str:
    if name not in ROLES:
        try:
            parse_color(name)
        except ValueError as error:
            raise ValueError(f"{error}, or one of the theme's: {', '.join(ROLES)}") from None
    return name


ThemeColor = Annotated[str, AfterValidator(_valid)]
