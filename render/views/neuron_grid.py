"""The incoming weights of each neuron of a layer, as a picture of its inputs; those that never answer can be marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isqrt, prod
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Frame, Rect
from weightreel.render.drawing.colormaps import Values
from weightreel.render.drawing.numbers import spaced
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import Finding
from weightreel.render.views._neurons import NeuronTiles
from weightreel.render.views._tile_labels import classes_of
from weightreel.render.views._tiled import FittedTiles
from weightreel.trainer.options import Pair, WhichLayer
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.probes import Firing, Probe
from weightreel.trainer.recording.recording import Recording

Shape = tuple[int, ...]
MOST_ASIDE, FLAT = 64, 8  # inputs of a row, and how often it is as long as high
IMAGES = 1000  # of the training, that tell whether a neuron is dead
RECTIFIER, DEAD = "relu", "× dead"
MOST_LONG = 4  # times as long as high, at the most, several lines are


class NeuronGrid(NeuronTiles):
    """Each tile is a neuron's weights, laid out as the layer's input is: a picture, in colour where the input is; else
    a row, each of its columns an input, or more than 64 inputs line by line.

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
    mark: Literal["dead"] | None = Field(
        default=None,
        description="name the neurons that are above 0 for none of the first "
        f"{IMAGES} images of the training, and learn no more",
    )
    shape: Pair | None = Field(
        default=None,
        title="[height, width]",
        description="what the inputs are laid out as; default: the image; else a row, of more than 64 about a square",
    )

    def findings(self, about: About) -> Iterator[Finding]:
        """The layer does not exist, has no weights, or as many inputs as the shape does not say."""
        about.layer(self.layer, "linear")
        about.weights(self.layer, "linear")
        inputs = self._inputs(about)
        if self.shape is not None and prod(self.shape) not in (inputs, inputs / 3):
            yield Finding("shape", f"{self.shape[0]} × {self.shape[1]} is not the {inputs} inputs of the layer")

        activation = about.layer(self.layer).activation
        if self.mark and activation not in (RECTIFIER, None):
            told = f"layer {self.layer} has the activation {activation}, whose neurons are never dead"
            yield Finding("mark", f"{told}: only those of {RECTIFIER} are; leave it out")

    def probes(self, about: About) -> Mapping[str, Probe]:
        """How often each neuron is above 0, where dead ones are marked."""
        return {p.key: p for p in [self._firing(about)] if self.mark}

    def count(self, about: About) -> int:
        """A picture a unit."""
        return about.layer(self.layer).tensor[-1]

    def tile(self, about: About) -> tuple[int, int]:
        """The shape of the layer's input, or a row."""
        height, width, _ = self._picture(about) or (*_folded(self._inputs(about)), 1)
        return height, width

    def in_color(self, about: About) -> bool:
        """Whether the input has three channels, wherever they stand."""
        picture = self._picture(about)
        return picture is not None and picture[2] == 3

    def named(self, about: About) -> list[str]:
        """The classes that the neurons stand for, or their numbers."""
        return list(classes_of(about, self.layer)) or super().named(about)

    def values(self, recording: Recording, step: int) -> Values:
        """The weights (units, inputs)."""
        return recording.parameter(recording.about.weights(self.layer, "linear"), step).T

    weights = values

    def source(self, about: About) -> str:
        """The weights: no other numbers are shown."""
        return f"parameters/{about.weights(self.layer, 'linear')}"

    def laid(self, about: About, values: Values) -> Values:
        """Colours last, (units, height × width × 3); a row as often as its tile is high; what has no input is NaN."""
        if self._picture(about) is None:
            (height, width), inputs = self.tile(about), values.shape[1]
            if width == inputs:
                return np.tile(values, (1, height))
            return np.pad(values, ((0, 0), (0, height * width - inputs)), constant_values=np.nan)
        if self.in_color(about) and _channels_first(self._shape(about)):
            return np.moveaxis(values.reshape(len(values), 3, -1), 1, 2).reshape(len(values), -1)
        return values

    def told(self, about: About, count: int) -> str:
        """Which neurons are shown, and what is marked."""
        shown, marked = super().told(about, count), f"{DEAD}: above 0 for none of up to {spaced(IMAGES)} images"
        return "; ".join(filter(None, (shown, marked if self.mark else "")))

    def told_of(self, recording: Recording, steps: NDArray[np.int64], count: int) -> str:
        """Nothing of the mark where no neuron has it at any step."""
        told = self.told(recording.about, count)
        if not self.mark or any((self._shares(recording, int(step)) == 0).any() for step in steps):
            return told
        return super().told(recording.about, count)

    def _shares(self, recording: Recording, step: int) -> NDArray[np.number]:
        """How often each neuron of the layer is above 0, 0 to 1."""
        return recording.probe(self._firing(recording.about).key, step)

    def annotate(self, canvas: Frame, fitted: FittedTiles, recording: Recording, step: int) -> None:
        """The word over a corner of each dead neuron's tile; of a small tile, its sign."""
        if not self.mark:
            return
        shares = self._shares(recording, step)
        style, grid = fitted.style, fitted.grid
        size, (height, width) = style.body_px, (side * grid.scale for side in grid.tile)
        word = next((w for w in (DEAD, DEAD[0]) if text.width(w, size) + size // 2 <= width), "")
        for number, neuron in enumerate(fitted.chosen or range(fitted.count)):
            if shares[neuron] == 0 and word and sum(text.metrics(size)[:2]) <= height:
                x, y = grid.corner(number)
                _badge(canvas, Rect(x, y, width, height), word, size, style)

    def _firing(self, about: About) -> Firing:
        return Firing(about.place(self.layer), IMAGES, "train")

    def _inputs(self, about: About) -> int:
        return prod(about.layer(self.layer).tensor[:-1])

    def _shape(self, about: About) -> Shape:
        """What the inputs are: as the layer is given them, or the network where nothing but their shape changes on the
        way; else nothing but their number."""
        shape = about.layer(self.layer).input_shape or ()
        if len(shape) < 2 and all(layer.rearranges for layer in about.layers[: about.place(self.layer)]):
            shape = about.input_shape or shape
        return shape if prod(shape) == self._inputs(about) else (self._inputs(about),)

    def _picture(self, about: About) -> tuple[int, int, int] | None:
        """(height, width, channels) of the inputs; None where they are no picture."""
        if self.shape is not None:
            return (*self.shape, self._inputs(about) // prod(self.shape))
        shape = self._shape(about)
        if len(shape) == 2:
            return (*shape, 1)
        if len(shape) == 3 and _channels_first(shape):
            return shape[1], shape[2], shape[0]
        return (shape[0], shape[1], shape[2]) if len(shape) == 3 and shape[2] in (1, 3) else None


def _folded(inputs: int) -> tuple[int, int]:
    """(height, width) of inputs that are no picture: a row so high that it can be seen; or lines, about a square, that
    are all full where their number allows that."""
    if inputs <= MOST_ASIDE:
        return max(1, inputs // FLAT), inputs
    height = next(h for h in range(isqrt(inputs), 0, -1) if inputs % h == 0)
    if inputs <= MOST_LONG * height**2:
        return height, inputs // height
    width = isqrt(inputs - 1) + 1
    return -(-inputs // width), width


def _badge(canvas: Frame, tile: Rect, word: str, size: int, style: Style) -> None:
    """A word on a ground of its own, in the lower left corner of a tile."""
    high, wide = sum(text.metrics(size)[:2]), text.width(word, size) + size // 2
    Rect(tile.x, tile.y + tile.height - high, wide, high).of(canvas)[:] = style.background
    at = tile.x + size // 4, tile.y + tile.height - high
    text.draw(canvas, at, word, size=size, color=style.color("text"), background=style.background)


def _channels_first(shape: Shape) -> bool:
    """Whether channels stand before the picture, as some frameworks have them."""
    return len(shape) == 3 and shape[0] in (1, 3) and shape[2] not in (1, 3)


assert not text.missing(DEAD)
