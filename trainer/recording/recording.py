"""Recordings: snapshots in a row, in memory up to a bound and on disk beyond it, read at random.

On disk a recording is a Zarr group, readable without weightreel:

    steps                  (snapshots,) int64
    epochs                 (snapshots,) float64
    metrics/NAME           (snapshots,) float64: the latest value of each metric, NaN before the first
    history/NAME           (measurements, 2) float64: every step at which it was measured, and its value there
    parameters/0/weights   (snapshots, inputs, units), and so on for each parameter
    probes/KEY             (snapshots, …)

with the description of the training and its final metrics in the group's attributes.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections import OrderedDict
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import BloscCodec

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.snapshot import Snapshot

MEMORY_BYTES = 160 * 2**20
CHUNK_BYTES = 4 * 2**20
CACHED_CHUNKS = 4
FORMAT = 1


class _Column:
    """One array a snapshot, gathered in chunks of about 4 MB: a Zarr write costs a millisecond, however small."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype) -> None:
        item = max(1, int(np.prod(shape)) * dtype.itemsize)
        self.rows = max(1, min(4096, CHUNK_BYTES // item))
        self.shape, self.dtype, self.count = shape, dtype, 0
        self.chunks: dict[int, NDArray] = {}
        self.disk: zarr.Array | None = None
        self.cache: OrderedDict[int, NDArray] = OrderedDict()

    @classmethod
    def opened(cls, disk: zarr.Array, count: int) -> _Column:
        column = cls(disk.shape[1:], disk.dtype)
        column.disk, column.rows, column.count = disk, disk.chunks[0], count
        return column

    def append(self, value: NDArray) -> int:
        """Keep a copy; return the bytes of memory newly taken."""
        number, row = divmod(self.count, self.rows)
        taken = 0
        if row == 0:
            self.chunks[number] = np.empty((self.rows, *self.shape), self.dtype)
            taken = self.chunks[number].nbytes
            if self.disk is not None:
                self.flush(keep_open=True)
        self.chunks[number][row] = value
        self.count += 1
        return taken

    def attach(self, disk: zarr.Array) -> None:
        """From now on, full chunks go to `disk`."""
        self.disk = disk
        self.flush(keep_open=True)

    def flush(self, *, keep_open: bool) -> None:
        """Write chunks to disk; with `keep_open`, only those that are full."""
        assert self.disk is not None
        done = [n for n in self.chunks if not keep_open or (n + 1) * self.rows <= self.count]
        if done:
            self.disk.resize((min(self.count, (max(done) + 1) * self.rows), *self.shape))
        for number in done:
            start = number * self.rows
            stop = min(self.count, start + self.rows)
            self.disk[start:stop] = self.chunks.pop(number)[: stop - start]

    def read(self, index: int) -> NDArray:
        number, row = divmod(index, self.rows)
        if number in self.chunks:
            return self.chunks[number][row]
        if number not in self.cache:
            assert self.disk is not None
            start = number * self.rows
            self.cache[number] = np.asarray(self.disk[start : min(self.count, start + self.rows)])
            if len(self.cache) > CACHED_CHUNKS:
                self.cache.popitem(last=False)
        else:
            self.cache.move_to_end(number)
        return self.cache[number][row]

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"cache": OrderedDict()}


class Recording:
    """An append-only sequence of snapshots.

    Starts in memory; what passes `memory_bytes` goes to a temporary folder that vanishes with the recording,
    or from the start to `group`, a Zarr group that stays. Arrays that it returns must not be changed.
    """

    def __init__(
        self,
        about: About,
        *,
        group: zarr.Group | None = None,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self.about = about
        self.final: dict[str, float] = {}
        self.seconds = 0.0
        self._steps: list[int] = []
        self._epochs: list[float] = []
        self._history: dict[str, list[tuple[int, float]]] = {}
        self._columns: dict[str, _Column] = {}
        self._group, self._kept, self._opened = group, group is not None, False
        self._memory_bytes, self._taken = memory_bytes, 0
        self._arrays: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self._steps)

    def recorded(self, step: int) -> int:
        """The last recorded step at or before `step`."""
        return self._steps[self.index(step)]

    def append(self, snapshot: Snapshot) -> None:
        """Add a snapshot; steps must rise.

        Raises:
            RecordingError: the step does not rise, or an array changed its shape or dtype.
        """
        arrays = {f"parameters/{n}": np.asarray(a) for n, a in snapshot.parameters.items()}
        arrays |= {f"probes/{n}": np.asarray(a) for n, a in snapshot.probes.items()}
        self._check(snapshot.step, arrays)
        for name, array in arrays.items():
            self._taken += self._column(name, array).append(array)
        measured = snapshot.history or {name: [(snapshot.step, v)] for name, v in snapshot.metrics.items()}
        for name, pairs in measured.items():
            self._history.setdefault(name, []).extend(pairs)
        self._steps.append(snapshot.step)
        self._epochs.append(snapshot.epoch)
        self._arrays.clear()
        if self._group is None and self._taken > self._memory_bytes:
            self._spill()

    def _check(self, step: int, arrays: dict[str, NDArray]) -> None:
        """Everything that could be wrong with a snapshot, before any of it is taken."""
        if self._opened:
            raise RecordingError("an opened recording is read-only; record anew to add to it")
        if self._steps and step <= self._steps[-1]:
            raise RecordingError(f"step {step} comes after step {self._steps[-1]}; steps must rise")
        if self._steps and arrays.keys() != self._columns.keys():
            different = ", ".join(sorted(arrays.keys() ^ self._columns.keys()))
            raise RecordingError(f"step {step} has not the arrays of the steps before it: {different}")
        for name, array in arrays.items():
            column = self._columns.get(name)
            if column is not None and (array.shape, array.dtype) != (column.shape, column.dtype):
                raise RecordingError(
                    f"{name} at step {step}: array is {array.shape} {array.dtype}, "
                    f"before it was {column.shape} {column.dtype}"
                )

    def finish(self, *, seconds: float = 0.0, stopped: str = "", total_steps: int | None = None) -> None:
        """End the recording, with the steps that the training took where that was not known before.

        `final` becomes the latest value of each metric; a kept recording is written out.
        """
        self.seconds = seconds
        if total_steps is not None:
            self.about = self.about.model_copy(update={"total_steps": total_steps})
        last = self._steps[-1] if self._steps else 0
        values = {name: self.latest(name, last) for name in self._history}
        self.final = {name: value for name, value in values.items() if np.isfinite(value)}
        if self._group is None or not self._kept:
            return
        for column in self._columns.values():
            column.flush(keep_open=False)
        self._group.create_array("steps", data=self.steps)
        self._group.create_array("epochs", data=self.epochs)
        for name, pairs in self._history.items():
            self._group.create_array(f"history/{name}", data=np.array(pairs, np.float64))
            shown = [self.latest(name, step) for step in self._steps]
            self._group.create_array(f"metrics/{name}", data=np.array(shown))
        self._group.attrs.update(
            {
                "weightreel": FORMAT,
                "description": self.about.stored(),
                "final": self.final,
                "seconds": seconds,
                "stopped": stopped,
            }
        )

    @classmethod
    def open(cls, group: zarr.Group) -> Recording:
        """A kept recording, read-only.

        Raises:
            RecordingError: the group is not one of ours, or of a later format.
        """
        attributes = dict(group.attrs)
        if attributes.get("weightreel") != FORMAT:
            raise RecordingError(f"{group.store_path}: not a recording of this version of weightreel")
        recording = cls(About.restored(attributes["description"]))
        recording._opened = True
        recording.final, recording.seconds = attributes["final"], attributes["seconds"]
        recording._steps = [int(s) for s in group["steps"][:]]
        recording._epochs = [float(e) for e in group["epochs"][:]]
        for name, array in group["history"].members(max_depth=None) if "history" in group else ():
            if isinstance(array, zarr.Array):
                recording._history[name] = [(int(s), float(v)) for s, v in np.asarray(array[:])]
        for kind in ("parameters", "probes"):
            for name, array in group[kind].members(max_depth=None) if kind in group else ():
                if isinstance(array, zarr.Array):
                    recording._columns[f"{kind}/{name}"] = _Column.opened(array, len(recording._steps))
        return recording

    @property
    def steps(self) -> NDArray[np.int64]:
        """Recorded steps, (snapshots,), rising."""
        return self._array("steps", lambda: np.array(self._steps, np.int64))

    @property
    def epochs(self) -> NDArray[np.float64]:
        """Epoch of each snapshot, (snapshots,)."""
        return self._array("epochs", lambda: np.array(self._epochs, np.float64))

    @property
    def metric_names(self) -> tuple[str, ...]:
        """Names of the metrics that were measured at least once, sorted."""
        return tuple(sorted(self._history))

    def has_metric(self, name: str) -> bool:
        """Whether a metric was measured at least once."""
        return name in self._history

    @property
    def probe_names(self) -> tuple[str, ...]:
        """Keys of the recorded probes, sorted."""
        return tuple(sorted(n.removeprefix("probes/") for n in self._columns if n.startswith("probes/")))

    def index(self, step: int) -> int:
        """Position of the last snapshot at or before `step`.

        Raises:
            RecordingError: nothing was recorded that early.
        """
        position = int(np.searchsorted(self.steps, step, side="right")) - 1
        if position < 0:
            raise RecordingError(f"nothing is recorded at or before step {step}")
        return position

    def epoch(self, step: int) -> float:
        """Epoch of the last snapshot at or before `step`."""
        return self._epochs[self.index(step)]

    def parameter(self, name: str, step: int) -> NDArray:
        """A parameter such as "0/weights", as it was at the last snapshot at or before `step`."""
        return self._read(f"parameters/{name}", step)

    def probe(self, key: str, step: int) -> NDArray:
        """A probe's array at the last snapshot at or before `step`."""
        return self._read(f"probes/{key}", step)

    def metric(self, name: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The steps at which a metric was measured and its values there, both (measurements,)."""

        def measured() -> tuple[NDArray, NDArray]:
            if name not in self._history:
                raise RecordingError(f"no metric '{name}' is recorded; there are {', '.join(self.metric_names)}")
            pairs = np.array(self._history[name], np.float64).reshape(-1, 2)
            pairs = pairs[np.isfinite(pairs[:, 1])]
            return pairs[:, 0].astype(np.int64), pairs[:, 1]

        return self._array(f"metric {name}", measured)

    def latest(self, name: str, step: int) -> float:
        """The last measured value of a metric at or before `step`; NaN where there is none yet."""
        if name not in self._history:
            return float("nan")
        steps, values = self.metric(name)
        position = int(np.searchsorted(steps, step, side="right")) - 1
        return float(values[position]) if position >= 0 else float("nan")

    def until(self, step: int) -> Recording:
        """The recording as it was at `step`: later snapshots are gone. Shares the arrays; do not append."""
        cut = object.__new__(Recording)
        # Holding the whole keeps its temporary folder.
        cut.__dict__ = self.__dict__ | {"_arrays": {}, "_whole": self, "_opened": True, "final": {}}
        n = self.index(step) + 1
        cut._steps, cut._epochs = self._steps[:n], self._epochs[:n]
        past = {m: [p for p in pairs if p[0] <= step] for m, pairs in self._history.items()}
        cut._history = {m: pairs for m, pairs in past.items() if pairs}
        return cut

    def _read(self, name: str, step: int) -> NDArray:
        if name not in self._columns:
            kind, _, rest = name.partition("/")
            held = ", ".join(n.partition("/")[2] for n in self._columns if n.startswith(kind)) or "none"
            raise RecordingError(f"the recording has no {kind} '{rest}'; there are: {held}")
        return self._columns[name].read(self.index(step))

    def _array(self, key: str, make: Any) -> Any:
        if key not in self._arrays:
            self._arrays[key] = make()
        return self._arrays[key]

    def _column(self, name: str, array: NDArray) -> _Column:
        if name not in self._columns:
            self._columns[name] = _Column(array.shape, array.dtype)
            if self._group is not None:
                self._columns[name].attach(self._on_disk(name))
        return self._columns[name]

    def _on_disk(self, name: str) -> Any:
        assert self._group is not None
        column = self._columns[name]
        # Weights are noise to a compressor: temporary files skip it, kept ones gain about a tenth.
        codec = BloscCodec(typesize=column.dtype.itemsize, cname="lz4", clevel=3, shuffle="shuffle")
        return self._group.create_array(
            name,
            shape=(0, *column.shape),
            dtype=column.dtype,
            chunks=(column.rows, *column.shape),
            compressors=codec if self._kept else None,
        )

    def _spill(self) -> None:
        folder = tempfile.mkdtemp(prefix="weightreel-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._group = zarr.open_group(folder, mode="w")
        for name, column in self._columns.items():
            column.attach(self._on_disk(name))
