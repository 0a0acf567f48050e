"""The way back from a layer to the inputs, through the weights of the dense layers before it."""

from __future__ import annotations

from math import prod

from weightreel.render.errors import Unfit
from weightreel.trainer.recording.about import About


def dense_layers(about: About, last: int, key: str, told: str) -> tuple[int, ...]:
    """The numbers of the dense layers up to layer `last`, from the first.

    Raises:
        Unfit: a layer on the way is not dense, its weights were not recorded, or it takes something else than the one
            before it gives. Its key is `key`, its message begins with what `told` says of a layer in braces.
    """
    found: list[int] = []
    for number, layer in enumerate(about.layers[: last + 1]):
        unknown = layer.kind == "shape" and None in (layer.input_shape, layer.output_shape)
        if layer.kind == "linear":
            about.weights(number, "linear")
            _must_meet(about, found[-1:], number, key)
            found.append(number)
        elif not (layer.rearranges or unknown):
            raise Unfit(key, told.format(number=number, type=layer.type))
    return tuple(found)


def inputs_of(about: About, layers: tuple[int, ...]) -> int:
    """How many numbers the first of these layers takes."""
    return prod(about.layer(layers[0]).tensor[:-1])


def picture_of(about: About, inputs: int) -> tuple[int, int] | None:
    """(height, width) of the network's inputs, so many in all, where they are a picture whose channels stand last, or
    are one; None where they are something else.

    Raises:
        Unfit: nobody knows what they are.
    """
    shape = about.inputs
    if len(shape) == 3 and shape[0] == 1 and shape[2] not in (1, 3):
        shape = shape[1:]
    return (shape[0], shape[1]) if len(shape) in (2, 3) and prod(shape) == inputs else None


def _must_meet(about: About, before: list[int], number: int, key: str) -> None:
    if not before:
        return
    gives, takes = about.layer(before[0]).tensor[-1], prod(about.layer(number).tensor[:-1])
    if gives != takes:
        names = [about.layers[i].name for i in (before[0], number)]
        told = f"layer {names[0]} gives {gives} numbers and layer {names[1]} takes {takes}"
        raise Unfit(key, f"{told}; the way back passes layers that follow upon each other")
