"""What views of a layer's weights share, a tile a neuron or a filter: which of them stand in the tiles."""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal

import numpy as np
from pydantic import Field

from weightreel.render.drawing.colormaps import Values
from weightreel.render.drawing.numbers import spaced
from weightreel.render.views._tiled import Steps, TiledView
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording

TOLD = {"norm": "by norm", "change": "by change", "even": "evenly"}


class NeuronTiles(TiledView):
    """Tiles of the weights of neurons, of which there may be more than tiles."""

    choose: Literal["first", "norm", "change", "even"] | None = Field(
        default=None,
        description="which neurons stand in the tiles where there are more, said in a line under them; first; norm: "
        "those of the largest weights at the end; change: those whose weights moved furthest from the beginning to the "
        "end; even: at equal distances; default: the first, and nothing is said",
    )

    @abstractmethod
    def weights(self, recording: Recording, step: int) -> Values:
        """All weights of each neuron, (count, inputs)."""

    def chosen(self, recording: Recording, steps: Steps, count: int) -> tuple[int, ...] | None:
        """The neurons in the tiles, those of the largest norm or change first."""
        every = self.count(recording.about)
        if count >= every or self.choose in (None, "first"):
            return None
        if self.choose == "even":
            return tuple(np.linspace(0, every - 1, count).round().astype(int).tolist())
        weights = self.weights(recording, int(steps[-1]))
        if self.choose == "change":
            with np.errstate(over="ignore", invalid="ignore"):  # weights that diverge
                weights = weights - self.weights(recording, int(steps[0]))
        return _largest(weights, count)

    def told(self, about: About, count: int) -> str:
        """How many neurons there are, and which are shown, where they are not all."""
        every = self.count(about)
        if self.choose is None or count >= every:
            return ""
        if self.choose == "first":
            return f"the first {spaced(count)} of {spaced(every)}"
        return f"{spaced(count)} of {spaced(every)}, {TOLD[self.choose]}"


def _largest(weights: Values, count: int) -> tuple[int, ...]:
    """The rows of the largest norms, falling; of equal ones the first; those that are no numbers last."""
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.sqrt(np.einsum("ij,ij->i", weights, weights, dtype=np.float64))
    order = np.argsort(-np.nan_to_num(norms, nan=-1.0), kind="stable")
    return tuple(order[:count].tolist())
