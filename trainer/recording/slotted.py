"""A run of format 2, read while it may be written: each row with its step before and after, and its checksum.

A row whose step is another one afterwards was reused, which is no damage: then the steps are looked at anew. One whose
step stayed, and whose bytes did, but not as its checksum says, is damaged.
"""

from __future__ import annotations

import os
import weakref
from collections import deque
from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.recording.attributes import canonical
from weightreel.trainer.recording.checks import check, checks, from_bytes
from weightreel.trainer.recording.columns import History, Pairs, Series
from weightreel.trainer.recording.described import Described
from weightreel.trainer.recording.files import Files
from weightreel.trainer.recording.measuring import LAST_STEP
from weightreel.trainer.recording.slots import Slots, Stored

PIECE = 4096  # rows of checksums at once
LATEST, LATEST_BYTES = 8, 4 * 2**20  # rows that are kept, of all recordings together, and bytes of each at the most
ATTEMPTS = 4  # until what does not fit together is called damage
AGAIN = "copy the recording anew, or record it again"

Found = TypeVar("Found")
_LATEST: deque[NDArray[Any]] = deque(maxlen=LATEST)


class Reused(Exception):
    """The slot of a step holds another one by now."""


class Run:
    """The files of a run, and what they are.

    Args:
        root: of the recording.
        name: the folder of the run.
        attributes: what the run says of itself, where that was just read.

    Attributes:
        keeps: what must not end before it.
    """

    def __init__(self, root: Path, name: str, attributes: dict[str, Any] | None = None) -> None:
        self.root, self.name = root, name
        self.keeps: object = None
        self.described = Described(root, name, attributes)
        self.files = Files(self.described.folder, vouch=self.described.vouch)
        self._identity = _identity(self.described.folder)

    @property
    def grows(self) -> bool:
        """Whether it may be written meanwhile."""
        return self.described.told.state == "writing"

    def step(self, slot: int) -> int:
        """The step of a slot now; −1 is an empty one."""
        return int.from_bytes(self.described.plan.steps.read(self.files, slot), "little", signed=True)

    def marks(self, slot: int) -> NDArray[np.uint32]:
        """The checksums of a slot."""
        slots = self.described.plan.check
        return np.frombuffer(slots.read(self.files, slot), slots.little)

    def row(self, slots: Slots, number: int, slot: int, step: int) -> bytes:
        """The bytes of an array's row, as they were written; `number` is that of its checksum.

        Raises:
            Reused: the slot holds another step.
            RecordingError: the row is damaged, or not there.
        """
        before = None
        for _ in range(ATTEMPTS):
            if self.step(slot) != step:
                raise Reused
            try:
                mark, data = int(self.marks(slot)[number]), slots.read(self.files, slot)
            except RecordingError:
                if self.step(slot) != step:
                    raise Reused from None
                self.refuse_another()
                raise
            if self.step(slot) != step:
                raise Reused
            if check(step, data) == mark:
                return data
            if data == before:
                break
            before = data
        self.refuse_another()
        raise self.damaged(slots.place(slot)[0], step)

    def damaged(self, name: str, step: int) -> RecordingError:
        """That what is there of a step is not what was written."""
        return RecordingError(f"{self.files.folder / name}: step {step} is damaged; {AGAIN}")

    def refuse_another(self) -> None:
        """See that the run is the one that was opened.

        Raises:
            RecordingError: another one has taken its place.
        """
        if _identity(self.described.folder) != self._identity:
            raise RecordingError(f"{self.described.folder}: was recorded anew since it was opened; open it again")

    def index(self) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.float64]]:
        """The slots that are taken, their steps, rising, and epochs.

        Raises:
            RecordingError: they are damaged, or not there.
        """
        plan, told = self.described.plan, ""
        for _ in range(ATTEMPTS):
            steps = self._steps()
            slots = np.flatnonzero(steps != -1)
            epochs, marks = self._beside(slots)
            if self.grows:
                same = self._steps()[slots] == steps[slots]
                slots, epochs, marks = slots[same], epochs[same], marks[same]
            taken = steps[slots]
            order = np.argsort(taken, kind="stable")
            told = self._wrong(taken[order], epochs[order], marks[order])
            if not told:
                self.refuse_another()
                return slots[order], taken[order], epochs[order]
        self.refuse_another()
        raise RecordingError(f"{self.files.folder / plan.steps.folder}: {told}; {AGAIN}")

    def _steps(self) -> NDArray[np.int64]:
        return self.described.plan.steps.all_of(self.files).astype(np.int64)

    def _beside(self, slots: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
        plan = self.described.plan
        epochs = plan.epochs.rows_of(self.files, slots).astype(np.float64)
        return epochs, self._marks(slots, -1)

    def _marks(self, slots: NDArray[np.intp], number: int) -> NDArray[np.uint32]:
        """One of the checksums of each of some slots."""
        marks = np.empty(len(slots), np.uint32)
        for here, rows in self.described.plan.check.by_files(self.files, slots):
            marks[here] = rows[:, number]
        return marks

    @staticmethod
    def _wrong(steps: NDArray[np.int64], epochs: NDArray[np.float64], marks: NDArray[np.uint32]) -> str:
        """What is wrong with what stands beside each other, steps rising; "" is nothing."""
        none = steps[(steps < 0) | (steps >= LAST_STEP)]
        if none.size:
            return f"holds step {none[0]}, and steps are 0 to {LAST_STEP - 1}: it is damaged"
        twice = steps[1:][steps[1:] == steps[:-1]]
        if twice.size:
            return f"holds step {twice[0]} twice: it is damaged"
        bad = steps[checks(steps, epochs[:, None]) != marks]
        return f"step {bad[0]}, its epoch or the checksum of both is damaged" if bad.size else ""

    def spans(self, slots: NDArray[np.intp], steps: NDArray[np.int64], number: int) -> NDArray[np.float64]:
        """The smallest and largest number of an array at each of some steps, (steps, 2).

        Raises:
            Reused: a slot holds another step.
            RecordingError: they are damaged, or not there.
        """
        span, marks = self.described.plan.span, self._marks(slots, -2)
        found = np.empty((len(slots), 2))
        for here, rows in span.by_files(self.files, slots):
            found[here] = rows[:, number]
            for row in here[checks(steps[here], rows.reshape(len(here), -1)) != marks[here]]:
                data = self.row(span, -2, int(slots[row]), int(steps[row]))
                found[row] = np.frombuffer(data, span.little).reshape(span.shape)[number]
        if (self._steps()[slots] != steps).any():
            raise Reused
        return found


def _identity(folder: Path) -> tuple[int, int]:
    try:
        found = os.stat(folder)
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


class Slotted:
    """All of a run that is recorded, as `Columns` has it: steps, rising, and the rows of each array by their places
    among them; the history of each metric.

    Args:
        run: where it is.
        until: the last step of a cut.
    """

    def __init__(self, run: Run, until: int | None = None) -> None:
        self.run, self._until = run, until
        slots, steps, epochs = run.index()
        count = len(steps) if until is None else int(np.searchsorted(steps, until, side="right"))
        self.slots = slots[:count]
        self.steps, self.epochs = Series(steps[:count]), Series(epochs[:count])

    @cached_property
    def arrays(self) -> dict[str, SlotColumn]:
        """The columns, by their keys."""
        described = self.run.described
        return {
            key: SlotColumn(self, number, stored, described.plan.arrays[key])
            for number, (key, stored) in enumerate(described.stored.items())
        }

    @cached_property
    def history(self) -> dict[str, History]:
        """What was measured, by the names of metrics."""
        past = {name: _History(self.run, name, self._until) for name in self.run.described.measured}
        return {n: h for n, h in past.items() if self._until is None or len(h)}

    @property
    def measured(self) -> Collection[str]:
        """The names of the metrics."""
        return self.history if self.cut else self.run.described.measured

    @property
    def cut(self) -> bool:
        """Whether it ends before what there is."""
        return self._until is not None

    def again(self) -> Slotted:
        """The same as it is now, with what was written since."""
        return Slotted(self.run, self._until)

    def until(self, step: int, count: int) -> Slotted:
        """What was recorded and measured up to `step`, `count` snapshots."""
        return Slotted(self.run, step if self._until is None else min(step, self._until))

    def read(self, row: int) -> dict[str, NDArray[Any]]:
        """Every array of one snapshot."""
        return {name: column.read(row) for name, column in self.arrays.items()}

    def marked(self) -> Iterator[bytes]:
        """What describes the run and its arrays, the steps, and the checksum of each row, in pieces."""
        described = self.run.described
        arrays = {key: [*stored.shape, stored.disk_dtype.str, *stored.axes] for key, stored in described.stored.items()}
        said = canonical({"about": described.about.stored(), "arrays": list(arrays.items())})
        yield said + self.steps.values.astype("<i8").tobytes()
        for first in range(0, len(self.slots), PIECE):
            marks = described.plan.check.rows_of(self.run.files, self.slots[first : first + PIECE])
            yield marks.astype("<u4").tobytes()

    def spans(self, number: int) -> NDArray[np.float64]:
        """See `Run.spans`, of every snapshot."""
        return self.run.spans(self.slots, self.steps.values, number)


class SlotColumn:
    """The rows of one array, handed out in the order of axes that all of them have."""

    def __init__(self, owner: Slotted, number: int, stored: Stored, slots: Slots) -> None:
        self._owner, self._number, self._stored, self._slots = owner, number, stored, slots
        order = stored.order
        self.shape = tuple(stored.shape[axis] for axis in order)
        self.axes = tuple(stored.axes[axis] for axis in order) if stored.axes else ()
        self.dtype = stored.read_dtype
        self._last: tuple[int, weakref.ref[NDArray[Any]]] | None = None

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"_last": None}

    @property
    def number(self) -> int:
        """That of its spans."""
        return self._number

    def read(self, row: int) -> NDArray[Any]:
        """One row, of this column's shape and dtype; not to be changed. Several views show the same row one after the
        other: it is read once, and stays while few others are.

        Raises:
            Reused: its slot holds another step by now.
            RecordingError: it is damaged, or not there.
        """
        if self._last is not None and self._last[0] == row and (values := self._last[1]()) is not None:
            return values
        values = self._read(row)
        if values.nbytes <= LATEST_BYTES and not values.flags.writeable:
            _LATEST.append(values)
            self._last = row, weakref.ref(values)
        return values

    def _read(self, row: int) -> NDArray[Any]:
        run, stored = self._owner.run, self._stored
        slot, step = int(self._owner.slots[row]), int(self._owner.steps.values[row])
        data = run.row(self._slots, self._number, slot, step)
        values = np.frombuffer(data, self._slots.little).reshape(stored.shape)
        if stored.scale:
            slots = run.described.plan.span
            spans = np.frombuffer(run.row(slots, -2, slot, step), slots.little).reshape(slots.shape)
            values = from_bytes(values, *spans[self._number].tolist())
        return values.transpose(stored.order).astype(self.dtype, copy=False)


