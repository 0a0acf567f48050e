"""What each filter of a layer answers to one image: the outputs of convolution and pooling as pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.render.drawing.colormaps import Normalize
from weightreel.render.errors import Finding
from weightreel.render.views._tiled import TiledView
from weightreel.trainer.options import LayerNumber
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.probes import Activations, SplitName
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.train import Probe


class ActivationMaps(TiledView):
    """One tile a channel of a layer's output, for image number `image` of a split."""

    type: Literal["activation_maps"] = "activation_maps"
    layer: LayerNumber = 0
    image: Annotated[int, Field(ge=0)] = 0
    split: SplitName = "test"
    normalize: Normalize = Normalize(over="frame", range="positive")

    def findings(self, about: About) -> Iterator[Finding]:
        """The layer does not exist or its outputs are no images."""
        there = [i for i, layer in enumerate(about.layers) if len(layer.output_shape) == 3]
        if self.layer not in there:
            told = ", ".join(map(str, there)) or "none"
            yield Finding("layer", f"layer {self.layer} gives no images; those that do: {told}")

    def probes(self, about: About) -> Mapping[str, Probe]:
        """The layer's activations."""
        probe = self._probe()
        return {probe.key: probe}

    def count(self, about: About) -> int:
        """A picture a channel."""
        return about.layers[self.layer].output_shape[2]

    def tile(self, about: About) -> tuple[int, int]:
        """(height, width) of the layer's output."""
        height, width = about.layers[self.layer].output_shape[:2]
        return height, width

    def values(self, recording: Recording, step: int) -> NDArray:
        """(channels, height × width)"""
        maps = recording.probe(self._probe().key, step)
        return np.moveaxis(maps, 2, 0).reshape(maps.shape[2], -1)

    def _probe(self) -> Activations:
        return Activations(self.layer, self.image, self.split)
