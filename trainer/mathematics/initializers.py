"""Initial weights.

Xavier: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks"
(2010), equation 16. He: He et al., "Delving Deep into Rectifiers" (2015), equation 10.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.trainer.options import Options


class Xavier(Options):
    """Uniform in ±sqrt(6 / (fan_in + fan_out)); for sigmoid, tanh and softmax.

    Example:
        [run]
        layers = [
          { type = "dense", units = 64, activation = "tanh", init = { type = "xavier" } },
          { type = "dense", units = 10, activation = "softmax" },
        ]
    """

    type: Literal["xavier"] = "xavier"

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> NDArray[np.float64]:
        """Weights of `shape`, float64."""
        limit = (6.0 / (fan_in + fan_out)) ** 0.5
        return rng.uniform(-limit, limit, shape)


class He(Options):
    """Normal with deviation sqrt(2 / fan_in); for relu.

    Example:
        [run]
        layers = [
          { type = "dense", units = 64, activation = "relu", init = { type = "he" } },
          { type = "dense", units = 10, activation = "softmax" },
        ]
    """

    type: Literal["he"] = "he"

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> NDArray[np.float64]:
        """Weights of `shape`, float64."""
        return rng.normal(0.0, (2.0 / fan_in) ** 0.5, shape)


class Normal(Options):
    """Normal with mean 0 and deviation `std`.

    Example:
        [run]
        layers = [
          { type = "dense", units = 64, activation = "sigmoid", init = { type = "normal", std = 0.1 } },
          { type = "dense", units = 10, activation = "softmax" },
        ]
    """

    type: Literal["normal"] = "normal"
    std: float = Field(default=1.0, gt=0, le=1e6, description="standard deviation")

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> NDArray[np.float64]:
        """Weights of `shape`, float64."""
        return rng.normal(0.0, self.std, shape)


Initializer = Annotated[Xavier | He | Normal, Field(discriminator="type")]


def default_initializer(activation: str) -> Xavier | He:
    """He for relu, Xavier for everything else."""
    return He() if activation == "relu" else Xavier()
