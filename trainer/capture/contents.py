"""What a recording holds, settled at the first step that has arrays: layers, their kinds and orders of axes, and how
each array is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from weightreel.trainer.capture.described import Described
from weightreel.trainer.capture.orientation import KINDS, WORDS, Matrix, checked, oriented
from weightreel.trainer.capture.values import Precision, Value, array_of, checked_name, quoted, words_of
from weightreel.trainer.errors import CaptureError, SceneError
from weightreel.trainer.recording.about import WORDS as TYPES
from weightreel.trainer.recording.about import About, LayerAbout
from weightreel.trainer.recording.slots import AXES, Stored

CANONICAL = {axis: place for place, axis in enumerate(AXES)}


@dataclass
class Known:
    """What is said of a network beside its arrays; adapters say more than people do.

    Attributes:
        layers: as an adapter describes them.
        seen: the activation and the class of layers of a network by hand.
        axes, input_shapes, activations: by the names of layers.
        writer: versions of what trains, by name.
    """

    layers: Sequence[Described] = ()
    seen: Mapping[str, tuple[str | None, str]] = field(default_factory=dict)
    axes: Mapping[str, str] = field(default_factory=dict)
    input_shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    activations: Mapping[str, str] = field(default_factory=dict)
    classes: Sequence[str] = ()
    input_shape: tuple[int, ...] | None = None
    total_steps: int | None = None
    steps_per_epoch: int | None = None
    writer: Mapping[str, str] = field(default_factory=dict)

    def add(
        self,
        layers: Sequence[Described],
        classes: Sequence[str],
        input_shape: tuple[int, ...] | None,
        total_steps: int | None,
        steps_per_epoch: int | None,
        writer: Mapping[str, str],
    ) -> None:
        """What a framework knows; what a person said counts more."""
        self.layers, self.writer = tuple(layers), writer
        self.classes = self.classes or classes
        self.input_shape, self.steps_per_epoch = input_shape, steps_per_epoch
        self.total_steps = total_steps if self.total_steps is None else self.total_steps


@dataclass(frozen=True)
class Contents:
    """What each snapshot has.

    Attributes:
        stored: how each array stands on disk, by its key.
        shapes: of the arrays as they are given.
        about: the description of the training, without metrics.
        told: what is in doubt; "" where nothing is.
    """

    stored: Mapping[str, Stored]
    shapes: Mapping[str, tuple[int, ...]]
    about: About
    told: str

    def checked(self, values: Mapping[str, Any]) -> dict[str, Value]:
        """What is given for some of the keys, as arrays.

        Raises:
            CaptureError: one is none, or has not the shape that it had.
        """
        found, shapes = {}, self.shapes
        for key, value in values.items():
            array = value if type(value) is np.ndarray else array_of(key, value)
            if array.shape != shapes[key] and tuple(array.shape) != shapes[key]:
                raise CaptureError(f"{words_of(key)}: {tuple(array.shape)}, before it was {shapes[key]}")
            found[key] = array
        return found


def settle(arrays: Mapping[str, Value], known: Known, precision: Precision) -> Contents:
    """What snapshots of these arrays hold.

    Raises:
        CaptureError: what is said of the layers does not fit them.
    """
    shapes = {key: tuple(value.shape) for key, value in arrays.items()}
    names = [key.removeprefix("parameters/").removesuffix("/weights") for key in _weights(arrays)]
    described = {layer.name: layer for layer in known.layers}
    _refuse(shapes, [*names, *described])
    for what, said in (("axes", known.axes), ("input_shapes", known.input_shapes), ("activations", known.activations)):
        _there(what, said, [*names, *described])
    axes, told = _orders(names, shapes, described, known)
    flat = {key: _flat(key, shape) for key, shape in shapes.items()}
    stored = {
        key: _stored(key, flat[key], value, _axes(key, axes, described), precision) for key, value in arrays.items()
    }
    order = [*described, *(name for name in names if name not in described)]
    layers = [_layer(name, shapes, axes.get(name, ""), described.get(name), known) for name in order]
    return Contents(stored, shapes, _about(layers, known), told)


def _weights(keys: Iterable[str]) -> list[str]:
    return [key for key in keys if key.startswith("parameters/") and key.endswith("/weights")]


def _refuse(shapes: Mapping[str, tuple[int, ...]], layers: Sequence[str]) -> None:
    """See that arrays belong to something that has a name, and that weights have numbers."""
    for key, shape in shapes.items():
        kind, _, rest = key.partition("/")
        name, _, part = rest.rpartition("/")
        checked_name(rest if kind == "probes" else name)
        if kind != "probes":
            _there("biases" if part == "biases" else kind, [name], layers)
        if kind == "parameters" and not prod(shape):
            raise CaptureError(f"{words_of(key)}: {shape} holds no numbers; leave it out")


def _there(what: str, said: Iterable[str], names: Sequence[str]) -> None:
    for name in said:
        if name not in names:
            raise CaptureError(f"{what}: there is no layer '{name}'; there are {', '.join(names) or 'none'}")


def _flat(key: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Biases are a row of numbers, also where they are a column or a matrix of one row."""
    if key.startswith("parameters/") and key.endswith("/biases") and prod(shape) == max(shape, default=1):
        return (prod(shape),)
    return shape


