"""What the layers of a Keras model hold: which of their variables are weights, and what their axes are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.capture.described import Described, Later
from weightreel.trainer.recording.about import Kind

RECURRENT: dict[str, tuple[Kind, str]] = {"kernel": ("linear", "io"), "recurrent_kernel": ("linear", "io")}
# By a class or one of its bases: the variable that is the layer's own, its kind and its axes.
CLASSES: dict[str, dict[str, tuple[Kind, str]]] = {
    "Dense": {"kernel": ("linear", "io")},
    "Conv1D": {"kernel": ("conv1d", "wio")},
    "Conv1DTranspose": {"kernel": ("conv1d", "woi")},
    "Conv2D": {"kernel": ("conv", "hwio")},
    "Conv2DTranspose": {"kernel": ("conv", "hwoi")},
    "DepthwiseConv2D": {"kernel": ("conv", "hwio")},
    "SeparableConv2D": {"depthwise_kernel": ("conv", "hwio"), "pointwise_kernel": ("conv", "hwio")},
    "Embedding": {"embeddings": ("embedding", "io")},
    "SimpleRNNCell": RECURRENT,
    "LSTMCell": RECURRENT,
    "GRUCell": RECURRENT,
}
# Each channel has kernels of its own: (height, width, channels, kernels) are channels × kernels filters of depth 1.
DEPTHWISE = {("DepthwiseConv2D", "kernel"), ("SeparableConv2D", "depthwise_kernel")}
NOT_LEARNED = ("moving_", "seed_generator", "lora_", "kernel_scale", "embeddings_scale")


@dataclass(frozen=True)
class Variable:
    """A layer of a recording: what it is, and the layer of Keras and the names of its variables there."""

    described: Described
    layer: Any
    weight: str
    bias: str | None
    depthwise: bool = False

    @property
    def name(self) -> str:
        """Of the layer."""
        return self.described.name

    def weights(self) -> Any:
        """The array of its weights as they are now."""
        array = value(getattr(self.layer, self.weight))
        if self.depthwise and isinstance(array, np.ndarray):
            return array.reshape(*array.shape[:2], 1, -1)
        return array

    def biases(self) -> Any:
        """The array of its biases as they are now."""
        return value(getattr(self.layer, self.bias or ""))


def value(variable: Any) -> NDArray[Any] | Later:
    """What a variable or a tensor holds now; it may share the framework's memory."""
    import keras

    if keras.backend.backend() == "torch":
        from weightreel.trainer.capture.torch_tensors import value as of_tensor

        return of_tensor(getattr(variable, "value", variable).detach())
    return np.asarray(keras.ops.convert_to_numpy(variable))


def variables_of(model: Any) -> list[Variable]:
    """Every layer of a model that has weights, in the order of its layers, with names that tell them apart; what two
    layers share once."""
    found, taken, seen = [], set(), set()
    for name, layer in _walk(model, "", set()):
        for one in _held(name, layer):
            own = id(_own(layer)[one.weight])
            if own not in seen and one.name not in taken:
                found.append(one)
            seen.add(own)
            taken.add(one.name)
    return found


def _walk(layer: Any, name: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Layers with their names, those of a layer in a layer as "outer/inner"."""
    if id(layer) in seen:
        return
    seen.add(id(layer))
    yield name, layer
    for child in layer._flatten_layers(include_self=False, recursive=False):
        yield from _walk(child, f"{name}/{child.name}".lstrip("/"), seen)


def _own(layer: Any) -> dict[str, Any]:
    """The variables of a layer that are not those of layers in it, by their attributes."""
    inner = {id(v) for child in layer._flatten_layers(include_self=False, recursive=False) for v in child.weights}
    own = [v for v in layer.weights if id(v) not in inner and v.shape and not v.name.startswith(NOT_LEARNED)]
    return {v.name: v for v in own if hasattr(layer, v.name)}


def _held(name: str, layer: Any) -> Iterator[Variable]:
    """The layers of a recording that one layer makes: one of its own weights, and one of each other variable."""
    own, cls = _own(layer), _known(layer)
    known = CLASSES.get(cls, {})
    names = [variable for variable in own if variable != "bias"]
    if own and not names:
        names = ["bias"]
    for number, weight in enumerate(names):
        kind, axes = known.get(weight, ("other", ""))
        if len(axes) != len(own[weight].shape):
            kind, axes = "other", ""
        full = name if number == 0 else f"{name}/{weight}".lstrip("/")
        described = Described(
            full or layer.name,
            kind,
            type(layer).__name__,
            axes,
            _activation(layer) if number == 0 else None,
            _shape(layer, "input"),
            _shape(layer, "output"),
            _origin(layer),
        )
        bias = "bias" if number == 0 and "bias" in own and weight != "bias" else None
        yield Variable(described, layer, weight, bias, (cls, weight) in DEPTHWISE)


def _known(layer: Any) -> str:
    """The first of a layer's classes that is known here."""
    ours = (c.__name__ for c in type(layer).__mro__ if c.__module__.startswith("keras."))
    return next((name for name in ours if name in CLASSES), "")


def _origin(layer: Any) -> str:
    module = type(layer).__module__
    return f"{'keras.layers' if module.startswith('keras.src.layers') else module}.{type(layer).__qualname__}"


def _activation(layer: Any) -> str | None:
    name = getattr(getattr(layer, "activation", None), "__name__", None)
    return name if isinstance(name, str) else None


def _shape(layer: Any, side: str) -> tuple[int, ...] | None:
    """What goes into or out of a layer, without the batch; None where that is not one array of a known shape."""
    try:
        shape = getattr(layer, side).shape[1:]
    except (AttributeError, ValueError):  # it is called more than once, or only within a layer
        return None
    return tuple(int(n) for n in shape) if None not in shape else None
