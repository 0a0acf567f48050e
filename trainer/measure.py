"""The answers to the probes of `weightreel.trainer.recording.probes`, from a network and its data."""

from __future__ import annotations

from functools import singledispatch

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.datasets import Data, Split
from weightreel.trainer.mathematics.activations import sigmoid, softmax
from weightreel.trainer.mathematics.losses import predictions
from weightreel.trainer.network import Network
from weightreel.trainer.recording.probes import (
    Activations,
    ConfusionMatrix,
    Firing,
    Images,
    Labels,
    Probabilities,
    Probe,
    SplitName,
)

BLOCK = 2000
FEW = 250  # images whose maps are held at once


def split_of(data: Data, name: SplitName) -> Split:
    """The split of that name; the training set in place of one that is empty."""
    split: Split = getattr(data, name)
    return split if len(split) else data.train


@singledispatch
def measure(probe: Probe, network: Network, data: Data) -> NDArray[np.number]:
    """The array that a probe asks for; `measure.register` adds a kind of probe.

    Raises:
        TypeError: nobody said how it is measured.
    """
    raise TypeError(f"{type(probe).__name__} cannot be measured; register a function for it with measure.register")


@measure.register
def _images(probe: Images, network: Network, data: Data) -> NDArray[np.number]:
    return split_of(data, probe.split).images[_rows(probe)]


@measure.register
def _labels(probe: Labels, network: Network, data: Data) -> NDArray[np.number]:
    return split_of(data, probe.split).labels[_rows(probe)]


@measure.register
def _probabilities(probe: Probabilities, network: Network, data: Data) -> NDArray[np.number]:
    """Softmax of the logits, or of sigmoid outputs their shares; other outputs are taken as logits."""
    x = split_of(data, probe.split).take(_rows(probe), network.dtype)
    outputs = network.forward(x, logits=True).astype(np.float64)
    if network.options[-1].activation != "sigmoid":
        return softmax(outputs)
    shares = sigmoid(outputs)
    total: NDArray[np.float64] = shares.sum(axis=1, keepdims=True)
    return shares / np.maximum(total, 1e-300)


@measure.register
def _activations(probe: Activations, network: Network, data: Data) -> NDArray[np.number]:
    """A forward pass of the image up to the layer."""
    rows = slice(probe.image, probe.image + 1)
    return np.ascontiguousarray(_outputs(network, data, probe, rows)[0], dtype=np.float32)


@measure.register
def _firing(probe: Firing, network: Network, data: Data) -> NDArray[np.number]:
    """A forward pass of the images up to the layer; a block of them at a time, for maps are large."""
    there = min(probe.count, len(split_of(data, probe.split)))
    fired = 0
    for start in range(0, there, FEW):
        outputs = _outputs(network, data, probe, slice(start, min(start + FEW, there)))
        fired = fired + (outputs.reshape(len(outputs), -1, outputs.shape[-1]) > 0).any(axis=1).sum(axis=0)
    return np.asarray(fired / there, np.float32)


@measure.register
def _confusion_matrix(probe: ConfusionMatrix, network: Network, data: Data) -> NDArray[np.number]:
    """A forward pass over the whole split."""
    split, n = split_of(data, probe.split), len(data.classes)
    counts = np.zeros(n * n, np.int64)
    for start in range(0, len(split), BLOCK):
        rows = slice(start, start + BLOCK)
        outputs = network.forward(split.take(rows, network.dtype), logits=True)
        guesses = np.minimum(predictions(outputs, logits=True), n - 1)
        counts += np.bincount(split.labels[rows] * n + guesses, minlength=n * n)
    return counts.reshape(n, n)


def _rows(probe: Images | Labels | Probabilities) -> slice:
    return slice(probe.first, probe.first + probe.count)


def _outputs(network: Network, data: Data, probe: Activations | Firing, rows: slice) -> NDArray[np.number]:
    """What a layer answers to some images, (n, …)."""
    x = split_of(data, probe.split).take(rows, network.dtype)
    return next(outputs for i, outputs in enumerate(network.walk(x)) if i == probe.layer)
