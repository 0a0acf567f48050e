"""Units of any dense layer carried back to pixels by the product of the weight matrices before them."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from weightreel.render.drawing.colormaps import Normalize, Values
from weightreel.render.drawing.theme import COLORMAP, ThemeColormap
from weightreel.render.drawing.tiles import Border
from weightreel.render.errors import Finding
from weightreel.render.views._backwards import dense_layers, inputs_of, picture_of
from weightreel.render.views._tile_labels import classes_of
from weightreel.render.views._tiled import LINED, TiledView
from weightreel.trainer.options import Many, Pair, WhichLayer
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording


class BackProjection(TiledView):
    """Each tile is a column of W₀ W₁ … Wₗ, the linear part of the way from the pixels to a unit of layer l.

    Example:
        [[view]]
        type = "back_projection"
        area = "grid"
        layer = 1
    """

    type: Literal["back_projection"] = "back_projection"
    layer: WhichLayer = Field(default=0, description="the dense layer l, counted from 0, or its name")
    units: Annotated[Many[Annotated[int, Field(ge=0)]], Field(max_length=10_000)] | None = Field(
        default=None, description="which units, in this order; default: as many as there are cells"
    )
    shape: Pair | None = Field(
        default=None,
        title="[height, width]",
        description="what the inputs are laid out as; default: the image, or about a square",
    )

    border: Border = Field(default=LINED, description="the frame around each tile")
    normalize: Normalize = Field(
        default=Normalize(range="symmetric"), description="how values become positions in the colour map"
    )
    colormap: ThemeColormap = Field(default="diverging", description=COLORMAP)

    def findings(self, about: About) -> Iterator[Finding]:
        """A layer on the way is not dense, a unit does not exist, or the inputs are no image."""
        told = "the way back passes layer {number}, a {type} layer; only dense ones can be"
        way = dense_layers(about, about.place(self.layer), "layer", told)
        last = about.layer(self.layer, "linear").tensor[1] - 1
        if self.units and max(self.units) > last:
            yield Finding("units", f"unit {max(self.units)} is out of range; the layer has 0 to {last}")
        if self.shape is None and picture_of(about, inputs_of(about, way)) is None:
            yield Finding("layer", "the inputs are no image; say shape = [height, width]")
        if self.shape is not None and prod(self.shape) != (inputs := inputs_of(about, way)):
            yield Finding("shape", f"{self.shape[0]} × {self.shape[1]} is not the {inputs} inputs")

    def count(self, about: About) -> int:
        """A picture a unit."""
        cells = (self.rows or 0) * (self.columns or 0)
        units = len(self.units) if self.units else about.layer(self.layer).tensor[1]
        return min(units, cells) if cells else units

    def tile(self, about: About) -> tuple[int, int]:
        """The shape of the network's input."""
        height, width = self.shape or picture_of(about, prod(about.inputs)) or about.inputs[:2]
        return height, width

    def in_color(self, about: About) -> bool:
        """Whether the inputs have three channels and are shown as the image."""
        return self.shape is None and about.inputs[2:] == (3,)

    def named(self, about: About) -> list[str]:
        """The classes that the units stand for, or the numbers of the units."""
        units = list(self.units or range(self.count(about)))[: self.count(about)]
        classes = classes_of(about, self.layer)
        return [classes[unit] if classes else str(unit) for unit in units]

    def values(self, recording: Recording, step: int) -> Values:
        """The product's columns for the units shown, (units, inputs), from the last matrix to the first: so only as
        many columns are carried back as are shown."""
        chosen = list(self.units) if self.units else slice(0, self.count(recording.about))
        about = recording.about
        product = recording.parameter(about.weights(self.layer, "linear"), step)[:, chosen]
        for i in range(about.place(self.layer) - 1, -1, -1):
            if about.layers[i].kind == "linear":
                with np.errstate(over="ignore", invalid="ignore"):  # weights that diverge
                    product = recording.parameter(about.weights(i, "linear"), step) @ product
        return product.T