class _History(History):
    """The measurements of a metric, read and checked when they are first asked for."""

    def __init__(self, run: Run, name: str, until: int | None) -> None:
        super().__init__(lambda: measurements(run, name))
        if until is not None:
            cut = self.until(until)
            self._read, self._steps, self._values = None, cut._steps, cut._values


def measurements(run: Run, name: str) -> Pairs:
    """The steps at which a metric was measured, rising, and its values there.

    Raises:
        RecordingError: they are damaged, or not there.
    """
    slots, told = run.described.measured[name], run.described.told
    used, bad = told.history[name].used, np.empty(0)
    for _ in range(ATTEMPTS):
        pairs = _grown(run, slots.pairs, used)
        marks = _grown(run, slots.check, used)[: len(pairs)]
        pairs = pairs[: len(marks)]
        there = ~np.isnan(pairs[:, 0])
        if not run.grows and not there[:used].all():
            bad = pairs[~there, 0][:1]
            break
        if run.grows:
            again = _grown(run, slots.pairs, used)[: len(pairs)]
            there &= (pairs.view(np.int64) == again.view(np.int64)).all(axis=1)
        pairs, marks = pairs[there], marks[there]
        steps = np.where((pairs[:, 0] >= 0) & (pairs[:, 0] < LAST_STEP), pairs[:, 0], -1).astype(np.int64)
        bad = pairs[checks(steps, pairs) != marks, 0]
        if not bad.size:
            order = np.argsort(steps, kind="stable")
            return steps[order], pairs[order, 1].copy()
    run.refuse_another()
    which = "a measurement" if np.isnan(bad[0]) else f"the measurement at step {bad[0]:.0f}"
    raise RecordingError(f"{run.files.folder / slots.pairs.folder}: {which} is damaged; {AGAIN}")


