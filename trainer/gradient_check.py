"""Back-propagation against numerical gradients, layer by layer.

Central differences (Ng, "Machine Learning" (2011), week 5: (L(w + h) - L(w - h)) / 2h) in float64, at some entries of
each parameter. Of several h the one that agrees best counts: a kink of relu or a change of the maximum within ± h is
no mistake, and does not lie within all of them. Biases are moved off zero first, where black pixels would put every
relu exactly on its kink.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from weightreel.trainer.blas import one_thread
from weightreel.trainer.datasets import Data
from weightreel.trainer.mathematics.activations import Array
from weightreel.trainer.mathematics.losses import LOSSES
from weightreel.trainer.network import Network
from weightreel.trainer.run import Run
from weightreel.trainer.shards import at_work, network_for
from weightreel.trainer.streams import Stream

IMAGES, ENTRIES, SPREADS = 16, 40, (1e-3, 1e-4, 1e-5)
LIMIT = 1e-5


class GradientError(NamedTuple):
    """One parameter's largest relative error |a - n| / max(|a| + |n|, scale / 1000) over the entries tried, where
    `scale` is the largest gradient of the parameter."""

    layer: int
    type: str
    parameter: str
    entries: int
    error: float


def check_gradients(run: Run, data: Data, seed: int) -> list[GradientError]:
    """Compare both gradients for every parameter of a run, on some training images, cut into shards where those of the
    training are; dropout drops nothing."""
    layers = [options.without_noise() for options in run.layers]
    network = network_for(run, data, seed, layers, np.dtype(np.float64))
    rng = Stream.GRADIENT_CHECK.of(seed)
    for name, parameter in network.parameters.items():
        if name.endswith("/bias"):
            parameter += rng.choice([-1, 1], parameter.shape) * rng.uniform(0.05, 0.15, parameter.shape)
    with at_work(network), one_thread():
        return list(_Check(network, run, data).rows(rng))


class _Check:
    def __init__(self, network: Network, run: Run, data: Data) -> None:
        self.network, self.run = network, run
        self.x, self.labels = data.train.take(slice(0, IMAGES), network.dtype), data.train.labels[:IMAGES]

    def rows(self, rng: np.random.Generator) -> Iterator[GradientError]:
        outputs = self.network.forward(self.x, training=True, logits=self.run.from_logits)
        self.network.backward(LOSSES[self.run.loss](outputs, self.labels)[1], logits=self.run.from_logits)
        gradients = {name: g.copy() for name, g in self.network.gradients.items()}
        for name, parameter in self.network.parameters.items():
            number, _, kind = name.partition("/")
            analytic = gradients[name] + (self.run.l2 * parameter if kind == "weights" else 0)
            entries = rng.permutation(parameter.size)[:ENTRIES]
            scale = float(np.abs(analytic).max()) or 1.0
            worst = max(self._error(parameter, int(i), float(analytic.ravel()[i]), scale) for i in entries)
            yield GradientError(int(number), self.run.layers[int(number)].type, kind, len(entries), worst)

    def _error(self, parameter: Array, entry: int, analytic: float, scale: float) -> float:
        numeric = [self._slope(parameter.reshape(-1), entry, h) for h in SPREADS]
        return min(abs(analytic - n) / max(abs(analytic) + abs(n), scale / 1000) for n in numeric)

    def _slope(self, flat: Array, entry: int, h: float) -> float:
        kept = flat[entry]
        flat[entry] = kept + h
        above = self._loss()
        flat[entry] = kept - h
        below = self._loss()
        flat[entry] = kept
        return (above - below) / (2 * h)

    def _loss(self) -> float:
        outputs = self.network.forward(self.x, training=True, logits=self.run.from_logits)
        penalty = sum(float(np.vdot(p, p)) for n, p in self.network.parameters.items() if n.endswith("/weights"))
        return LOSSES[self.run.loss](outputs, self.labels)[0] + 0.5 * self.run.l2 * penalty
