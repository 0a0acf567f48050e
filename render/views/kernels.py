"""The kernels of a convolutional layer, one tile each, with the value written in each cell on request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.render.drawing import colormaps, text
from weightreel.render.drawing.canvas import Frame, ink
from weightreel.render.drawing.colormaps import Normalize, Values
from weightreel.render.drawing.layout import Place
from weightreel.render.errors import Finding, Unfit
from weightreel.render.views._tiled import FittedTiles, TiledView
from weightreel.trainer.options import WhichLayer
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording


class Kernels(TiledView):
    """The kernel of each filter of a convolution: what it looks for in one channel of its input.

    Example:
        [[view]]
        type = "kernels"
        area = "grid"
        numbers = true
        colormap = "RdBu_r"
    """

    type: Literal["kernels"] = "kernels"
    layer: WhichLayer = Field(default=0, description="the conv2d layer, counted from 0, or its name")
    channel: Annotated[int, Field(ge=0)] = Field(default=0, description="of the layer's input, from 0")
    numbers: bool = Field(
        default=False, description="write each value into its cell, with one decimal, where cells are 20 pixels or more"
    )
    normalize: Normalize = Field(
        default=Normalize(over="frame"), description="how values become positions in the colour map"
    )

    def findings(self, about: About) -> Iterator[Finding]:
        """The layer does not exist or is not convolutional, or has fewer channels."""
        there = [i for i, layer in enumerate(about.layers) if layer.kind == "conv"]
        if about.place(self.layer) not in there:
            told = ", ".join(map(str, there)) or "none"
            raise Unfit("layer", f"layer {self.layer} is no conv2d layer; there are {told}")
        channels = about.layer(self.layer).tensor[2]
        if self.channel >= channels:
            told = f"channel {self.channel} is out of range; the layer's input has 0 to {channels - 1}"
            yield Finding("channel", told)

    def count(self, about: About) -> int:
        """A picture a filter."""
        return about.layer(self.layer).tensor[3]

    def tile(self, about: About) -> tuple[int, int]:
        """(height, width) of a kernel."""
        height, width = about.layer(self.layer).tensor[:2]
        return height, width

    def values(self, recording: Recording, step: int) -> Values:
        """(filters, kernel height × kernel width)"""
        weights = recording.parameter(recording.about.weights(self.layer, "conv"), step)[:, :, self.channel]
        return weights.reshape(-1, weights.shape[-1]).T

    def findings_at(self, about: About, place: Place) -> Iterator[Finding]:
        """Numbers that have no room in their cells."""
        scale = self._tiles(about, place).scale
        if self.numbers and not place.style.legible_px(int(scale * 0.4)):
            needs = f"cells of {scale} × {scale} pixels have no room for numbers, which are left out"
            yield Finding("numbers", f"{needs}; show fewer kernels or give their area more room", "note")

    def annotate(self, canvas: Frame, fitted: FittedTiles, recording: Recording, step: int) -> None:
        """The values, dark on light cells and light on dark ones, where they have room."""
        size = fitted.style.legible_px(int(fitted.grid.scale * 0.4))
        if not self.numbers or not size:
            return
        values = self.values(recording, step)[: fitted.count]
        low, high = fitted._range(values)
        table = colormaps.lookup_table(self.colormap)[:, 0]
        levels = colormaps.to_levels(values, low, high)
        for number, (row, shades) in enumerate(zip(values, levels, strict=True)):
            for cell, (value, level) in enumerate(zip(row, shades, strict=True)):
                self._write(canvas, fitted, number, cell, float(value), table[level], size)

    def _write(
        self,
        canvas: Frame,
        fitted: FittedTiles,
        number: int,
        cell: int,
        value: float,
        shade: NDArray[np.uint8],
        size: int,
    ) -> None:
        scale, (down, across) = fitted.grid.scale, divmod(cell, fitted.grid.tile[1])
        x, y = fitted.grid.corner(number)
        word = f"{value:.1f}".replace("-0.0", "0.0").replace("-", "−")
        ascent, _, cap = text.metrics(size)
        x += across * scale + (scale - text.width(word, size)) // 2
        y += down * scale + (scale + cap) // 2 - ascent
        background = (int(shade[0]), int(shade[1]), int(shade[2]))
        text.draw(canvas, (x, y), word, size=size, color=ink(background), background=background)
