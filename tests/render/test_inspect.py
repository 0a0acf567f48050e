"""What is in a recording, said and filmed without a word of one's own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from foreign import MLP, layer, record
from PIL import Image

from weightreel import film, load
from weightreel.render.command.cli import run
from weightreel.render.planning.suggested import scene_of
from weightreel.render.showing.strip import COUNT

CONV = layer("conv1", "conv", (7, 7, 3, 64))
NORM = layer("bn1", "other", (64,))
KINDS = {
    "images": ((layer("hidden", "linear", (784, 64)), layer("out", "linear", (64, 10))), {}, ["neuron_grid"]),
    "many neurons": ((layer("hidden", "linear", (784, 512)),), {}, ["neuron_grid"]),
    "known images": ((layer("hidden", "linear", (60, 4)),), {"input_shape": (6, 10)}, ["neuron_grid"]),
    "channels first": ((layer("hidden", "linear", (300, 4)),), {"input_shape": (3, 10, 10)}, ["neuron_grid"]),
    "large images": ((layer("hidden", "linear", (40_000, 3)),), {"steps": range(3)}, ["neuron_grid"]),
    "huge images": ((layer("hidden", "linear", (640_000, 2)),), {"steps": range(3)}, ["matrix"]),
    "a table": ((layer("fc", "linear", (13, 5)),), {}, ["matrix"]),
    "kernels": ((NORM, CONV, layer("fc", "linear", (512, 10))), {}, ["kernels"]),
    "kernels in a row": ((layer("c", "conv1d", (9, 4, 16)),), {}, ["kernels"]),
    "points only": ((layer("c", "conv", (1, 1, 4, 8)), layer("fc", "linear", (9, 2))), {}, ["matrix"]),
    "words": (
        (layer("wte", "embedding", (50, 16)), NORM, layer("h.0.attn.c_attn", "linear", (16, 48))),
        {},
        ["matrix", "matrix"],
    ),
    "norms alone": ((NORM,), {}, []),
    "names like numbers": ((layer("1", "linear", (5, 4)), layer("0", "linear", (4, 3))), {}, ["matrix"]),
    "the same name twice": ((NORM, layer("bn1", "linear", (5, 4), weights="b/weights")), {}, ["matrix"]),
    "strange names": ((layer('a"b\\\n{字}\x1b', "linear", (5, 4)),), {}, ["matrix"]),
    "nothing": ((), {"metrics": ()}, []),
}  # fmt: skip


@pytest.mark.parametrize(("layers", "known", "views"), KINDS.values(), ids=KINDS)
def test_its_scene_films_it_as_it_is_printed(layers, known, views, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    record("run.zarr", layers, **known)
    assert run(["inspect", "run.zarr", "--scene"]) == 0
    words = capsys.readouterr().out
    Path("film.toml").write_text(words)
    assert run(["check", "film.toml"]) == 0, capsys.readouterr().err
    assert "warning" not in capsys.readouterr().out
    made = film("film.toml")
    weights = [view.type for view in made.scene.view if view.type not in ("curve", "caption", "figures", "progress")]  # type: ignore[attr-defined]
    assert weights == views
    assert made[0].shape == (720, 1280, 3) and not (views and np.array_equal(made[0], made[-1]))


def test_what_it_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record("run.zarr", (layer("hidden", "linear", (784, 512)),), metrics=["lr", "val_acc", "batch_loss", "train/loss"])
    words = scene_of("run.zarr")
    for line in (
        'layer = "hidden"\nshape = [28, 28]\nrows = 7\ncolumns = 7\nchoose = "change"\n',
        'metrics = ["train/loss"]',
        'metrics = ["val_acc"]',
        'text = "step {step} of {steps}"',
        '{ label = "training loss", value = "{train/loss}", color = "training" }',
        '{ label = "validation accuracy", value = "{val_acc}", color = "validation" }',
        'path = "run.mp4"',
    ):
        assert line in words, words
    assert "batch_loss" not in words


def test_names_too_long_to_stand_over_large_numbers_are_in_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loss = "loss_" + "w" * 80
    record("run.zarr", (layer("hidden", "linear", (784, 64)),), metrics=[loss])
    words = scene_of("run.zarr")
    assert '"figures"' not in words and f"{{{loss}}}" in words


@pytest.mark.parametrize("layers", [KINDS["images"][0], KINDS["words"][0], ()], ids=["one", "two", "none"])
def test_it_is_composed_for_frames_of_other_shapes(layers, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    record("run.zarr", layers)
    for size in ("1080x1920", "1080x1080"):
        still = ["still", "run.zarr", "--size", size, "-o", f"{size}.png"]
        assert run(still) == 0, capsys.readouterr().err
        assert cv2.imread(f"{size}.png").shape[1::-1] == tuple(map(int, size.split("x")))


@pytest.mark.parametrize(
    ("name", "known", "view"),
    [
        ("transformer.wte", {}, "matrix"),
        ("tok_emb", {}, "matrix"),
        ("net/embeddings", {}, "matrix"),
        ("remember", {}, "neuron_grid"),
        ("patch_embed", {}, "neuron_grid"),
        ("embed", {"input_shape": (16, 16)}, "neuron_grid"),
        ("embed", {"origin": "torch.nn.Linear"}, "neuron_grid"),
    ],
)
def test_an_embedding_that_is_recorded_by_hand_is_no_picture(name, known, view, tmp_path, monkeypatch):
    """256 entries are a square as well; all that is known of it is its name."""
    monkeypatch.chdir(tmp_path)
    record("run.zarr", (layer(name, "linear", (256, 16), **{"origin": "", **known}),))
    words = scene_of("run.zarr")
    assert f'type = "{view}"' in words
    assert (f'layer = "{name}"\ndown = "entries"\nacross = "dimensions"\n' in words) == (view == "matrix")


@pytest.mark.parametrize(("side", "tiles"), [(8, 8), (20, 8), (28, 7), (32, 8)])
def test_tiles_fill_the_height(side, tiles, tmp_path, monkeypatch):
    """49 pictures of three pixels a weight say more than 64 of two."""
    monkeypatch.chdir(tmp_path)
    record("run.zarr", (layer("hidden", "linear", (side * side, 100)),), steps=range(2))
    shown = film("run.zarr")[0]
    assert f"rows = {tiles}\ncolumns = {tiles}\n" in scene_of("run.zarr")
    red = (shown == (255, 0, 0)).all(axis=2).any(axis=1)
    first, last = np.flatnonzero(red[:-10])[[0, -1]]  # above the progress line
    assert last - first >= 0.75 * 720


def test_it_renders(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    record("run.zarr")
    Path("film.toml").write_text(scene_of("run.zarr"))
    assert run(["render", "film.toml", "-q", "--set", "layout.size=[640,360]"]) == 0, capsys.readouterr().err
    assert Path("run.mp4").stat().st_size > 0
    assert run(["render", "run.zarr", "-o", "x.gif", "--draft", "-q"]) == 0, "a recording in place of a scene"
    assert run(["still", "run.zarr", "-o", "x.png"]) == 0
    assert run(["new", "mine.toml", "--from", "run.zarr"]) == 0
    assert run(["check", "mine.toml"]) == 0


def test_from_python_a_recording_is_a_film(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record("run.zarr")
    assert np.array_equal(film("run.zarr")[3], film(load(Path("run.zarr")))[3])
    assert load("run.zarr", outputs=["a.gif"], settings=["timeline.fps=10"]).output[0].path == "a.gif"


def test_of_several_runs_one_is_filmed_and_the_others_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("wide", "narrow"):
        record("run.zarr", run=name)
    words = scene_of("run.zarr")
    assert '# there are also "narrow"\n[recording]\npath = "run.zarr"\nrun = "wide"\n' in words
    assert list(film("run.zarr").recordings) == ["wide"]


TOLD = """\
run.zarr  {bytes}
run: 13 snapshots of steps 0 to 12, 3 epochs
  stopped: enough
  written by torch 2.13.0
  layers
    conv1  conv    7×7×3×64  torch.nn.Conv2d       relu
    bn1    other   64        torch.nn.BatchNorm2d
    fc     linear  512×10    torch.nn.Linear
  metrics
    train/loss    training loss        13 ×  2 to 0.1538
    val_accuracy  validation accuracy  13 ×  0.5 to 0.9286
  probes
    images/test/2  2×8×8  uint8
