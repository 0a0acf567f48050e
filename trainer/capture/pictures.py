"""The shape of the pictures that a network is given, as people say it in one framework or another."""

from __future__ import annotations

from math import prod

from weightreel.trainer.errors import CaptureError
from weightreel.trainer.recording.about import Kind

CHANNELS = (1, 3, 4)  # of a picture: gray, with colours, and these with transparency


def channels_first(shape: tuple[int, ...]) -> bool:
    """Whether a shape is (channels, height, width), as PyTorch has it."""
    return len(shape) == 3 and shape[0] in CHANNELS and shape[2] not in CHANNELS


def pictured(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape as (height, width), or (height, width, channels) where there are several."""
    if channels_first(shape):
        shape = (*shape[1:], shape[0])
    return shape[:2] if len(shape) == 3 and shape[2] == 1 else shape


def shape_of_first(name: str, kind: Kind, taken: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """What the first layer of a network takes that is given pictures of this shape; `taken` is how many numbers or, of
    a convolution, channels.

    Raises:
        CaptureError: it takes something else.
    """
    picture = pictured(shape)
    given = prod(shape) if kind == "linear" else picture[2] if len(picture) == 3 else 1
    if kind == "conv1d":
        given = taken if taken in shape else shape[-1]
    if given != taken:
        what = f"{given:,} numbers" if kind == "linear" else f"{given:,} channels"
        way_out = "name the layers with layers=[…], that which is given the pictures first, or leave input_shape out"
        raise CaptureError(f"input_shape {shape} has {what}, '{name}' takes {taken:,}; {way_out}")
    return picture if kind != "conv1d" or shape[-1] == taken else shape[::-1]
