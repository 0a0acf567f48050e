"""Recording a training: snapshots come, those that the selection keeps are there to be read at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.recording.about import About, Stopped
from weightreel.trainer.recording.columns import Columns, Numbers
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.selection import Selection
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.recording.spilled import Spilled, remove_spilled

ENDED = "the recording has ended; record anew to add to it"
MEMORY_BYTES = 160 * 2**20


class Recorder:
    """Takes snapshots and gives the recording.

    Starts in memory; what passes `memory_bytes` goes to a temporary folder that vanishes with the recording, which may
    be read while it grows, also by another thread. `weightreel.trainer.recording.keeping` has one for what stays.

    Args:
        about: what is trained.
        selection: which snapshots to keep, where some may have to go again; default: all that come.
        memory_bytes: most that the arrays take of the memory; measurements come on top, 16 bytes each.
    """

    def __init__(
        self,
        about: About,
        *,
        selection: Selection | None = None,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        remove_spilled()
        self._selection, self._memory_bytes, self._finished = selection, memory_bytes, False
        self._columns = Columns()
        self.recording = Recording(about, self._columns)

    def append(self, snapshot: Snapshot) -> None:
        """Add a snapshot; steps must rise.

        Raises:
            RecordingError: the step does not rise, an array changed its shape or dtype, or the recording has ended.
        """
        if self._finished:
            raise RecordingError(ENDED)
        arrays, measured, columns = snapshot.arrays, snapshot.measured, self._columns
        last = int(columns.steps.values[-1]) if len(columns.steps) else None
        refuse(snapshot.step, arrays, last, {key: (c.shape, c.dtype) for key, c in columns.arrays.items()})
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
        metric.
        """
        self._finished, recording = True, self.recording
        last = int(recording.steps[-1]) if len(recording) else 0
        recording.about = ended(recording.about, last, stopped, total_steps)
        values = {name: recording.latest(name, last) for name in recording.metric_names}
        recording.final = {name: value for name, value in values.items() if np.isfinite(value)}
        recording.seconds = seconds
        return recording

    def _bound(self, columns: Columns) -> None:
        if columns.disk is None and columns.held > self._memory_bytes:
            columns.move_to(Spilled())

    def _thin(self) -> None:
        """Let go of what the selection does not want any more. What was measured stays."""
        kept = None if self._selection is None else self._selection.keep(self.recording.steps)
        if kept is not None:
            spilled = self._columns.disk is not None
            self._columns = self._copied(np.flatnonzero(kept), Spilled() if spilled else None)
            self.recording.columns = self._columns

    def _copied(self, rows: NDArray[np.intp], disk: Spilled | None) -> Columns:
        """Some snapshots in columns of their own: whoever reads the old ones may go on."""
        old = self._columns
        new = Columns(disk, history=old.history)
        for row in rows:
            new.append(int(old.steps.values[row]), float(old.epochs.values[row]), old.read(int(row)))
            self._bound(new)
        return new


def ended(about: About, last: int, stopped: Stopped | None, total_steps: int | None) -> About:
    """What is said of a training that has ended, of which `last` was recorded last."""
    if not stopped and total_steps is None and about.total_steps is not None:
        return about
    length = last if stopped or total_steps is None else total_steps
    return about.model_copy(update={"total_steps": length, "stopped": stopped})


def refuse(
    step: int,
    arrays: Mapping[str, Numbers],
    last: int | None,
    known: Mapping[str, tuple[tuple[int, ...], np.dtype[np.number]]],
) -> None:
    """See that nothing is wrong with a snapshot, before any of it is taken.

    Raises:
        RecordingError: its step does not rise, or its arrays are not those of the one before.
    """
    if last is None:
        return
    if step <= last:
        raise RecordingError(f"step {step} comes after step {last}; steps must rise")
    if arrays.keys() != known.keys():
        different = ", ".join(sorted(arrays.keys() ^ known.keys()))
        raise RecordingError(f"step {step} has not the arrays of the steps before it: {different}")
    for name, array in arrays.items():
        shape, dtype = known[name]
        if (array.shape, array.dtype) != (shape, dtype):
            told = f"array is {array.shape} {array.dtype}, before it was {shape} {dtype}"
            raise RecordingError(f"{name} at step {step}: {told}")
