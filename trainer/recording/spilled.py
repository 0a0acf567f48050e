"""A temporary folder for what does not fit into memory: it vanishes with what is in it; where the process is killed,
with the next one's."""

from __future__ import annotations

import tempfile
import weakref
from pathlib import Path

import numpy as np

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.parts import Part, real, remove_stale
from weightreel.trainer.recording.columns import Column, Numbers


class Spilled:
    """Such a folder, which takes the chunks of columns as they fill.

    Raises:
        OSError: there can be none.
    """

    def __init__(self) -> None:
        part, self._columns = Part(_where()), 0
        self.folder = part.folder
        weakref.finalize(self, part.remove)

    def array(self, name: str, column: Column) -> SpilledChunks:
        """A place for the chunks of a column."""
        self._columns += 1
        return SpilledChunks(self, self._columns, column)


class SpilledChunks:
    """The chunks of one column, each a file; they keep the folder."""

    def __init__(self, owner: Spilled, number: int, column: Column) -> None:
        self._owner, self._folder, self._number = owner, owner.folder, number
        self._dtype, self._shape = column.dtype, (column.rows, *column.shape)

    def read(self, number: int) -> Numbers:
        """One of them.

        Raises:
            RecordingError: it is gone.
        """
        path = self._folder / f"{self._number}-{number}"
        try:
            return np.fromfile(path, self._dtype).reshape(self._shape)
        except (OSError, ValueError) as error:
            raise RecordingError(f"{path}: the temporary file of a recording is gone; begin again") from error

    def write(self, number: int, rows: Numbers) -> None:
        """Keep one.

        Raises:
            OSError: it cannot be written.
        """
        rows.tofile(self._folder / f"{self._number}-{number}")

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"_owner": None}  # a copy in another process does not keep the folder


def remove_spilled() -> None:
    """Remove the temporary folders of processes that were killed."""
    remove_stale(_where())


def _where() -> Path:
    """What temporary folders are named after."""
    return real(tempfile.gettempdir()) / "recording"
