"""Recording a training: snapshots come, those that the selection keeps are there to be read at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.recording.about import About, Stopped
from weightreel.trainer.recording.columns import Columns, Numbers
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.selection import Selection
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.recording.store import Store, remove_spilled, temporary

MEMORY_BYTES = 160 * 2**20


class Recorder:
    """Takes snapshots and gives the recording.

    Starts in memory; what passes `memory_bytes` goes to a temporary folder that vanishes with the recording, or from
    the start to `store`, which stays. `recording` may be read while it grows, also by another thread.

    Args:
        about: what is trained.
        selection: which snapshots to keep, where some may have to go again; default: all that come.
        store: where to keep the recording, from `keeping`.
        memory_bytes: most that the arrays take of the memory; measurements come on top, 16 bytes each.
    """

    def __init__(
        self,
        about: About,
        *,
        selection: Selection | None = None,
        store: Store | None = None,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        remove_spilled()
        self._selection, self._memory_bytes, self._finished = selection, memory_bytes, False
        self._store = store
        # A kept array has no way back: what may have to go again waits elsewhere for the end.
        self.recording = Recording(about, Columns(None if selection is not None and selection.drops else store))

    def append(self, snapshot: Snapshot) -> None:
        """Add a snapshot; steps must rise.

        Raises:
            RecordingError: the step does not rise, an array changed its shape or dtype, or the recording has ended.
        """
        arrays: dict[str, Numbers] = {f"parameters/{n}": np.asarray(a) for n, a in snapshot.parameters.items()}
        arrays |= {f"probes/{n}": np.asarray(a) for n, a in snapshot.probes.items()}
        if self._finished:
            raise RecordingError("the recording has ended; record anew to add to it")
        columns = self.recording.columns
        _check(columns, snapshot.step, arrays)
        measured = snapshot.history or {name: [(snapshot.step, v)] for name, v in snapshot.metrics.items()}
        measured = {name: pairs for name, pairs in measured.items() if pairs}
        for name, pairs in measured.items():
            columns.measure(name, pairs)
        self.recording.about = self.recording.about.measuring(measured)
        columns.append(snapshot.step, snapshot.epoch, arrays)
        self._bound(columns)
        self._thin()

    def finish(
        self, *, seconds: float = 0.0, stopped: Stopped | None = None, total_steps: int | None = None
    ) -> Recording:
        """End the recording, with the steps that the training took where that was not known before.

        A training that was `stopped` is as long as what was recorded of it. `final` becomes the latest value of each
        metric; a kept recording is written out.
        """
        self._finished, recording = True, self.recording
        last = int(recording.steps[-1]) if len(recording) else 0
        if stopped or total_steps is not None or recording.about.total_steps is None:
            length = last if stopped or total_steps is None else total_steps
            recording.about = recording.about.model_copy(update={"total_steps": length, "stopped": stopped})
        values = {name: recording.latest(name, last) for name in recording.columns.history}
        recording.final = {name: value for name, value in values.items() if np.isfinite(value)}
        recording.seconds = seconds
        if self._store is not None:
            if recording.columns.disk is not self._store:
                recording.columns = self._copied(np.arange(len(recording)), self._store)
            self._store.end(recording)
        return recording

    def _bound(self, columns: Columns) -> None:
        if columns.disk is None and columns.held > self._memory_bytes:
            columns.move_to(temporary())

    def _thin(self) -> None:
        """Let go of what the selection does not want any more. What was measured stays."""
        kept = None if self._selection is None else self._selection.keep(self.recording.steps)
        if kept is not None:
            spilled = self.recording.columns.disk is not None
            self.recording.columns = self._copied(np.flatnonzero(kept), temporary() if spilled else None)

    def _copied(self, rows: NDArray[np.intp], store: Store | None) -> Columns:
        """Some snapshots in columns of their own: whoever reads the old ones may go on."""
        old = self.recording.columns
        new = Columns(store, history=old.history)
        for row in rows:
            new.append(int(old.steps.values[row]), float(old.epochs.values[row]), old.read(int(row)))
            self._bound(new)
        return new


def _check(columns: Columns, step: int, arrays: dict[str, Numbers]) -> None:
    """Everything that could be wrong with a snapshot, before any of it is taken."""
    if len(columns.steps) and step <= columns.steps.values[-1]:
        raise RecordingError(f"step {step} comes after step {columns.steps.values[-1]}; steps must rise")
    if len(columns.steps) and arrays.keys() != columns.arrays.keys():
        different = ", ".join(sorted(arrays.keys() ^ columns.arrays.keys()))
        raise RecordingError(f"step {step} has not the arrays of the steps before it: {different}")
    for name, array in arrays.items():
        column = columns.arrays.get(name)
        if column is not None and (array.shape, array.dtype) != (column.shape, column.dtype):
            raise RecordingError(
                f"{name} at step {step}: array is {array.shape} {array.dtype}, "
                f"before it was {column.shape} {column.dtype}"
            )
