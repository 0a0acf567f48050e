"""The names of runs: those of a grid say its values exactly, no two are alike, and any name is safe on a disk."""

from __future__ import annotations

import datetime
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import tomli_w
import zarr
from hypothesis import given
from hypothesis import strategies as st

from weightreel.render.errors import SceneError
from weightreel.render.scene.file import load, parse
from weightreel.render.scene.grid import combinations
from weightreel.render.scene.labels import labels
from weightreel.trainer.fields import quoted
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.folders import LONGEST, folder_of
from weightreel.trainer.recording.keeping import keeping
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.recording.store import open_recordings
from weightreel.trainer.run import Run

RUN = {"layers": [{"type": "dense", "units": 10, "activation": "softmax"}]}
ALIKE = [
    *("a", "A", "a/b", "a b", "a%20b", "a\\b", "..", ".", "", " ", "a ", "a.", "run", "Run", "con", "NUL.txt"),
    *("__x", "x" * 300, "x" * 301, "é", "e\u0301", "字" * 100, "a\nb", "a\x1b[31mb", "\u202eabc", "\x00", "~", "x~2"),
    *("zarr.json", "X", "a:b", "C:\\x", "-o", "*?", "\ud800", "lr=0.1 l2=0.01"),
]  # fmt: skip
SCALARS = st.one_of(
    *(st.booleans(), st.integers(), st.floats(), st.text(max_size=6), st.dates()),
    st.sampled_from([1, 1.0, True, "1", "1.0", "true", "True", 0.1, 0.1000001, 0.0, -0.0, *ALIKE]),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
)


DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(10))}


def legal(folder: str) -> bool:
    """Whether a file system of any sort, and Zarr, take a folder's name as it is."""
    plain = folder.isascii() and folder.isprintable() and not set(folder) & set('<>:"/\\|?*')
    ends = bool(folder) and folder[0] not in ". " and folder[-1] not in ". " and len(folder) <= LONGEST + 4
    own = folder.lower().split(".")[0] not in DEVICES and not folder.startswith("__")
    return plain and ends and own and folder.lower() != "zarr.json"


def folders_of(names: list[str]) -> list[str]:
    folders: list[str] = []
    for name in names:
        folders.append(folder_of(name, folders))
    return folders


@given(
    st.lists(st.lists(VALUES, min_size=1, max_size=4, unique_by=lambda v: (type(v), repr(v))), min_size=1, max_size=3)
)
def test_every_combination_of_values_has_a_name_of_its_own(columns):
    told = [labels(values, [()] * len(values)) for values in columns]
    rows = [[]]
    for words in told:
        rows = [[*row, word] for row in rows for word in words]
    names = [" ".join(f"key={word}" for word in row) for row in rows]
    assert len(set(names)) == math.prod(map(len, columns))
    assert all(name.isprintable() for name in names)


@given(st.lists(st.text() | st.sampled_from(ALIKE), unique=True, max_size=8))
def test_every_name_has_a_folder_of_its_own(names):
    folders = folders_of(names)
    assert len({folder.lower() for folder in folders}) == len(names)
    assert [folder for folder in folders if not legal(folder)] == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0.1, 0.1000001, 0.2], ["0.1", "0.1000001", "0.2"]),
        ([0.0, 100000.0, 1e-7, 1 / 3], ["0", "100000", "1e-07", "0.3333333333333333"]),
        ([1, 1.0, True, "1", "true"], ["1", "1.0", "true", '"1"', '"true"']),
        ([True, "True"], ["true", "True"]),
        (["a/b", "a b", "a"], ["a/b", '"a b"', "a"]),
        (["", "a\nb", "\x1b", 'say "x"'], ['""', '"a\\nb"', '"\\u001b"', '"say \\"x\\""']),
        ([[1, 2.0], {"type": "sgd", "lr": 0.1}], ["[1, 2.0]", '{type="sgd", lr=0.1}']),
        ([datetime.date(2020, 1, 2), "2020-01-02"], ["2020-01-02", '"2020-01-02"']),
    ],
)
def test_values_are_called_by_the_shortest_words_that_tell_them_apart(values, words):
    assert labels(values, [()] * len(values)) == words


def test_values_that_are_alike_are_refused_and_close_ones_are_two_runs():
    scene = parse({"run": RUN | {"optimizer": {"type": "sgd", "lr": 1.0}}, "grid": {"optimizer.lr": [0.1, 0.1000001]}})
    assert {name: run.optimizer.lr for name, run in scene.trainings.items()} == {
        "lr=0.1": 0.1,
        "lr=0.1000001": 0.1000001,
    }
    with pytest.raises(SceneError) as caught:
        parse({"run": RUN, "grid": {"l2": [0.5, 1e-1, 0.1]}})
    told = "is called 0.1, as one before it is; take one of them out"
    assert str(caught.value) == f"scene: 1 problem\n  grid.l2[2]   {told}"


