"""Convolution over images: cross-correlation with stride 1, without padding.

y[i, j, f] = Σ x[i + di, j + dj, c] W[di, dj, c, f] + b[f], with weights (kernel height, kernel width, channels,
filters) and bias (filters,), as in Keras. Computed as matrix products over patches, after Chellapilla, Puri and
Simard, "High Performance Convolutional Neural Networks for Document Processing" (2006).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from weightreel.trainer.errors import Unfit
from weightreel.trainer.layers import LayerOptions
from weightreel.trainer.mathematics.activations import ActivationName, Array
from weightreel.trainer.mathematics.batches import from_batch_last, to_batch_last
from weightreel.trainer.mathematics.initializers import Initializer, default_initializer
from weightreel.trainer.options import Pair, Side, Units

# Numbers copied for one matrix product: at 6 MB of float32 a pass of 3 × 3 × 32 × 64 over 200 images takes 7.0 ms,
# at 28 MB 9.1 ms; with less than a tenth of it, calls and waiting threads cost more than the products.
PATCH_NUMBERS = 1_500_000
# Patches of a batch that are kept from the way forward to the way back, where they are no more than so many numbers.
KEPT_NUMBERS = 2_000_000
Block = tuple[slice, slice]  # rows of the outputs; a run of (pixel, image) within each row


class Conv2d(LayerOptions):
    """Filters that slide over images (height, width) or (height, width, channels), without padding.

    Example:
        [run]
        layers = [
          { type = "conv2d", filters = 32, kernel = 3, activation = "relu" },
          { type = "flatten" },
          { type = "dense", units = 10, activation = "softmax" },
        ]
    """

    kind: ClassVar = "conv"
    shardable: ClassVar = True

    type: Literal["conv2d"] = "conv2d"
    filters: Units = Field(description="how many: each gives a channel")
    kernel: Side | Pair = Field(
        default=3, title="whole number 1 to 16,384 or [height, width]", description="size of the filters in pixels"
    )
    activation: ActivationName = Field(default="linear", description="applied to what the filters give")
    init: Initializer | None = Field(default=None, description="initial weights; default: he for relu, else xavier")

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """(height - kernel height + 1, width - kernel width + 1, filters)"""
        if len(input_shape) not in (2, 3):
            raise Unfit(
                "",
                f"needs images, (height, width) or (height, width, channels), but gets {input_shape}; "
                "put it before 'flatten' and 'dense'",
            )
        (height, width), (kh, kw) = input_shape[:2], self._kernel()
        if kh > height or kw > width:
            raise Unfit(
                "",
                f"a kernel of {kh} × {kw} does not fit into images of {height} × {width}; "
                "make the kernel smaller, or shrink the images less before it",
            )
        return (height - kh + 1, width - kw + 1, self.filters)

    def parameter_count(self, input_shape: tuple[int, ...]) -> int:
        """A weight for each pixel of a kernel, channel and filter, and a bias for each filter."""
        return prod(self._weights(input_shape)) + self.filters

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: np.dtype) -> Conv2dLayer:
        """A layer with weights (kernel height, kernel width, channels, filters) and zero biases."""
        self.output_shape(input_shape)
        kh, kw, channels, _ = shape = self._weights(input_shape)
        init = self.init or default_initializer(self.activation)
        weights = init.draw(rng, shape, kh * kw * channels, kh * kw * self.filters)
        return Conv2dLayer(weights.astype(dtype), np.zeros(self.filters, dtype))

    def _weights(self, input_shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        """(kernel height, kernel width, channels, filters)"""
        return (*self._kernel(), input_shape[2] if len(input_shape) == 3 else 1, self.filters)

    def _kernel(self) -> tuple[int, int]:
        return self.kernel if isinstance(self.kernel, tuple) else (self.kernel, self.kernel)


class Conv2dLayer:
    """A convolution at work; see `weightreel.trainer.layers.Layer`."""

    def __init__(self, weights: Array, bias: Array) -> None:
        self.parameters = {"weights": weights, "bias": bias}
        self.gradients = {"weights": np.zeros_like(weights), "bias": np.zeros_like(bias)}
        self._input_shape: tuple[int, ...] = ()
        self._x = weights[:0]
        self._kept: list[Array] = []
        self._rooms: dict[int, Array] = {}

    def forward(self, x: Array, *, training: bool) -> Array:
        """(n, h, w) or (n, h, w, channels) -> (n, h - kernel height + 1, w - kernel width + 1, filters)"""
        images = to_batch_last(x)
        (kh, kw, _, filters), (_, height, width, n) = self.parameters["weights"].shape, images.shape
        y = np.empty((filters, height - kh + 1, width - kw + 1, n), images.dtype)
        matrix = np.vstack([self._matrix, self.parameters["bias"]]).T
        keeps = training and len(matrix.T) * y[0].size <= KEPT_NUMBERS
        if training:
            self._x, self._input_shape, self._kept = images, x.shape, []
        for number, block in enumerate(self._blocks(y)):
            patches = self._fill(images, block, 1 + number if keeps else 0)
            np.matmul(matrix, patches, out=_lines(y, block))
            if keeps:
                self._kept.append(patches)
        return from_batch_last(y)

    def backward(self, gradient: Array, *, wants_input: bool) -> Array | None:
        """dL/dW = Σ patch gᵀ over all pixels; dL/db = Σ g; dL/dx adds W g up at the pixels of each patch."""
        g = to_batch_last(gradient)
        total = np.zeros((len(self._matrix) + 1, len(g)), g.dtype)
        for number, block in enumerate(self._blocks(g)):
            patches = self._kept[number] if self._kept else self._fill(self._x, block, 0)
            total += patches @ _lines(g, block).T
        self.gradients["weights"][...] = total[:-1].reshape(self.gradients["weights"].shape)
        self.gradients["bias"][...] = total[-1]
        return self._input_gradient(g) if wants_input else None

    @property
    def _matrix(self) -> Array:
        """The weights as the view (kernel height × kernel width × channels, filters)."""
        weights = self.parameters["weights"]
        return weights.reshape(-1, weights.shape[-1])

    def _input_gradient(self, g: Array) -> Array:
        dx = np.zeros_like(self._x)
        for block in self._blocks(g):
            patches = self._room(0, block, g.dtype)[:-1]
            np.matmul(self._matrix, _lines(g, block), out=patches)
            for part, seen in self._windows(dx, patches, block):
                seen += part
        return from_batch_last(dx).reshape(self._input_shape)

    def _fill(self, images: Array, block: Block, number: int) -> Array:
        """The patches of a block: a line for each weight of a filter, and a line of ones for its bias."""
        patches = self._room(number, block, images.dtype)
        patches[-1] = 1
        for part, seen in self._windows(images, patches[:-1], block):
            part[...] = seen
        return patches

    def _room(self, number: int, block: Block, dtype: np.dtype) -> Array:
        """Memory for the patches of a block, the same at each step: new memory would take longer than to fill it.
        Number 0 is written over by the next who asks for it."""
        rows, run = block
        shape = len(self._matrix) + 1, (rows.stop - rows.start) * (run.stop - run.start)
        room = self._rooms.get(number)
        if room is None or room.size < prod(shape) or room.dtype != dtype:
            self._rooms[number] = room = np.empty(prod(shape), dtype)
        return room[: prod(shape)].reshape(shape)

    def _windows(self, images: Array, patches: Array, block: Block) -> Iterator[tuple[Array, Array]]:
        """For each pixel of the kernel: its lines of `patches`, and the part of `images` that they are about."""
        rows, run = block
        kh, kw, channels, _ = self.parameters["weights"].shape
        parts = patches.reshape(kh, kw, channels, rows.stop - rows.start, -1)
        flat, n = images.reshape(*images.shape[:2], -1), images.shape[3]
        for i in range(kh):
            for j in range(kw):
                seen = flat[:, rows.start + i : rows.stop + i, run.start + j * n : run.stop + j * n]
                yield parts[i, j], seen

    def _blocks(self, y: Array) -> Iterator[Block]:
        """Cut outputs (filters, height, width, n) into blocks: some whole rows, or a piece of one."""
        height, length = y.shape[1], y.shape[2] * y.shape[3]
        fit = max(1, PATCH_NUMBERS // (len(self._matrix) + 1))
        for row in range(0, height, step := max(1, fit // length)):
            for start in range(0, length, fit):
                yield slice(row, min(row + step, height)), slice(start, min(start + fit, length))


def _lines(y: Array, block: Block) -> Array:
    """A block of outputs as the view (filters, pixels × images)."""
    rows, run = block
    return y.reshape(*y.shape[:2], -1)[:, rows, run].reshape(len(y), -1)
