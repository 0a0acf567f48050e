"""The recording stands on the ground: it is written and read without the trainer that this house brings along, so that
it can serve in someone else's."""

import subprocess
import sys
from pathlib import Path

from weightreel.trainer import plugins

ROOT = Path(__file__).parents[2]
TRAINER = {"layers", "optimizers", "datasets", "mathematics", "network", "train", "run", "measure", "gradient_check"}


def loaded(code: str) -> set[str]:
    """The modules that a fresh process holds after `code`."""
    code += "\nimport sys; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def of_the_trainer(modules: set[str]) -> set[str]:
    parts = (name.split(".") for name in modules if name.startswith("weightreel.trainer."))
    return {part[2] for part in parts} & TRAINER


def test_recordings_load_nothing_of_the_trainer():
    names = [p.stem for p in (Path(__file__).parents[2] / "trainer" / "recording").glob("[!_]*.py")]
    assert "recorder" in names
    modules = loaded("\n".join(f"import weightreel.trainer.recording.{name}" for name in names))
    assert not of_the_trainer(modules)
    assert not modules & {"zarr", "cv2", "PIL", "av"}, "zarr takes longer than all the rest: it waits until it is used"


def test_views_load_nothing_of_the_trainer():
    names = plugins.names("weightreel.render.views")
    assert names
    modules = loaded("\n".join(f"import weightreel.render.views.{name}" for name in names))
    assert not of_the_trainer(modules)
    assert "zarr" not in modules


def test_a_recorder_in_somebody_s_loop_loads_nothing_of_the_trainer():
    modules = loaded("import weightreel; weightreel.Recorder")
    assert not of_the_trainer(modules)
    assert not modules & {"zarr", "numcodecs", "cv2", "PIL", "av", "torch"}
