"""Stochastic gradient descent with momentum.

Polyak, "Some methods of speeding up the convergence of iteration methods" (1964):
v ← μ v - η g,  w ← w + v.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from weightreel.trainer.optimizers import OptimizerOptions, Parameters


class SGD(OptimizerOptions):
    """Plain gradient descent on batches; `momentum` = 0 leaves the momentum out.

    Example:
        [run]
        layers = [{ type = "dense", units = 10, activation = "softmax" }]
        optimizer = { type = "sgd", lr = 0.05, momentum = 0.9 }
    """

    type: Literal["sgd"] = "sgd"
    lr: float = Field(default=0.1, gt=0, description="learning rate")
    momentum: float = Field(default=0.0, ge=0, lt=1, description="how much of the last update is made again")

    def build(self, parameters: Parameters) -> SGDOptimizer:
        """An optimizer with zero velocity."""
        return SGDOptimizer(parameters, self.lr, self.momentum)


class SGDOptimizer:
    """SGD at work; one buffer for each parameter."""

    def __init__(self, parameters: Parameters, lr: float, momentum: float) -> None:
        self._parameters, self._lr, self._momentum = parameters, lr, momentum
        self._velocity = {name: np.zeros_like(p) for name, p in parameters.items()}

    def step(self, gradients: Parameters) -> None:
        """Update every parameter in place; overwrites the gradients."""
        for name, parameter in self._parameters.items():
            gradient, velocity = gradients[name], self._velocity[name]
            gradient *= self._lr
            velocity *= self._momentum
            velocity -= gradient
            parameter += velocity
