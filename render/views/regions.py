"""The regions of the input that speak for a class: the network run backwards from its output."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from weightreel.render.drawing.colormaps import ColormapName, Normalize, Values
from weightreel.render.views._tiled import TiledView
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
    classes: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(strict=False, min_length=1)] = Field(
        default=(0,), description="numbers of the classes, from 0, a tile for each"
    )
    normalize: Normalize = Field(
        default=Normalize(range="symmetric"), description="how values become positions in the colour map"
    )
    colormap: ColormapName = Field(default="RdBu_r", description="any of `weightreel list colormaps`")

    def problems(self, about: About) -> list[tuple[str, str]]:
        """A layer is not dense, or a class does not exist."""
        for i, layer in enumerate(about.layers):
            if layer.type not in ("dense", "flatten", "dropout"):
                return [("type", f"layer {i} is a {layer.type} layer; regions run backwards through dense ones only")]
        last = about.layers[-1].output_shape[0] - 1
        if max(self.classes) > last:
            return [("classes", f"class {max(self.classes)} is out of range; there are 0 to {last}")]
        if len(about.input_shape) not in (2, 3):
            return [("type", "the inputs are no image")]
        return []

    def count(self, about: About) -> int:
        """A picture a class."""
        return len(self.classes)

    def tile(self, about: About) -> tuple[int, int]:
        """The shape of the network's input."""
        height, width = about.input_shape[:2]
        return height, width

    def values(self, recording: Recording, step: int) -> Values:
        """(classes, inputs)"""
        layers = recording.about.layers
        signal = None
        for i in range(len(layers) - 1, -1, -1):
            if layers[i].type == "dense":
                weights = recording.parameter(f"{i}/weights", step)
                signal = weights[:, list(self.classes)] if signal is None else weights @ signal
        assert signal is not None
        return signal.T
