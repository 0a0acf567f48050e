"""Images to rows of numbers, in the order of Keras: row by row, channels last."""

from __future__ import annotations

from math import prod
from typing import ClassVar, Literal

import numpy as np

from weightreel.trainer.layers import LayerOptions
from weightreel.trainer.mathematics.activations import ActivationName, Array


class Flatten(LayerOptions):
    """(height, width, channels), or any other shape, becomes (height × width × channels,).

    Example:
        [run]
        layers = [
          { type = "conv2d", filters = 8, activation = "relu" },
          { type = "flatten" },
          { type = "dense", units = 10, activation = "softmax" },
        ]
    """

    kind: ClassVar = "shape"
    shardable: ClassVar = True

    type: Literal["flatten"] = "flatten"
    activation: ClassVar[ActivationName] = "linear"

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """(prod(input_shape),)"""
        return (prod(input_shape),)

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: np.dtype) -> FlattenLayer:
        """A layer without parameters; draws nothing from `rng`."""
        return FlattenLayer()


class FlattenLayer:
    """Flattening at work; see `weightreel.trainer.layers.Layer`."""

    def __init__(self) -> None:
        self.parameters: dict[str, Array] = {}
        self.gradients: dict[str, Array] = {}
        self._input_shape: tuple[int, ...] = ()

    def forward(self, x: Array, *, training: bool) -> Array:
        """(n, …) -> (n, prod(…)); a view where the memory allows it."""
        if training:
            self._input_shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, gradient: Array, *, wants_input: bool) -> Array | None:
        """The same numbers in the shape of the inputs."""
        return gradient.reshape(self._input_shape) if wants_input else None
