"""The incoming weights of each neuron of a layer, as a picture of its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, prod
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from render import colormaps
from render.canvas import Frame, blank
from render.colormaps import ColormapName, Limits, Normalize
from render.layout import Natural, Place
from render.tiles import Border, TileGrid, fit_tiles
from render.views import View
from trainer.options import Count, Names, Pair
from trainer.recording import Recording
from trainer.run import Description


class NeuronGrid(View):
    """Rows × columns of neurons, the first one top left; each tile is a neuron's weights laid out as its input.

    Colour images show their weights as colours, each channel normalised with the tile, without a colour map.
    """

    type: Literal["neuron_grid"] = "neuron_grid"
    layer: Annotated[int, Field(ge=0)] = 0
    rows: Count | None = None
    columns: Count | None = None
    shape: Pair | None = Field(default=None, description="(height, width) to lay the inputs out as")
    border: Border = Border()
    gap: Annotated[int, Field(ge=0)] | None = Field(default=None, description="pixels; default about 4")
    normalize: Normalize = Normalize()
    colormap: ColormapName = "gray"
    labels: bool | Names = Field(default=False, description="true: numbers; or a list of words")

    def problems(self, about: Description) -> list[tuple[str, str]]:
        """The layer does not exist, has no weights, or its inputs are no image."""
        if self.layer >= len(about.layers):
            last = len(about.layers) - 1
            return [("layer", f"layer {self.layer} is out of range; the run has layers 0 to {last}")]
        layer = about.layers[self.layer]
        if layer.type != "dense":
            return [("layer", f"layer {self.layer} is a {layer.type} layer; choose a dense one")]
        inputs = prod(layer.input_shape)
        if self.shape is not None and prod(self.shape) != inputs:
            return [("shape", f"{self.shape[0]} × {self.shape[1]} is not the {inputs} inputs of the layer")]
        if self.shape is None and not _is_image(layer.input_shape):
            told = " × ".join(map(str, layer.input_shape))
            return [("layer", f"the inputs of layer {self.layer} are {told}, not an image; say shape = [h, w]")]
        return []

    def natural(self, about: Description, place: Place) -> Natural:
        """What the tiles fill at the largest whole scale."""
        return self._tiles(about, place).natural

    def fit(self, recording: Recording, place: Place) -> FittedNeuronGrid:
        """Fix the geometry, the static background, and the range where it is one for the whole clip."""
        about = recording.description
        grid = self._tiles(about, place).within(place.rect)
        background = blank(place.rect[2:], place.style.background)
        words = self._words(about, grid)
        count = min(self._units(about), grid.rows * grid.columns)
        grid.labels(background, words[:count], place.style)
        if not self.border.inside:
            grid.borders(background, count, place.style)
        limits = self._clip_limits(recording, count) if self.normalize.over == "clip" else None
        return FittedNeuronGrid(self, grid, place, background, count, self._image_shape(about), limits)

    def _units(self, about: Description) -> int:
        return prod(about.layers[self.layer].output_shape)

    def _image_shape(self, about: Description) -> tuple[int, ...]:
        return self.shape or about.layers[self.layer].input_shape

    def _words(self, about: Description, grid: TileGrid) -> list[str]:
        if self.labels is True:
            return [str(i) for i in range(self._units(about))]
        return list(self.labels) if self.labels else []

    def _tiles(self, about: Description, place: Place) -> TileGrid:
        units = self._units(about)
        columns = self.columns or ceil(units / self.rows if self.rows else units**0.5)
        rows = self.rows or ceil(units / columns)
        th, tw = self._image_shape(about)[:2]
        label_px = place.style.body_px if self.labels else 0
        room = place.rect[2:]
        grid = fit_tiles(room, rows, columns, (th, tw), self.border, gap=self.gap, label_px=label_px)
        if grid is None:
            raise ValueError(
                f"{rows} × {columns} tiles of {th} × {tw} do not fit into {room[0]} × {room[1]} pixels "
                "even at scale 1; enlarge the area or show fewer"
            )
        return grid

    def _clip_limits(self, recording: Recording, count: int) -> Limits:
        name = f"{self.layer}/weights"
        lows, highs = [], []
        for step in recording.steps:
            weights = recording.parameter(name, int(step))[:, :count]
            lows.append(weights.min())
            highs.append(weights.max())
        low, high = self.normalize.limits(np.array(min(lows)), np.array(max(highs)))
        return float(low), float(high)


def _is_image(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)


@dataclass(frozen=True)
class FittedNeuronGrid:
    """A neuron grid ready to draw."""

    view: NeuronGrid
    grid: TileGrid
    place: Place
    background: Frame
    count: int
    image_shape: tuple[int, ...]
    limits: Limits | None

    def draw(self, canvas: Frame, recording: Recording, step: int) -> None:
        """Draw the weights of `step`."""
        weights = recording.parameter(f"{self.view.layer}/weights", step)[:, : self.count]
        canvas[:] = self.background
        self._put(canvas, self._mosaic(weights))
        if self.view.border.inside:
            self.grid.borders(canvas, self.count, self.place.style)

    def _put(self, canvas: Frame, mosaic: Frame) -> None:
        """All full rows of tiles at once, then what is left of the last row."""
        full, rest = divmod(self.count, self.grid.columns)
        th, tw = self.grid.tile
        if full:
            self.grid.part(full, self.grid.columns).put(canvas, mosaic[: full * th])
        if rest:
            last = self.grid.part(1, rest, row=full)
            last.put(canvas, np.ascontiguousarray(mosaic[full * th : (full + 1) * th, : rest * tw]))

    def _mosaic(self, weights: NDArray) -> Frame:
        """All tiles side by side at scale 1, coloured."""
        low, high = self._range(weights)
        levels = colormaps.to_levels(weights, low, high)
        rows, columns, (th, tw) = self.grid.rows, self.grid.columns, self.grid.tile
        cells = np.zeros((rows * columns, *levels.shape[:1]), np.uint8)
        cells[: self.count] = levels.T
        tiles = cells.reshape(rows, columns, th, tw, -1).transpose(0, 2, 1, 3, 4)
        picture = tiles.reshape(rows * th, columns * tw, -1)
        if picture.shape[2] == 3:
            return np.ascontiguousarray(picture[..., ::-1])
        return colormaps.colorize(picture[..., 0], colormaps.lookup_table(self.view.colormap))

    def _range(self, weights: NDArray) -> tuple[NDArray, NDArray]:
        if self.limits is not None:
            return np.array(self.limits[0]), np.array(self.limits[1])
        axis = 0 if self.view.normalize.over == "tile" else None
        return self.view.normalize.limits(weights.min(axis=axis), weights.max(axis=axis))
