"""Adam. Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1.

The bias corrections are folded into the step size, as at the end of section 2 of the paper.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from weightreel.trainer.optimizers import OptimizerOptions, Parameters


class Adam(OptimizerOptions):
    """Adaptive moments with the defaults of the paper.

    Example:
        [run]
        layers = [{ type = "dense", units = 10, activation = "softmax" }]
        optimizer = { type = "adam", lr = 0.001 }
    """

    type: Literal["adam"] = "adam"
    lr: float = Field(default=0.001, gt=0, description="learning rate")
    beta1: float = Field(default=0.9, ge=0, lt=1, description="how much of the mean gradient stays at each step")
    beta2: float = Field(default=0.999, ge=0, lt=1, description="how much of the mean squared gradient stays")
    epsilon: float = Field(default=1e-8, gt=0, le=1e6, description="keeps the division finite where gradients vanish")

    def build(self, parameters: Parameters) -> AdamOptimizer:
        """An optimizer with zero moments."""
        return AdamOptimizer(parameters, self)


class AdamOptimizer:
    """Adam at work; three buffers for each parameter."""

    def __init__(self, parameters: Parameters, options: Adam) -> None:
        self._parameters, self._options, self._steps = parameters, options, 0
        self._buffers = {name: tuple(np.zeros_like(p) for _ in range(3)) for name, p in parameters.items()}

    def step(self, gradients: Parameters) -> None:
        """Update every parameter in place; overwrites the gradients."""
        o = self._options
        self._steps += 1
        correction = (1 - o.beta2**self._steps) ** 0.5
        rate = o.lr * correction / (1 - o.beta1**self._steps)
        for name, parameter in self._parameters.items():
            g, (m, v, scratch) = gradients[name], self._buffers[name]
            np.multiply(g, g, out=scratch)
            scratch *= 1 - o.beta2
            v *= o.beta2
            v += scratch
            g *= 1 - o.beta1
            m *= o.beta1
            m += g
            np.sqrt(v, out=scratch)
            scratch += o.epsilon * correction
            np.divide(m, scratch, out=scratch)
            scratch *= rate
            parameter -= scratch
