"""Small trainings that tests share: made in a moment, and the scenes that ship, cut short."""

from __future__ import annotations

from functools import cache

import numpy as np

from weightreel.render.making.plan import Plan, prepare, record
from weightreel.render.scene.file import load
from weightreel.render.scene.scene import Scene
from weightreel.render.views import View
from weightreel.trainer.datasets import Data, Split
from weightreel.trainer.datasets.mnist import Mnist
from weightreel.trainer.layers.conv2d import Conv2d
from weightreel.trainer.layers.dense import Dense
from weightreel.trainer.layers.flatten import Flatten
from weightreel.trainer.layers.max_pool2d import MaxPool2d
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings
from weightreel.trainer.run import Run, describe
from weightreel.trainer.train import train


def small_data(seed: int = 0, n: int = 120, side: int = 8, classes: int = 3) -> Data:
    """Images of noise with one bright row a class: learnable in a few steps."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    images = rng.integers(0, 80, (n, side, side), dtype=np.uint8)
    images[np.arange(n), labels * 2 + 1] = 230
    scale = (np.array(0.0), np.array(1 / 255))
    cut = (slice(0, n // 2), slice(n // 2, 3 * n // 4), slice(3 * n // 4, n))
    parts = [Split(images[c], labels[c].astype(np.int64), *scale) for c in cut]
    return Data("noise", *parts, tuple(str(i) for i in range(classes)))


def small_run(**keys: object) -> Run:
    """64-6-3 on 8 × 8 images."""
    layers = (Dense(units=6, activation="sigmoid"), Dense(units=3, activation="softmax"))
    return Run(**({"layers": layers, "batch_size": 10, "epochs": 2, "data": Mnist()} | keys))  # type: ignore[arg-type]


def small_convnet() -> Run:
    """Five filters of 3 × 3, pooled, on 8 × 8 images."""
    layers = (
        Conv2d(filters=5, activation="relu"),
        MaxPool2d(),
        Flatten(),
        Dense(units=3, activation="softmax"),
    )
    return small_run(layers=layers)


# By the names that they have in tests/data/recording, from which golden pictures are drawn.
RUNS = {"run": small_run, "convnet": small_convnet}


def record_for(view: View, training: str = "run") -> Recording | Recordings:
    """A small training, one of RUNS, with the probes that a view asks for; two of them for a view of every run."""
    run = RUNS[training]()
    about = describe(run, small_data(), 0)
    recording = record_small(dict(view.probes(about)), run)
    if not view.every_run:
        return recording
    other = record_small(run=small_run(l2=0.1, epochs=1))
    for made, value in ((recording, "0"), (other, "0.1")):
        made.description = made.description.model_copy(update={"settings": {"l2": value}})
    return Recordings({"l2=0": recording, "l2=0.1": other})


def record_small(probes: dict | None = None, run: Run | None = None) -> Recording:
    """All steps of a small training."""
    run, data = run or small_run(), small_data()
    about = describe(run, data, 0)
    recording = Recording(about)
    for snapshot in train(run, data, steps=range(about.total_steps + 1), seed=0, probes=probes):
        recording.append(snapshot)
    recording.finish()
    return recording


def cut_short(name: str) -> list[str]:
    """Settings that train each run of a scene that ships for an epoch on some images."""
    scene = load(name)
    keys = ["run"] if scene.run else [f"runs.{n}" for n in scene.runs]
    return [f"{k}.{s}" for k in keys for s in ("epochs=1", "data.train=400", "data.validation=100", "data.test=100")]


@cache
def filmed(name: str) -> tuple[Scene, Plan, Recordings]:
    """(scene, plan, recordings) of a scene that ships, trained for some steps, once a process."""
    scene = load(name, settings=cut_short(name))
    plan = prepare(scene)
    return scene, plan, record(plan)
