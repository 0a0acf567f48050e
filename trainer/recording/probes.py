"""Arrays taken at a snapshot, for views that show more than weights. See `weightreel.trainer.train.Probe`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.datasets import Data, Split
from weightreel.trainer.mathematics.activations import sigmoid, softmax
from weightreel.trainer.mathematics.losses import predictions
from weightreel.trainer.network import Network

SplitName = Literal["train", "validation", "test"]
BLOCK = 2000


def split_of(data: Data, name: SplitName) -> Split:
    """The split of that name; the training set in place of one that is empty."""
    split: Split = getattr(data, name)
    return split if len(split) else data.train


@dataclass(frozen=True)
class Images:
    """The first `count` images as they are stored, (count, …)."""

    split: SplitName
    count: int

    @property
    def key(self) -> str:
        """Its name in the recording."""
        return f"images/{self.split}/{self.count}"

    def measure(self, network: Network, data: Data) -> NDArray:
        """The same at every snapshot."""
        return split_of(data, self.split).images[: self.count]


@dataclass(frozen=True)
class Labels:
    """The labels of the first `count` images, (count,) int64."""

    split: SplitName
    count: int

    @property
    def key(self) -> str:
        """Its name in the recording."""
        return f"labels/{self.split}/{self.count}"

    def measure(self, network: Network, data: Data) -> NDArray:
        """The same at every snapshot."""
        return split_of(data, self.split).labels[: self.count]


@dataclass(frozen=True)
class Probabilities:
    """What the network says of the first `count` images, (count, classes) float64, rows summing to 1.

    Softmax of the logits, or of sigmoid outputs their shares; other outputs are taken as logits.
    """

    split: SplitName
    count: int

    @property
    def key(self) -> str:
        """Its name in the recording."""
        return f"probabilities/{self.split}/{self.count}"

    def measure(self, network: Network, data: Data) -> NDArray:
        """A forward pass over the images."""
        x = split_of(data, self.split).take(slice(0, self.count), network.dtype)
        outputs = network.forward(x, logits=True).astype(np.float64)
        if network.options[-1].activation != "sigmoid":
            return softmax(outputs)
        shares = sigmoid(outputs)
        return shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-300)


@dataclass(frozen=True)
class Activations:
    """The outputs of one layer for one image, after its activation: the layer's output shape, float32."""

    layer: int
    image: int
    split: SplitName

    @property
    def key(self) -> str:
        """Its name in the recording."""
        return f"activations/{self.split}/{self.image}/{self.layer}"

    def measure(self, network: Network, data: Data) -> NDArray:
        """A forward pass of the image up to the layer."""
        split = split_of(data, self.split)
        x = split.take(slice(self.image, self.image + 1), network.dtype)
        for i, outputs in enumerate(network.walk(x)):
            if i == self.layer:
                return np.ascontiguousarray(outputs[0], dtype=np.float32)
        raise IndexError(f"no layer {self.layer}")


@dataclass(frozen=True)
class ConfusionMatrix:
    """How often each class (rows) is taken for each class (columns), (classes, classes) int64."""

    split: SplitName

    @property
    def key(self) -> str:
        """Its name in the recording."""
        return f"confusion_matrix/{self.split}"

    def measure(self, network: Network, data: Data) -> NDArray:
        """A forward pass over the whole split."""
        split, n = split_of(data, self.split), len(data.classes)
        counts = np.zeros(n * n, np.int64)
        for start in range(0, len(split), BLOCK):
            rows = slice(start, start + BLOCK)
            outputs = network.forward(split.take(rows, network.dtype), logits=True)
            guesses = np.minimum(predictions(outputs, logits=True), n - 1)
            counts += np.bincount(split.labels[rows] * n + guesses, minlength=n * n)
        return counts.reshape(n, n)
