"""Arrays of slots: a Zarr array whose first axis is the slots, without compression, in files of whole rows. So a row
is so many plain bytes at a known place of a known file, which are read and written as such; Zarr reads them too.

Every array of a recording of format 2 is such a one. What its `zarr.json` says follows from its `Slots` alone, so that
of a stranger's recording exactly this is accepted, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.recording.files import Files

CHUNK_BYTES = 4 * 2**20
MOST_PIECES = 256  # that systems write at once; the least that is promised is 16, and Linux and macOS take 1024
MOST_SLOTS, MOST_ROOM = 2**21, 2**21  # of a recording; of a metric's measurements
NUMBERS = (
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64"),
)
AXES = ("entry", "height", "width", "input", "dimension", "output")  # in the order in which arrays are handed out


@dataclass(frozen=True)
class Stored:
    """One array of a snapshot, as it is to stand on disk.

    Attributes:
        shape: on disk.
        dtype: of numbers; other byte orders become the little one.
        axes: what the axes of `shape` are, in their order there: "entry", "height", "width", "input", "dimension",
            "output"; () where nobody knows. A reader hands the array out in the order of `AXES`.
        scale: whether numbers are given that are stored as uint8, 0 for the row's lowest and 255 for its highest.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[np.number]
    axes: tuple[str, ...] = ()
    scale: bool = False

    @property
    def order(self) -> tuple[int, ...]:
        """The axes on disk in the order in which they are handed out."""
        order = range(len(self.shape))
        if not self.axes or not set(self.axes) <= set(AXES):
            return tuple(order)
        return tuple(sorted(order, key=lambda axis: AXES.index(self.axes[axis])))

    @property
    def disk_dtype(self) -> np.dtype[np.number]:
        """Of the array on disk."""
        return np.dtype(np.uint8) if self.scale else self.dtype

    @property
    def read_dtype(self) -> np.dtype[np.number]:
        """Of the array that is handed out."""
        return np.dtype(np.float32) if self.scale or self.dtype == np.float16 else self.dtype.newbyteorder("=")


