"""Optimizers, one file each: frozen options whose `build(parameters)` returns an `Optimizer`."""

from __future__ import annotations

from typing import Protocol

from weightreel.trainer.mathematics.activations import Array

Parameters = dict[str, Array]


class Optimizer(Protocol):
    """Changes the parameters it was built for, in place."""

    def step(self, gradients: Parameters) -> None:
        """One update from gradients that have the names and shapes of the parameters."""
        ...


class OptimizerOptions(Protocol):
    """What the option class of every optimizer offers."""

    def build(self, parameters: Parameters) -> Optimizer:
        """An optimizer with fresh state for these parameters."""
        ...
