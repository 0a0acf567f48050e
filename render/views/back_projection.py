"""Units of any dense layer carried back to pixels by the product of the weight matrices before them."""

from __future__ import annotations

from math import prod
from typing import Annotated, Literal

from pydantic import Field

from weightreel.render.drawing.colormaps import Values
from weightreel.render.views._tiled import TiledView
from weightreel.trainer.options import Pair
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording


class BackProjection(TiledView):
    """Each tile is a column of W₀ W₁ … Wₗ, the linear part of the way from the pixels to a unit of layer l.

    Example:
        [[view]]
        type = "back_projection"
        area = "grid"
        layer = 1
        normalize = { over = "tile", range = "symmetric" }
        colormap = "RdBu_r"
    """

    type: Literal["back_projection"] = "back_projection"
    layer: Annotated[int, Field(ge=0)] = Field(default=0, description="the dense layer l, counted from 0")
    units: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(strict=False)] | None = Field(
        default=None, description="which units, in this order; default: as many as there are cells"
    )
    shape: Pair | None = Field(
        default=None,
        title="[height, width]",
        description="what the inputs are laid out as; default: the image, or about a square",
    )

    def problems(self, about: About) -> list[tuple[str, str]]:
        """A layer on the way is not dense, a unit does not exist, or the inputs are no image."""
        if self.layer >= len(about.layers):
            return [("layer", f"layer {self.layer} is out of range; the run has layers 0 to {len(about.layers) - 1}")]
        for i, layer in enumerate(about.layers[: self.layer + 1]):
            if layer.type not in ("dense", "flatten", "dropout"):
                return [("layer", f"the way back passes layer {i}, a {layer.type} layer; only dense ones can be")]
        if about.layers[self.layer].type != "dense":
            return [("layer", f"layer {self.layer} is a {about.layers[self.layer].type} layer; choose a dense one")]
        last = about.layers[self.layer].output_shape[0] - 1
        if self.units and max(self.units) > last:
            return [("units", f"unit {max(self.units)} is out of range; the layer has 0 to {last}")]
        if len(about.input_shape) not in (2, 3) and self.shape is None:
            return [("layer", "the inputs are no image; say shape = [height, width]")]
        if self.shape is not None and prod(self.shape) != prod(about.input_shape):
            return [("shape", f"{self.shape[0]} × {self.shape[1]} is not the {prod(about.input_shape)} inputs")]
        return []

    def count(self, about: About) -> int:
        """A picture a unit."""
        cells = (self.rows or 0) * (self.columns or 0)
        units = len(self.units) if self.units else about.layers[self.layer].output_shape[0]
        return min(units, cells) if cells else units

    def tile(self, about: About) -> tuple[int, int]:
        """The shape of the network's input."""
        height, width = (self.shape or about.input_shape)[:2]
        return height, width

    def values(self, recording: Recording, step: int) -> Values:
        """The product's columns for the units shown, (units, inputs), from the last matrix to the first: so only as
        many columns are carried back as are shown."""
        chosen = list(self.units) if self.units else slice(0, self.count(recording.about))
        product = recording.parameter(f"{self.layer}/weights", step)[:, chosen]
        for i in range(self.layer - 1, -1, -1):
            if recording.about.layers[i].type == "dense":
                product = recording.parameter(f"{i}/weights", step) @ product
        return product.T
