"""Which snapshots to keep while nobody knows how long the training will be.

Every k-th step is kept, and steps that grow by a twentieth, for the early ones; when there are too many, k doubles
and those in between are dropped. At most `most` snapshots are held, whatever the length.
"""

from __future__ import annotations

from weightreel.trainer.recording.snapshot import Snapshot

GROWTH = 1.05


class Thinning:
    """A container of the steps that are wanted now, and the snapshots kept so far, in `snapshots`."""

    def __init__(self, most: int) -> None:
        self.most, self.every = max(2, most), 1
        self.snapshots: list[Snapshot] = []
        self._early = {0}
        step = 1.0
        while step < 2**31:
            self._early.add(round(step))
            step = max(step + 1, step * GROWTH)

    def __contains__(self, step: object) -> bool:
        return isinstance(step, int) and (step % self.every == 0 or step in self._early)

    def append(self, snapshot: Snapshot) -> None:
        """Keep a snapshot; drop some where there are too many. What a dropped one measured goes to the next."""
        self.snapshots.append(snapshot)
        while len(self.snapshots) > self.most and len(self.snapshots) > len(self._early):
            self.every *= 2
            self.snapshots = self._thinned()

    def _thinned(self) -> list[Snapshot]:
        kept: list[Snapshot] = []
        waiting: dict[str, list[tuple[int, float]]] = {}
        for snapshot in self.snapshots:
            for name, pairs in snapshot.history.items():
                waiting.setdefault(name, []).extend(pairs)
            if snapshot.step in self or snapshot is self.snapshots[-1]:
                snapshot.history.clear()
                snapshot.history.update(waiting)
                waiting = {}
                kept.append(snapshot)
        return kept
