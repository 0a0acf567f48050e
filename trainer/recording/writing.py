"""One run of a recording, written in place: whatever ends its process, what was written stays and can be read.

    steps                 (capacity,) int64: the step of each slot, in any order; −1 is an empty one
    epochs                (capacity,) float64
    parameters/0/weights  (capacity, …), and so on for each array
    span                  (capacity, arrays, 2) float64
    check                 (capacity, arrays + 2) uint32
    history/NAME          (room, 2) float64, each metric's steps and values; history_check/NAME (room,) uint32

FORMAT.md, beside this file, says all of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weightreel.trainer.bounds import MOST_LETTERS
from weightreel.trainer.errors import RecordingError, WeightreelError
from weightreel.trainer.parts import sync
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.attributes import FORMAT, KINDS, digest, group, make_folder, write_json
from weightreel.trainer.recording.checks import check, span, to_bytes
from weightreel.trainer.recording.files import Files
from weightreel.trainer.recording.folders import arrays_of, folder_of
from weightreel.trainer.recording.measuring import LAST_STEP, Measuring
from weightreel.trainer.recording.place import Place
from weightreel.trainer.recording.slots import MOST_ROOM, MOST_SLOTS, NUMBERS, Measured, Plan, Rows, Stored
from weightreel.trainer.targets import reason

__all__ = ["Stored", "Writing"]

P = ParamSpec("P")
R = TypeVar("R")
MEASURED = 65536
JSON_BYTES = 1024  # of the metadata of an array, about
Snapshot = tuple[int, float, Mapping[str, ArrayLike]]  # a step, its epoch, its arrays by their keys


def _told(work: Callable[Concatenate[Writing, P], R]) -> Callable[Concatenate[Writing, P], R]:
    """What the disk refuses is told in words."""

    @wraps(work)
    def working(self: Writing, /, *args: P.args, **keys: P.kwargs) -> R:
        try:
            return work(self, *args, **keys)
        except OSError as error:
            told = reason(error, self.path.parent)
            raise WeightreelError(f"{self.path}: could not be written ({told})") from error

    return working


class Writing:
    """Writes one run of the recording at a path. One thread at a time may use it.

    It begins beside, and has the recording's name from the first snapshot on. Another process, or another `Writing`, is
    kept from the same run until `close`, which must come; a process that dies keeps nobody.

    Args:
        path: of the recording.
        run: the name of the run; others in it stay.
        about: what is trained.
        arrays: what a snapshot has, by keys such as "parameters/0/weights" or "probes/KEY".
        capacity: how many snapshots there may be at once.
        overwrite: whether a run of that name may be replaced.
        whole: whether the recording is replaced with all its runs.
        locked: whether the caller holds a `Lock` on the whole recording.
        writer: what wrote it, and its version.
        measured: how many measurements of a metric there may be at once, 2 at least.

    Attributes:
        path: as given.

    Raises:
        RecordingError: it is written by another, it is there already, or nothing can be kept there.
        WeightreelError: it cannot be written.
    """

    @_told
    def __init__(
        self,
        path: Path,
        run: str,
        about: About,
        arrays: Mapping[str, Stored],
        capacity: int,
        *,
        overwrite: bool = False,
        whole: bool = False,
        locked: bool = False,
        writer: Mapping[str, str] | None = None,
        measured: int = MEASURED,
    ) -> None:
        self.path, self._run, self._about, self._capacity = path, run, about, capacity
        _refuse(path, arrays, capacity)
        self._arrays, self._room, self._writer = dict(arrays), min(max(2, measured), MOST_ROOM), dict(writer or {})
        self._plan = Plan.of(self._arrays, arrays_of(arrays), capacity)
        self._place = Place(path, run, overwrite=overwrite, whole=whole, locked=locked)
        self._files = Files(self._place.folder, write=True)
        self._rows = {slots.folder: Rows(self._files, slots) for slots in self._plan.all}
        self._slots: dict[int, int] = {}
        self._free: list[int] = []
        self._used = 0
        self._metrics: dict[str, Measuring] = {}
        self._metadata, self._described = 0, 0
        self._stale, self._closed = True, False
        self._ended: dict[str, Any] = {"state": "writing", "stopped": "", "seconds": 0.0}
        try:
            self._begin()
        except BaseException:
            self._place.release()
            raise

    def _begin(self) -> None:
        """All that there is before the first snapshot."""
        self._files.folder.mkdir(parents=True)
        above = {parent for s in self._plan.all for parent in Path(s.folder).parents if parent != Path(".")}
        for folder in sorted(above):
            self._make(folder, group({}))
        for slots in self._plan.all:
            self._make(slots.folder, slots.metadata())
        self._rows["steps"].room(self._capacity - 1)

    def _make(self, folder: Path | str, told: Mapping[str, Any]) -> None:
        """A new folder that says what it is."""
        self._metadata += make_folder(self._files.folder / folder, told)

    @_told
    def put(self, step: int, epoch: float, arrays: Mapping[str, ArrayLike]) -> None:
        """Write a snapshot into a free slot; the first one gives the recording its name.

        Raises:
            RecordingError: the step is there or none, no slot is free, or the arrays are not those of the others.
            WeightreelError: it cannot be written; nothing of it is shown.
        """
        self.put_all([(step, epoch, arrays)])

    @_told
    def put_all(self, snapshots: Sequence[Snapshot]) -> None:
        """Write snapshots, as `put` does: those at once whose slots follow each other, since they were never used.

        Raises:
            RecordingError, WeightreelError: as of `put`; those before are there.
        """
        self._refuse_closed()
        while snapshots:
            many = 1 if self._free else max(1, self._capacity - self._used)
            self._put(snapshots[:many])
            snapshots = snapshots[many:]

    def _put(self, snapshots: Sequence[Snapshot]) -> None:
        """Write them into a free slot and those that follow."""
        slot = self._free[-1] if self._free else self._used
        if slot >= self._capacity:
            raise RecordingError(f"{self.path}: all {self._capacity:,} slots are taken; drop a step first")
        steps = {step: slot + number for number, (step, _, _) in enumerate(snapshots)}
        if len(steps) < len(snapshots):
            raise RecordingError(f"{self.path}: a step is given twice; give each once")
        self._write(slot, [(step, epoch, self._checked(step, arrays)) for step, epoch, arrays in snapshots])
        if not self._place.published or self._stale:
            self._describe()
        self._rows["steps"].write_all(slot, list(np.array([[step] for step in steps], "<i8")))
        if not self._place.published:
            self._publish(slot, len(steps))
        if self._free:
            self._free.pop()
        else:
            self._used += len(steps)
        self._slots |= steps

    def _write(self, slot: int, snapshots: Sequence[tuple[int, float, Sequence[NDArray[np.number]]]]) -> None:
        """All of snapshots but their steps, which come last, since they are what shows the rest."""
        count, each = len(snapshots), len(self._arrays)
        spans, checks = np.empty((count, each, 2), "<f8"), np.empty((count, each + 2), "<u4")
        epochs = np.array([[epoch] for _, epoch, _ in snapshots], "<f8")
        for number, (stored, slots) in enumerate(zip(self._arrays.values(), self._plan.arrays.values(), strict=True)):
            plain: list[NDArray[np.number]] = []
            for at, (step, _, rows) in enumerate(snapshots):
                row = rows[number]
                spans[at, number] = span(row) if not stored.scale or np.isfinite(row).all() else np.nan
                plain.append(to_bytes(row, *spans[at, number]) if stored.scale else row)
                checks[at, number] = check(step, plain[-1])
            self._rows[slots.folder].write_all(slot, plain)
        for at, (step, _, _) in enumerate(snapshots):
            checks[at, -2:] = check(step, spans[at]), check(step, epochs[at])
        self._rows["span"].write_all(slot, list(spans))
        self._rows["check"].write_all(slot, list(checks))
        self._rows["epochs"].write_all(slot, list(epochs))

    def _checked(self, step: int, arrays: Mapping[str, ArrayLike]) -> list[NDArray[np.number]]:
        """The arrays in their order, as they stand on disk but for a scale."""
        if not 0 <= step < LAST_STEP:
            raise RecordingError(f"{self.path}: step {step} is none; steps are 0 to {LAST_STEP - 1}")
        if step in self._slots:
            raise RecordingError(f"{self.path}: step {step} is there already; drop it first")
        if arrays.keys() != self._arrays.keys():
            different = ", ".join(sorted(arrays.keys() ^ self._arrays.keys()))
            raise RecordingError(f"{self.path}: step {step} has not the arrays of the steps before it: {different}")
        return [self._row(key, stored, np.asarray(arrays[key])) for key, stored in self._arrays.items()]

    def _row(self, key: str, stored: Stored, value: NDArray[Any]) -> NDArray[np.number]:
        if value.shape != stored.shape:
            raise RecordingError(f"{self.path}: {key} is {value.shape}, before it was {stored.shape}")
        if stored.scale:
            return value.astype(np.float64 if value.dtype == np.float64 else np.float32)
        little = stored.dtype.newbyteorder("<")
        if value.dtype == little and value.flags.c_contiguous:
            return value  # most are, and to say what to ignore takes longer than all this
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(value, little).reshape(stored.shape)

    def _publish(self, slot: int, count: int) -> None:
        """Give the recording its name; where that fails, nothing is shown."""
        self._files.close()  # some systems let no folder change its name in which a file is open
        try:
            self._place.publish()
        except BaseException:
            self._rows["steps"].write_all(slot, [np.array(-1, "<i8")] * count)
            raise
        self._files.folder = self._place.folder

    @_told
    def drop(self, step: int) -> None:
        """Let a snapshot go: its slot is free.

        Raises:
            RecordingError: there is none.
        """
        self._refuse_closed()
        if step not in self._slots:
            raise RecordingError(f"{self.path}: there is no step {step} to drop")
        self._rows["steps"].write(self._slots[step], np.array(-1, "<i8"))
        self._free.append(self._slots.pop(step))

    @_told
    def measure(self, name: str, pairs: Sequence[tuple[int, float]] | NDArray[np.float64]) -> None:
        """Add measurements of a metric, as (step, value) or (n, 2), in the order in which they were made.

        When there is no more room for them, every other goes; the first and the last stay.
        """
        self._refuse_closed()
        if not len(pairs):
            return
        if name not in self._metrics:
            _refuse_name(self.path, name)
            self._metrics[name] = self._new_metric(name)
        self._metrics[name].extend(pairs)

    def _new_metric(self, name: str) -> Measuring:
        taken = [Path(metric.pairs.slots.folder).name for metric in self._metrics.values()]
        slots = Measured.of(folder_of(name, taken), self._room)
        for one in (slots.pairs, slots.check):
            if not self._metrics:
                self._make(Path(one.folder).parent, group({}))
            self._make(one.folder, one.metadata())
        self._stale = True
        return Measuring(self._files, slots)

    @_told
    def describe(self, about: About) -> None:
        """Say anew what is trained."""
        self._about = about
        self._describe()

    def _describe(self) -> None:
        self._described = write_json(self._files.folder, group(self._attributes()))
        self._stale = False

    def _attributes(self) -> dict[str, Any]:
        about = self._about.measuring(self._metrics)
        final = {name: metric.latest for name, metric in self._metrics.items() if np.isfinite(metric.latest)}
        attributes: dict[str, Any] = {
            "weightreel": FORMAT,
            "name": self._run,
            "number": self._place.number,
            "description": about.stored(),
            "capacity": self._capacity,
            "arrays": {key: _told_of(stored, self._plan, key) for key, stored in self._arrays.items()},
            "history": {name: _told_of_metric(metric) for name, metric in self._metrics.items()},
            "writer": self._writer,
            "final": final if self._closed else {},
            **self._ended,
        }
        return attributes | {"digest": digest(attributes)}

    @_told
    def flush(self) -> None:
        """Wait until all is on the disk, so that it outlives a failing power supply too."""
        if self._stale and self._place.published:
            self._describe()
        folder = self._files.folder
        sync(Path(above, name) for above, _, names in os.walk(folder) for name in names)

    @_told
    def close(
        self, *, state: Literal["done", "stopped"] = "done", stopped: str = "", seconds: float = 0.0, wait: bool = True
    ) -> None:
        """End the run, and let others write it. Without a snapshot there is no recording.

        Args:
            state: whether it came to its end.
            stopped: why it did not, of which the first letters are kept.
            seconds: how long it took.
            wait: whether to wait until all is on the disk.
        """
        if self._closed:
            return
        self._closed = True
        try:
            if self._place.published:
                told = stopped[:MOST_LETTERS].encode("utf-8", "replace").decode()
                self._ended = {"state": state, "stopped": told, "seconds": seconds}
                self._describe()
                if wait:
                    self.flush()
        finally:
            self._files.close()  # what is deleted afterwards leaves the disk
            self._place.release()

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def steps(self) -> NDArray[np.int64]:
        """Those that are there, in the order in which they came."""
        return np.array(list(self._slots), np.int64)

    @property
    def last(self) -> int:
        """The step that came last, −1 where there is none."""
        return next(reversed(self._slots), -1)

    @property
    def bytes(self) -> int:
        """What its files take."""
        metrics = (m.pairs.bytes + m.check.bytes for m in self._metrics.values())
        return self._metadata + self._described + sum(rows.bytes for rows in self._rows.values()) + sum(metrics)

    @staticmethod
    def row_bytes(arrays: Mapping[str, Stored]) -> int:
        """What one snapshot takes."""
        return sum(slots.row_bytes for slots in Plan.of(arrays, dict.fromkeys(arrays, ""), 1).all)

    @staticmethod
    def file_bytes(arrays: Mapping[str, Stored], capacity: int) -> int:
        """What all files take when every slot was used; metrics come on top, 20 bytes a measurement."""
        plan = Plan.of(arrays, dict.fromkeys(arrays, ""), capacity)
        return sum(slots.files * slots.file_bytes + JSON_BYTES for slots in plan.all)

    def _refuse_closed(self) -> None:
        if self._closed:
            raise RecordingError(f"{self.path}: the recording has ended; record anew to add to it")


def _told_of(stored: Stored, plan: Plan, key: str) -> dict[str, Any]:
    return {
        "folder": plan.arrays[key].folder,
        "number": list(plan.arrays).index(key),
        "shape": list(stored.shape),
        "dtype": stored.disk_dtype.name,
        "axes": list(stored.axes),
        "scale": stored.scale,
    }


def _told_of_metric(metric: Measuring) -> dict[str, Any]:
    slots = metric.pairs.slots
    return {"folder": Path(slots.folder).name, "room": slots.count, "used": metric.used}


def _refuse(path: Path, arrays: Mapping[str, Stored], capacity: int) -> None:
    """See that there can be such a recording."""
    if not 1 <= capacity <= MOST_SLOTS:
        raise RecordingError(f"{path}: there can be 1 to {MOST_SLOTS:,} slots, not {capacity:,}")
    for key, stored in arrays.items():
        _refuse_name(path, key)
        if key.partition("/")[0] not in KINDS:
            raise RecordingError(f"{path}: '{key}' is no array of a recording; they are {', '.join(KINDS)}")
        if not stored.scale and stored.dtype.name not in NUMBERS:
            raise RecordingError(f"{path}: '{key}' is of {stored.dtype}; record numbers, {', '.join(NUMBERS)}")
        if len(stored.axes) not in (0, len(stored.shape)):
            raise RecordingError(f"{path}: '{key}' has {len(stored.shape)} axes, and {len(stored.axes)} are named")


def _refuse_name(path: Path, name: str) -> None:
    """See that a name can be written down."""
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise RecordingError(f"{path}: {name!r} is a name with signs that are no Unicode; give it another") from error
    if len(name) > MOST_LETTERS:
        told = f"'{name[:40]}…' is a name of {len(name):,} letters"
        raise RecordingError(f"{path}: {told}; give it at most {MOST_LETTERS:,}")
