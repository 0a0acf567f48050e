"""A small training that is recorded by hand, for tests of recordings on disk: a row says of which step it is."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from weightreel.trainer.recording.about import About, LayerAbout
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.writing import Stored, Writing

SHAPES = {
    "parameters/a.b/c/weights": (60, 40),
    "parameters/a.b/c/biases": (40,),
    "gradients/a.b/c/weights": (60, 40),
    "probes/predictions/validation": (3,),
}
ARRAYS = {key: Stored(shape, np.dtype(np.float32)) for key, shape in SHAPES.items()}
ARRAYS["parameters/a.b/c/weights"] = Stored((60, 40), np.dtype(np.float32), ("output", "input"))
LAYER = LayerAbout(name="a.b/c", type="Linear", kind="linear", weights="a.b/c/weights", shape=(40, 60))
ABOUT = About(layers=(LAYER,), data="noise")


def rows(step: int) -> dict[str, np.ndarray]:
    """The arrays of a step."""
    rng = np.random.default_rng(step)
    return {key: rng.normal(size=shape).astype(np.float32) for key, shape in SHAPES.items()}


def writing(path: Path, capacity: int = 8, run: str = "run", **keys) -> Writing:
    """A writer of such a training."""
    return Writing(path, run, ABOUT, ARRAYS, capacity, **keys)


def recorded(path: Path, steps=range(6), **keys) -> Writing:
    """One that has ended."""
    made = writing(path, **keys)
    for step in steps:
        made.measure("loss", [(step, 1 / (step + 1))])
        made.put(step, step / 10, rows(step))
    made.close()
    return made


def wrong(recording: Recording, steps=None) -> list[str]:
    """What is not as it was written, of every array at every step."""
    found = []
    for step in recording.steps.tolist() if steps is None else steps:
        for key, row in rows(step).items():
            expected = row.T if ARRAYS[key].axes else row
            if not np.array_equal(recording.array(key, step), expected):
                found.append(f"{key} at step {step}")
        if recording.epoch(step) != step / 10:
            found.append(f"epoch at step {step}")
    measured, values = recording.metric("loss") if recording.has_metric("loss") else (np.empty(0), np.empty(0))
    return found + [f"loss at {s}" for s, v in zip(measured, values, strict=True) if v != 1 / (s + 1)]


def write_on(path: Path, capacity: int, seconds: float) -> None:
    """Record without end, dropping the oldest step but the first; after some seconds, close."""
    made, step, end = writing(path, capacity, overwrite=True), 0, time.monotonic() + seconds
    print("begun", flush=True)
    while time.monotonic() < end:
        if len(made) == capacity:
            made.drop(int(made.steps[1]))
        made.measure("loss", [(step, 1 / (step + 1))])
        made.put(step, step / 10, rows(step))
        print(step, flush=True)
        step += 1
    made.close()
    print("closed", flush=True)


if __name__ == "__main__":
    write_on(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