@dataclass(frozen=True)
class Slots:
    """An array of `count` slots, each a row of a shape and dtype.

    Attributes:
        folder: below that of the run, such as "parameters/0/weights".
        names: of all axes, that of the slots too.
        fill: what a slot holds that was never written.
        most: bytes of a file, unless one row takes more.
    """

    folder: str
    count: int
    shape: tuple[int, ...]
    dtype: np.dtype[np.number]
    names: tuple[str, ...] = ()
    fill: float = 0
    most: int = CHUNK_BYTES

    @cached_property
    def little(self) -> np.dtype[np.number]:
        """The dtype on disk."""
        return self.dtype.newbyteorder("<")

    @cached_property
    def row_bytes(self) -> int:
        """Of one slot."""
        return prod(self.shape) * self.dtype.itemsize

    @cached_property
    def rows(self) -> int:
        """Slots in a file: files of about one size, so that the last one wastes nothing."""
        most = max(1, self.most // max(1, self.row_bytes))
        return max(1, -(-self.count // self.files_of(most)))

    def files_of(self, rows: int) -> int:
        """How many files that many rows a file make."""
        return max(1, -(-self.count // rows))

    @property
    def files(self) -> int:
        """How many there are when all slots were used."""
        return self.files_of(self.rows)

    @property
    def file_bytes(self) -> int:
        """Of each file."""
        return self.rows * self.row_bytes

    def name(self, file: int) -> str:
        """The name of a file."""
        return f"{self.folder}/c.{file}" + ".0" * len(self.shape)

    def place(self, slot: int) -> tuple[str, int]:
        """The file of a slot, and where in it the slot begins."""
        file, row = divmod(slot, self.rows)
        return self.name(file), row * self.row_bytes

    def make(self, files: Files, file: int) -> None:
        """Make a file of empty slots."""
        filled = np.full((self.rows, *self.shape), self.fill, self.little).tobytes() if self.fill else b""
        files.make(self.name(file), self.file_bytes, filled)

    def read(self, files: Files, slot: int) -> bytes:
        """The bytes of a row.

        Raises:
            RecordingError: they are not there.
        """
        name, offset = self.place(slot)
        data = files.read(name, offset, self.row_bytes)
        if len(data) < self.row_bytes:
            raise RecordingError(self.cut_off(files, name))
        return data

    def rows_of(self, files: Files, slots: NDArray[np.intp]) -> NDArray[np.number]:
        """Some rows, (slots, …), as they are on disk.

        Raises:
            RecordingError: they are not there.
        """
        found = np.empty((len(slots), *self.shape), self.little)
        for here, rows in self.by_files(files, slots):
            found[here] = rows
        return found

    def by_files(self, files: Files, slots: NDArray[np.intp]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.number]]]:
        """Some rows, those of one file at a time: their places among `slots`, and what they are. So what is wanted of
        rows takes no more memory than that.

        Raises:
            RecordingError: they are not there.
        """
        if self.files == 1:
            if len(slots):
                yield np.arange(len(slots)), self._whole(files, 0)[slots]
            return
        numbers = slots // self.rows
        order = np.argsort(numbers, kind="stable")
        for here in np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1) if len(slots) else ():
            yield here, self._whole(files, int(numbers[here[0]]))[slots[here] % self.rows]

    def _whole(self, files: Files, file: int) -> NDArray[np.number]:
        """All rows of a file."""
        name = self.name(file)
        data = files.read(name, 0, self.file_bytes)
        if len(data) < self.file_bytes:
            raise RecordingError(self.cut_off(files, name))
        return np.frombuffer(data, self.little).reshape(self.rows, *self.shape)

    def cut_off(self, files: Files, name: str) -> str:
        """That a file ends before it should."""
        found, whole = files.size(name), self.file_bytes
        return f"{files.folder / name}: is cut off, {found:,} bytes of {whole:,}; copy the recording anew"

    def metadata(self) -> dict[str, Any]:
        """What its `zarr.json` says."""
        fill: float | str = "NaN" if self.fill != self.fill else self.fill
        return {
            "zarr_format": 3,
            "node_type": "array",
            "shape": [self.count, *self.shape],
            "data_type": self.dtype.name,
            "chunk_grid": _named("regular", chunk_shape=[self.rows, *(max(1, n) for n in self.shape)]),
            "chunk_key_encoding": _named("default", separator="."),
            "fill_value": float(fill) if self.dtype.kind == "f" and fill != "NaN" else fill,
            "codecs": [_named("bytes", endian="little") if self.dtype.itemsize > 1 else {"name": "bytes"}],
            "attributes": {},
            "dimension_names": list(self.names) or ["snapshot", *[None] * len(self.shape)],
            "storage_transformers": [],
        }


def _named(name: str, **configuration: object) -> dict[str, object]:
    return {"name": name, "configuration": configuration}


class Rows:
    """An array of slots that is being written: its files are made as slots come to be used, which is in their order."""

    def __init__(self, files: Files, slots: Slots) -> None:
        self.slots, self._files, self._made = slots, files, 0

    @property
    def bytes(self) -> int:
        """What its files take."""
        return self._made * self.slots.file_bytes

    def room(self, slot: int) -> None:
        """See that there is a file for a slot.

        Raises:
            OSError: it cannot be made.
        """
        while slot // self.slots.rows >= self._made:
            self.slots.make(self._files, self._made)
            self._made += 1

    def write(self, slot: int, rows: NDArray[np.generic]) -> None:
        """Write a row, or some that follow each other in one file; C-contiguous, of the dtype on disk.

        Raises:
            OSError: they cannot be written.
        """
        self.room(slot)
        name, offset = self.slots.place(slot)
        self._files.write(name, offset, rows)

    def write_all(self, slot: int, rows: Sequence[NDArray[np.generic]]) -> None:
        """Write rows that follow each other, whatever their files; each as in `write`.

        Raises:
            OSError: they cannot be written.
        """
        while rows:
            here = min(self.slots.rows - slot % self.slots.rows, MOST_PIECES)
            self.room(slot)
            name, offset = self.slots.place(slot)
            self._files.write(name, offset, *rows[:here])
            slot, rows = slot + here, rows[here:]


@dataclass(frozen=True)
class Plan:
    """All arrays of slots of a recording with a capacity, whose rows are `arrays`, in their order.

    Attributes:
        steps, epochs: of each slot.
        span: the smallest and largest finite number of each array, NaN where there is none.
        check: CRC-32C of each array's row, then of the row of `span`, then of the epoch; each over the step, as eight
            bytes, and the row's bytes.
    """

    steps: Slots
    epochs: Slots
    span: Slots
    check: Slots
    arrays: Mapping[str, Slots]

    @classmethod
    def of(cls, stored: Mapping[str, Stored], folders: Mapping[str, str], capacity: int) -> Plan:
        """What arrays of a snapshot take, in folders of theirs."""
        count = len(stored)
        return cls(
            Slots("steps", capacity, (), np.dtype(np.int64), ("snapshot",), -1),
            Slots("epochs", capacity, (), np.dtype(np.float64), ("snapshot",)),
            Slots("span", capacity, (count, 2), np.dtype(np.float64), ("snapshot", "array", "bound")),
            Slots("check", capacity, (count + 2,), np.dtype(np.uint32), ("snapshot", "array")),
            {
                key: Slots(folders[key], capacity, one.shape, one.disk_dtype, _axes(one))
                for key, one in stored.items()
            },
        )  # fmt: skip

    @property
    def all(self) -> Sequence[Slots]:
        """Every one of them."""
        return (self.steps, self.epochs, self.span, self.check, *self.arrays.values())


def _axes(stored: Stored) -> tuple[str, ...]:
    return ("snapshot", *stored.axes) if stored.axes else ()


@dataclass(frozen=True)
class Measured:
    """The measurements of one metric: rows of its step and its value, and a checksum of each row."""

    pairs: Slots
    check: Slots

    def __iter__(self) -> Iterator[Slots]:
        return iter((self.pairs, self.check))

    @classmethod
    def of(cls, folder: str, room: int) -> Measured:
        """Room for so many measurements."""
        names = ("measurement",)
        pairs = Slots(f"history/{folder}", room, (2,), np.dtype(np.float64), (*names, "step and value"), np.nan, 2**18)
        return cls(pairs, Slots(f"history_check/{folder}", room, (), np.dtype(np.uint32), names, 0, 2**16))
