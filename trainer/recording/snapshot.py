"""One moment of a training: what is recorded of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Snapshot:
    """The network after `step` updates.

    `epoch` is step ÷ steps an epoch. `parameters` maps names such as "0/weights" to arrays that are copies.
    `metrics` holds the latest value of each metric: `batch_loss` and `batch_accuracy` of the batch to come, `loss` and
    `accuracy` as running means over about the last fiftieth of an epoch (over the whole training set in the last
    snapshot), `validation_…` as last measured. `history` holds what was measured since the snapshot before, at
    whatever step: (step, value) pairs by metric; empty means: `metrics`, at this step. `probes` maps the key of each
    probe to its array.
    """

    step: int
    epoch: float
    parameters: dict[str, Array]
    metrics: dict[str, float]
    history: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    probes: dict[str, NDArray[np.number]] = field(default_factory=dict)
