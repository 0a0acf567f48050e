"""Optimizers, one file each: frozen options whose `build(parameters)` returns an `Optimizer`."""

from __future__ import annotations

from typing import Protocol

from weightreel.trainer.mathematics.activations import Array
from weightreel.trainer.options import Options

Parameters = dict[str, Array]


class Optimizer(Protocol):
    """Changes the parameters it was built for, in place."""

    def step(self, gradients: Parameters) -> None:
        """One update from gradients that have the names and shapes of the parameters."""
        ...


class OptimizerOptions(Options):
    """What the option class of every optimizer is."""

    def build(self, parameters: Parameters) -> Optimizer:
        """An optimizer with fresh state for these parameters."""
        raise TypeError(f"{type(self).__name__} does not say how it is built")
