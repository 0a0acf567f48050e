"""The regions of the input that speak for a class: the network run backwards from its output."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Annotated, Literal

from pydantic import Field

from weightreel.render.drawing.colormaps import Normalize, Values
from weightreel.render.drawing.theme import COLORMAP, ThemeColormap
from weightreel.render.drawing.tiles import Border
from weightreel.render.errors import Finding, Unfit
from weightreel.render.views._backwards import dense_layers, inputs_of, picture_of
from weightreel.render.views._tiled import LINED, TiledView
from weightreel.trainer.options import Many
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording


class Regions(TiledView):
    """One tile a class: a one-hot output carried back through the transposed weights of every layer, without biases
    and activations. Red speaks for the class and blue against it, with the default colour map.

    Example:
        [[view]]
        type = "regions"
        area = "grid"
        classes = [3, 8]
    """

    type: Literal["regions"] = "regions"
    classes: Annotated[Many[Annotated[int, Field(ge=0)]], Field(min_length=1)] = Field(
        default=(0,), description="numbers of the classes, from 0, a tile for each"
    )
    border: Border = Field(default=LINED, description="the frame around each tile")
    normalize: Normalize = Field(
        default=Normalize(range="symmetric"), description="how values become positions in the colour map"
    )
    colormap: ThemeColormap = Field(default="diverging", description=COLORMAP)

    def findings(self, about: About) -> Iterator[Finding]:
        """A layer is not dense, or a class does not exist."""
        told = "layer {number} is of type {type}; regions run backwards through dense ones only"
        way = dense_layers(about, len(about.layers), "type", told)
        if not way:
            raise Unfit("type", "the run has no dense layers, and regions run backwards through such")
        last = about.layer(way[-1]).tensor[1] - 1
        if max(self.classes) > last:
            yield Finding("classes", f"class {max(self.classes)} is out of range; there are 0 to {last}")
        if picture_of(about, inputs_of(about, way)) is None:
            yield Finding("type", "the inputs are no image")

    def count(self, about: About) -> int:
        """A picture a class."""
        return len(self.classes)

    def tile(self, about: About) -> tuple[int, int]:
        """The shape of the network's input."""
        height, width = picture_of(about, prod(about.inputs)) or about.inputs[:2]
        return height, width

    def in_color(self, about: About) -> bool:
        """Whether the inputs have three channels."""
        return about.inputs[2:] == (3,)

    def named(self, about: About) -> list[str]:
        """The classes."""
        return [about.classes[i] if i < len(about.classes) else str(i) for i in self.classes]

    def values(self, recording: Recording, step: int) -> Values:
        """(classes, inputs)"""
        about = recording.about
        signal = None
        for i in range(len(about.layers) - 1, -1, -1):
            if about.layers[i].kind == "linear":
                weights = recording.parameter(about.weights(i, "linear"), step)
                signal = weights[:, list(self.classes)] if signal is None else weights @ signal
        assert signal is not None
        return signal.T
