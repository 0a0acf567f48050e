"""What all views of whole tiles share: a grid of small pictures, normalised, coloured, bordered, labelled.

A view of this kind says how many pictures there are, how large each is, and what numbers stand in them at a step.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.render.drawing import colormaps, text
from weightreel.render.drawing.canvas import Frame, Rect, blank, even
from weightreel.render.drawing.colormaps import Limits, Normalize, Values
from weightreel.render.drawing.fitting import LEAST, shrunk, smaller
from weightreel.render.drawing.layout import Natural, Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.template import Words, Written
from weightreel.render.drawing.theme import COLORMAP, Style, ThemeColormap
from weightreel.render.drawing.tiles import Border, TileGrid, fit_tiles
from weightreel.render.errors import Finding, Unfit
from weightreel.render.views import View
from weightreel.render.views._bar import bar_beside, bar_width, draw_bar, draw_ends, draw_range
from weightreel.render.views._tile_labels import Labels
from weightreel.trainer.options import Length, Many, Tiles
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

Steps = NDArray[np.int64]
LINED = Border(color="line")  # around tiles in colours, so that red is the red of their map
MOST_ASIDE = 64  # columns that are tried
WIDE = 4  # pixels: narrower rows are sooner coloured one by one, and then widened, than taken from a table
SINGLE = 4  # bytes of a number; halves have too few digits to be coloured by


class TiledView(View):
    """Rows × columns of pictures, the first one top left; cells that no picture is left for stay empty.

    Subclasses say `count`, `tile` and `values`; colour pictures (three channels) are shown as colours, each channel
    normalised with its tile, without a colour map.
    """

    steady: ClassVar[bool] = True

    rows: Tiles | None = Field(default=None, description="tiles down; default: as many as the pictures need")
    columns: Tiles | None = Field(
        default=None, description="tiles across; default: as many as make the tiles largest in their area"
    )
    border: Border = Field(default=Border(), description="the frame around each tile")
    gap: Length | None = Field(default=None, description="pixels between tiles; default: about 4")
    normalize: Normalize = Field(default=Normalize(), description="how values become positions in the colour map")
    colormap: ThemeColormap = Field(default="gray", description=COLORMAP)
    labels: bool | Many[Words] = Field(default=False, description="words under the tiles: true for numbers, or a list")
    colorbar: bool = Field(default=False, description="a bar beside the tiles: which colour is which value")

    of_weights: ClassVar[bool] = True  # false: of what was measured, which is never made up between two snapshots

    @abstractmethod
    def count(self, about: About) -> int:
        """How many pictures there are."""

    @abstractmethod
    def tile(self, about: About) -> tuple[int, int]:
        """(height, width) of a picture in its own pixels."""

    @abstractmethod
    def values(self, recording: Recording, step: int) -> Values:
        """The numbers, (count, height × width) or (count, height × width × 3)."""

    def source(self, about: About) -> str | None:
        """The key of the array in a recording of which all pictures together are all numbers, where there is one."""
        return None

    def laid(self, about: About, values: Values) -> Values:
        """The numbers of the pictures that have a tile, in the order of the tile's cells; where `values` has them so,
        the same."""
        return values

    def chosen(self, recording: Recording, steps: Steps, count: int) -> tuple[int, ...] | None:
        """The pictures that stand in the tiles, of a clip that shows these steps; by default None, the first."""
        return None

    def told(self, about: About, count: int) -> str:
        """A line under the tiles, which are so many; by default none."""
        return ""

    def told_of(self, recording: Recording, steps: Steps, count: int) -> str:
        """The same for a clip that shows these steps: no longer than it."""
        return self.told(recording.about, count)

    def in_color(self, about: About) -> bool:
        """Whether the pictures have three channels."""
        return False

    @property
    def colored(self) -> bool:
        """All colour maps but one have."""
        return self.colormap != "gray"

    def named(self, about: About) -> list[str]:
        """What stands under the tiles with labels = true: their numbers, or the classes that they are of."""
        return [str(i) for i in range(self.count(about))]

    def written(self, run: str, about: About) -> Iterator[Written]:
        """The names of the classes, where tiles are of some."""
        shown = self.named(about) if self.labels is True else ()
        yield from (Written("the names of the classes", name) for name in shown if name in about.classes)

    def widest_words(self, about: About) -> list[str]:
        """The labels, or such that are as wide as they become: tiles stand so far apart that labels do not touch."""
        if self.labels is True:
            return self.named(about)
        return list(self.labels) if self.labels else []

    def words(self, recording: Recording, step: int) -> list[str]:
        """The labels under the tiles at a step."""
        return self.widest_words(recording.about)

    def annotate(self, canvas: Frame, fitted: FittedTiles, recording: Recording, step: int) -> None:
        """Draw over the tiles; nothing by default."""

    def natural(self, about: About, place: Place) -> Natural:
        """What the tiles fill at the largest whole scale."""
        grid, bar = self._tiles(about, place), self._bar_width(place.style)
        width, height = grid.size
        height += self._told_height(about, grid.rows * grid.columns, place.style)
        width = max(width, self._told_width(about, grid.rows * grid.columns, place) - bar)
        return Natural(even(width + bar + 1) if bar else width, height, grid.border.outside + grid.overhang)

    def findings_at(self, about: About, place: Place) -> Iterator[Finding]:
        """Cells that stay empty because so many were asked for; tiles that are lost among their labels; a bar of a
        colour map that is not used."""
        if self.colorbar and self.in_color(about):
            told = "the tiles are shown in their own colours, which no bar explains"
            yield Finding("colorbar", f"{told}; leave it out")
        pictures, rows, columns = self.count(about), self.rows or 0, self.columns or 0
        if rows * columns > pictures:
            told = f"{rows} × {columns} cells for {pictures}: {rows * columns - pictures} stay empty"
            way = f"leave rows and columns out, or write columns = {ceil(pictures / rows)}"
            yield Finding("rows", f"{told}; {way}", "warning")
        grid = self._tiles(about, place)
        side = min(grid.tile) * grid.scale
        if 2 * side < grid.label_height:
            told = f"tiles of {side} pixels are less than half as high as the words under them"
            yield Finding("labels", f"{told}; enlarge the area, show fewer, or write labels = false", "note")

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedTiles:
        """Fix the geometry, the static background, and the range where it is one for the whole clip."""
        recording, shown = self.recording(recordings), course.shown(self.runs(recordings)[0])
        about, bar = recording.about, self._bar_width(place.style)
        grid = self.tiles(about, place)
        background = blank(place.rect[2:], place.style.background)
        count = min(self.count(about), grid.rows * grid.columns)
        chosen = self.chosen(recording, shown, count)
        wide = colormaps.widened(place.style.lookup_table(self.colormap), grid.scale)
        fitted = FittedTiles(self, grid, place.style, background, count, None, bar, wide, chosen)
        if self.normalize.over == "clip":
            fitted = replace(fitted, limits=self._clip_limits(recording, fitted, shown))
        fitted.draw_still(self.told_of(recording, shown, count))
        if self.of_weights and course.tweens:
            quiet = background.copy()
            if not self.border.inside:
                grid.borders(quiet, count, place.style, quiet=True)
            fitted = replace(fitted, quiet=quiet)
        return fitted

    def tiles(self, about: About, place: Place) -> TileGrid:
        """Where the tiles stand within a place.

        Raises:
            Unfit: they do not fit.
        """
        grid = self._tiles(about, place)
        x, y, width, height = place.rect
        below = self._told_height(about, grid.rows * grid.columns, place.style)
        room = Rect(x, y, width - self._bar_width(place.style), height - below)
        return grid.within(room, centred=self.area is None)

    def _tiles(self, about: About, place: Place) -> TileGrid:
        grid, fits = shrunk(partial(self._largest, about, place), lambda grid: grid is not None)
        if grid is None or not fits:
            tile = self.tile(about)
            rows, columns = next(self._arrangements(self.count(about), tile))
            room = [max(0, side) for side in self._room(about, place, rows * columns)]
            wide = min(labels.width for labels in self._labels(about, place.style, LEAST))
            raise Unfit(
                "area",
                f"{rows} × {columns} tiles of {tile[0]} × {tile[1]}"
                + (f" over labels of {wide} pixels" if wide else "")
                + f" do not fit into {room[0]} × {room[1]} pixels even at scale 1; enlarge the area or show fewer",
            )
        return grid

    def _largest(self, about: About, place: Place, share: float) -> TileGrid | None:
        """The tiles at the largest whole scale, with labels at a share of their size; of those that are as large, with
        the fewest cells; then whose labels are within the widths of their tiles."""
        pictures, tile, grids = self.count(about), self.tile(about), []
        for rows, columns in self._arrangements(pictures, tile):
            for labels in self._labels(about, place.style, share):
                grid = fit_tiles(
                    self._room(about, place, rows * columns),
                    rows,
                    columns,
                    tile,
                    self.border,
                    gap=self.gap,
                    label_px=labels.size,
                    label_width=labels.width,
                    label_lines=labels.lines,
                    colored=self.colored or self.in_color(about),
                )
                grids += [grid] if grid else []
        return max(grids, key=lambda grid: (grid.scale, -grid.rows * grid.columns, -grid.overhang), default=None)

    def _labels(self, about: About, style: Style, share: float) -> Iterator[Labels]:
        return Labels.of(self.widest_words(about) if self.labels else (), style, share)

    def _room(self, about: About, place: Place, count: int) -> tuple[int, int]:
        """(width, height) for tiles, which are so many, and their labels."""
        below = self._told_height(about, count, place.style)
        return place.rect.width - self._bar_width(place.style), place.rect.height - below

    def _arrangements(self, pictures: int, tile: tuple[int, int]) -> Iterator[tuple[int, int]]:
        """(rows, columns) that may be taken: what the options leave open is chosen by the shape of the area. The first
        is about square, and of those with tiles of one scale the first counts, or one with fewer empty cells."""
        if self.rows and self.columns:
            yield self.rows, self.columns
            return
        if self.rows or self.columns:
            yield self.rows or ceil(pictures / (self.columns or 1)), self.columns or ceil(pictures / (self.rows or 1))
            return
        square = ceil((pictures * tile[0] / tile[1]) ** 0.5)
        for columns in sorted(range(1, min(pictures, MOST_ASIDE) + 1), key=lambda n: (abs(n - square), -n)):
            rows = ceil(pictures / columns)
            if (columns - 1) * rows < pictures:  # else a narrower grid is as high
                yield rows, columns

    def _told_height(self, about: About, count: int, style: Style) -> int:
        """Pixels under the tiles that the line takes."""
        return even(sum(text.metrics(style.body_px)[:2]) + style.px(6) + 1) if self.told(about, count) else 0

    def _told_width(self, about: About, count: int, place: Place) -> int:
        """Pixels from left to right that it takes, which may be more than those of the tiles.

        Raises:
            Unfit: there are fewer.
        """
        told = self.told(about, count)
        wide = text.width(told, _told_px(told, place.rect.width, place.style)) if told else 0
        if wide > place.rect.width:
            needs = f"'{told}' does not fit into {place.rect.width} pixels"
            raise Unfit("area", f"{needs} under the tiles, it needs {wide}; enlarge the area")
        return even(wide + 1)

    def _bar_width(self, style: Style) -> int:
        return bar_width(style) if self.colorbar else 0

    def _clip_limits(self, recording: Recording, fitted: FittedTiles, steps: Steps) -> Limits:
        """The range over all steps; that of a whole array stands beside it, and nothing need be read for it."""
        key = self.source(recording.about)
        if key is not None and fitted.chosen is None and fitted.count == self.count(recording.about):
            ends = recording.span(key)[[recording.index(int(step)) for step in steps]]
        else:
            shown = (fitted.values(recording, int(step)) for step in steps)
            ends = np.array([[values.min(), values.max()] for values in shown])
        return self.normalize.limits_over(ends)


def _told_px(told: str, room: int, style: Style) -> int:
    """The type size of the line under the tiles: the usual one, or as much smaller as words may be, where that fits."""
    sizes = range(style.body_px, smaller(style.body_px, LEAST), -1)
    return next((size for size in sizes if text.width(told, size) <= room), smaller(style.body_px, LEAST))


@dataclass(frozen=True)
class FittedTiles:
    """Tiles ready to draw."""

    view: TiledView
    grid: TileGrid
    style: Style
    background: Frame
    count: int
    limits: Limits | None
    bar: int
    wide: Frame  # the colour map's table, each entry as often side by side as a pixel is wide: (256, scale, 3)
    chosen: tuple[int, ...] | None = None
    quiet: Frame | None = None  # the background of frames between two snapshots

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Draw the pictures of a moment."""
        recording, step = self.view.now(recordings, moment)
        values = self.values(recording, step)
        low, high = self._range(values)
        quiet = self.quiet if moment.tweened(self.view.runs(recordings)[0]) else None
        ground = self.background if quiet is None else quiet
        self.grid.put(canvas, self._images(self.view.laid(recording.about, values), low, high), ground)
        if self.view.border.inside:
            self.grid.borders(canvas, self.count, self.style, quiet=quiet is not None)
        if self.view.labels:
            self.grid.labels(canvas, self._words(recording, step), self.style)
        if self.bar:
            self._draw_limits(canvas, low, high)
        self.view.annotate(canvas, self, recording, step)

    def values(self, recording: Recording, step: int) -> Values:
        """The numbers of the pictures that have a tile, in their order."""
        every = self.view.values(recording, step)
        some = every[: self.count] if self.chosen is None else every[list(self.chosen)]
        # In the order of the pixels: what comes of them costs half as much as of a transposed array.
        return np.ascontiguousarray(some if some.dtype.itemsize >= SINGLE else some.astype(np.float32))

    def _words(self, recording: Recording, step: int) -> list[str]:
        """The labels of the pictures that have a tile."""
        words = self.view.words(recording, step)
        if self.chosen is None:
            return words[: self.count]
        return [words[number] if number < len(words) else "" for number in self.chosen]

    def _images(self, values: Values, low: Values, high: Values) -> Frame:
        """The pictures in colours, as wide as they are drawn: (count, height, width × scale, 3)."""
        levels, (height, width), scale = colormaps.to_levels(values, low, high), self.grid.tile, self.grid.scale
        shape = len(levels), height, width * scale, 3
        if levels.shape[1] == height * width and scale < WIDE:
            return colormaps.widened(colormaps.colorize(levels, self.wide[:, :1].copy()), scale).reshape(shape)
        if levels.shape[1] == height * width:
            return np.take(self.wide, np.ascontiguousarray(levels), axis=0).reshape(shape)
        pixels = np.ascontiguousarray(levels.reshape(len(levels) * height, width, 3)[..., ::-1])
        return colormaps.widened(pixels, scale).reshape(shape)

    def _range(self, values: Values) -> tuple[Values, Values]:
        """The values that become 0 and 1: one pair a tile, (count, 1), or one in all."""
        if self.limits is not None:
            return np.array(self.limits[0]), np.array(self.limits[1])
        axis = 1 if self.view.normalize.over == "tile" else None
        low, high = values.min(axis=axis), values.max(axis=axis)
        low, high = self.view.normalize.limits(low, high)
        return (low[:, None], high[:, None]) if axis else (low, high)

    def _bar_rect(self) -> Rect:
        """The colours of the bar, beside the tiles and as high as they are."""
        x = self.grid.origin[0] - (self.grid.natural.inset or 0)
        y = self.grid.origin[1] - self.grid.border.outside
        return bar_beside(Rect(x, y, self.grid.size[0], self.grid.size[1] - self.grid.label_height), self.style)

    def draw_still(self, told: str) -> None:
        """What stands on the background: borders, a line under the tiles, the colours of the bar."""
        if not self.view.border.inside:
            self.grid.borders(self.background, self.count, self.style)
        if told:
            out = self.grid.border.outside
            at = self.grid.origin[0] - out, self.grid.origin[1] - out + self.grid.size[1] + self.style.px(6)
            px = _told_px(told, self.background.shape[1] - at[0], self.style)
            color, background = self.style.color("muted"), self.style.background
            text.draw(self.background, at, told, size=px, color=color, background=background)
        if self.bar:
            draw_bar(self.background, self._bar_rect(), self.style.lookup_table(self.view.colormap))

    def _draw_limits(self, canvas: Frame, low: Values, high: Values) -> None:
        """What the ends of the bar stand for: numbers, or words where each tile has a range of its own."""
        if low.ndim:
            least = "−max" if self.view.normalize.range == "symmetric" else "min"
            draw_ends(canvas, self._bar_rect(), ("max", least), self.style)
        else:
            draw_range(canvas, self._bar_rect(), (float(low), float(high)), self.view.colormap, self.style)
