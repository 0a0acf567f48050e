"""Films to measure with: those of a network whose weights drift, which nobody has to train, and one of a recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import weightreel
from weightreel.render.encoders import Output
from weightreel.render.frames.course import Course
from weightreel.render.frames.film import Film, compose
from weightreel.render.frames.take import Sizing, Take
from weightreel.render.scene.file import load, parse
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.about import About, LayerAbout
from weightreel.trainer.recording.probes import Images, Labels, Probabilities, Probe
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.recording.store import Recordings

FRAMES = 240


def recording(frames: int = FRAMES) -> Recording:
    """A 784-64-10 network whose weights drift, a snapshot a frame: what is measured does not depend on training."""
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.05, (784, 64)).astype(np.float32)
    layers = (
        LayerAbout.own(0, type="dense", kind="linear", activation="sigmoid", input_shape=(28, 28), output_shape=(64,)),
        LayerAbout.own(1, type="dense", kind="linear", activation="softmax", input_shape=(64,), output_shape=(10,)),
    )
    about = About(
        input_shape=(28, 28),
        classes=tuple("0123456789"),
        layers=layers,
        steps_per_epoch=frames // 4,
        total_steps=frames - 1,
        seed=0,
    )
    made, asked = Recorder(about), probes(about)
    for step in range(frames):
        weights += rng.normal(0, 0.004, weights.shape).astype(np.float32)
        loss = 2.3 * np.exp(-step / 40) + 0.1
        metrics = {"loss": loss, "batch_loss": loss + rng.normal(0, 0.05), "validation_accuracy": 1 - loss / 3}
        metrics["validation_loss"] = loss + 0.05
        parameters = {"0/weights": weights.copy()}
        made.append(Snapshot(step, step / (frames // 4), parameters, metrics, {}, answers(asked, step)))
    return made.finish()


def grid_take(output: Output, side: int, frames: int) -> tuple[Scene, Recordings, Take]:
    """Nothing but the 8 × 8 grid, in a square of so many pixels, and what it is drawn from."""
    recordings = Recordings({"run": recording(frames)})
    view = {"type": "neuron_grid", "rows": 8, "columns": 8, "gap": 0, "border": {"inside": True}}
    run = {"layers": [{"type": "dense", "units": 64}, {"type": "dense", "units": 10, "activation": "softmax"}]}
    scene = parse({"run": run, "layout": {"size": [side, side], "margin": 0}, "view": [view]})
    course = every_step(recordings)
    return scene, recordings, Take(output, "output[0]", (side, side), course.fps, course, None, range(frames))


def probes(about: About) -> dict[str, Probe]:
    """What the hero shows beside weights."""
    return {key: probe for view in load("hidden_grid").view for key, probe in view.probes(about).items()}


def answers(asked: dict[str, Probe], step: int) -> dict[str, NDArray[np.number]]:
    """An image, its label, and probabilities that move."""
    shares = np.exp(3 * np.sin(step / 9 + np.arange(10.0)))
    known = {Images: np.tile(np.arange(28, dtype=np.uint8) * 9, (1, 28, 1)), Labels: np.array([5])}
    known[Probabilities] = (shares / shares.sum())[None]
    return {key: known[type(probe)] for key, probe in asked.items()}


def hero_film(recordings: Recordings) -> Film:
    """1920 × 1080: the film of the README, over the drifting weights."""
    return compose(load("hidden_grid"), Sizing((1920, 1080)), every_step(recordings), recordings)


def every_step(recordings: Recordings) -> Course:
    """A film with a frame for each step."""
    steps = {name: r.steps for name, r in recordings.items()}
    return Course(60.0, (("film", 0, len(recordings.steps)),), steps, steps)


def kept(folder: Path, *settings: str) -> Path:
    """A recording of `hidden_grid`, trained for an epoch on few images, with every step that its film shows."""
    path = folder / "kept.zarr"
    short = ("run.epochs=4", "run.data.train=5000", "run.data.validation=500", "run.data.test=500", *settings)
    weightreel("train", "hidden_grid", "--recording", path, "-q", *(w for s in short for w in ("--set", s)))
    return path
