"""Every scene that ships validates, and renders three small frames."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import imageio.v3 as iio
import pytest

from trainings import cut_short, planned
from weightreel.render.making.film import render
from weightreel.render.scene.file import load, scenes_folder, shipped_scenes

SCENES = sorted(shipped_scenes())
# Rows that are as close as words can be; the others are drawn at half their size.
AS_LARGE_AS_THEY_ARE = {"hyperparameters"}
SCRIPTS = {p.stem: p for p in scenes_folder().glob("*.py")}
OF_FRAMEWORKS = {"keras_mnist", "pytorch_mnist", "sklearn_digits"}  # run by tests/frameworks


@pytest.mark.parametrize("name", SCENES)
def test_validates_whole(name):
    scene = load(name)
    plan = planned(scene)
    assert scene.title
    assert scene.output, "a scene that ships writes something"
    assert all(take.course[0].step(run) == 0 for take in plan.takes for run in plan.sources.about)


@pytest.mark.parametrize("name", SCENES)
def test_renders_three_small_frames(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    size = load(name).layout.size
    if name not in AS_LARGE_AS_THEY_ARE:
        size = tuple(side // 2 for side in size)
    scene = load(name, outputs=["x.png"], keys={"size": list(size)}, settings=cut_short(name))
    count = len(planned(scene).takes[0].course)
    report = render(scene, frames=slice(count - 3, count))
    files = sorted(tmp_path.glob("x-*.png"))
    assert [f.name for f in files] == [f"x-{i:05d}.png" for i in range(count - 3, count)]
    assert all(iio.imread(f).shape == (size[1], size[0], 3) for f in files)
    assert report["outputs"][0]["frames"] == 3


@pytest.mark.parametrize("name", sorted(SCRIPTS.keys() - OF_FRAMEWORKS))
def test_scripts_run(name, tmp_path):
    arguments = ["--folder", str(tmp_path), "--epochs", "1", "--images", "400", "--seconds", "0.4"]
    done = subprocess.run([sys.executable, str(SCRIPTS[name]), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    clips = sorted(p.name for p in tmp_path.iterdir())
    assert clips == ["width_16.mp4", "width_36.mp4", "width_64.mp4"]
    assert done.stdout.count("validation accuracy") == len(clips)


def test_the_folder_is_where_the_scenes_are():
    assert {"hidden_grid", "lesson_9"} <= set(SCENES)
    assert Path(scenes_folder()).is_dir()
