"""Where the views stand: named areas, as in CSS grid, for each shape of frame.

Everything lies on even coordinates, because 4:2:0 video smears odd edges. How the room is shared out stands in
`tracks`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from weightreel.render.drawing.areas import Cells, Measure, Natural, Place
from weightreel.render.drawing.canvas import FrameSize, Rect, even
from weightreel.render.drawing.theme import Style
from weightreel.render.drawing.tracks import Tracks
from weightreel.render.errors import Finding
from weightreel.trainer.options import Length, Many, Options

__all__ = ["Arrangement", "Layout", "Measure", "Natural", "Place", "Shape", "shape_of"]

Shape = Literal["portrait", "square", "landscape"]
PORTRAIT, SQUARE = 0.8, 1.25  # width ÷ height: below the first it is portrait, up to the second square
MOST_TRACKS = 64  # rows of areas, and names in each
Weights = Annotated[Many[Annotated[float, Field(ge=0, le=1e6)]], Field(max_length=MOST_TRACKS)]
MARGIN, COLUMN_GAP, ROW_GAP = 0.04, 0.06, 0.05  # of the frame's shorter side


def shape_of(size: tuple[int, int]) -> Shape:
    """The shape of frames of a size (width, height)."""
    ratio = size[0] / size[1]
    return "portrait" if ratio < PORTRAIT else "square" if ratio <= SQUARE else "landscape"


class Arrangement(Options):
    """Areas for frames of one shape, in place of those of the layout: [layout.portrait] for those whose width is less
    than 0.8 of the height, [layout.square] up to 1.25. A view whose area is not named here is not shown in such
    frames, which is said.

    Example:
        [layout]
        areas = ["grid title", "grid loss"]

        [layout.portrait]
        areas = ["title", "grid", "loss"]
    """

    areas: Annotated[Many[str], Field(max_length=MOST_TRACKS)] = Field(
        default=(), description="one string a row: names of areas with spaces between, '.' for an empty cell"
    )
    rows: Weights | None = Field(
        default=None,
        description="relative heights of rows, 0: as high as its text; default: text and tiles as high as they are, "
        "others alike",
    )
    columns: Weights | None = Field(
        default=None, description="relative widths of the columns; default: alike, those of tiles half as much again"
    )
    margin: Length | None = Field(default=None, description="pixels around the areas; default: 4 % of the shorter side")
    gutter: Length | None = Field(
        default=None,
        description="pixels between the areas; default: 6 % of the shorter side between columns, 5 % between rows",
    )

    @property
    def grid(self) -> Cells:
        """Area names by row and column."""
        return Cells(row.split() for row in self.areas)

    @property
    def names(self) -> tuple[str, ...]:
        """The areas, in the order of their first cells."""
        return self.grid.names

    def findings(self) -> list[Finding]:
        """Rows of different lengths, areas that are not rectangles, weights that do not match."""
        grid, found = self.grid, []
        if not grid:
            keys = ("rows", "columns") if type(self) is Arrangement else ()
            return [Finding(key, f"there are no areas whose {key} it weighs") for key in keys if getattr(self, key)]
        longest = max(map(len, grid))
        if longest > MOST_TRACKS:
            return [Finding("areas", f"a row has {longest:,} names; give at most {MOST_TRACKS}")]
        if len({len(row) for row in grid}) != 1 or not grid[0]:
            return [Finding("areas", "rows have different numbers of names; use '.' for an empty cell")]
        for name in self.names:
            r0, r1, c0, c1 = grid.spans[name]
            if any(grid[r][c] != name for r in range(r0, r1) for c in range(c0, c1)):
                found.append(Finding("areas", f"area '{name}' is not a rectangle"))
        for key, weights, count in (("rows", self.rows, len(grid)), ("columns", self.columns, len(grid[0]))):
            if weights is not None and len(weights) != count:
                found.append(Finding(key, f"{len(weights)} weights for {count} {key} of areas"))
        return found


class Layout(Arrangement):
    """Size of the frame, and its areas. Lengths are for this size; other sizes scale them.

    An area spans all cells that hold its name, which form a rectangle. Views of whole tiles take what their tiles
    fill, captions and figures the height of their words; the rest is shared out. An output of another shape, such as
    1080 × 1920, has the areas of [layout.portrait] or [layout.square]; without them they are stacked anew by
    themselves: the title first, tiles as large as the frame allows.

    Example:
        [layout]
        size = [1920, 1080]
        areas = [
          "grid title",
          "grid figures",
          "grid loss",
        ]
        columns = [3, 2]
    """

    size: FrameSize = Field(default=(1280, 720), title="[width, height]", description="size of the frame in pixels")
    portrait: Arrangement | None = Field(
        default=None, description="the areas of frames that stand upright; default: stacked by themselves"
    )
    square: Arrangement | None = Field(
        default=None, description="the areas of frames about as wide as high; default: stacked by themselves"
    )

    @property
    def variants(self) -> dict[Shape, Arrangement]:
        """The shapes that have areas, or lengths, of their own."""
        found: dict[Shape, Arrangement | None] = {"portrait": self.portrait, "square": self.square}
        return {shape: own for shape, own in found.items() if own is not None}

    @property
    def every_name(self) -> tuple[str, ...]:
        """The areas of all shapes."""
        return tuple(dict.fromkeys(n for a in (self, *self.variants.values()) for n in a.names))

    def findings(self) -> list[Finding]:
        """What is wrong with the areas, and with those of each shape."""
        own = [f.under(shape) for shape, variant in self.variants.items() for f in variant.findings()]
        return [*super().findings(), *own]

    def at(self, size: tuple[int, int]) -> Layout:
        """The layout of frames of a size: that of their shape where it has a table, whose lengths count where it has
        some."""
        variant = self.variants.get(shape_of(size))
        if variant is None:
            return self
        areas = ("areas", "rows", "columns") if variant.areas else ()
        lengths = [key for key in ("margin", "gutter") if getattr(variant, key) is not None]
        return self.model_copy(update={key: getattr(variant, key) for key in (*areas, *lengths)})

    def turned(self, size: tuple[int, int]) -> bool:
        """Whether frames of a size are of another shape than the areas were written for."""
        shape = shape_of(size)
        variant = self.variants.get(shape)
        return bool(self.areas) and shape != shape_of(self.size) and not (variant and variant.areas)

    def rects(
        self, style: Style, naturals: Mapping[str, Sequence[Measure]] | None = None, inside: Rect | None = None
    ) -> dict[str, Rect]:
        """The rectangle of each area at the style's size.

        `naturals` maps areas to functions Place -> Natural | None, one for each view in the area; `inside` is the part
        of the frame that they share, by default all of it but its margins.
        """
        if not self.grid:
            return {}
        roomy = self.margin is None and inside is None
        tracks = Tracks(
            self.grid, self.rows, self.columns, inside or self.content(style), self._gaps(style), style, roomy
        )
        return tracks.rects(naturals or {})

    def content(self, style: Style) -> Rect:
        """The frame without its margins."""
        margin = even(MARGIN * min(style.size) if self.margin is None else self.margin * self._scale(style))
        width, height = style.size
        return Rect(margin, margin, max(2, even(width - 2 * margin)), max(2, even(height - 2 * margin)))

    def _scale(self, style: Style) -> float:
        """How much larger the frame is than the one that lengths are for."""
        return min(style.size) / min(self.size)

    def _gaps(self, style: Style) -> tuple[int, int]:
        """Pixels between columns and between rows."""
        if self.gutter is not None:
            gap = even(self.gutter * self._scale(style))
            return gap, gap
        return even(COLUMN_GAP * min(style.size)), even(ROW_GAP * min(style.size))
