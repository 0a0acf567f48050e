"""Which axis of an array of weights is that of the inputs, where nobody says: what goes out of one layer goes into the
next, and a bias has a number for each output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations

from weightreel.trainer.errors import CaptureError
from weightreel.trainer.recording.about import Kind

# By the number of axes: the kind, and the two orders that frameworks have, the inputs first and the outputs first.
KINDS: dict[int, Kind] = {2: "linear", 3: "conv1d", 4: "conv"}
INPUTS_FIRST = {2: "io", 3: "wio", 4: "hwio"}
OUTPUTS_FIRST = {2: "oi", 3: "oiw", 4: "oihw"}
ORDERS = {rank: {"".join(order) for order in permutations(axes)} for rank, axes in INPUTS_FIRST.items()}
WORDS = {"i": "input", "o": "output", "h": "height", "w": "width"}
SHOWN = 5  # layers that a message names


@dataclass(frozen=True)
class Matrix:
    """The weights of a layer: their shape, how many biases there are and what a single input has, where that is
    known."""

    name: str
    shape: tuple[int, ...]
    biases: int | None = None
    inputs: int | None = None

    def size(self, axes: str, axis: str) -> int:
        """How many inputs or outputs there are in an order of axes."""
        return self.shape[axes.index(axis)]

    def fits(self, axes: str) -> bool:
        """Whether an order of axes contradicts nothing that is known of the layer alone."""
        inputs, outputs = self.size(axes, "i"), self.size(axes, "o")
        return self.biases in (None, outputs) and (
            self.inputs in (None, inputs) or (len(axes) > 2 and (self.inputs or 0) % inputs == 0)
        )


def checked(name: str, shape: Sequence[int], axes: str) -> str:
    """An order of axes that somebody said.

    Raises:
        CaptureError: it is none for an array of this shape.
    """
    if axes not in ORDERS.get(len(shape), ()):
        first = [order[len(shape)] for order in (INPUTS_FIRST, OUTPUTS_FIRST) if len(shape) in order]
        way_out = f"say {' or '.join(map(repr, first))}" if first else "leave it out"
        raise CaptureError(f"axes of '{name}': '{axes}' does not fit {tuple(shape)}; {way_out}")
    return axes


def oriented(layers: Sequence[Matrix], said: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """The order of axes of each layer, by its name, and what is to be told about it; "" where nothing is in doubt.

    Arrays of one network are taken to be of one framework, and so of one order, as long as that fits, and of the order
    that is said of some; where both orders fit, the inputs come first.
    """
    orders = [order for order in (INPUTS_FIRST, OUTPUTS_FIRST) if _fits(layers, said, order)]
    named = [layer for layer in layers if layer.name in said]
    alike = [order for order in orders if all(said[layer.name] == order[len(layer.shape)] for layer in named)]
    orders = alike if named and alike else orders
    if orders:
        axes = {layer.name: said.get(layer.name, orders[0][len(layer.shape)]) for layer in layers}
        doubtful = [layer for layer in layers if layer.name not in said] if len(orders) == 2 else []
        return axes, _told(doubtful, " can be read both ways")
    axes, unclear = {}, []
    for layer in layers:
        both = [order[len(layer.shape)] for order in (INPUTS_FIRST, OUTPUTS_FIRST)]
        fit = [order for order in both if layer.fits(order)]
        axes[layer.name] = said.get(layer.name) or (fit or both)[0]
        if layer.name not in said and len(fit) != 1:
            unclear.append(layer)
    return axes, _told(unclear, ": nothing says which axis is that of the inputs")


def _fits(layers: Sequence[Matrix], said: Mapping[str, str], order: Mapping[int, str]) -> bool:
    """Whether all that is not said can be of one order."""
    axes = [said.get(layer.name, order[len(layer.shape)]) for layer in layers]
    alone = all(layer.fits(one) for layer, one in zip(layers, axes, strict=True) if layer.name not in said)
    followed = pairwise(zip(layers, axes, strict=True))
    return alone and all(_follows(*one, *other) for one, other in followed)


def _follows(layer: Matrix, axes: str, after: Matrix, other: str) -> bool:
    """Whether what goes out of a layer can go into the next, perhaps flattened in between."""
    outputs, inputs = layer.size(axes, "o"), after.size(other, "i")
    return outputs == inputs or (len(axes) > len(other) and inputs % outputs == 0)


def _told(layers: Sequence[Matrix], what: str) -> str:
    if not layers:
        return ""
    names = [f"'{layer.name}' {layer.shape}" for layer in layers[:SHOWN]]
    more = f" and {len(layers) - SHOWN} more" if len(layers) > SHOWN else ""
    first = layers[0]
    taken, other = INPUTS_FIRST[len(first.shape)], OUTPUTS_FIRST[len(first.shape)]
    way_out = f"where that is wrong, say axes={{'{first.name}': '{other}'}}"
    return f"{', '.join(names)}{more}{what}; taken as '{taken}', the inputs before the outputs: {way_out}"
