"""What the tests share: a small training, recorded; and the flag that accepts golden pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept-golden", action="store_true", help="take today's pictures as the golden ones")


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


def record_for(view: View) -> Recording | Recordings:
    """A small training that a view can show, with the probes that it asks for."""
    run = small_convnet() if view.type in ("kernels", "activation_maps") else small_run()
    about = describe(run, small_data(), 0)
    recording = record_small(dict(view.probes(about)), run)
    if not view.every_run:
        return recording
    other = record_small(run=small_run(l2=0.1, epochs=1))
    for made, value in ((recording, "0"), (other, "0.1")):
        made.about = made.about.model_copy(update={"settings": {"l2": value}})
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


@pytest.fixture(scope="session")
def recording() -> Recording:
    """A small training in memory."""
    return record_small()


SCENE = """
title = "small"
[run]
layers = [
  { type = "dense", units = 9, activation = "sigmoid" },
  { type = "dense", units = 10, activation = "softmax" },
]
batch_size = 50
epochs = 2
data = { type = "mnist", train = 300, validation = 100, test = 100 }
[timeline]
fps = 10
seconds = 1.5
hold = 0.3
[layout]
size = [320, 180]
areas = ["grid words", "grid loss"]
[[view]]
type = "neuron_grid"
area = "grid"
rows = 3
columns = 3
[[view]]
type = "curve"
area = "loss"
[[view]]
type = "caption"
area = "words"
text = "epoch {epoch:.2f}  loss {loss:.4f}"
[[output]]
path = "small.png"
"""


@pytest.fixture
def scene_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small scene in a folder of its own, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "small.toml"
    path.write_text(SCENE)
    return path
