"""What people bring: scenes with values of NumPy and paths, from a pipe, in the encodings of their editors."""

from __future__ import annotations

import io
import os
import re
import threading
from pathlib import Path

import numpy as np
import pytest

from weightreel.render.command.cli import run
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


SCENE = """
title = "é"
[run]
layers = [{ type = "dense", units = 10, activation = "softmax" }]
epochs = 1
data = { type = "mnist", train = 100, validation = 20, test = 20 }
[timeline]
fps = 5
seconds = 0.4
[layout]
size = [320, 180]
[[view]]
type = "progress"
[[output]]
path = "x.gif"
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_scenes_are_read_as_editors_save_them(tmp_path, encoding, end):
    path = tmp_path / "x.toml"
    path.write_bytes(SCENE.replace("\n", end).replace("fps = 5", "fps\t=\t5\t").encode(encoding))
    assert load(path).title == "é"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (SCENE.encode("utf-16"), "is in UTF-16; save it as UTF-8"),
        (SCENE.encode("utf-16-le"), "is not text in UTF-8; a scene is a TOML file, so save it as UTF-8"),
        (SCENE.replace("é", "e").encode("utf-16-be"), "has signs of value 0, as UTF-16 and programs have; save it as "),
        (b"\xff\xfe\0\0" + SCENE.encode("utf-32-le"), "is in UTF-32; save it as UTF-8"),
        (SCENE.encode("latin-1"), "line 2   is not text in UTF-8; a scene is a TOML file, so save it as UTF-8"),
        (b"#" * 1_000_001, "is longer than 1,000,000 bytes; a scene is a short TOML file"),
    ],
)
def test_scenes_in_other_encodings_say_what_to_do(tmp_path, content, told):
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(SceneError, match=re.escape(told)):
        load(path)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A folder to work in, and a home folder beside it."""
    for name in ("work", "home"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_a_scene_comes_through_standard_input(elsewhere, monkeypatch, name):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(SCENE.encode())))
    scene = load(name, settings=["seed=3"])
    assert (scene.source, Path(scene.folder), scene.seed) == ("standard input", elsewhere / "work", 3)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(SceneError, match="standard input: 1 problem\n  the file is empty"):
        load(name)


def test_a_scene_comes_through_a_pipe_and_is_read_once(elsewhere):
    os.mkfifo("scene")
    writer = threading.Thread(target=lambda: Path("scene").write_text(SCENE.replace('"x.gif"', '""\nfor = "web"')))
    writer.start()
    with pytest.raises(SceneError, match=r"^scene: 1 problem"):
        load("scene")
    writer.join()
    writer = threading.Thread(target=lambda: Path("scene").write_text(SCENE.replace('path = "x.gif"', 'for = "web"')))
    writer.start()
    scene = load("scene")
    writer.join()
    assert (scene.source, Path(scene.folder), scene.output[0].path) == ("scene", elsewhere / "work", "scene-web.mp4")


def test_a_new_scene_starts_from_what_comes(elsewhere, monkeypatch):
    (elsewhere / "home" / "mine.toml").write_bytes(b"\xef\xbb\xbf" + SCENE.encode())
    assert run(["new", "~/a.toml", "--from", "~/mine.toml"]) == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(SCENE.encode())))
    assert run(["new", "b.toml", "--from", "-"]) == 0
    words = [(elsewhere / "home" / "a.toml").read_text(), Path("b.toml").read_text()]
    assert words == ["#:schema ./weightreel.schema.json\n" + SCENE] * 2
    assert load("~/a.toml").source == "~/a.toml"


def test_a_home_folder_may_stand_in_every_path_of_a_call(elsewhere, monkeypatch, capsys):
    home = elsewhere / "home"
    (home / "s.toml").write_text(
        'table = "~/runs.csv"\n' + SCENE.replace('type = "mnist"', 'type = "npz", path = "~/d.npz"')
    )
    rng = np.random.default_rng(0)
    np.savez(home / "d.npz", x=rng.integers(0, 256, (200, 6, 6), np.uint8), y=np.arange(200) % 10)
    for call in (
        ["check", "~/s.toml"],
        ["train", "~/s.toml", "--recording", "~/kept", "-q"],
        ["still", "~/s.toml", "--recording", "~/kept", "-o", "~/a.png"],
        ["render", "~/s.toml", "--recording", "~/kept", "-o", "~/b.gif"],
        ["recipe", "~/b.gif"],
        ["recipe", "~/a.png"],
    ):
        assert run(call) == 0, call
    assert sorted(path.name for path in home.iterdir()) == ["a.png", "b.gif", "d.npz", "kept", "runs.csv", "s.toml"]
    assert list(Path().iterdir()) == []
    told = capsys.readouterr()
    assert str(home) not in told.out + told.err
    assert 'path = "d.npz"' in told.out and "~/b.gif  320x180" in told.err
    assert run(["check", "~/s.toml", "--set", "output.0.path=~/no/x.gif"]) == 2
    assert "there is no folder '~/no'; make it: mkdir -p ~/no" in capsys.readouterr().err


@pytest.mark.parametrize(
    "call",
    [
        ["check", "{}.toml"],
        ["check", "hidden_grid", "--set", 'run.data={{ type = "npz", path = "{}.npz" }}'],
        ["check", "hidden_grid", "--set", 'run.data={{ type = "idx", path = "{}" }}'],
        ["check", "hidden_grid", "--set", "output.0.path={}.mp4"],
        ["check", "hidden_grid", "--set", "output.0.path={}/x.mp4"],
        ["check", "hyperparameters", "--set", "table={}.csv"],
        ["train", "hidden_grid", "--recording", "{}"],
        ["render", "hidden_grid", "--recording", "{}"],
        ["still", "hidden_grid", "-o", "{}.png"],
        ["new", "{}.toml"],
        ["new", "x.toml", "--from", "{}"],
        ["recipe", "{}.gif"],
    ],
    ids=" ".join,
)
def test_a_name_that_no_file_can_have_is_said_with_the_limit(elsewhere, capsys, call):
    for long in ("é" * 200, "x" * 300):
        assert run([word.format(long) for word in call]) == 2
        parts = (part for word in call for part in re.split('["=/]', word.format(long)))
        name = next(part for part in parts if long in part)
        told = f"a name of {len(name.encode())} bytes is too long; this file system takes 255"
        assert told in capsys.readouterr().err
    assert {path.name for path in elsewhere.rglob("*")} == {"work", "home"}
