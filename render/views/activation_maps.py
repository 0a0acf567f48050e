"""What each filter of a layer answers to one image: the outputs of convolution and pooling as pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from weightreel.render.drawing.colormaps import Normalize, Values
from weightreel.render.drawing.theme import COLORMAP, ThemeColormap
from weightreel.render.drawing.tiles import Border
from weightreel.render.errors import Finding
from weightreel.render.views._tiled import LINED, TiledView
from weightreel.trainer.options import WhichLayer
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.probes import Activations, Probe, SplitName
from weightreel.trainer.recording.recording import Recording


class ActivationMaps(TiledView):
    """One tile a channel of a layer's output, for one image: what its filters answer to it.

    Example:
        [[view]]
        type = "activation_maps"
        area = "grid"
        layer = 0
        image = 3
    """

    of_weights: ClassVar[bool] = False

    type: Literal["activation_maps"] = "activation_maps"
    layer: WhichLayer = Field(
        default=0, description="a layer that gives images (conv2d, max_pool2d), counted from 0, or its name"
    )
    image: Annotated[int, Field(ge=0)] = Field(default=0, description="number of the image in its split, from 0")
    split: SplitName = Field(default="test", description="the images to take it from")
    normalize: Normalize = Field(
        default=Normalize(over="frame", range="positive"),
        description="how values become positions in the colour map",
    )

    border: Border = Field(default=LINED, description="the frame around each tile")
    colormap: ThemeColormap = Field(default="sequential", description=COLORMAP)

    def findings(self, about: About) -> Iterator[Finding]:
        """The layer does not exist or its outputs are no images."""
        _ = about.layer(self.layer).outputs
        there = [i for i, layer in enumerate(about.layers) if len(layer.output_shape or ()) == 3]
        if about.place(self.layer) not in there:
            told = ", ".join(map(about.called, there)) or "none"
            yield Finding("layer", f"layer {self.layer} gives no images; those that do: {told}")

    def probes(self, about: About) -> Mapping[str, Probe]:
        """The layer's activations."""
        probe = self._probe(about)
        return {probe.key: probe}

    def count(self, about: About) -> int:
        """A picture a channel."""
        return about.layer(self.layer).outputs[2]

    def tile(self, about: About) -> tuple[int, int]:
        """(height, width) of the layer's output."""
        height, width = about.layer(self.layer).outputs[:2]
        return height, width

    def values(self, recording: Recording, step: int) -> Values:
        """(channels, height × width)"""
        maps = recording.probe(self._probe(recording.about).key, step)
        return np.moveaxis(maps, 2, 0).reshape(maps.shape[2], -1)

    def _probe(self, about: About) -> Activations:
        return Activations(about.place(self.layer), self.image, self.split)