@pytest.mark.parametrize(
    ("key", "values", "names"),
    [
        ("data.path", ["/home/me/d.npz", "/home/me/./d.npz", "other.npz"], ["d.npz", "d-2.npz", "other.npz"]),
        ("data.path", ["a/d.npz", "b/d.npz", "~/d.npz", "../d.npz"], ["a/d.npz", "b/d.npz", "d.npz", "d-2.npz"]),
        ("data.path", ["C:\\Users\\me\\d.npz", "/data/.hidden", "/data/mnist/"], ["d.npz", ".hidden", "mnist"]),
        (
            "data",
            [{"type": "npz", "path": "/home/me/d.npz"}, {"type": "idx", "path": "/home/me/fashion"}],
            ['{type="npz", path="d.npz"}', '{type="idx", path="fashion"}'],
        ),
    ],
)  # fmt: skip
def test_names_say_nothing_of_the_machine(key, values, names):
    run = Run.model_validate(RUN | {"data": {"type": "npz", "path": "x.npz"}})
    made = combinations(run, {key: values})
    assert list(made) == [f"{key.rpartition('.')[2]}={name}" for name in names]
    assert [run.data.path for run, _ in made.values()] == [v if isinstance(v, str) else v["path"] for v in values]


def test_instances_in_a_grid_are_called_as_tables():
    from weightreel.trainer.datasets.npz import Npz
    from weightreel.trainer.optimizers.adam import Adam
    from weightreel.trainer.optimizers.sgd import SGD

    run = Run.model_validate(RUN)
    assert list(combinations(run, {"optimizer": [SGD(lr=0.5), Adam()], "data": [Npz(path="/me/d.npz")]})) == [
        'optimizer={type="sgd", lr=0.5} data={type="npz", path="d.npz"}',
        'optimizer={type="adam"} data={type="npz", path="d.npz"}',
    ]


def test_long_values_make_long_names_that_recipes_can_say():
    paths = ["x" * 250 + end for end in (".npz", ".npy")]
    run = RUN | {"data": {"type": "npz", "path": "x.npz"}}
    scene = parse({"run": run, "grid": {"data.path": paths, "l2": [0.1, 0.2]}})
    assert len(scene.trainings) == 4
    assert parse({"run": run, "recipe": {"data": dict.fromkeys(scene.trainings, "digest")}}).recipe


def test_any_name_comes_back_from_a_recording(tmp_path):
    names = [*ALIKE]
    about = About(input_shape=(2,), layers=())
    with keeping(tmp_path / "kept") as kept:
        for step, name in enumerate(names):
            recorder = kept.recorder(name, about)
            recorder.append(Snapshot(step, 0.0, {"0/weights": np.ones(2, np.float32)}, {"loss": 1.0}))
            recorder.finish()
    recordings = open_recordings(tmp_path / "kept")
    assert [(name, int(r.steps[-1])) for name, r in recordings.items()] == [(n, i) for i, n in enumerate(names)]
    folders = [path.name for path in (tmp_path / "kept").iterdir() if path.is_dir()]
    assert len(folders) == len(names) and all(map(legal, folders))
    assert (tmp_path / "kept" / "lr=0.1 l2=0.01").is_dir(), "names of every day stay as they are"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_recording_that_names_runs_by_folders_alone_is_read(tmp_path):
    """As they were written before names had to be escaped."""
    shutil.copytree(Path(__file__).parents[1] / "data" / "recording", tmp_path / "kept")
    group = zarr.open_group(tmp_path / "kept", mode="r")["run"]
    assert "name" not in group.attrs
    assert list(open_recordings(tmp_path / "kept")) == ["convnet", "decayed", "run"]


@pytest.mark.parametrize("name", ["a", "..", "", "a=b.c", 'a"b', "a\\b", "a b", "字", "a\nb", "x" * 60])
def test_a_setting_reaches_a_run_of_any_name(tmp_path, name):
    path = tmp_path / "x.toml"
    path.write_text(tomli_w.dumps({"runs": {name: RUN, "other": RUN}}))
    assert load(path, settings=[f"runs.{quoted(name)}.epochs=2"]).runs[name].epochs == 2
    with pytest.raises(SceneError) as caught:
        load(path, settings=[f"runs.{quoted(name)}.epochs=0"])
    assert str(caught.value).endswith(f"  runs.{quoted(name)}.epochs   should be greater than 0, not 0")


@pytest.mark.parametrize("setting", ["x", "=3", 'runs."a.epochs=1', 'runs."\\q".epochs=1', 'runs."\x00".epochs=1'])
def test_settings_that_are_none(tmp_path, setting):
    path = tmp_path / "x.toml"
    path.write_text(tomli_w.dumps({"run": RUN}))
    with pytest.raises(SceneError, match="write it as KEY=VALUE, such as "):
        load(path, settings=[setting])


def test_a_setting_may_make_a_grid(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text(tomli_w.dumps({"run": RUN | {"optimizer": {"type": "sgd"}}}))
    scene = load(path, settings=['grid."optimizer.lr"=[0.1, 0.2]'])
    assert list(scene.trainings) == ["lr=0.1", "lr=0.2"]
