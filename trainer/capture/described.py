"""What adapters tell the recorder of a framework's layers, and arrays that are read later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from weightreel.trainer.recording.about import Kind


@dataclass(frozen=True)
class Described:
    """One layer as its framework holds it.

    `axes` says what the axes of its weights mean, in the framework's order: i inputs, o outputs (units, filters), h
    height, w width; "io" (the inputs first), "oi", "hwio", "oihw", "iohw", "wio", "oiw", or "" where there are no
    weights or nothing is known of them. Shapes of what goes in and out are without the batch axis, None where nobody
    knows them. `type` is what a scene calls a layer of its sort, `origin` the class that it is of.
    """

    name: str
    kind: Kind
    type: str
    axes: str = ""
    activation: str | None = None
    input_shape: tuple[int, ...] | None = None
    output_shape: tuple[int, ...] | None = None
    origin: str = ""


@dataclass(frozen=True)
class Later:
    """An array that its framework may still be computing: the thread that writes calls `read`, once.

    What `read` gives has that shape and dtype, and nobody changes it afterwards.
    """

    shape: tuple[int, ...]
    dtype: Any
    read: Callable[[], NDArray[Any]]
