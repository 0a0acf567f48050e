"""What all views of whole tiles share: a grid of small pictures, normalised, coloured, bordered, labelled.

A view of this kind says how many pictures there are, how large each is, and what numbers stand in them at a step.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

import numpy as np
from pydantic import Field

from weightreel.render.drawing import colormaps, text
from weightreel.render.drawing.canvas import Frame, Rect, blank, even
from weightreel.render.drawing.colormaps import ColormapName, Limits, Normalize, Values
from weightreel.render.drawing.layout import Natural, Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.template import Words
from weightreel.render.drawing.theme import Style
from weightreel.render.drawing.tiles import Border, TileGrid, fit_tiles
from weightreel.render.errors import Unfit
from weightreel.render.views import View
from weightreel.trainer.options import Length, Many, Tiles
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings


class TiledView(View):
    """Rows × columns of pictures, the first one top left; cells that no picture is left for stay empty.

    Subclasses say `count`, `tile` and `values`; colour pictures (three channels) are shown as colours, each channel
    normalised with its tile, without a colour map.
    """

    rows: Tiles | None = Field(default=None, description="tiles down; default: as many as the pictures need")
    columns: Tiles | None = Field(
        default=None, description="tiles across; default: as many as make the grid about square"
    )
    border: Border = Field(default=Border(), description="the frame around each tile")
    gap: Length | None = Field(default=None, description="pixels between tiles; default: about 4")
    normalize: Normalize = Field(default=Normalize(), description="how values become positions in the colour map")
    colormap: ColormapName = Field(default="gray", description="any of `weightreel list colormaps`")
    labels: bool | Many[Words] = Field(default=False, description="words under the tiles: true for numbers, or a list")
    colorbar: bool = Field(default=False, description="a bar beside the tiles: which colour is which value")

    @abstractmethod
    def count(self, about: About) -> int:
        """How many pictures there are."""

    @abstractmethod
    def tile(self, about: About) -> tuple[int, int]:
        """(height, width) of a picture in its own pixels."""

    @abstractmethod
    def values(self, recording: Recording, step: int) -> Values:
        """The numbers, (count, height × width) or (count, height × width × 3)."""

    @property
    def colored(self) -> bool:
        """All colour maps but one have."""
        return self.colormap != "gray"

    def widest_words(self, about: About) -> list[str]:
        """The labels, or such that are as wide as they become: tiles stand so far apart that labels do not touch."""
        if self.labels is True:
            return [str(i) for i in range(self.count(about))]
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
        return Natural(even(width + bar + 1) if bar else width, height, grid.border.outside)

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedTiles:
        """Fix the geometry, the static background, and the range where it is one for the whole clip."""
        recording = self.recording(recordings)
        about, bar = recording.about, self._bar_width(place.style)
        grid = self.tiles(about, place)
        background = blank(place.rect[2:], place.style.background)
        count = min(self.count(about), grid.rows * grid.columns)
        if not self.border.inside:
            grid.borders(background, count, place.style)
        limits = None
        if self.normalize.over == "clip":
            limits = self._clip_limits(recording, count, course.shown(self.runs(recordings)[0]))
        fitted = FittedTiles(self, grid, place.style, background, count, limits, bar)
        if bar:
            fitted.draw_bar()
        return fitted

    def tiles(self, about: About, place: Place) -> TileGrid:
        """Where the tiles stand within a place.

        Raises:
            Unfit: they do not fit.
        """
        x, y, width, height = place.rect
        room = Rect(x, y, width - self._bar_width(place.style), height)
        return self._tiles(about, place).within(room, centred=self.area is None)

    def _tiles(self, about: About, place: Place) -> TileGrid:
        pictures = self.count(about)
        columns = self.columns or ceil(pictures / self.rows if self.rows else pictures**0.5)
        rows = self.rows or ceil(pictures / columns)
        tile = self.tile(about)
        room = (place.rect.width - self._bar_width(place.style), place.rect.height)
        label_px = place.style.body_px if self.labels else 0
        wide = max((text.width(w, label_px) for w in self.widest_words(about)), default=0) if self.labels else 0
        grid = fit_tiles(
            room,
            rows,
            columns,
            tile,
            self.border,
            gap=self.gap,
            label_px=label_px,
            label_width=wide,
            colored=self.colored,
        )
        if grid is None:
            raise Unfit(
                "area",
                f"{rows} × {columns} tiles of {tile[0]} × {tile[1]}"
                + (f" over labels of {wide} pixels" if wide else "")
                + f" do not fit into {room[0]} × {room[1]} pixels even at scale 1; enlarge the area or show fewer",
            )
        return grid

    def _bar_width(self, style: Style) -> int:
        if not self.colorbar:
            return 0
        return even(style.px(16) + style.px(22) + style.px(10) + text.width("−0.000", style.body_px) + 1)

    def _clip_limits(self, recording: Recording, count: int, steps: Iterable[int]) -> Limits:
        lows, highs = [], []
        for step in steps:
            values = self.values(recording, int(step))[:count]
            lows.append(values.min())
            highs.append(values.max())
        low, high = self.normalize.limits(np.array(min(lows)), np.array(max(highs)))
        return float(low), float(high)


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

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Draw the pictures of a moment."""
        recording, step = self.view.now(recordings, moment)
        values = self.view.values(recording, step)[: self.count]
        low, high = self._range(values)
        canvas[:] = self.background
        self._put(canvas, self._mosaic(values, low, high))
        if self.view.border.inside:
            self.grid.borders(canvas, self.count, self.style)
        if self.view.labels:
            self.grid.labels(canvas, self.view.words(recording, step)[: self.count], self.style)
        if self.bar:
            self._draw_limits(canvas, low, high)
        self.view.annotate(canvas, self, recording, step)

    def _put(self, canvas: Frame, mosaic: Frame) -> None:
        """All full rows of tiles at once, then what is left of the last row."""
        full, rest = divmod(self.count, self.grid.columns)
        th, tw = self.grid.tile
        if full:
            self.grid.part(full, self.grid.columns).put(canvas, mosaic[: full * th])
        if rest:
            last = self.grid.part(1, rest, row=full)
            last.put(canvas, np.ascontiguousarray(mosaic[full * th : (full + 1) * th, : rest * tw]))

    def _mosaic(self, values: Values, low: Values, high: Values) -> Frame:
        """All tiles side by side at scale 1, coloured."""
        levels = colormaps.to_levels(values, low, high)
        rows, columns, (th, tw) = self.grid.rows, self.grid.columns, self.grid.tile
        cells = np.zeros((rows * columns, levels.shape[1]), np.uint8)
        cells[: self.count] = levels
        tiles = cells.reshape(rows, columns, th, tw, -1).transpose(0, 2, 1, 3, 4)
        picture = tiles.reshape(rows * th, columns * tw, -1)
        if picture.shape[2] == 3:
            return np.ascontiguousarray(picture[..., ::-1])
        return colormaps.colorize(picture[..., 0], colormaps.lookup_table(self.view.colormap))

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
        _, _, cap = text.metrics(self.style.body_px)
        x = self.grid.origin[0] - (self.grid.natural.inset or 0) + self.grid.size[0] + self.style.px(22)
        y = self.grid.origin[1] - self.grid.border.outside
        return Rect(x, y, self.style.px(16), max(2, self.grid.size[1] - self.grid.label_height, cap))

    def draw_bar(self) -> None:
        """The colours from high to low, on the background."""
        rect = self._bar_rect()
        part = rect.of(self.background)
        levels = np.linspace(255, 0, part.shape[0]).round().astype(np.uint8)[:, None]
        part[:] = colormaps.colorize(levels, colormaps.lookup_table(self.view.colormap))

    def _draw_limits(self, canvas: Frame, low: Values, high: Values) -> None:
        """What the ends of the bar stand for: numbers, or words where each tile has a range of its own."""
        rect, px = self._bar_rect(), self.style.body_px
        ascent, _, cap = text.metrics(px)
        ends = ("max", "min") if low.ndim else tuple(signed(float(v)) for v in (high, low))
        tops = (rect.y - (ascent - cap), rect.y + rect.height - ascent)
        for word, y in zip(ends, tops, strict=True):
            x = rect.x + rect.width + self.style.px(10)
            color, background = self.style.color("muted"), self.style.background
            text.draw(canvas, (x, y), word, size=px, color=color, background=background)


def signed(value: float) -> str:
    """A number with three digits, its minus as long as a digit."""
    shown = f"{value:.3g}" if abs(value) < 0.0995 and value else f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
    return shown.replace("-", "−")
