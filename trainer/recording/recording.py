"""A recording, read at random: what stands in memory, on disk, or both, and what is still growing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.attributes import canonical
from weightreel.trainer.recording.checks import check, span
from weightreel.trainer.recording.columns import Column, Columns, Pairs
from weightreel.trainer.recording.slotted import Reused, Run, SlotColumn, Slotted
from weightreel.trainer.recording.snapshot import Array

Held = Columns | Slotted
Found = TypeVar("Found")
ATTEMPTS = 100  # a writer that is always faster is none


class Recording:
    """A sequence of snapshots. Arrays that it returns must not be changed.

    Made by a `Recorder`, by `open_recordings`, or by `until` as a cut of another.

    Attributes:
        about: what was trained.
        columns: where its numbers are.
        final: the latest value of each metric, once the training has ended.
        seconds: how long it took, likewise.
        cached: whether it was trained before, for another film or another time.
        in_cache: whether it was trained now and is kept for the next time.
    """

    def __init__(
        self, about: About, columns: Held, *, final: Mapping[str, float] | None = None, seconds: float = 0.0
    ) -> None:
        self.about, self.columns = about, columns
        self.final, self.seconds = dict(final or {}), seconds
        self.cached = self.in_cache = False
        self._digest: tuple[Held, int, str] | None = None

    def __len__(self) -> int:
        return len(self.columns.steps)

    @property
    def steps(self) -> NDArray[np.int64]:
        """Recorded steps, (snapshots,), rising."""
        return self.columns.steps.values

    @property
    def epochs(self) -> NDArray[np.float64]:
        """Epoch of each snapshot, (snapshots,)."""
        return self.columns.epochs.values[: len(self)]

    def index(self, step: int) -> int:
        """Position of the last snapshot at or before `step`.

        Raises:
            RecordingError: nothing was recorded that early.
        """
        return _index(self.columns, step)

    def recorded(self, step: int) -> int:
        """The last recorded step at or before `step`."""
        columns = self.columns
        return int(columns.steps.values[_index(columns, step)])

    def epoch(self, step: int) -> float:
        """Epoch of the last snapshot at or before `step`."""
        columns = self.columns
        return float(columns.epochs.values[_index(columns, step)])

    def parameter(self, name: str, step: int) -> Array:
        """A parameter such as "0/weights", as it was at the last snapshot at or before `step`; its axes in the order
        that `LayerAbout` says, whatever their order on disk.

        Raises:
            RecordingError: it was not recorded, or is damaged.
        """
        return self._read(f"parameters/{name}", step)

    def probe(self, key: str, step: int) -> NDArray[Any]:
        """A probe's array, of a dtype of its own, at the last snapshot at or before `step`.

        Raises:
            RecordingError: it was not recorded, or is damaged.
        """
        return self._read(f"probes/{key}", step)

    def array(self, key: str, step: int) -> NDArray[Any]:
        """Any array by its whole key, such as "gradients/0/weights", likewise."""
        return self._read(key, step)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all arrays, such as "parameters/0/weights" and "probes/KEY", sorted."""
        return tuple(sorted(self.columns.arrays))

    def shape(self, key: str) -> tuple[int, ...]:
        """That of an array, as it is handed out."""
        return _column(self.columns, key).shape

    def dtype(self, key: str) -> np.dtype[Any]:
        """That of an array, likewise."""
        return _column(self.columns, key).dtype

    def axes(self, key: str) -> tuple[str, ...]:
        """What the axes of an array are, as it is handed out: "input", "output" …; () where nobody said."""
        column = _column(self.columns, key)
        return column.axes if isinstance(column, SlotColumn) else ()

    def span(self, key: str) -> NDArray[np.float64]:
        """The smallest and the largest finite number of an array at each snapshot, (snapshots, 2), NaN where there is
        none; of a kept recording without reading the array."""
        return self._from(lambda columns: _span(columns, key))

    @property
    def probe_names(self) -> tuple[str, ...]:
        """Keys of the recorded probes, sorted."""
        return tuple(sorted(n.removeprefix("probes/") for n in self.columns.arrays if n.startswith("probes/")))

    @property
    def metric_names(self) -> tuple[str, ...]:
        """Names of the metrics that were measured at least once, sorted."""
        return tuple(sorted(self.columns.history))

    def has_metric(self, name: str) -> bool:
        """Whether a metric was measured at least once."""
        return name in self.columns.history

    def metric(self, name: str) -> Pairs:
        """The steps at which a metric was measured and its values there, both (measurements,); those that are finite.

        Raises:
            RecordingError: it was never measured.
        """
        if not self.has_metric(name):
            raise RecordingError(f"no metric '{name}' is recorded; there are {', '.join(self.metric_names)}")
        return self.columns.history[name].finite

    def lost(self, name: str) -> int | None:
        """The step from which on a metric was never finite, having been so at every step before; None where that is
        not what happened to it.

        Raises:
            RecordingError: it cannot be read.
        """
        steps, values = self.columns.history[name].measured
        finite = np.isfinite(values)
        count = int(finite.sum())
        return int(steps[count]) if count < len(steps) and finite[:count].all() else None

    def latest(self, name: str, step: int) -> float:
        """The last measured value of a metric at or before `step`; NaN where there is none yet."""
        if not self.has_metric(name):
            return float("nan")
        steps, values = self.metric(name)
        position = int(np.searchsorted(steps, step, side="right")) - 1
        return float(values[position]) if position >= 0 else float("nan")

    def measured(self, name: str, step: int) -> float | None:
        """The same, finite or not; None where there is none yet."""
        if not self.has_metric(name):
            return None
        steps, values = self.columns.history[name].measured
        position = int(np.searchsorted(steps, step, side="right")) - 1
        return float(values[position]) if position >= 0 else None

    def until(self, step: int) -> Recording:
        """The recording as it was at `step`: what came later is not in it. Shares the arrays.

        Raises:
            RecordingError: nothing was recorded that early.
        """
        columns = self.columns
        cut = columns.until(step, _index(columns, step) + 1)
        return Recording(self.about, cut, seconds=self.seconds)

    def refresh(self) -> None:
        """See what was written since it was opened, where it is still being written.

        Raises:
            RecordingError: it is damaged, or was recorded anew.
        """
        if isinstance(self.columns, Slotted):
            run = Run(self.columns.run.root, self.columns.run.name)
            self.columns.run.refuse_another()
            self.columns = Slotted(run)
            fresh = of_slots(self.columns)
            self.about, self.final, self.seconds = fresh.about, fresh.final, fresh.seconds

    @property
    def state(self) -> str:
        """ "writing", "done" or "stopped"; a process that was killed leaves "writing"."""
        return self.columns.run.described.told.state if isinstance(self.columns, Slotted) else "done"

    @property
    def stopped(self) -> str:
        """Why it did not come to its end; "" where it did, or nobody knows."""
        if isinstance(self.columns, Slotted):
            return self.columns.run.described.told.stopped
        return self.about.stopped.message if self.about.stopped else ""

    @property
    def writer(self) -> dict[str, str]:
        """What wrote it, and its version; empty where nobody said."""
        return dict(self.columns.run.described.told.writer) if isinstance(self.columns, Slotted) else {}

    def digest(self) -> str:
        """SHA-256, hexadecimal, of all that is recorded: the same for the same numbers, wherever they stand. Rows that
        have checksums go in by these, and are not read."""
        known = self._digest
        if known is None or known[0] is not self.columns or known[1] != len(self):
            count, found = len(self), self._from(lambda columns: _digest(self.about, columns))
            known = self._digest = self.columns, count, found
        return known[2]

    def _read(self, name: str, step: int) -> NDArray[Any]:
        return self._from(lambda columns: _column(columns, name).read(_index(columns, step)))

    def _from(self, read: Callable[[Held], Found]) -> Found:
        """What is read of the columns; where their slots were reused meanwhile, of new ones. A recorder that thins out
        puts others in their place, too."""
        for _ in range(ATTEMPTS):
            columns = self.columns
            try:
                return read(columns)
            except Reused:
                self.columns = columns.again() if isinstance(columns, Slotted) else columns
        raise RecordingError("the recording is written faster than it can be read; open it when that has ended")


