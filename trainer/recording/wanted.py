"""What is to be recorded of one training: plain values, which other processes and files can be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.recording.probes import Probe, from_plain, plain
from weightreel.trainer.recording.selection import Selection, Steps, Thinned


@dataclass(frozen=True)
class Wanted:
    """The steps of a training that are to be recorded, and the probes at each.

    Attributes:
        steps: rising; () where `most` says which.
        most: of a training whose length nobody knows, at most so many snapshots, which `Thinned` chooses; else 0.
        probes: by their keys.
    """

    steps: tuple[int, ...] = ()
    most: int = 0
    probes: Mapping[str, Probe] = field(default_factory=dict)

    def selection(self) -> Selection:
        """A new one, for a training from its beginning."""
        return Thinned(self.most) if self.most else Steps(self.steps)

    def plain(self) -> dict[str, Any] | None:
        """As JSON can say it; None where a probe is one of a plug-in."""
        probes = [plain(probe) for probe in self.probes.values()]
        return None if None in probes else {"steps": list(self.steps), "most": self.most, "probes": probes}

    @classmethod
    def from_plain(cls, told: Mapping[str, Any]) -> Wanted:
        """What `plain` has said.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        probes = [from_plain(probe) for probe in told["probes"]]
        steps = tuple(int(step) for step in told["steps"])
        return cls(steps, int(told["most"]), {probe.key: probe for probe in probes})

    def ending(self, length: int, stopped: int | None = None) -> NDArray[np.int64]:
        """The steps, rising, that a recording of a training has which turned out to be `length` steps long, or whose
        loss was seen to be not finite after `stopped` updates."""
        last = length if stopped is None else max(0, stopped - 1)
        if not self.most:
            steps = np.array(self.steps, np.int64)
            return steps[steps <= last]
        selection, kept = Thinned(self.most), np.empty(0, np.int64)
        for step in range(last + 1):
            if step in selection or (stopped is None and step == last):
                kept = np.append(kept, step)
                stay = selection.keep(kept)
                kept = kept if stay is None else kept[stay]
        return kept
