"""Fully connected layer: y = x W + b, with weights (inputs, units) and bias (units,)."""

from __future__ import annotations

from math import prod
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from weightreel.trainer.layers import LayerOptions
from weightreel.trainer.mathematics.activations import ActivationName, Array
from weightreel.trainer.mathematics.initializers import Initializer, default_initializer
from weightreel.trainer.options import Units


class Dense(LayerOptions):
    """Every unit sees every input; images are flattened row by row (channels last).

    Example:
        [run]
        layers = [
          { type = "dense", units = 64, activation = "relu", init = { type = "he" } },
          { type = "dense", units = 10, activation = "softmax" },
        ]
    """

    kind: ClassVar = "linear"
    shardable: ClassVar = True

    type: Literal["dense"] = "dense"
    units: Units = Field(description="how many neurons; on the last layer, one for each class")
    activation: ActivationName = Field(default="linear", description="applied to what the units give")
    init: Initializer | None = Field(default=None, description="initial weights; default: he for relu, else xavier")

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """(units,)"""
        return (self.units,)

    def parameter_count(self, input_shape: tuple[int, ...]) -> int:
        """A weight for each input and unit, and a bias for each unit."""
        return (prod(input_shape) + 1) * self.units

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: np.dtype) -> DenseLayer:
        """A layer with weights (prod(input_shape), units) and zero biases."""
        inputs = prod(input_shape)
        init = self.init or default_initializer(self.activation)
        weights = init.draw(rng, (inputs, self.units), inputs, self.units)
        return DenseLayer(weights.astype(dtype), np.zeros(self.units, dtype))


class DenseLayer:
    """A dense layer at work; see `weightreel.trainer.layers.Layer`."""

    def __init__(self, weights: Array, bias: Array) -> None:
        self.parameters = {"weights": weights, "bias": bias}
        self.gradients = {"weights": np.zeros_like(weights), "bias": np.zeros_like(bias)}
        self._input_shape: tuple[int, ...] = ()
        self._x = weights[:0]

    def forward(self, x: Array, *, training: bool) -> Array:
        """(n, …) -> (n, units)"""
        flat = x.reshape(len(x), -1)
        if training:
            self._x, self._input_shape = flat, x.shape
        y = flat @ self.parameters["weights"]
        y += self.parameters["bias"]
        return y

    def backward(self, gradient: Array, *, wants_input: bool) -> Array | None:
        """dL/dW = xᵀ g, dL/db = Σ g, dL/dx = g Wᵀ."""
        np.matmul(self._x.T, gradient, out=self.gradients["weights"])
        np.add.reduce(gradient, axis=0, out=self.gradients["bias"])
        if not wants_input:
            return None
        return (gradient @ self.parameters["weights"].T).reshape(self._input_shape)
