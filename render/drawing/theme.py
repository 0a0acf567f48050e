"""Colours and sizes that the views share.

Sizes are in pixels of a frame whose shorter side is 1080, so that a clip laid out at another size keeps its
proportions; text never falls under 12 pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from weightreel.render.drawing.canvas import Color, ColorName, Frame, mix, parse_color
from weightreel.render.drawing.colormaps import MAPS, ColormapName, lookup_table
from weightreel.trainer.bounds import MOST_NAME
from weightreel.trainer.fields import Meaning
from weightreel.trainer.messages import shown
from weightreel.trainer.options import Many, Options

SMALLEST_TEXT_PX = 12
SERIES_ROLES = ("first", "second", "third", "fourth")
SPLIT_ROLES = ("training", "validation", "test")  # in the order of the series
ROLES = ("text", "muted", "line", "border", *SERIES_ROLES, *SPLIT_ROLES)
ThemeName = Literal["dark", "light", "print"]
Pixels = Annotated[float, Field(gt=0, le=500)]

# What each theme says differently from dark, whose values are the defaults of `Theme`. The series were sought from
# the hues of Okabe and Ito, "Color Universal Design", 2002: any two stay apart under each kind of colour blindness,
# and each can be read as a word on background and panel. In print the first four differ in lightness too, for copies.
THEMES: dict[str, Mapping[str, object]] = {
    "dark": {},
    "light": {
        "background": "#ffffff",
        "panel": "#f6f8fa",
        "line": "#d0d7de",
        "text": "#1a2734",
        "muted": "#57606a",
        "border": "#e60000",
        "series": ("#2165ed", "#a85d00", "#056952", "#7d1b75", "#1a2734", "#9e103a", "#3a3e0c", "#6b6e81"),
        "sequential": "Blues",
        "diverging": "RdBu_r",
    },
    "print": {
        "background": "#ffffff",
        "panel": "#f5f5f5",
        "line": "#a8a8a8",
        "text": "#000000",
        "muted": "#404040",
        "border": "#b00000",
        "series": ("#031aa1", "#a85d00", "#026259", "#360f35", "#000000", "#8f0e48", "#687150", "#125fd9"),
        "sequential": "Blues",
        "diverging": "RdBu_r",
        "title": 56.0,
        "figure": 60.0,
        "body": 28.0,
        "curve": 6.0,
        "thin": 3.0,
        "grid": 2.0,
        "dot": 9.0,
    },
}


class Theme(Options):
    """The look of a film: "dark", "light" or "print", any part of which can be said otherwise.

    In a scene it is a name, `theme = "light"`, or a table with a name and what is to differ. Sizes are in pixels of
    a frame whose shorter side is 1080. The defaults are those of dark; light and print have colours of their own,
    and print larger type and heavier lines.

    Example:
        theme = { name = "light", text = "#111", body = 28 }
    """

    name: ThemeName = Field(default="dark", description="light: for white slides; print: for paper, gray copies too")
    background: ColorName = Field(default="#0d1117", description="behind everything")
    panel: ColorName = Field(default="#1e242a", description="behind captions over the frame")
    line: ColorName = Field(default="#30363d", description="grid lines, rules, quiet borders")
    text: ColorName = Field(default="#e6edf3", description="words and numbers")
    muted: ColorName = Field(default="#8b949e", description="labels and other small words")
    border: ColorName = Field(default="#ff0000", description="borders of tiles, and nothing else")
    series: Annotated[Many[ColorName], Field(min_length=1)] = Field(
        default=("#58a6ff", "#f0ad4e", "#9bebb8", "#f4c6f4", "#e7e8e9", "#fa4b88", "#fef08d", "#999ab9"),
        description="colours of lines and what belongs to them; they come round again",
    )
    sequential: ColormapName = Field(default="ice", description="colour map of values from low to high")
    diverging: ColormapName = Field(default="icefire", description="colour map of values on both sides of 0")
    title: Pixels = Field(default=52.0, description="type size of titles")
    figure: Pixels = Field(default=58.0, description="type size of the large numbers")
    body: Pixels = Field(default=25.0, description="type size of everything else")
    curve: Pixels = Field(default=4.0, description="weight of lines")
    thin: Pixels = Field(default=2.0, description="weight of faint lines behind others")
    grid: Pixels = Field(default=1.0, description="weight of grid lines and rules")
    dot: Pixels = Field(default=7.0, description="radius of the dot that a line ends in")

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, value: object) -> object:
        """A name, or a table that says a part, made whole by the theme that it names."""
        if isinstance(value, str):
            value = {"name": value}
        if not isinstance(value, Mapping | Theme):
            raise ValueError(
                f'write a name, such as "light", or a table with one, such as name = "light", not {shown(value)}'
            )
        if isinstance(value, Mapping):
            name = value.get("name", "dark")
            value = {**THEMES.get(name if isinstance(name, str) else "", {}), **value}
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A name or a table; what a table leaves out depends on its name, so only that has a default."""
        table = handler.resolve_ref_schema(handler(core))
        for key, part in table["properties"].items():
            if key != "name":
                part.pop("default", None)
        names = {k: v for k, v in table["properties"]["name"].items() if k in ("enum", "type")}
        return {"description": table.pop("description", ""), "anyOf": [names, table]}


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
        return self.text_px(self.theme.title)

    @property
    def figure_px(self) -> int:
        """Type size of the large numbers."""
        return self.text_px(self.theme.figure)

    @property
    def body_px(self) -> int:
        """Type size of everything else."""
        return self.text_px(self.theme.body)

    @property
    def curve_px(self) -> int:
        """Weight of lines; never under 2, or they break up in a video."""
        return max(2, self.px(self.theme.curve))

    @property
    def thin_px(self) -> int:
        """Weight of faint lines behind others."""
        return self.px(self.theme.thin)

    @property
    def dot_px(self) -> int:
        """Radius of the dot that a line ends in; always more than the line."""
        return max(self.curve_px + 1, self.px(self.theme.dot))

    @property
    def grid_px(self) -> int:
        """Weight of grid lines and rules."""
        return self.px(self.theme.grid)

    def color(self, name: str) -> Color:
        """A role of the theme, or any colour that `parse_color` knows."""
        for roles in (SERIES_ROLES, SPLIT_ROLES):
            if name in roles:
                return self.series(roles.index(name))
        return parse_color(getattr(self.theme, name) if name in ROLES else name)

    def split_color(self, split: str) -> Color:
        """The one colour of what is measured on a split, "training", "validation" or "test"; of what belongs to none,
        that of text."""
        return self.color(split if split in SPLIT_ROLES else "text")

    def line_colors(self, splits: Sequence[str]) -> list[Color]:
        """Colours of lines of metrics of these splits: the first of a split has its colour, others what is left of the
        series."""
        left = (self.series(i) for i in range(len(SPLIT_ROLES), 10**6))
        return [
            self.split_color(split) if split and split not in splits[:i] else next(left)
            for i, split in enumerate(splits)
        ]

    def lookup_table(self, name: str) -> Frame:
        """Colours (256, 1, 3) of a colour map of the theme, "sequential" or "diverging", or of any other."""
        return lookup_table(getattr(self.theme, name) if name in MAPS else name)

    def series(self, index: int) -> Color:
        """Colour of the curve with this index; they come round again."""
        return parse_color(self.theme.series[index % len(self.theme.series)])

    def faint(self, color: Color) -> Color:
        """The colour of what stands behind a line of this colour and belongs to it."""
        return mix(self.background, color, 0.3)

    @property
    def background(self) -> Color:
        """Colour of everything that nothing is drawn on."""
        return parse_color(self.theme.background)

    @property
    def panel(self) -> Color:
        """Colour behind captions over the frame."""
        return parse_color(self.theme.panel)


def _valid(name: str) -> str:
    if name not in ROLES:
        try:
            parse_color(name)
        except ValueError as error:
            raise ValueError(f"{error}, or one of the theme's: {', '.join(ROLES)}") from None
    return name


def _map_valid(name: str) -> str:
    if name not in MAPS:
        lookup_table(name)
    return name


TEXT = Meaning("the colour of words")
ThemeColormap = Annotated[str, Field(max_length=MOST_NAME), AfterValidator(_map_valid), Field(title="colour map")]
COLORMAP = "sequential or diverging, the theme's own, or any of `weightreel list colormaps`"  # what a key of one takes
ThemeColor = Annotated[str, Field(max_length=MOST_NAME), AfterValidator(_valid), Field(title="colour")]
TextColor = Annotated[ThemeColor, TEXT]
