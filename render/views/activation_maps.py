"""What each filter of a layer answers to one image: the outputs of convolution and pooling as pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from weightreel.render.drawing.colormaps import Normalize, Values
from weightreel.render.views._tiled import TiledView
from weightreel.trainer.recording.probes import Activations, SplitName
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.run import Description
from weightreel.trainer.train import Probe


class ActivationMaps(TiledView):
    """One tile a channel of a layer's output, for image number `image` of a split."""

    type: Literal["activation_maps"] = "activation_maps"
    layer: Annotated[int, Field(ge=0)] = 0
    image: Annotated[int, Field(ge=0)] = 0
    split: SplitName = "test"
    normalize: Normalize = Normalize(over="frame", range="positive")

    def problems(self, about: Description) -> list[tuple[str, str]]:
        """The layer does not exist or its outputs are no images."""
        if self.layer >= len(about.layers) or len(about.layers[self.layer].output_shape) != 3:
            there = [str(i) for i, layer in enumerate(about.layers) if len(layer.output_shape) == 3]
            return [("layer", f"layer {self.layer} gives no images; those that do: {', '.join(there) or 'none'}")]
        return []

    def probes(self, about: Description) -> Mapping[str, Probe]:
        """The layer's activations."""
        probe = self._probe()
        return {probe.key: probe}

    def count(self, about: Description) -> int:
        """A picture a channel."""
        return about.layers[self.layer].output_shape[2]

    def tile(self, about: Description) -> tuple[int, int]:
        """(height, width) of the layer's output."""
        height, width = about.layers[self.layer].output_shape[:2]
        return height, width

    def values(self, recording: Recording, step: int) -> Values:
        """(channels, height × width)"""
        maps = recording.probe(self._probe().key, step)
        return np.moveaxis(maps, 2, 0).reshape(maps.shape[2], -1)

    def _probe(self) -> Activations:
        return Activations(self.layer, self.image, self.split)
