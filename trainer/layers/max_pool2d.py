"""Maximum of each tile of an image; tiles do not overlap, and what fills no tile is dropped, as in Keras."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from weightreel.trainer.errors import Unfit
from weightreel.trainer.layers import LayerOptions
from weightreel.trainer.mathematics.activations import ActivationName, Array
from weightreel.trainer.mathematics.batches import from_batch_last, to_batch_last
from weightreel.trainer.options import Pair, Side

# Numbers compared in one call: at 540 kB of float32 they stay in the cache. Of smaller ones there are so many that two
# threads hand Python's lock to and fro: at a tenth, a pass forward and back takes 27 ms in place of 8.
GROUP_NUMBERS = 135_000
# Pixels of a batch that are kept as they were sorted, where they are no more than so many numbers.
KEPT_NUMBERS = 2_000_000


class MaxPool2d(LayerOptions):
    """The largest value in each tile of an image, channel by channel; tiles do not overlap.

    Example:
        [run]
        layers = [
          { type = "conv2d", filters = 8, activation = "relu" },
          { type = "max_pool2d", size = 2 },
          { type = "flatten" },
          { type = "dense", units = 10, activation = "softmax" },
        ]
    """

    kind: ClassVar = "shape"
    shardable: ClassVar = True

    type: Literal["max_pool2d"] = "max_pool2d"
    size: Side | Pair = Field(
        default=2, title="whole number 1 to 16,384 or [height, width]", description="size of the tiles in pixels"
    )
    activation: ClassVar[ActivationName] = "linear"

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """(height // tile height, width // tile width, channels); without channels where the input has none."""
        if len(input_shape) not in (2, 3):
            raise Unfit(
                "",
                f"needs images, (height, width) or (height, width, channels), but gets {input_shape}; "
                "put it before 'flatten' and 'dense'",
            )
        (height, width), (th, tw) = input_shape[:2], self._tile()
        if th > height or tw > width:
            raise Unfit(
                "",
                f"a tile of {th} × {tw} does not fit into images of {height} × {width}; "
                "make `size` smaller, or leave this layer out",
            )
        return (height // th, width // tw, *input_shape[2:])

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: np.dtype) -> MaxPool2dLayer:
        """A layer without parameters; draws nothing from `rng`."""
        self.output_shape(input_shape)
        return MaxPool2dLayer(self._tile())

    def _tile(self) -> tuple[int, int]:
        return self.size if isinstance(self.size, tuple) else (self.size, self.size)


class MaxPool2dLayer:
    """Maximum pooling at work; see `weightreel.trainer.layers.Layer`.

    Works on few channels at a time, which stay in the cache, and sorts their pixels by their place in the tile first:
    comparing contiguous arrays is two to three times as fast as comparing every second pixel.
    """

    def __init__(self, tile: tuple[int, int]) -> None:
        self.parameters: dict[str, Array] = {}
        self.gradients: dict[str, Array] = {}
        self._tile = tile
        self._input_shape: tuple[int, ...] = ()
        self._kept: list[Array] = []
        self._x: Array = np.empty(0)
        self._y: Array = np.empty(0)

    def forward(self, x: Array, *, training: bool) -> Array:
        """(n, h, w[, channels]) -> (n, h // tile height, w // tile width[, channels])"""
        images = to_batch_last(x)
        (th, tw), (channels, height, width, n) = self._tile, images.shape
        y = np.empty((channels, height // th, width // tw, n), images.dtype)
        if training:
            self._x, self._y, self._input_shape, self._kept = images, y, x.shape, []
        for some in _groups(images):
            places = self._sort(images[some])
            np.maximum.reduce(places, axis=0, out=y[some])
            if training and images.size <= KEPT_NUMBERS:
                self._kept.append(places)
        return from_batch_last(y).reshape(n, *y.shape[1:3], *x.shape[3:])

    def backward(self, gradient: Array, *, wants_input: bool) -> Array | None:
        """dL/dx is dL/dy at the largest pixel of each tile, at the first (row by row) of equal ones; 0 elsewhere."""
        if not wants_input:
            return None
        dx, g = np.empty_like(self._x), to_batch_last(gradient)
        for number, some in enumerate(_groups(dx)):
            places = self._kept[number] if self._kept else self._sort(self._x[some])
            left, largest, shares = g[some], self._y[some], np.empty_like(places)
            for place, share in zip(places[:-1], shares, strict=False):
                np.multiply(left, place == largest, out=share)
                left = left - share
            shares[-1] = left
            self._put_back(shares, dx[some])
        return from_batch_last(dx).reshape(self._input_shape)

    def _sort(self, images: Array) -> Array:
        """(channels, h, w, n) as (places in a tile, channels, rows of tiles, columns of tiles, n)."""
        places = np.ascontiguousarray(self._tiles(images))
        return places.reshape(-1, *places.shape[2:])

    def _put_back(self, places: Array, images: Array) -> None:
        """The way back of `_sort`; what belongs to no tile becomes 0."""
        tiles = self._tiles(images)
        images[:, tiles.shape[3] * self._tile[0] :] = 0
        images[:, :, tiles.shape[4] * self._tile[1] :] = 0
        tiles[...] = places.reshape(tiles.shape)

    def _tiles(self, images: Array) -> Array:
        """The view (tile height, tile width, channels, rows of tiles, columns of tiles, n) of (channels, h, w, n)."""
        (th, tw), (channels, height, width, n) = self._tile, images.shape
        used = images[:, : height // th * th, : width // tw * tw]
        return used.reshape(channels, height // th, th, width // tw, tw, n).transpose(2, 4, 0, 1, 3, 5)


def _groups(images: Array) -> Iterator[slice]:
    """Channels of (channels, h, w, n) that are worked on together."""
    step = max(1, GROUP_NUMBERS // max(1, images[0].size))
    return (slice(i, i + step) for i in range(0, len(images), step))
