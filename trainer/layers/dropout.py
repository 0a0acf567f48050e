"""Dropout: in training, each input is left out with probability `rate`.

Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014), in the inverted
form: what stays is divided by 1 - rate in training, so that nothing has to be done afterwards.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from weightreel.trainer.layers import LayerOptions
from weightreel.trainer.mathematics.activations import ActivationName, Array


class Dropout(LayerOptions):
    """Leaves out a part of the inputs in training, another one at each step.

    Example:
        [run]
        layers = [
          { type = "dense", units = 64, activation = "relu" },
          { type = "dropout", rate = 0.2 },
          { type = "dense", units = 10, activation = "softmax" },
        ]
    """

    kind: ClassVar = "shape"
    shardable: ClassVar = True

    type: Literal["dropout"] = "dropout"
    rate: float = Field(ge=0, lt=1, description="probability that an input is left out")
    activation: ClassVar[ActivationName] = "linear"

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the inputs."""
        return input_shape

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: np.dtype) -> DropoutLayer:
        """A layer with a generator of its own: `rng` goes on as if this layer were not there."""
        return DropoutLayer(self.rate, rng.spawn(1)[0], dtype)

    def without_noise(self) -> Dropout:
        """Nothing is left out."""
        return self.model_copy(update={"rate": 0.0})


class DropoutLayer:
    """Dropout at work; see `weightreel.trainer.layers.Layer`."""

    def __init__(self, rate: float, rng: np.random.Generator, dtype: np.dtype) -> None:
        self.parameters: dict[str, Array] = {}
        self.gradients: dict[str, Array] = {}
        self._rate, self._rng, self._dtype = rate, rng, dtype
        self._factors: Array = np.ones(0, dtype)

    def forward(self, x: Array, *, training: bool) -> Array:
        """(n, …) -> (n, …), the inputs themselves outside of training."""
        if not training:
            return x
        keep = self._rng.random(x.shape, np.float32) >= self._rate
        self._factors = np.multiply(keep, 1 / (1 - self._rate), dtype=self._dtype)
        return x * self._factors

    def backward(self, gradient: Array, *, wants_input: bool) -> Array | None:
        """dL/dx is dL/dy by the same factors: 0 for what was left out, 1 / (1 - rate) for the rest."""
        return gradient * self._factors if wants_input else None
