"""What `import weightreel` offers: the names it says, each of them there, and nothing else to be seen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import weightreel
from weightreel.trainer.options import Options

SURFACE = """
    Border CaptureError Card Dataset DataError DivergedError EarlyStopping EncodeError Figure He LayerOptions Layout
    Normal Normalize OptimizerOptions Output Recorder RecordingError Run Scene SceneError SetupError Source Theme
    Timeline View WeightreelError Xavier film load reproduce show
"""
ADAPTERS = ("huggingface", "keras", "lightning", "pytorch", "sklearn")


def test_dir_shows_the_surface_and_nothing_else():
    plugins = {name for name in weightreel.__all__ if name not in SURFACE.split()}
    assert set(SURFACE.split()) < set(dir(weightreel))
    assert {"Dense", "SGD", "Mnist", "NeuronGrid", "Gif"} <= plugins
    assert all(issubclass(getattr(weightreel, name), Options) for name in plugins)
    assert dir(weightreel) == sorted([*weightreel.__all__, *ADAPTERS]), "a star would hide frameworks of their names"


@pytest.mark.parametrize("name", dir(weightreel))
def test_every_name_is_there(name):
    assert getattr(weightreel, name).__name__.removeprefix("weightreel.") == name
    assert getattr(weightreel, name).__doc__


def test_a_star_brings_the_surface():
    names: dict[str, object] = {}
    exec("from weightreel import *", names)
    assert set(names) - {"__builtins__"} == set(weightreel.__all__)


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match="module 'weightreel' has no attribute 'Dence'"):
        weightreel.Dence  # noqa: B018
    assert not hasattr(weightreel, "nothing")


def test_a_person_s_own_trainer_and_render_break_nothing(tmp_path):
    """Nor ours theirs: the folders of a checkout are imported under no other name than weightreel."""
    for name in ("trainer", "render"):
        (tmp_path / f"{name}.py").write_text("ANSWER = 42\n")
    script = tmp_path / "script.py"
    script.write_text(
        "import render, trainer, weightreel\n"
        "assert render.ANSWER == trainer.ANSWER == 42\n"
        "film = weightreel.film(weightreel.load('lesson_9', settings=['run.data.train=60', 'run.data.test=0']))\n"
        "assert (film.size, film.fps) == ((1920, 1080), 70)\n"
    )
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_importing_it_loads_nothing_heavy():
    code = "import sys, weightreel; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.home())
    assert not set(done.stdout.split()) & {"numpy", "cv2", "av", "pydantic", "PIL", "zarr", "cmap"}
