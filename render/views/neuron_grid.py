"""The incoming weights of each neuron of a layer, as a picture of its inputs."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Literal

from pydantic import Field

from weightreel.render.drawing.colormaps import Values
from weightreel.render.errors import Finding
from weightreel.render.views._tiled import TiledView
from weightreel.trainer.options import Pair, WhichLayer
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording


class NeuronGrid(TiledView):
    """Each tile is a neuron's weights, laid out as the layer's input is.

    Example:
        [[view]]
        type = "neuron_grid"
        area = "grid"
        layer = 0
        rows = 8
        columns = 8
        border = { color = "#ff0000", thickness = 2 }
        normalize = { over = "tile", range = "minmax" }
    """

    type: Literal["neuron_grid"] = "neuron_grid"
    layer: WhichLayer = Field(default=0, description="the dense layer, counted from 0, or its name")
    shape: Pair | None = Field(
        default=None,
        title="[height, width]",
        description="what the inputs are laid out as; default: the image, or about a square",
    )

    def findings(self, about: About) -> Iterator[Finding]:
        """The layer does not exist, has no weights, or its inputs are no image."""
        layer = about.layer(self.layer, "linear")
        about.weights(self.layer, "linear")
        inputs = prod(layer.tensor[:-1])
        if self.shape is not None and prod(self.shape) != inputs:
            yield Finding("shape", f"{self.shape[0]} × {self.shape[1]} is not the {inputs} inputs of the layer")
        if self.shape is None and not _is_image(layer.inputs):
            told = " × ".join(map(str, layer.inputs))
            yield Finding("layer", f"the inputs of layer {self.layer} are {told}, not an image; say shape = [h, w]")

    def count(self, about: About) -> int:
        """A picture a unit."""
        return about.layer(self.layer).tensor[-1]

    def tile(self, about: About) -> tuple[int, int]:
        """The shape of the layer's input."""
        height, width = (self.shape or about.layer(self.layer).inputs)[:2]
        return height, width

    def values(self, recording: Recording, step: int) -> Values:
        """The weights (units, inputs)."""
        return recording.parameter(recording.about.weights(self.layer, "linear"), step).T


def _is_image(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)
