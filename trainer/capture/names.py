"""Layers by their names, as somebody chooses some of them."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Protocol, TypeVar

from weightreel.trainer.errors import CaptureError

SHOWN = 8  # names that a message lists


class Named(Protocol):
    """Anything with the name of a layer."""

    @property
    def name(self) -> str:
        """It."""
        ...


Layer = TypeVar("Layer", bound=Named)


def chosen(layers: Sequence[Layer], names: Sequence[str] | None) -> list[Layer]:
    """Those with one of these names, those in a part of such a name, and those that a pattern such as "h.*.attn" names.

    Raises:
        CaptureError: a name stands for none, or there is nothing to record.
    """
    wanted = ["*"] if names is None else [names] if isinstance(names, str) else list(names)
    there = ", ".join(layer.name for layer in layers[:SHOWN]) + (", …" if len(layers) > SHOWN else "")
    for name in wanted:
        if not any(_stands_for(layer.name, name) for layer in layers):
            told = f"no layer '{name}' has weights" if names is not None else "the model has no layers with weights"
            raise CaptureError(f"{told}; there are {there}" if layers else told)
    return [layer for layer in layers if any(_stands_for(layer.name, name) for name in wanted)]


def _stands_for(layer: str, name: str) -> bool:
    return layer == name or layer.startswith((f"{name}.", f"{name}/")) or fnmatchcase(layer, name)
