"""The scripts of the gallery, with fewer images: each records a training and renders its film."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from frameworks.weights import recorded

ROOT = Path(__file__).parents[2]
SCRIPTS = {
    "pytorch_mnist": ["--images", "1280", "--seconds", "0.5"],
    "keras_mnist": ["--images", "1280", "--epochs", "2", "--seconds", "0.5"],
    "sklearn_digits": ["--epochs", "1", "--seconds", "0.5"],
}
LAST = {"pytorch_mnist": 20, "keras_mnist": 20, "sklearn_digits": 45}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_renders_its_film(name, tmp_path):
    call = [sys.executable, ROOT / f"scenes/{name}.py", "--folder", tmp_path, *SCRIPTS[name]]
    done = subprocess.run(call, capture_output=True, text=True, check=False, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == tmp_path / f"{name}.mp4"
    assert (tmp_path / f"{name}.mp4").stat().st_size > 1000
    assert int(recorded(tmp_path / f"{name}.zarr").steps[-1]) == LAST[name]
