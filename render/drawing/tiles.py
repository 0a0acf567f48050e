"""Grids of small images at a whole scale, with borders, gaps and labels: what most views are made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray
from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.areas import Natural
from weightreel.render.drawing.canvas import Color, Frame, Rect, even, fill, mix
from weightreel.render.drawing.fitting import wrapped
from weightreel.render.drawing.theme import Style, ThemeColor
from weightreel.render.drawing.tracks import BLOCK
from weightreel.trainer.options import Options

GAP_PX = 4
LEAST_GAP_PX = 0
QUIET = 0.5  # of the colour of a border that is to be seen less


class Border(Options):
    """A frame around each tile, or over the tile's own edge.

    Example:
        [[view]]
        type = "neuron_grid"
        border = { color = "#ff0000", thickness = 2 }
    """

    color: ThemeColor = Field(default="border", description="colour of the frame")
    thickness: int = Field(default=2, ge=0, le=64, description="in pixels; 0 for none")
    inside: bool = Field(default=False, description="draw it over the tile's edge, in place of around the tile")

    @property
    def outside(self) -> int:
        """Pixels that it adds on each side of a tile."""
        return 0 if self.inside else self.thickness


@dataclass(frozen=True)
class TileGrid:
    """Geometry of a grid of tiles, in pixels relative to a rectangle.

    `tile` is (height, width) of one image in its own pixels, each drawn as `scale` × `scale`; `origin` (x, y)
    is the first pixel of the first image; `pitch` (x, y) leads from one tile to the next.
    """

    rows: int
    columns: int
    tile: tuple[int, int]
    scale: int
    border: Border
    pitch: tuple[int, int]
    label_px: int
    label_width: int = 0
    label_lines: int = 1
    origin: tuple[int, int] = (0, 0)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of all tiles with their borders and labels."""
        edge = 2 * self.border.outside
        width = (self.columns - 1) * self.pitch[0] + self.tile[1] * self.scale + edge + 2 * self.overhang
        height = (self.rows - 1) * self.pitch[1] + self.tile[0] * self.scale + edge + self.label_height
        return width, height

    @property
    def overhang(self) -> int:
        """Pixels by which a label is wider than its tile, on each side; even."""
        tile = self.tile[1] * self.scale + 2 * self.border.outside
        return max(0, even((self.label_width - tile + 3) / 2))

    @property
    def label_height(self) -> int:
        """Pixels under each tile that its label takes."""
        return self.label_lines * self._label_line

    @property
    def _label_line(self) -> int:
        return sum(text.metrics(self.label_px)[:2]) if self.label_px else 0

    @property
    def natural(self) -> Natural:
        """What the layout is told."""
        return Natural(*self.size, self.border.outside + self.overhang)

    def within(self, rect: Rect, *, centred: bool = True) -> TileGrid:
        """The grid in the middle of a rectangle of the frame, its first tile on a multiple of 8 of the frame where the
        rectangle has room for that, else on an even coordinate; or in the top left corner, where its edge is that of
        everything beside it and above it."""
        out = self.border.outside
        xy = []
        edges = (out + self.overhang, out)
        for start, length, size, edge in zip((rect.x, rect.y), rect[2:], self.size, edges, strict=True):
            slack = length - size
            first = start + (even(slack / 2) if centred else 0) + edge
            near = (round(first / BLOCK) * BLOCK,) if centred else ()
            choices = (*near, even(first), even(first + 1))
            best = next((p for p in choices if start + edge <= p <= start + edge + slack), first)
            xy.append(best - start)
        return replace(self, origin=(xy[0], xy[1]))

    def corner(self, number: int) -> tuple[int, int]:
        """(x, y) of the first pixel of a tile's image; tiles are numbered row by row."""
        row, column = divmod(number, self.columns)
        return self.origin[0] + column * self.pitch[0], self.origin[1] + row * self.pitch[1]

    def put(self, canvas: Frame, images: Frame, ground: Frame) -> None:
        """Draw the first images, (count, tile height, tile width × scale, 3): already as wide as they are drawn, each
        of their rows is copied as often as makes it as high; and the `ground`, as large as the canvas, around them.

        Strided copies write each pixel once; to scale the images in both directions first takes ten times as long.
        """
        full, rest = divmod(len(images), self.columns)
        whole, top = full * self.columns, 0
        if full:
            top = self._copy(canvas, images[:whole], ground, 0, self.columns, top)
        if rest:
            top = self._copy(canvas, images[whole:], ground, full, rest, top)
        canvas[top:] = ground[top:]

    def _copy(self, canvas: Frame, images: Frame, ground: Frame, row: int, columns: int, top: int) -> int:
        """Draw images of some columns in rows from `row` on, and around them the ground from line `top` on; the first
        line under them."""
        count, height, width, _ = images.shape
        rows, (x, y), s = count // columns, self.corner(row * self.columns), self.scale
        end = y + (rows - 1) * self.pitch[1] + height * s
        edges = [x + column * self.pitch[0] for column in range(columns)]
        for left, right in zip([0, *(edge + width for edge in edges)], [*edges, canvas.shape[1]], strict=True):
            canvas[y:end, left:right] = ground[y:end, left:right]
        for line in range(y, end, self.pitch[1]):
            canvas[top:line] = ground[top:line]
            top = line + height * s
        cells = self._cells(canvas, (x, y), (rows, columns, height * s, width))
        lines = cells.reshape(rows, columns, height, s, width * 3)
        lines[:] = images.reshape(-1, columns, height, 1, width * 3)
        return top

    def borders(self, canvas: Frame, count: int, style: Style, *, quiet: bool = False) -> None:
        """Draw the borders of the first `count` tiles; `quiet` ones are around what was made up."""
        t, color = self.border.thickness, style.color(self.border.color)
        color = mix(style.background, color, QUIET) if quiet else color
        out = self.border.outside
        height, width = self.tile[0] * self.scale + 2 * out, self.tile[1] * self.scale + 2 * out
        full, rest = divmod(count, self.columns)
        strip = np.tile(np.array(color, np.uint8), width)
        for row, rows, columns in ((0, full, self.columns), (full, 1, rest)):
            if t and rows and columns:
                x, y = self.corner(row * self.columns)
                tiles = self._cells(canvas, (x - out, y - out), (rows, columns, height, width))
                tiles[:, :, :t] = tiles[:, :, -t:] = strip
                tiles[..., : 3 * t] = tiles[..., -3 * t :] = strip[: 3 * t]

    def _cells(self, canvas: Frame, start: tuple[int, int], shape: tuple[int, int, int, int]) -> NDArray[np.uint8]:
        """Rectangles of a canvas that are a pitch apart, the first at `start` (x, y), as bytes: `shape` (rows, columns,
        height, width) becomes (rows, columns, height, 3 × width). All of them must lie on the canvas."""
        (x, y), (rows, columns, height, width), (sy, sx, sc) = start, shape, canvas.strides
        last = x + (columns - 1) * self.pitch[0] + width, y + (rows - 1) * self.pitch[1] + height
        assert min(x, y) >= 0 and last[0] <= canvas.shape[1] and last[1] <= canvas.shape[0], "tiles lie on the canvas"
        strides = (sy * self.pitch[1], sx * self.pitch[0], sy, sc)
        return as_strided(canvas[y:, x:], (rows, columns, height, 3 * width), strides)

    def labels(self, canvas: Frame, words: Sequence[str], style: Style) -> None:
        """Write words under each tile, centred, on several lines where they are wider than it has room for."""
        px, room = self.label_px, max(self.label_width, self.tile[1] * self.scale)
        together = re.compile(" {2,}" if self.label_lines > 1 else "$")  # alike under all tiles
        for number, word in enumerate(words):
            x, y = self.corner(number)
            y += self.tile[0] * self.scale + self.border.outside
            lines = [row for part in together.split(word) for row in wrapped(part, partial(text.width, size=px), room)]
            for i, line in enumerate(lines):
                at = x + (self.tile[1] * self.scale - text.width(line, px)) // 2, y + i * self._label_line
                color = style.color("muted")
                text.draw(canvas, at, line, size=px, color=color, background=style.background)