def _touched(run: Run, name: str) -> Iterator[str]:
    """Says where room for more measurements is not as it was made; a run that was stopped may have begun one more."""
    told = run.described.told
    for slots in run.described.measured[name] if told.state == "done" else ():
        rest = _grown(run, slots, used := told.history[name].used, whole=True)[used:]
        if rest.tobytes() != np.full(rest.shape, slots.fill, rest.dtype).tobytes():
            yield f"{run.files.folder / slots.folder}: is damaged where nothing was measured yet; {AGAIN}"


def _grown(run: Run, slots: Slots, used: int, *, whole: bool = False) -> NDArray[Any]:
    """The rows of an array whose files are made as it grows: those that are there, `used` of them at least; of one that
    has ended no more, unless the `whole` is asked for."""
    whole, read = whole or run.grows, run.files.read if run.grows else run.files.once
    pieces = [np.empty((0, *slots.shape), slots.dtype)]
    for file in range(slots.files):
        name = slots.name(file)
        first = file * slots.rows
        if first >= used and not (whole and os.path.lexists(run.files.folder / name)):
            break
        most = slots.rows if whole else min(slots.rows, used - first)
        data = read(name, 0, most * slots.row_bytes)
        rows = len(data) // max(1, slots.row_bytes)
        if first + rows < min(used, first + slots.rows):
            raise RecordingError(slots.cut_off(run.files, name))
        values = np.frombuffer(data[: rows * slots.row_bytes], slots.little).reshape(rows, *slots.shape)
        pieces.append(values[: slots.count - first])
    return np.concatenate(pieces, dtype=slots.dtype)


def verified(run: Run) -> Iterator[str]:
    """Read all of a run; says all that is damaged."""
    try:
        columns = Slotted(run)
        if columns.arrays:
            columns.spans(0)
    except (RecordingError, Reused) as error:
        yield str(error) or "is being written; verify it when that has ended"
        return
    for name in columns.history:
        wrong = list(_attempted(lambda name=name: measurements(run, name)))  # type: ignore[misc]
        yield from wrong or _touched(run, name)
    for column in columns.arrays.values():
        reads = [lambda column=column, row=row: column.read(row) for row in range(len(columns.steps))]
        yield from dict.fromkeys(told for read in reads for told in _attempted(read))  # of a file, each thing once


def _attempted(read: Callable[[], Found]) -> Iterator[str]:
    try:
        read()
    except RecordingError as error:
        yield str(error)
    except Reused:
        return
