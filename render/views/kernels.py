"""The kernels of a convolutional layer, one tile each, with the value written in each cell on request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.render.drawing import colormaps, text
from weightreel.render.drawing.canvas import Frame, ink
from weightreel.render.drawing.colormaps import Normalize, Values
from weightreel.render.drawing.fitting import in_cell
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.theme import COLORMAP, Style, ThemeColormap
from weightreel.render.drawing.tiles import Border
from weightreel.render.errors import Finding, Unfit
from weightreel.render.views._neurons import NeuronTiles
from weightreel.render.views._tiled import LINED, FittedTiles
from weightreel.trainer.options import WhichLayer
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording

KINDS = ("conv", "conv1d")


class Kernels(NeuronTiles):
    """The kernel of each filter of a convolution: what it looks for in one channel of its input, in its colours, or how
    strongly it looks anywhere at all. Those of conv1d layers are rows.

    Example:
        [[view]]
        type = "kernels"
        area = "grid"
        numbers = true
    """

    type: Literal["kernels"] = "kernels"
    layer: WhichLayer = Field(default=0, description="the conv2d or conv1d layer, counted from 0, or its name")
    channel: Annotated[int, Field(ge=0)] | Literal["rgb", "norm"] = Field(
        default=0,
        description="of the layer's input, from 0; rgb: all three of it as colours; norm: the root of the sum of the "
        "squares of all of them",
    )
    numbers: bool = Field(
        default=False, description="write each value into its cell, with one decimal, where cells are 27 pixels or more"
    )
    border: Border = Field(default=LINED, description="the frame around each tile")
    normalize: Normalize = Field(
        default=Normalize(over="frame", range="symmetric"),
        description="how values become positions in the colour map; of norms: from 0 to the highest",
    )
    colormap: ThemeColormap = Field(default="diverging", description=f"{COLORMAP}; of norms: sequential")

    @classmethod
    def defaults_beside(cls, said: Mapping[Any, Any]) -> dict[Any, Any]:
        """Norms are never below 0."""
        if said.get("channel") != "norm":
            return {}
        return {"normalize": Normalize(over="frame", range="positive"), "colormap": "sequential"}

    def findings(self, about: About) -> Iterator[Finding]:
        """The layer does not exist or is not convolutional, or has fewer channels."""
        there = [i for i, layer in enumerate(about.layers) if layer.kind in KINDS]
        if about.layer(self.layer).kind not in KINDS:
            told = ", ".join(map(about.called, there)) or "none"
            raise Unfit("layer", f"layer {self.layer} is no conv2d layer; there are {told}")
        channels = self._tensor(about)[2]
        if isinstance(self.channel, int) and self.channel >= channels:
            told = f"channel {self.channel} is out of range; the layer's input has 0 to {channels - 1}"
            yield Finding("channel", told)
        if self.channel == "rgb" and channels != 3:
            told = f"'rgb' needs an input of 3 channels; that of the layer has {channels}"
            yield Finding("channel", f"{told}; give the number of one, or 'norm'")
        if self.channel == "rgb" and self.numbers:
            yield Finding("numbers", "a cell has three values; leave numbers out, or show one channel")

    def count(self, about: About) -> int:
        """A picture a filter."""
        return self._tensor(about)[3]

    def tile(self, about: About) -> tuple[int, int]:
        """(height, width) of a kernel."""
        height, width = self._tensor(about)[:2]
        return height, width

    def in_color(self, about: About) -> bool:
        """Whether three channels are shown as colours."""
        return self.channel == "rgb"

    def values(self, recording: Recording, step: int) -> Values:
        """(filters, kernel height × kernel width), or × 3 in colours."""
        kernels = self._kernels(recording, step)
        if self.channel == "rgb":
            return kernels.reshape(-1, kernels.shape[-1]).T
        if self.channel == "norm":
            with np.errstate(over="ignore", invalid="ignore"):  # weights that diverge
                shown: Values = np.sqrt(np.square(kernels, dtype=np.float32).sum(axis=2))
        else:
            shown = kernels[:, :, self.channel]
        return shown.reshape(-1, shown.shape[-1]).T

    def weights(self, recording: Recording, step: int) -> Values:
        """All weights of each filter, (filters, height × width × inputs)."""
        kernels = self._kernels(recording, step)
        return kernels.reshape(-1, kernels.shape[-1]).T

    def source(self, about: About) -> str | None:
        """The weights, where all channels are shown as they are."""
        whole = self.channel == "rgb" or (self.channel == 0 and self._tensor(about)[2] == 1)
        return f"parameters/{about.layer(self.layer).weights}" if whole else None

    def _tensor(self, about: About) -> tuple[int, ...]:
        """(height, width, inputs, filters); kernels of one dimension are 1 high."""
        tensor = about.layer(self.layer).tensor
        return tensor if len(tensor) == 4 else (1, *tensor)

    def _kernels(self, recording: Recording, step: int) -> Values:
        """The weights (height, width, inputs, filters)."""
        about = recording.about
        kernels = recording.parameter(about.weights(self.layer, about.layer(self.layer).kind), step)
        return kernels if kernels.ndim == 4 else kernels[None]

    def findings_at(self, about: About, place: Place) -> Iterator[Finding]:
        """Numbers that have no room in their cells; cells that stay empty."""
        yield from super().findings_at(about, place)
        scale = self._tiles(about, place).scale
        if self.numbers and not _number_px(scale, place.style):
            needs = f"cells of {scale} × {scale} pixels have no room for numbers, which are left out"
            yield Finding("numbers", f"{needs}; show fewer kernels or give their area more room", "note")

    def annotate(self, canvas: Frame, fitted: FittedTiles, recording: Recording, step: int) -> None:
        """The values, dark on light cells and light on dark ones, where they have room."""
        size = _number_px(fitted.grid.scale, fitted.style)
        if not self.numbers or not size:
            return
        values = fitted.values(recording, step)
        low, high = fitted._range(values)
        table = fitted.style.lookup_table(self.colormap)[:, 0]
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


def _number_px(side: int, style: Style) -> int:
    """Type size of the values; 0 where cells have no room for them."""
    return in_cell("−0.0", side, min(style.body_px, int(side * 0.4)))
