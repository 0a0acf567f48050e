"""What stands in a recording, beside what the framework itself held at each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import open_recordings

# The network that every framework trains: 784-64-10.
RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(256, 28, 28)).astype(np.float32)
LABELS = RNG.integers(0, 10, 256)


def recorded(path: Path, run: str = "run") -> Recording:
    """One run of a recording."""
    return open_recordings(path)[run]


def compare(recording: Recording, held: Mapping[int, Sequence[Any]], keys: Sequence[str]) -> None:
    """See that each array at every recorded step is the one that the framework held, number for number, and that no
    step is missing.

    Args:
        held: the framework's own arrays at each step, the inputs first, in the order of the keys.
        keys: such as "hidden/weights".
    """
    assert list(recording.steps) == sorted(held)
    for step in recording.steps:
        for key, array in zip(keys, held[int(step)], strict=True):
            found = recording.parameter(key, int(step))
            assert found.shape == array.shape, (key, found.shape, array.shape)
            assert np.array_equal(found, array), (key, int(step))
