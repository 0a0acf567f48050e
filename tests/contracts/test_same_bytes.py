"""The same seed gives the same bytes on any number of processors: whole films, made in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from trainings import cut_short
from weightreel.render.scene.file import shipped_scenes

SCRIPT = Path(__file__).parents[1] / "film_digest.py"
MACHINES = {"two threads": {"OPENBLAS_NUM_THREADS": "2"}, "one thread": {"OPENBLAS_NUM_THREADS": "1"}}
if hasattr(os, "sched_setaffinity"):
    MACHINES["one processor"] = {"PINNED": "1"}
# Both runs are large enough to be trained by threads, if there are any; what decides on pixels by sums is in it.
SCENE = """
[runs.convnet]
layers = [
  { type = "conv2d", filters = 16, kernel = 3, activation = "relu" },
  { type = "max_pool2d" },
  { type = "conv2d", filters = 32, kernel = 3, activation = "relu" },
  { type = "max_pool2d" },
  { type = "flatten" },
  { type = "dropout", rate = 0.2 },
  { type = "dense", units = 10, activation = "softmax" },
]
optimizer = { type = "adam" }
l2 = 0.001
batch_size = 170
epochs = 1
data = { type = "mnist", train = 340, validation = 50, test = 50, scale = "standard" }
[runs.dense]
layers = [
  { type = "dense", units = 384, activation = "relu" },
  { type = "dropout", rate = 0.5 },
  { type = "dense", units = 10, activation = "softmax" },
]
batch_size = "all"
epochs = 2
data = { type = "mnist", train = 340, validation = 50, test = 50, scale = "standard" }
[timeline]
every = 1
fps = 10
[layout]
size = [640, 360]
areas = ["grid maps", "grid loss"]
[[view]]
type = "back_projection"
area = "grid"
run = "dense"
layer = 2
[[view]]
type = "activation_maps"
area = "maps"
run = "convnet"
[[view]]
type = "curve"
area = "loss"
run = "convnet"
[[output]]
path = "small.png"
"""


def made(scene: str, settings: list[str], machine: dict[str, str]) -> dict[str, int]:
    """Checksums of a film, made on a machine of that kind."""
    plain = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    call = [sys.executable, str(SCRIPT), scene, *settings]
    done = subprocess.run(call, env=plain | machine, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def hold(scene: str, settings: list[str]) -> None:
    """Every machine makes the same film."""
    films = {name: made(scene, settings, machine) for name, machine in MACHINES.items()}
    (first, expected), *others = films.items()
    for name, film in others:
        assert film.keys() == expected.keys()
        differ = [what for what in film if film[what] != expected[what]]
        assert not differ, f"{name} and {first} make another film: {differ}"


@pytest.mark.slow
def test_a_film_is_the_same_on_any_number_of_processors(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(SCENE)
    hold(str(path), [])


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_scenes())
def test_every_scene_is(name):
    hold(name, [*cut_short(name), "layout.size=[1280, 720]"])
