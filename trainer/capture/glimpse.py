"""A step that need not stay, taken without a copy of its arrays: to copy at every step what is wanted of the last one
alone costs more than all the rest."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from weightreel.trainer.capture.network import Path, at
from weightreel.trainer.recording.slots import Stored

FEW_BYTES = 2**15  # of all arrays of a step, which are copied at every step
WITNESS_BYTES = 4096
SHARE = 0.005  # of the time of a training that goes to copies of steps that do not stay


# Where the arrays of a step are: a network, weights and biases by name. Tuples are made faster than anything else.
Source = tuple[object, Mapping[str, Any] | None, Mapping[str, Any] | None]
Glimpse = tuple[int, object, Source, bytes]  # a step, its epoch, its arrays, and what the witness held


class Witness:
    """A small array by which one sees whether a network has gone on: an update changes every array, or nearly so. One
    that was the same at two steps says nothing, and another has to do.

    Args:
        stored: all arrays of a step, by their keys.
        paths: the ways to them in a network written by hand.
    """

    def __init__(self, stored: Mapping[str, Stored], paths: Mapping[str, Path] | None) -> None:
        sizes = {key: int(np.prod(one.shape)) * one.dtype.itemsize for key, one in stored.items()}
        small = [key for key in sizes if key.startswith("parameters/") and sizes[key] <= WITNESS_BYTES]
        own = paths or {}
        self._left = [self._way(key, own.get(key)) for key in sorted(small, key=lambda key: sizes[key])]
        self._seen = b""

    @staticmethod
    def _way(key: str, path: Path | None) -> Path:
        """How a source is asked for an array: of the network, or of what was given by name."""
        if path is not None:
            return ((False, 0), *path)
        name, _, part = key.partition("/")[2].rpartition("/")
        return ((False, 1 if part == "weights" else 2), (False, name))

    def look(self, source: Source) -> bytes | None:
        """What the witness holds now; None where there is none that says anything."""
        if not self._left:
            return None
        try:
            seen: bytes = at(source, self._left[0]).tobytes()
        except (LookupError, AttributeError, TypeError):
            return None  # the step is not given as the first one was
        return seen

    def changed(self, seen: bytes) -> bool:
        """Whether it holds something else than at the step before; where not, it is dismissed."""
        if seen == self._seen:
            self._left, self._seen = self._left[1:], b""
            return False
        self._seen = seen
        return True


class Purse:
    """When a copy may be made again that is perhaps for nothing.

    Args:
        bytes_: of what is copied.

    Attributes:
        due: the time, as `time.perf_counter` tells it.
    """

    def __init__(self, bytes_: int) -> None:
        self._free = bytes_ <= FEW_BYTES
        self._cost = self.due = 0.0

    def paid(self, begun: float) -> None:
        """A copy was made that began then."""
        now = time.perf_counter()
        # Not much more than the last one: where another process was in the way, that says nothing.
        self._cost = min(now - begun, 1.1 * self._cost) if self._cost else now - begun
        self.due = 0.0 if self._free else now + self._cost / SHARE
