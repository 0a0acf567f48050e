"""Loss functions: a number to lower, and its gradient.

Each takes the network's `outputs` (n, units), float, and integer `labels` (n,), and returns the loss
(a Python float) and dL/d`outputs` (n, units) in the dtype of `outputs`. A loss with a `pairs_with` activation
takes the logits, that is the last layer *before* that activation: the pair is differentiated as one, which
is what keeps it finite for large logits. With one output unit there are two classes, 0 and 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.mathematics.activations import Array, sigmoid

LossName = Literal["binary_cross_entropy", "cross_entropy", "mean_squared_error"]
Labels = NDArray[np.integer]


@dataclass(frozen=True)
class Loss:
    """A loss and the activation that it takes over from the last layer, if any."""

    compute: Callable[[Array, Labels], tuple[float, Array]]
    pairs_with: str | None

    def __call__(self, outputs: Array, labels: Labels) -> tuple[float, Array]:
        return self.compute(outputs, labels)


def targets(labels: Labels, units: int, dtype: np.dtype) -> Array:
    """One-hot rows (n, units); for one unit the labels themselves as a column (n, 1)."""
    if units == 1:
        return labels[:, None].astype(dtype)
    rows = np.zeros((len(labels), units), dtype)
    rows[np.arange(len(labels)), labels] = 1
    return rows


def predictions(outputs: Array, *, logits: bool) -> Labels:
    """Predicted class of each row, int64 (n,): the largest output, or above one half for a single unit."""
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > (0.0 if logits else 0.5)).astype(np.int64)
    largest: Labels = outputs.argmax(axis=1)
    return largest


def _mean(terms: Array) -> float:
    """Of (n,); what `np.mean` gives, in a fifth of its time for a batch."""
    return float(np.add.reduce(terms) / len(terms))


def cross_entropy(logits: Array, labels: Labels) -> tuple[float, Array]:
    """Softmax cross-entropy, mean over the batch: log(sum(exp(z))) - z[label].

    Bishop, "Pattern Recognition and Machine Learning" (2006), equations 4.108 and 4.109.
    """
    rows = np.arange(len(labels))
    shifted = logits - logits[rows, logits.argmax(axis=1)][:, None]  # in half the time of `max`, for few units
    gradient = np.exp(shifted)
    total = np.add.reduce(gradient, axis=1, keepdims=True)
    terms = np.log(total[:, 0])
    terms -= shifted[rows, labels]
    gradient /= total
    gradient[rows, labels] -= 1
    gradient /= len(labels)
    return _mean(terms), gradient


def binary_cross_entropy(logits: Array, labels: Labels) -> tuple[float, Array]:
    """Cross-entropy of independent sigmoid outputs, summed over the units, mean over the batch.

    Bishop (2006), equation 4.90, as max(z, 0) - z t + log(1 + exp(-|z|)), which no logit overflows.
    """
    t = targets(labels, logits.shape[1], logits.dtype)
    terms = np.maximum(logits, 0) - logits * t + np.log1p(np.exp(-np.abs(logits)))
    gradient = sigmoid(logits.copy())
    gradient -= t
    gradient /= len(labels)
    return _mean(np.add.reduce(terms, axis=1)), gradient


def mean_squared_error(outputs: Array, labels: Labels) -> tuple[float, Array]:
    """Mean of (output - target)² over the batch and the units."""
    difference = outputs - targets(labels, outputs.shape[1], outputs.dtype)
    return float(np.mean(difference * difference)), difference * (2.0 / difference.size)


LOSSES: dict[str, Loss] = {
    "cross_entropy": Loss(cross_entropy, "softmax"),
    "binary_cross_entropy": Loss(binary_cross_entropy, "sigmoid"),
    "mean_squared_error": Loss(mean_squared_error, None),
}
