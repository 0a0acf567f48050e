"""Memory for the arrays of a few steps, made once: what is copied at each step must not be asked of the system at each
step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.capture.contents import Contents
from weightreel.trainer.capture.described import Later
from weightreel.trainer.capture.values import Value, array_of, words_of
from weightreel.trainer.errors import CaptureError

MEMORY_BYTES = 16 * 2**20  # of all rows together, unless three take more
FEWEST, MOST = 3, 64


class Row:
    """The arrays of one step.

    Attributes:
        step: −1 while there is nothing in it.
        complete: whether it has every array of a snapshot.
        gone: the step that has to go for it, if any.
        overflown: the array of which float16 does not hold all numbers; "" is none.
    """

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._buffers: dict[str, NDArray[Any]] = {}
        self._laters: dict[str, Later] = {}
        self.step, self.epoch, self.complete = -1, float("nan"), False
        self.gone: int | None = None
        self.overflown = ""

    def fill(self, step: int, epoch: float, values: Mapping[str, Value]) -> None:
        """Copy the arrays of a step, which are those of the contents.

        Raises:
            CaptureError: one is of numbers that do not fit.
        """
        self.step, self.gone, self._laters = -1, None, {}
        for key, value in values.items():
            buffer = self._buffers.get(key)
            if isinstance(value, Later):
                self._laters[key] = value
            elif buffer is not None and value.dtype is buffer.dtype and value.shape == buffer.shape:
                np.copyto(buffer, value)
            else:
                self._copy(key, value)
        self.step, self.epoch = step, epoch
        self.complete = len(values) == len(self._contents.shapes)

    def _copy(self, key: str, value: NDArray[Any]) -> None:
        buffer = self._buffers.get(key)
        if buffer is None:
            stored = self._contents.stored[key]
            dtype = np.dtype(np.float32 if _converted(stored.dtype, stored.scale) else stored.dtype.type)
            buffer = self._buffers[key] = np.empty(stored.shape, dtype)
        if value.dtype != buffer.dtype and not np.can_cast(value.dtype, buffer.dtype, "same_kind"):
            value = np.asarray(array_of(key, value))
            if value.dtype.kind != "b" and not np.can_cast(value.dtype, buffer.dtype, "same_kind"):
                raise CaptureError(f"{words_of(key)}: numbers of {value.dtype}, before they were {buffer.dtype}")
        with np.errstate(all="ignore"):  # numbers beyond float32 are infinite there, which is no error of the training
            np.copyto(buffer, value if value.shape == buffer.shape else value.reshape(buffer.shape), casting="unsafe")

    @property
    def bytes(self) -> int:
        """Of its arrays here."""
        return sum(buffer.nbytes for buffer in self._buffers.values())

    @property
    def ready(self) -> bool:
        """Whether nothing has to be asked of a framework any more."""
        return not self._laters

    def arrays(self) -> dict[str, NDArray[np.number]]:
        """All of them as they are stored, for the thread that writes; those of other devices are read now.

        Raises:
            CaptureError: a framework does not give one.
        """
        found = dict(self._buffers)
        for key, later in self._laters.items():
            array = array_of(key, later.read())
            if isinstance(array, Later) or array.shape != self._contents.shapes[key]:
                raise CaptureError(f"{words_of(key)}: was read as {tuple(array.shape)}, not as it was said")
            found[key] = array.reshape(self._contents.stored[key].shape)
        stored = self._contents.stored
        rows = {key: _rounded(found[key], one.dtype, one.scale) for key, one in stored.items()}
        if not self.overflown:
            self.overflown = next((key for key, row in rows.items() if _overflown(found[key], row)), "")
        return rows


def _converted(dtype: np.dtype[Any], scale: bool) -> bool:
    """Whether numbers are rounded where the training does not wait for it."""
    return scale or dtype == np.float16


def _rounded(array: NDArray[Any], dtype: np.dtype[Any], scale: bool) -> NDArray[Any]:
    if scale:
        return array if array.dtype == np.float32 else array.astype(np.float32)
    with np.errstate(all="ignore"):  # what is too large for float16 is infinite there
        return array if array.dtype == dtype else array.astype(dtype)


def _overflown(array: NDArray[Any], row: NDArray[Any]) -> bool:
    """Whether float16 made numbers infinite."""
    if row.dtype != np.float16 or array.dtype == np.float16:
        return False
    return bool(np.isinf(row).sum() > np.isinf(array).sum())


def how_many(bytes_: int) -> int:
    """Rows of so many bytes that are kept in memory."""
    return max(FEWEST, min(MOST, MEMORY_BYTES // max(1, bytes_)))
