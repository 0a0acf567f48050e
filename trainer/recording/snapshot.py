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
    `accuracy` as running means over about the last fiftieth of an epoch, `validation_…` as last measured; in the last
    snapshot `final_…` and `test_…`, over whole splits. `history` holds what was measured since the snapshot before, at
    whatever step: (step, value) pairs by metric; empty means: `metrics`, at this step. `probes` maps the key of each
    probe to its array.
    """

    step: int
    epoch: float
    parameters: dict[str, Array]
    metrics: dict[str, float]
    history: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    probes: dict[str, NDArray[np.number]] = field(default_factory=dict)

    @property
    def arrays(self) -> dict[str, NDArray[np.number]]:
        """All arrays by their whole keys, such as "parameters/0/weights"."""
        arrays: dict[str, NDArray[np.number]] = {f"parameters/{n}": np.asarray(a) for n, a in self.parameters.items()}
        return arrays | {f"probes/{n}": np.asarray(a) for n, a in self.probes.items()}

    @property
    def measured(self) -> dict[str, list[tuple[int, float]]]:
        """What was measured since the snapshot before, or else `metrics`, at this step."""
        measured = self.history or {name: [(self.step, v)] for name, v in self.metrics.items()}
        return {name: pairs for name, pairs in measured.items() if pairs}
