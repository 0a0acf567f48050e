"""What people bring: scenes with values of NumPy and paths, from a pipe, in the encodings of their editors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from weightreel.render.errors import SceneError
from weightreel.render.scene.file import load, read_toml, shipped_scenes
from weightreel.render.scene.scene import Scene
from weightreel.trainer.layers.dense import Dense
from weightreel.trainer.run import Run

LAYERS = [Dense(units=10, activation="softmax")]


def in_numpy(value: object) -> object:
    """A document as a script may have it, of which nothing is a plain value any more."""
    if isinstance(value, dict):
        return {key: Path(v) if key == "path" else in_numpy(v) for key, v in value.items()}
    if isinstance(value, list):
        same = len({type(v) for v in value}) == 1 and not isinstance(value[0], dict | list)
        return np.array(value) if same else tuple(in_numpy(v) for v in value)
    kinds = {bool: np.bool_, int: np.int64, float: np.float64, str: np.str_}
    return kinds[type(value)](value)


@pytest.mark.parametrize("name", sorted(shipped_scenes()))
def test_a_scene_may_be_made_of_values_of_numpy(name):
    assert Scene.model_validate(in_numpy(read_toml(shipped_scenes()[name]))).model_dump() == load(name).model_dump()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (np.float32(0.1), 0.1), (np.float16(0.1), 0.1), (np.array(0.5), 0.5), (np.longdouble(0.25), 0.25), (0.3, 0.3),
    ],
)  # fmt: skip
def test_a_number_of_numpy_is_the_one_that_was_written(given, kept):
    assert Run(layers=LAYERS, l2=given).l2 == kept


def test_parts_built_one_by_one_and_grids_take_them_too(tmp_path):
    run = Run(layers=LAYERS, data={"type": "npz", "path": tmp_path / "x.npz"}, epochs=np.uint8(3))
    scene = Scene(run=run, grid={"l2": np.array([0.1, 0.2]), "epochs": (np.int32(1), 2)}, seed=np.int64(4))
    assert run.data.path == str(tmp_path / "x.npz")
    assert list(scene.trainings) == [f"l2={x} epochs={n}" for x in (0.1, 0.2) for n in (1, 2)]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (np.float64(2.5), "should be a whole number, not 2.5"),
        (np.array([4]), "should be a whole number, not [4]"),
        (np.bool_(True), "should be a whole number, not true"),
        (np.complex64(4), "should be a whole number, not np.complex64(4+0j)"),
    ],
)
def test_what_is_wrong_of_them_is_said_as_of_any(value, told):
    with pytest.raises(SceneError) as caught:
        Dense(units=value)
    assert str(caught.value) == f"Dense: 1 problem\n  units   {told}"
