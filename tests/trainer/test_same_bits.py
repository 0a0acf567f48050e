"""What makes the trainer fast changes no bit of what it computes: the same as plain lines of NumPy, whatever is kept
from the way forward to the way back."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.trainer.datasets import Split
from weightreel.trainer.layers import conv2d, max_pool2d
from weightreel.trainer.layers.conv2d import Conv2d
from weightreel.trainer.layers.dense import Dense
from weightreel.trainer.layers.flatten import Flatten
from weightreel.trainer.layers.max_pool2d import MaxPool2d
from weightreel.trainer.mathematics.activations import RUN, relu
from weightreel.trainer.mathematics.losses import LOSSES, cross_entropy
from weightreel.trainer.network import Network

KINDS = [np.float32, np.float64]
STRANGE = (-0.0, 0.0, np.nan, -np.inf, np.inf, -1e-45, 1e-45, -1.5, 1.5)
LAYERS = (
    Conv2d(filters=5, kernel=(3, 2), activation="relu"),
    MaxPool2d(size=(2, 3)),
    Conv2d(filters=4, kernel=2, activation="tanh"),
    MaxPool2d(size=1),
    Flatten(),
    Dense(units=3),
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(1, 1), (7, 9), (2, RUN), (3, RUN + 5), (4, 3, 50, 60)])
def test_relu_is_the_larger_of_each_and_0(kind, shape):
    z = np.random.default_rng(0).choice(np.array(STRANGE, kind), shape)
    for view in (z, z.T, z[:, ::2], z.astype(np.float16)):
        expected = np.maximum(view, 0)
        assert relu(view.copy(order="K")).tobytes() == expected.tobytes()
    with_gaps = np.repeat(z, 2, axis=1)[:, ::2]
    assert relu(with_gaps) is with_gaps and with_gaps.tobytes() == np.maximum(z, 0).tobytes()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 7, 128, 1001])
@pytest.mark.parametrize("units", [1, 3, 10, 200])
def test_a_cross_entropy_is_that_of_its_formula(kind, n, units):
    rng = np.random.default_rng(n)
    labels = rng.integers(0, units, n)
    for logits in (rng.normal(size=(n, units)), rng.normal(0, 300, (n, units)), rng.choice([-0.0, 0.0], (n, units))):
        z = logits.astype(kind)
        shifted = z - z.max(axis=1, keepdims=True)
        value = np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(n), labels])
        shares = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        shares[np.arange(n), labels] -= 1
        found, gradient = cross_entropy(z, labels)
        assert found == value
        assert gradient.tobytes() == (shares / kind(n)).tobytes()


@pytest.mark.parametrize("stored", ["u1", "i4", "f2", "f4", "f8"])
@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize(("offset", "factor"), [(0.0, 1 / 255), (-0.0, 1.0), (33.31, 1 / 78.5), (1e6, 0.1)])
def test_images_are_scaled_alike_in_any_batch(stored, dtype, offset, factor):
    images = np.random.default_rng(0).integers(0, 255, (40, 5, 5)).astype(stored)
    split = Split(images, np.zeros(40, np.int64), np.array(offset), np.array(factor))
    each = Split(images, split.labels, np.full((40, 1, 1), offset), np.full((40, 1, 1), factor))
    for rows in (slice(3, 20), np.array([5, 2, 39]), slice(0)):
        taken = split.take(rows, np.dtype(dtype))
        assert taken.dtype == dtype and taken.tobytes() == each.take(rows, np.dtype(dtype)).tobytes()
        assert taken.tobytes() == split.take(rows, np.dtype(dtype)).tobytes()


def gradients(x, labels, between=lambda network: None, times=1):
    """Of a network of images, after some steps of one batch; `between` is called between forward and back."""
    network = Network(LAYERS, (9, 11), 3, np.dtype(np.float32))
    for _ in range(2):
        outputs = network.forward(x, training=True, logits=True)
        between(network)
        for _ in range(times):
            network.backward(LOSSES["cross_entropy"](outputs, labels)[1], logits=True)
        for name, parameter in network.parameters.items():
            parameter -= 0.1 * network.gradients[name]
    return {name: gradient.tobytes() for name, gradient in network.gradients.items()}


def test_what_is_kept_of_images_changes_nothing(monkeypatch):
    rng = np.random.default_rng(1)
    x, others = (rng.normal(size=(n, 9, 11)).astype(np.float32) for n in (30, 50))
    labels = rng.integers(0, 3, 30)
    monkeypatch.setattr(conv2d, "PATCH_NUMBERS", 2000)  # several blocks, and the last one smaller
    monkeypatch.setattr(max_pool2d, "GROUP_NUMBERS", 3000)
    kept = gradients(x, labels)
    assert gradients(x, labels, times=2) == kept
    assert gradients(x, labels, lambda network: network.forward(others)) == kept
    for module in (conv2d, max_pool2d):
        monkeypatch.setattr(module, "KEPT_NUMBERS", 0)
    assert gradients(x, labels) == kept
    assert gradients(x, labels, lambda network: network.forward(others[:7])) == kept