def of_slots(columns: Slotted) -> Recording:
    """The recording of a run on disk. While it is written, or where its writer was killed, it is as long as what there
    is of it, and what was measured last is final."""
    told, about = columns.run.described.told, columns.run.described.about
    recording = Recording(about.measuring(columns.history), columns, final=told.final, seconds=told.seconds)
    last = int(columns.steps.values[-1]) if len(columns.steps) else 0
    if about.total_steps is None or told.state != "done":
        recording.about = recording.about.model_copy(update={"total_steps": last})
    if told.state == "writing":
        values = {name: recording.latest(name, 2**62) for name in columns.history}
        recording.final = {name: value for name, value in values.items() if np.isfinite(value)}
    return recording


def _column(columns: Held, name: str) -> Column | SlotColumn:
    if name not in columns.arrays:
        kind, _, rest = name.partition("/")
        held = ", ".join(n.partition("/")[2] for n in columns.arrays if n.startswith(kind)) or "none"
        raise RecordingError(f"the recording has no {kind} '{rest}'; there are: {held}")
    return columns.arrays[name]


def _span(columns: Held, key: str) -> NDArray[np.float64]:
    column = _column(columns, key)
    if isinstance(columns, Slotted) and isinstance(column, SlotColumn):
        return columns.spans(column.number)
    spans = [span(column.read(row)) for row in range(len(columns.steps))]
    return np.array(spans, np.float64).reshape(-1, 2)


def _digest(about: About, columns: Held) -> str:
    """Of what describes it, and of each row with its step."""
    if isinstance(columns, Slotted):
        found, steps = hashlib.sha256(), []
        for piece in columns.marked():
            found.update(piece)
    else:
        found, steps = hashlib.sha256(canonical(about.stored())), columns.steps.values.tolist()
    for row, step in enumerate(steps):
        for key in sorted(columns.arrays):
            values = np.ascontiguousarray(columns.arrays[key].read(row))
            found.update(f"{key} {step} {values.dtype.str} {values.shape} {check(step, values)} ".encode())
    for name in sorted(columns.history):
        for numbers in columns.history[name].measured:
            found.update(canonical({"metric": name}) + np.ascontiguousarray(numbers).tobytes())
    return found.hexdigest()


def _index(columns: Held, step: int) -> int:
    position = int(np.searchsorted(columns.steps.values, step, side="right")) - 1
    if position < 0:
        raise RecordingError(f"nothing is recorded at or before step {step}")
    return position
