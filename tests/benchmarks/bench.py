"""Speed, as ratios measured in one run: `make bench`.

    film ÷ writer: frames a second of a film (draw and encode) over those of the bare OpenCV writer that is fed
    ready-made frames of the same film.

    watch: what digests and flashes add to the time of a film.

They take turns, five times; medians are printed. Machines are shared and noisy: trust the ratio.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from weightreel.render.encoders._encoder import Encoder
from weightreel.render.encoders.opencv import OpenCV
from weightreel.render.formats.spec import Spec
from weightreel.render.frames.course import Course
from weightreel.render.frames.film import Film, compose
from weightreel.render.frames.pump import pump
from weightreel.render.frames.take import Sizing
from weightreel.render.frames.watch import Watch
from weightreel.render.scene.file import load, parse
from weightreel.trainer.recording.about import About, LayerAbout
from weightreel.trainer.recording.probes import Images, Labels, Probabilities
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.recording.store import Recordings

FRAMES = 240
ROUNDS = 5


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
    made = Recorder(about)
    for step in range(frames):
        weights += rng.normal(0, 0.004, weights.shape).astype(np.float32)
        loss = 2.3 * np.exp(-step / 40) + 0.1
        metrics = {"loss": loss, "batch_loss": loss + rng.normal(0, 0.05), "validation_accuracy": 1 - loss / 3}
        metrics["validation_loss"] = loss + 0.05
        parameters = {"0/weights": weights.copy()}
        made.append(Snapshot(step, step / (frames // 4), parameters, metrics, {}, answers(about, step)))
    return made.finish()


def grid_film(recordings: Recordings) -> Film:
    """896 × 896: nothing but the 8 × 8 grid at scale 4."""
    view = {"type": "neuron_grid", "rows": 8, "columns": 8, "gap": 0}
    view["border"] = {"inside": True}
    run = {"layers": [{"type": "dense", "units": 64}, {"type": "dense", "units": 10, "activation": "softmax"}]}
    scene = parse({"run": run, "layout": {"size": [896, 896]}, "view": [view]})
    return compose(scene, Sizing((896, 896)), every_step(recordings), recordings)


def answers(about: About, step: int) -> dict[str, NDArray[np.number]]:
    """What the hero shows beside weights: an image, its label, and probabilities that move."""
    shares = np.exp(3 * np.sin(step / 9 + np.arange(10.0)))
    known = {Images: np.tile(np.arange(28, dtype=np.uint8) * 9, (1, 28, 1)), Labels: np.array([5])}
    known[Probabilities] = (shares / shares.sum())[None]
    asked = {key: probe for view in load("hidden_grid").view for key, probe in view.probes(about).items()}
    return {key: known[type(probe)] for key, probe in asked.items()}


def hero_film(recordings: Recordings) -> Film:
    """1920 × 1080: the film of the README, over the drifting weights."""
    return compose(load("hidden_grid"), Sizing((1920, 1080)), every_step(recordings), recordings)


def every_step(recordings: Recordings) -> Course:
    """A film with a frame for each step."""
    steps = {name: r.steps for name, r in recordings.items()}
    return Course(60.0, (("film", 0, len(recordings.steps)),), steps, steps)


def film_seconds(film: Film, folder: Path, *, watched: bool = True) -> float:
    """Draw and encode all frames; watched, as clips are, or not."""
    begun = time.perf_counter()
    draw = Watch().over(film.draw) if watched else film.draw
    with Encoder(OpenCV(path=str(folder / "film.mp4")), Spec(film.size, 60)) as encoder:
        pump(encoder.write, range(len(film)), draw, film.buffer)
    return time.perf_counter() - begun


def draw_seconds(film: Film) -> float:
    """Draw all frames, encode none."""
    frame = film.buffer()
    begun = time.perf_counter()
    for i in range(len(film)):
        film.draw(frame, i)
    return time.perf_counter() - begun


def writer_seconds(frames: list[np.ndarray], folder: Path) -> float:
    """Nothing but OpenCV's writer."""
    size = (frames[0].shape[1], frames[0].shape[0])
    begun = time.perf_counter()
    writer = cv2.VideoWriter(str(folder / "bare.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 60, size)
    for frame in frames:
        writer.write(frame)
    writer.release()
    return time.perf_counter() - begun


def ready_made(film: Film) -> list[np.ndarray]:
    """All frames in memory."""
    frames = []
    for i in range(len(film)):
        frames.append(film.buffer())
        film.draw(frames[-1], i)
    return frames


def compare(name: str, make: Callable[[Recordings], Film], folder: Path) -> None:
    """Measure one film against the bare writer and print a line."""
    film = make(Recordings({"run": recording()}))
    frames = ready_made(film)
    turns = [
        (film_seconds(film, folder), writer_seconds(frames, folder), film_seconds(film, folder, watched=False))
        for _ in range(ROUNDS)
    ]
    rate = statistics.median(FRAMES / f for f, _, _ in turns)
    bare = statistics.median(FRAMES / w for _, w, _ in turns)
    ratio = statistics.median(w / f for f, w, _ in turns)
    cost = statistics.median(f / u for f, _, u in turns) - 1
    drawn = FRAMES / statistics.median(draw_seconds(film) for _ in range(ROUNDS))
    print(
        f"{name:<24} film {rate:6.0f} fps   bare writer {bare:6.0f} fps   film ÷ writer {ratio:.2f}   "
        f"draw {drawn:6.0f}   watch {100 * cost:+.0f} %"
    )


def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as folder:
        compare("grid 896 × 896", grid_film, Path(folder))
        compare("hidden_grid 1920 × 1080", hero_film, Path(folder))


if __name__ == "__main__":
    main()