"""


def test_what_is_in_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    layers = (CONV.model_copy(update={"activation": "relu"}), NORM, layer("fc", "linear", (512, 10)))
    probes = {"images/test/2": np.zeros((2, 8, 8), np.uint8)}
    record("run.zarr", layers, probes=probes, epochs=True, state="stopped", stopped="enough")
    assert run(["inspect", "run.zarr"]) == 0
    told = capsys.readouterr().out
    assert told == TOLD.format(bytes=told.splitlines()[0].partition("  ")[2])
    assert run(["inspect", "run.zarr", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    one = found["runs"]["run"]
    assert (one["state"], one["snapshots"], one["steps"], one["epochs"]) == ("stopped", 13, [0, 12], 3.0)
    assert one["layers"][0]["shape"] == [7, 7, 3, 64] and one["layers"][1]["input_shape"] is None
    assert one["probes"] == [{"key": "images/test/2", "shape": [2, 8, 8], "dtype": "uint8"}]
    assert found["bytes"] > 13 * 4 * 7 * 7 * 3 * 64 and len(one["digest"]) == 64


def test_a_single_snapshot(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    record("run.zarr", steps=[7])
    assert run(["inspect", "run.zarr"]) == 0
    assert "run: 1 snapshot, of step 7\n" in capsys.readouterr().out


def test_names_stay_in_their_lines(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    record("run.zarr", (layer("a\nb\x1b[2J", "linear", (5, 4)),), metrics=["x\ty"])
    assert run(["inspect", "run.zarr"]) == 0
    out = capsys.readouterr().out
    assert "    a\\nb\\x1b[2J  linear  5×4  torch.nn.Linear\n" in out and "    x\\ty" in out


def test_a_recording_of_ours_of_the_older_format(capsys):
    kept = str(Path(__file__).parents[1] / "data" / "recording")
    assert run(["inspect", kept]) == 0
    assert "    0  linear  64×6  dense  sigmoid" in capsys.readouterr().out
    assert run(["inspect", kept, "--verify"]) == 0
    assert run(["inspect", kept, "--scene"]) == 0


def test_all_of_it_is_read_on_demand(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = record("run.zarr")
    assert run(["inspect", "run.zarr", "--verify"]) == 0
    assert capsys.readouterr().out == "run.zarr: all of it can be read, and is as it was written\n"
    chunk = max((f for f in path.rglob("*") if f.is_file()), key=lambda f: f.stat().st_size)
    data = bytearray(chunk.read_bytes())
    data[200] ^= 1
    chunk.write_bytes(data)
    assert run(["inspect", "run.zarr", "--verify"]) == 2
    assert "is damaged" in capsys.readouterr().err


def test_a_strip_of_thumbnails(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    record("run.zarr")
    assert run(["inspect", "run.zarr", "-o", "strip.png"]) == 0
    assert capsys.readouterr().err == "strip.png  6 thumbnails\n"
    strip = np.asarray(Image.open("strip.png"))
    each = np.split(strip, COUNT, axis=1)
    assert strip.shape[1] > 3 * strip.shape[0] and len({one.tobytes() for one in each}) == COUNT
    assert cv2.imread("strip.png").std() > 10
    assert run(["inspect", "run.zarr", "-o", "new/one/strip.png"]) == 0 and Path("new/one/strip.png").is_file()
    assert "note: -o   there is no folder 'new/one'; it will be made\n" in capsys.readouterr().err
    for name, words in (("strip.gif", "'strip.gif' is no .png file"), ("strip.png/x.png", "strip.png' is no folder")):
        assert run(["inspect", "run.zarr", "-o", name]) == 2
        assert words in capsys.readouterr().err
    for shape in ((400, 3), (3, 400), (16, 16)):
        record("wide.zarr", (layer("fc", "linear", shape, origin=""),), metrics=())
        assert run(["inspect", "wide.zarr", "-o", "wide.png"]) == 0
        strip = np.asarray(Image.open("wide.png"))
        empty = (strip == strip[0, 0]).all(axis=(1, 2)).astype(int)
        assert max(map(len, "".join(map(str, empty)).split("0"))) <= 16, "no words far from what they are of"
        shutil.rmtree("wide.zarr")
    record("bare.zarr", (), metrics=())
    assert run(["inspect", "bare.zarr", "-o", "x.png"]) == 2
    assert "there are neither weights nor metrics to show" in capsys.readouterr().err


def test_a_recording_whose_root_is_damaged_is_still_taken_for_one(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    record("run.zarr")
    Path("run.zarr/zarr.json").write_text("{")
    for words in (["inspect", "run.zarr", "-o", "strip.png"], ["inspect", "run.zarr"], ["render", "run.zarr"]):
        assert run(words) == 2
        assert capsys.readouterr().err.endswith("zarr.json: is damaged, it is no JSON; copy the recording anew\n")


def test_what_is_no_recording(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    for extra in ([], ["--scene"], ["--verify"], ["--json"]):
        for name in ("none.zarr", "empty"):
            assert run(["inspect", name, *extra]) == 2
            assert f"{name}: not a recording" in capsys.readouterr().err
    Path("film.toml").write_text("")
    for name in ("film.toml", "empty"):
        assert run(["inspect", name]) == 2
        told = f"{name}: not a recording, which is a folder that a Recorder or weightreel train has written\n"
        assert capsys.readouterr().err == told, "and no advice to write one over it"
    assert run(["inspect", "empty", "--scene", "--json"]) == 2
    assert "give one of them" in capsys.readouterr().err


def test_a_recording_without_a_snapshot(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    record("run.zarr", MLP)
    for file in Path("run.zarr").rglob("steps/c.*"):
        file.write_bytes(b"\xff" * file.stat().st_size)
    assert run(["inspect", "run.zarr"]) == 0
    assert "run: no snapshot yet" in capsys.readouterr().out
    assert run(["inspect", "run.zarr", "--scene"]) == 0
    assert run(["check", "run.zarr"]) == 2
    assert "recording   run 'run' has no snapshot yet; film it once there is one" in capsys.readouterr().err
