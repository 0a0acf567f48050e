"""Activation functions and their derivatives, each written in terms of its own output.

`forward` takes pre-activations z of any shape (float32 or float64), may overwrite them, and returns
activations a of the same shape and dtype. `backward` takes a and dL/da and returns dL/dz. Softmax works
over the last axis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

RUN = 8192  # numbers
Array = NDArray[np.floating]
ActivationName = Literal["linear", "relu", "sigmoid", "softmax", "tanh"]


_ZEROS = {np.dtype(kind): np.zeros(RUN, kind) for kind in (np.float32, np.float64)}


class Activation(NamedTuple):
    """A function and its derivative: `forward(z) -> a`, `backward(a, dL/da) -> dL/dz`."""

    forward: Callable[[Array], Array]
    backward: Callable[[Array, Array], Array]


def relu(z: Array) -> Array:
    """max(z, 0): 0 where z is negative.

    Compared with an array, a run at a time: against a single 0, NumPy takes four times as long.
    """
    flat = z.ravel(order="K")  # a view, unless there are gaps in z
    if flat.flags.owndata or z.dtype not in _ZEROS:
        return np.maximum(z, 0, out=z)
    zeros, cut = _ZEROS[z.dtype], len(flat) // RUN * RUN
    runs = flat[:cut].reshape(-1, RUN)
    np.maximum(runs, zeros, out=runs)
    np.maximum(flat[cut:], zeros[: len(flat) - cut], out=flat[cut:])
    return z


def sigmoid(z: Array) -> Array:
    """Logistic function 1 / (1 + exp(-z)), without overflow for any finite z.

    Written as (1 + tanh(z / 2)) / 2, the same function, because tanh saturates quietly.
    """
    z *= 0.5
    np.tanh(z, out=z)
    z += 1
    z *= 0.5
    return z


def softmax(z: Array) -> Array:
    """exp(z) / sum(exp(z)) over the last axis, shifted by the maximum so that large logits are safe."""
    z -= z.max(axis=-1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=-1, keepdims=True)
    return z


def _softmax_backward(a: Array, gradient: Array) -> Array:
    shared: Array = (a * gradient).sum(axis=-1, keepdims=True)
    return a * (gradient - shared)


ACTIVATIONS: dict[str, Activation] = {
    "linear": Activation(lambda z: z, lambda a, g: g),
    "relu": Activation(relu, lambda a, g: np.multiply(g, a > 0)),
    "sigmoid": Activation(sigmoid, lambda a, g: g * a * (1 - a)),
    "softmax": Activation(softmax, _softmax_backward),
    "tanh": Activation(lambda z: np.tanh(z, out=z), lambda a, g: g * (1 - a * a)),
}