def _orders(
    names: Sequence[str], shapes: Mapping[str, tuple[int, ...]], described: Mapping[str, Described], known: Known
) -> tuple[dict[str, str], str]:
    """The order of axes of each layer that has one, and what is in doubt."""
    tensors = {name: shapes[f"parameters/{name}/weights"] for name in names}
    axes = {name: described[name].axes for name in names if name in described}
    axes |= {name: checked(name, tensors[name], order) for name, order in known.axes.items() if name in tensors}
    open_ = [name for name in names if axes.get(name) is None and len(tensors[name]) in KINDS]
    said = {name: order for name, order in axes.items() if order and len(tensors[name]) in KINDS}
    if not open_:
        return axes, ""
    matrices = [
        Matrix(name, tensors[name], _outputs(shapes.get(f"parameters/{name}/biases")), _inputs(name, known))
        for name in names
        if name in open_ or name in said
    ]
    found, told = oriented(matrices, said)
    return axes | found, told


def _outputs(biases: tuple[int, ...] | None) -> int | None:
    return None if biases is None else prod(biases)


def _inputs(name: str, known: Known) -> int | None:
    shape = known.input_shapes.get(name)
    return None if shape is None else prod(shape)


def _stored(key: str, shape: tuple[int, ...], value: Value, axes: tuple[str, ...], precision: Precision) -> Stored:
    """How an array stands on disk. Only weights and gradients are rounded: there are few biases, and probes may be
    anything."""
    dtype = np.dtype(np.float32) if "bfloat16" in str(value.dtype) else np.dtype(value.dtype)
    rounded = not key.startswith("probes/") and key.endswith("/weights")
    if dtype.kind == "b":
        dtype = np.dtype(np.uint8)
    elif dtype.kind == "f" and precision == "same":
        dtype = dtype if dtype.itemsize <= 8 else np.dtype(np.float64)
    elif dtype.kind == "f":
        dtype = np.dtype(precision if rounded else np.float32)
        return Stored(shape, dtype, axes, scale=precision == "uint8" and rounded)
    return Stored(shape, dtype, axes)


def _axes(key: str, axes: Mapping[str, str], described: Mapping[str, Described]) -> tuple[str, ...]:
    """What the axes of an array are called; () where they have no names."""
    kind, _, rest = key.partition("/")
    name, _, part = rest.rpartition("/")
    if kind == "probes" or part != "weights":
        return ()
    embedding = name in described and described[name].kind == "embedding"
    words = {"i": "entry", "o": "dimension"} if embedding else WORDS
    return tuple(words[axis] for axis in axes.get(name, ""))


def _layer(
    name: str, shapes: Mapping[str, tuple[int, ...]], axes: str, described: Described | None, known: Known
) -> LayerAbout:
    """What is known of a layer."""
    shape = shapes.get(f"parameters/{name}/weights")
    kind = described.kind if described else KINDS[len(axes)] if axes else "other"
    ordered = _ordered(shape, axes, kind)
    inputs = known.input_shapes.get(name) or (described.input_shape if described else None)
    outputs = described.output_shape if described else None
    activation, origin = known.seen.get(name, (None, ""))
    if kind == "linear" and ordered:
        if inputs is not None and inputs[-1] != ordered[0] and prod(inputs) != ordered[0]:
            makes = f"makes {prod(inputs):,} inputs, the weights have {ordered[0]:,}"
            raise CaptureError(f"input_shapes of '{name}': {tuple(inputs)} {makes}")
        inputs, outputs = inputs or ordered[:1], outputs or ordered[1:]
    try:
        return LayerAbout(
            name=name,
            type=described.type if described and described.type else TYPES[kind],
            kind=kind,
            activation=known.activations.get(name) or (described.activation if described else activation),
            input_shape=None if inputs is None else tuple(inputs),
            output_shape=None if outputs is None else tuple(outputs),
            weights=f"{name}/weights" if shape is not None else None,
            shape=ordered,
            origin=described.origin if described else origin,
        )
    except SceneError as error:
        raise CaptureError(f"layer {quoted(name)}: {_first(error)}") from None


def _ordered(shape: tuple[int, ...] | None, axes: str, kind: str) -> tuple[int, ...] | None:
    """The shape of weights as they are handed out: the inputs before the outputs."""
    if shape is None or len(axes) != len(shape):
        return shape
    return tuple(shape[place] for place in sorted(range(len(shape)), key=lambda place: CANONICAL[WORDS[axes[place]]]))


def _about(layers: Sequence[LayerAbout], known: Known) -> About:
    """The description of the training."""
    first = next((layer for layer in layers if layer.input_shape is not None), None)
    try:
        return About(
            input_shape=known.input_shape or (first.input_shape if first else None),
            classes=tuple(known.classes),
            layers=tuple(layers),
            steps_per_epoch=known.steps_per_epoch,
            total_steps=known.total_steps,
        )
    except SceneError as error:
        raise CaptureError(_first(error)) from None


def _first(error: SceneError) -> str:
    """What is wrong, in a line."""
    first = error.findings[0].shortened()
    return f"{first.key} {first.message}"
