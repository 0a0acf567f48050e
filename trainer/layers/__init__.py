"""Layers, one file each.

A layer is two things in one file: frozen options, which a scene writes as `{ type = "dense", … }`, and the
working layer that `build` makes of them. Options have `output_shape(input_shape)` and
`build(input_shape, rng, dtype)`; shapes leave out the batch axis. What `build` returns is a `Layer`.
Layers know nothing of each other, of losses or of data.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

import numpy as np
from pydantic import Field

from weightreel.trainer.mathematics.activations import ActivationName, Array
from weightreel.trainer.options import LayerName, Options
from weightreel.trainer.recording.about import Kind


class Layer(Protocol):
    """The linear or structural part of a layer; the network applies the activation after it.

    `parameters` and `gradients` map the same names ("weights", "bias") to arrays of the same shapes; an
    optimizer changes parameters in place, and `l2` acts on "weights". Both are empty for layers that learn nothing.
    """

    parameters: dict[str, Array]
    gradients: dict[str, Array]

    def forward(self, x: Array, *, training: bool) -> Array:
        """Outputs (n, …) for inputs (n, …); with `training`, keeps what `backward` needs."""
        ...

    def backward(self, gradient: Array, *, wants_input: bool) -> Array | None:
        """Set `gradients` from dL/doutputs (n, …); return dL/dinputs, or None when nobody wants it."""
        ...


class LayerOptions(Options):
    """What the option class of every layer is. `activation` is a key of it, or a class variable where there is no
    choice.

    `kind` says what views may take it for, see `LayerAbout`: the parameter "weights" of a "linear" one is (inputs,
    units), that of a "conv" one (height, width, inputs, filters); a "shape" one has no parameters.

    `shardable` lets large batches be cut up, so that several threads work on one: each part is passed through a layer
    of its own, all with the `parameters` of the first. It is for layers that treat each image alone, in training too,
    take their parameters from `parameters` at every pass and keep nothing beyond a step but the state of their noise.
    Without it the whole network takes its batches whole, on one thread. A subclass with a `build` of its own says it
    anew.
    """

    kind: ClassVar[Kind] = "other"
    shardable: ClassVar[bool] = False

    name: LayerName | None = Field(
        default=None, description='what views may call it, as in layer = "hidden"; default: only its number'
    )

    if TYPE_CHECKING:

        @property
        def type(self) -> str: ...

        @property
        def activation(self) -> ActivationName: ...

    @classmethod
    def __pydantic_init_subclass__(cls, **keys: object) -> None:
        """What a `build` makes is shardable only where its own class says so."""
        super().__pydantic_init_subclass__(**keys)
        if "build" in vars(cls) and "shardable" not in vars(cls):
            cls.shardable = False

    @abstractmethod
    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of one output, without the batch axis; Unfit where the inputs do not fit."""

    @abstractmethod
    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: np.dtype) -> Layer:
        """A new layer with initial weights drawn from `rng`."""

    def parameter_count(self, input_shape: tuple[int, ...]) -> int:
        """How many numbers it learns, for inputs of a shape that fits: from this it is known beforehand what a
        training takes. 0 where that is nothing, or not said."""
        return 0

    def without_noise(self) -> Self:
        """The same layer as it is where two passes in training give the same, as comparing gradients needs."""
        return self
