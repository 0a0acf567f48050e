"""A recording, read at random: what stands in memory, on disk, or both, and what is still growing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.columns import Columns, Pairs
from weightreel.trainer.recording.snapshot import Array


class Recording:
    """A sequence of snapshots. Arrays that it returns must not be changed.

    Made by a `Recorder`, by `open_recordings`, or by `until` as a cut of another.

    Attributes:
        about: what was trained.
        columns: where its numbers are.
        final: the latest value of each metric, once the training has ended.
        seconds: how long it took, likewise.
        state: "writing", "done" or "stopped", which is before its time.
        stopped: why it did, where that is known.
    """

    state: str = "done"
    stopped: str = ""

    def __init__(
        self, about: About, columns: Columns, *, final: Mapping[str, float] | None = None, seconds: float = 0.0
    ) -> None:
        self.about, self.columns = about, columns
        self.final, self.seconds = dict(final or {}), seconds

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
        """A parameter such as "0/weights", as it was at the last snapshot at or before `step`."""
        return self._read(f"parameters/{name}", step)

    def probe(self, key: str, step: int) -> NDArray[Any]:
        """A probe's array, of a dtype of its own, at the last snapshot at or before `step`."""
        return self._read(f"probes/{key}", step)

    def shape(self, key: str) -> tuple[int, ...]:
        """The shape of an array at each snapshot, by its key with its kind: "parameters/0/weights", "probes/…"."""
        return self.columns.arrays[key].shape

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what it says of its training, its steps and what was measured: those of another are others."""
        found = hashlib.sha256(json.dumps(self.about.stored(), sort_keys=True).encode())
        found.update(self.steps.astype("<i8").tobytes())
        for name in self.metric_names:
            for column in self.columns.history[name].measured:
                found.update(column.tobytes())
        return found.hexdigest()

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

    def latest(self, name: str, step: int) -> float:
        """The last measured value of a metric at or before `step`; NaN where there is none yet."""
        if not self.has_metric(name):
            return float("nan")
        steps, values = self.metric(name)
        position = int(np.searchsorted(steps, step, side="right")) - 1
        return float(values[position]) if position >= 0 else float("nan")

    def until(self, step: int) -> Recording:
        """The recording as it was at `step`: what came later is not in it. Shares the arrays.

        Raises:
            RecordingError: nothing was recorded that early.
        """
        columns = self.columns
        return Recording(self.about, columns.until(step, _index(columns, step) + 1), seconds=self.seconds)

    def _read(self, name: str, step: int) -> NDArray[Any]:
        columns = self.columns  # a recorder that thins out puts others in their place
        if name not in columns.arrays:
            kind, _, rest = name.partition("/")
            held = ", ".join(n.partition("/")[2] for n in columns.arrays if n.startswith(kind)) or "none"
            raise RecordingError(f"the recording has no {kind} '{rest}'; there are: {held}")
        return columns.arrays[name].read(_index(columns, step))


def _index(columns: Columns, step: int) -> int:
    position = int(np.searchsorted(columns.steps.values, step, side="right")) - 1
    if position < 0:
        raise RecordingError(f"nothing is recorded at or before step {step}")
    return position