def outline(canvas: Frame, rect: Rect, thickness: int, color: Color) -> None:
    """Draw a frame of the given thickness along the inside of a rectangle."""
    part = rect.of(canvas)
    t = thickness
    for strip in (part[:t], part[-t:], part[:, :t], part[:, -t:]):
        fill(strip, color)


def fit_tiles(
    room: tuple[int, int],
    rows: int,
    columns: int,
    tile: tuple[int, int],
    border: Border,
    *,
    gap: int | None = None,
    label_px: int = 0,
    label_width: int = 0,
    label_lines: int = 1,
    colored: bool = False,
) -> TileGrid | None:
    """The grid with the largest whole scale that fits `room` (width, height); None where not even 1 does.

    `colored` tiles get an even one, because 4:2:0 video keeps one colour for 2 × 2 pixels. Without `gap`, the gap is
    about 4 pixels, widened where there is room until the pitch is a multiple of 8.
    """
    grid = None
    scale = _first_guess(room, rows, columns, tile)
    while scale >= 1 and grid is None:
        if scale == 1 or all((side * scale) % 2 == 0 for side in ((1, 1) if colored else tile)):
            grid = _at_scale(
                room, TileGrid(rows, columns, tile, scale, border, (0, 0), label_px, label_width, label_lines), gap
            )
        scale -= 1
    return grid


def _first_guess(room: tuple[int, int], rows: int, columns: int, tile: tuple[int, int]) -> int:
    return min(room[0] // (columns * tile[1]), room[1] // (rows * tile[0]))


def _at_scale(room: tuple[int, int], grid: TileGrid, gap: int | None) -> TileGrid | None:
    edge = 2 * grid.border.outside
    cell = (grid.tile[1] * grid.scale + edge + 2 * grid.overhang, grid.tile[0] * grid.scale + edge + grid.label_height)
    if gap is not None:
        choices = [(cell[0] + gap, cell[1] + gap)]
    else:
        gaps = range(GAP_PX, LEAST_GAP_PX - 1, -2)
        choices = [(_blocks(cell[0] + GAP_PX), _blocks(cell[1] + GAP_PX))]
        choices += [(even(cell[0] + 1) + g, even(cell[1] + 1) + g) for g in gaps]
    for pitch in choices:
        fitted = replace(grid, pitch=pitch)
        if fitted.size[0] <= room[0] and fitted.size[1] <= room[1]:
            return fitted
    return None


def _blocks(pixels: int) -> int:
    """The next multiple of 8."""
    return -(-pixels // BLOCK) * BLOCK
