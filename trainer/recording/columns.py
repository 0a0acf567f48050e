"""The growing columns of a recording: numbers, measurements, and one array a snapshot in chunks.

One thread may write while others read: what is appended stands before the count that shows it, arrays that were handed
out stay as they are, and nothing is cleared.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

CHUNK_BYTES = 4 * 2**20
CACHED_CHUNKS = 4
Numbers = NDArray[np.number]  # of whatever dtype they were recorded in
Pairs = tuple[NDArray[np.int64], NDArray[np.float64]]
Scalar = TypeVar("Scalar", bound=np.number)


class Chunks(Protocol):
    """Where the chunks of a column are that are not in memory."""

    def read(self, number: int, /) -> Numbers: ...
    def write(self, number: int, rows: Numbers, /) -> None: ...


class Series(Generic[Scalar]):
    """Numbers in a row that grows: the room doubles when it is full."""

    def __init__(self, values: NDArray[Scalar]) -> None:
        self._room, self._count = values, len(values)

    def __len__(self) -> int:
        return self._count

    @property
    def values(self) -> NDArray[Scalar]:
        """All numbers so far, (n,); not a copy."""
        return self._room[: self._count]

    def extend(self, values: NDArray[Scalar]) -> None:
        """Add numbers at the end."""
        count = self._count + len(values)
        if count > len(self._room):
            room = np.empty(max(count, 2 * len(self._room), 16), self._room.dtype)
            room[: self._count] = self.values
            self._room = room
        self._room[self._count : count] = values
        self._count = count

    def __getstate__(self) -> dict[str, object]:
        return {"_room": self.values.copy(), "_count": self._count}


_NONE = Series(np.empty(0, np.int64)), Series(np.empty(0))  # of what is still to be read


class History:
    """The steps at which a metric was measured, and its values there; of a kept recording, `read` when first asked."""

    def __init__(self, read: Callable[[], Pairs] | None = None) -> None:
        self._read = read
        self._steps: Series[np.int64] = _NONE[0] if read else Series(np.empty(0, np.int64))
        self._values: Series[np.float64] = _NONE[1] if read else Series(np.empty(0))
        self._finite: tuple[int, Pairs] | None = None

    def extend(self, pairs: Sequence[tuple[int, float]]) -> None:
        """Add measurements."""
        self._values.extend(np.fromiter(map(itemgetter(1), pairs), np.float64, len(pairs)))
        self._steps.extend(np.fromiter(map(itemgetter(0), pairs), np.int64, len(pairs)))

    @property
    def measured(self) -> Pairs:
        """Every measurement, both (measurements,)."""
        if self._read is not None:
            steps, values = self._read()
            self._values, self._steps, self._read = Series(values), Series(steps), None
        steps = self._steps.values
        return steps, self._values.values[: len(steps)]

    @property
    def finite(self) -> Pairs:
        """Those that can be drawn, likewise."""
        steps, values = self.measured
        if self._finite is None or self._finite[0] != len(steps):
            drawn = np.isfinite(values)
            self._finite = len(steps), (steps, values) if drawn.all() else (steps[drawn], values[drawn])
        return self._finite[1]

    def at(self, steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """The latest finite value at or before each step, NaN where there is none yet."""
        measured, values = self.finite
        places = np.searchsorted(measured, steps, side="right") - 1
        return np.concatenate([values, [np.nan]])[places]

    def until(self, step: int) -> History:
        """The measurements at or before `step`."""
        steps, values = self.measured
        past, cut = steps <= step, History()
        cut._steps, cut._values = Series(steps[past]), Series(values[past])
        return cut

    def __len__(self) -> int:
        return len(self.measured[0])

    def __getstate__(self) -> dict[str, object]:
        _ = self.measured  # what reads them does not travel
        return self.__dict__ | {"_finite": None}


class Column:
    """One array a snapshot, gathered in chunks of about 4 MB."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[np.number]) -> None:
        item = max(1, int(np.prod(shape)) * dtype.itemsize)
        self.rows = max(1, min(4096, CHUNK_BYTES // item))
        self.shape, self.dtype, self.count = shape, dtype, 0
        self.chunks: dict[int, Numbers] = {}
        self.disk: Chunks | None = None
        self.cache: OrderedDict[int, Numbers] = OrderedDict()

    @classmethod
    def opened(
        cls, disk: Chunks, shape: tuple[int, ...], dtype: np.dtype[np.number], *, rows: int, count: int
    ) -> Column:
        """The first `count` rows of an array in chunks of `rows`."""
        column = cls(shape, dtype)
        column.disk, column.rows, column.count = disk, rows, count
        return column

    @property
    def held(self) -> int:
        """Bytes of memory that its rows take."""
        return sum(chunk.nbytes for chunk in self.chunks.values())

    def append(self, value: Numbers) -> None:
        """Keep a copy."""
        number, row = divmod(self.count, self.rows)
        if row == 0:
            self.chunks[number] = np.empty((self.rows, *self.shape), self.dtype)
            self.flush()
        self.chunks[number][row] = value
        self.count += 1

    def attach(self, disk: Chunks) -> None:
        """From now on, full chunks go to `disk`."""
        self.disk = disk
        self.flush()

    def flush(self) -> None:
        """Write full chunks to disk, where there is one."""
        if self.disk is None:
            return
        for number in [n for n in self.chunks if (n + 1) * self.rows <= self.count]:
            self.disk.write(number, self.chunks[number])
            del self.chunks[number]

    def read(self, row: int) -> NDArray[Any]:
        """One row, of this column's shape and dtype."""
        number, place = divmod(row, self.rows)
        chunk = self.chunks.get(number)
        if chunk is None:
            chunk = self.cache.pop(number, None)
            if chunk is None:
                assert self.disk is not None
                chunk = self.disk.read(number)
            self.cache[number] = chunk
            if len(self.cache) > CACHED_CHUNKS:
                self.cache.popitem(last=False)
        found: NDArray[Any] = chunk[place]
        return found

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"cache": OrderedDict()}


class Disk(Protocol):
    """Where full chunks go."""

    def array(self, name: str, column: Column) -> Chunks:
        """A new place for the chunks of a column."""
        ...


@dataclass
class Columns:
    """All that is recorded: a step, an epoch and a row of every array a snapshot; the history of each metric.

    `arrays` are named "parameters/0/weights", "probes/KEY".
    """

    disk: Disk | None = None
    steps: Series[np.int64] = field(default_factory=lambda: Series(np.empty(0, np.int64)))
    epochs: Series[np.float64] = field(default_factory=lambda: Series(np.empty(0)))
    history: dict[str, History] = field(default_factory=dict)
    arrays: dict[str, Column] = field(default_factory=dict)

    def append(self, step: int, epoch: float, arrays: Mapping[str, Numbers]) -> None:
        """Add a snapshot; its step comes last, since it is what shows the rest."""
        for name, array in arrays.items():
            if name not in self.arrays:
                self.arrays[name] = self._attached(name, Column(array.shape, array.dtype))
            self.arrays[name].append(array)
        self.epochs.extend(np.array([epoch]))
        self.steps.extend(np.array([step]))

    def measure(self, name: str, pairs: Sequence[tuple[int, float]]) -> None:
        """Add (step, value) pairs to the history of a metric."""
        history = self.history[name] if name in self.history else History()
        history.extend(pairs)
        self.history[name] = history  # shown once there is something in it

    @property
    def held(self) -> int:
        """Bytes of memory that the arrays take."""
        return sum(column.held for column in self.arrays.values())

    def move_to(self, disk: Disk) -> None:
        """From now on, full chunks go to `disk`."""
        self.disk = disk
        for name, column in self.arrays.items():
            self._attached(name, column)

    def _attached(self, name: str, column: Column) -> Column:
        if self.disk is not None:
            column.attach(self.disk.array(name, column))
        return column

    def read(self, row: int) -> dict[str, Numbers]:
        """Every array of one snapshot."""
        return {name: column.read(row) for name, column in self.arrays.items()}

    def until(self, step: int, count: int) -> Columns:
        """The first `count` snapshots and what was measured up to `step`; the arrays are the same."""
        past = {name: history.until(step) for name, history in self.history.items()}
        return Columns(
            self.disk,
            Series(self.steps.values[:count]),
            Series(self.epochs.values[:count]),
            {name: history for name, history in past.items() if len(history)},
            self.arrays,
        )
