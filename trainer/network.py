"""A network: layers in a row, each followed by its activation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from weightreel.trainer.layers import LayerOptions
from weightreel.trainer.mathematics.activations import ACTIVATIONS, Array
from weightreel.trainer.streams import Stream


class Network:
    """Layers built for one input shape, with weights drawn by a seed.

    Args:
        layers: the options of each layer, first to last.
        input_shape: shape of one input, without the batch axis.
        seed: fixes the initial weights.
        dtype: float32 or float64, of weights, activations and gradients.
        replica: its number among networks of one seed, 0 for the first; others have other weights and noise.

    Raises:
        Unfit: a layer cannot take the outputs of the one before.
    """

    def __init__(
        self,
        layers: Sequence[LayerOptions],
        input_shape: tuple[int, ...],
        seed: int,
        dtype: np.dtype,
        *,
        replica: int = 0,
    ) -> None:
        rng = Stream.WEIGHTS.of(seed, *[replica][:replica])
        self.dtype = np.dtype(dtype)
        self.options = tuple(layers)
        self.input_shapes: list[tuple[int, ...]] = []
        self.layers = []
        for options in layers:
            self.input_shapes.append(input_shape)
            self.layers.append(options.build(input_shape, rng, self.dtype))
            input_shape = options.output_shape(input_shape)
        self.output_shape = input_shape
        self._activations: list[Array] = []

    def forward(self, x: Array, *, training: bool = False, logits: bool = False) -> Array:
        """Outputs (n, …) for inputs (n, …).

        With `logits`, the last activation is left out. With `training`, dropout is at work and what
        `backward` needs is kept.
        """
        kept: list[Array] = []
        outputs = x
        for outputs in self.walk(x, training=training, logits=logits):
            if training:
                kept.append(outputs)
        if training:
            self._activations = kept
        return outputs

    def walk(self, x: Array, *, training: bool = False, logits: bool = False) -> Iterator[Array]:
        """Yield the activations (n, …) of one layer after the other."""
        last = len(self.layers) - 1
        for i, (options, layer) in enumerate(zip(self.options, self.layers, strict=True)):
            x = layer.forward(x, training=training)
            if not (logits and i == last):
                x = ACTIVATIONS[options.activation].forward(x)
            yield x

    def backward(self, gradient: Array, *, logits: bool = False) -> None:
        """Set the gradients of all layers from dL/doutputs of the last training pass."""
        for i in range(len(self.layers) - 1, -1, -1):
            if not (logits and i == len(self.layers) - 1):
                activation = ACTIVATIONS[self.options[i].activation]
                gradient = activation.backward(self._activations[i], gradient)
            gradient = self.layers[i].backward(gradient, wants_input=i > 0)  # type: ignore[assignment]

    @property
    def parameters(self) -> dict[str, Array]:
        """All parameters by name, such as "0/weights" for those of the first layer; not copies."""
        return {f"{i}/{name}": p for i, layer in enumerate(self.layers) for name, p in layer.parameters.items()}

    @property
    def gradients(self) -> dict[str, Array]:
        """All gradients by the names of their parameters; not copies."""
        return {f"{i}/{name}": g for i, layer in enumerate(self.layers) for name, g in layer.gradients.items()}
