"""Recordings of one layer as trainings elsewhere leave them, and what its weights look like."""

from __future__ import annotations

from typing import Any

import numpy as np

from weightreel.trainer.recording.about import About, LayerAbout
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.snapshot import Snapshot

NAME = "a.b/c"


def recorded(kind: Any, *weights: np.ndarray, inputs: tuple[int, ...] | None = None, first: Any = None) -> Recording:
    """A layer of a kind with these weights, a snapshot each; `inputs` are its own, `first` those of the network."""
    key = f"{NAME}/weights"
    layer = LayerAbout(name=NAME, type=kind, kind=kind, input_shape=inputs, weights=key, shape=weights[0].shape)
    recorder = Recorder(About(input_shape=first, layers=(layer,), total_steps=len(weights) - 1))
    for step, values in enumerate(weights):
        recorder.append(Snapshot(step, float(step), {key: values.astype(np.float32)}, {}))
    return recorder.finish()


def near(shown: np.ndarray, values: np.ndarray) -> bool:
    """Whether gray levels are those of values from 0 to 1."""
    levels = np.minimum(np.floor(values.astype(np.float32) * 256), 255).astype(int)
    return bool(np.abs(shown.astype(int) - levels).max() <= 1)
