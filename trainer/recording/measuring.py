"""The measurements of one metric, written as they come into a room of so many rows, and thinned in place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.recording.checks import checks
from weightreel.trainer.recording.files import Files
from weightreel.trainer.recording.slots import Measured, Rows

LAST_STEP = 2**53  # beyond it a float64 does not tell steps apart

EMPTY = np.full((1, 2), np.nan, "<f8")


class Measuring:
    """Writes rows of a step and its value.

    When the room is full, every other measurement goes, one for each that comes, the oldest first; from then on only
    every k-th stays. The first and the last are always there.
    """

    def __init__(self, files: Files, slots: Measured) -> None:
        self.pairs, self.check = Rows(files, slots.pairs), Rows(files, slots.check)
        self.used = self._count = 0
        self._every = 1
        self._number = np.empty(0, np.int64)  # that of the measurement in each row, from the first thinning on
        self._free: list[int] = []
        self._passing: int | None = None  # the row of the last one, where it is there for being the last alone
        self.latest = np.nan

    def extend(self, pairs: Sequence[tuple[int, float]] | NDArray[np.float64]) -> None:
        """Add measurements, in the order in which they were made.

        Raises:
            OSError: they cannot be written.
        """
        rows = np.array(pairs, "<f8", order="C").reshape(-1, 2)
        room = self.pairs.slots.count - self.used if self._every == 1 else 0
        self._append(rows[:room])
        for left, row in zip(range(len(rows) - room - 1, -1, -1), rows[room:], strict=True):
            if left and self._count % self._every:
                self._count += 1  # it would be there for being the last alone, and is not
            else:
                self._replace(row)
        finite = rows[np.isfinite(rows[:, 1]), 1]
        if finite.size:
            self.latest = float(finite[-1])

    def _append(self, rows: NDArray[np.float64]) -> None:
        """Into rows that were never used."""
        while len(rows):
            here = min(len(rows), *(r.slots.rows - self.used % r.slots.rows for r in (self.pairs, self.check)))
            self._write(self.used, rows[:here])
            self.used, self._count, rows = self.used + here, self._count + here, rows[here:]

    def _replace(self, pair: NDArray[np.float64]) -> None:
        """Into a row that is free again. It is empty first, so that whoever reads it meanwhile sees no mixture."""
        row = self._passing if self._passing is not None else self._freed()
        self.pairs.write(row, EMPTY)
        self._write(row, pair[None])
        self._number[row] = self._count
        self._passing = row if self._count % self._every else None
        self._count += 1

    def _freed(self) -> int:
        if not len(self._number):
            self._number = np.arange(self.pairs.slots.count)
        while not self._free:
            self._every *= 2
            order = np.argsort(self._number)
            self._free = order[self._number[order] % self._every != 0][::-1].tolist()
        return self._free.pop()

    def _write(self, row: int, pairs: NDArray[np.float64]) -> None:
        """The checksum first: a row counts from when its step is there."""
        self.check.write(row, checks(pairs[:, 0].astype(np.int64), pairs).astype("<u4"))
        self.pairs.write(row, pairs)
