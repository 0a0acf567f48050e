"""Films of recordings that no scene of ours has trained: what is known of them is shown, what is not is said."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from foreign import MLP, layer, record, value, weights

from weightreel import Recorder
from weightreel.render.command.cli import run
from weightreel.render.drawing.theme import Theme
from weightreel.render.errors import SceneError
from weightreel.render.planning.plan import prepare
from weightreel.render.planning.recipe import read_recipe
from weightreel.render.planning.sources import sources_of
from weightreel.render.proving.reproduce import reproduce
from weightreel.render.scene.file import load, parse
from weightreel.render.scene.scene import Scene
from weightreel.render.showing.session import film

ABC = ("a", "b", "c")
RUN = {"layers": [{"type": "dense", "units": 10}]}
GRID = {"type": "neuron_grid", "layer": "hidden", "shape": [8, 8]}
SHORT = {"timeline": {"fps": 10, "seconds": 0.5}, "layout": {"size": [320, 180]}}
WORDS = """
[recording]
path = "run.zarr"
[timeline]
fps = 10
seconds = 0.5
[layout]
size = [320, 180]
areas = ["grid loss", "grid words"]
[[view]]
type = "neuron_grid"
area = "grid"
layer = "hidden"
shape = [8, 8]
[[view]]
type = "curve"
area = "loss"
metrics = ["train/loss", "val_accuracy"]
[[view]]
type = "caption"
area = "words"
text = "step {step} of {steps}  {train/loss}  {val_accuracy}"
[[view]]
type = "progress"
[[output]]
path = "film.gif"
"""


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A working directory with a recording and its scene."""
    monkeypatch.chdir(tmp_path)
    record("run.zarr")
    Path("film.toml").write_text(WORDS)
    return tmp_path


def told(*views: dict, recording: str = "run.zarr", level: str = "error", **keys: object) -> list[str]:
    """What is found of a level with these views over a recording."""
    scene = parse({**SHORT, "recording": recording, "view": list(views), **keys})
    try:
        found = prepare(scene, sources_of(scene), written=False).findings
    except SceneError as error:
        found = tuple(error.findings)
    return [f"{f.key}   {f.message}" for f in found if f.level == level]


def test_a_film_of_a_recording(here, capsys):
    assert run(["check", "film.toml"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "run: 2 layers, 12 steps, 13 recorded"
    assert run(["render", "film.toml"]) == 0
    assert "run: 12 steps in 1.5 s, recorded before  train/loss 0.1538  val accuracy 0.9286" in capsys.readouterr().err
    frames = film("film.toml")
    assert len(frames) == 5 and frames.recordings["run"].steps.tolist() == list(range(13))
    again = film("film.toml")
    assert np.array_equal(again[3], list(frames)[3]), "a frame alone is that of the whole"


def test_what_its_tiles_show_is_what_was_recorded(here):
    view = load("film.toml").view[0]
    recording = film("film.toml").recordings["run"]
    assert np.array_equal(view.values(recording, 7), weights(MLP[0], 7).T)  # type: ignore[attr-defined]


@pytest.mark.parametrize("said", ["", 'recording = "elsewhere.zarr"\n'])
def test_beside_a_scene_the_recording_may_be_given(said, here, tmp_path):
    Path("bare.toml").write_text(said + WORDS.replace('[recording]\npath = "run.zarr"\n', ""))
    for call in (["check"], ["render", "-q"], ["render", "-q", "--draft"], ["still", "-o", "x.png"]):
        assert run([call[0], "bare.toml", *call[1:], "--recording", "run.zarr"]) == 0, call
    assert len(film("bare.toml", recording="run.zarr")) == 5


def test_its_path_is_relative_to_the_scene(here, tmp_path, monkeypatch, capsys):
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    assert run(["check", "../film.toml"]) == 0
    os.truncate(tmp_path / "run.zarr/zarr.json", 3)
    assert run(["check", "../film.toml"]) == 2
    assert capsys.readouterr().err.endswith("copy the recording anew\n")  # which is no matter of paths
    shutil.rmtree(tmp_path / "run.zarr")
    assert run(["check", "../film.toml"]) == 2
    err = capsys.readouterr().err
    assert "recording.path   ../run.zarr: not a recording" in err and err.endswith(f"paths start at {tmp_path}\n")
    assert run(["check", "../film.toml", "--recording", "none.zarr"]) == 2
    assert capsys.readouterr().err.startswith("none.zarr: not a recording")


def test_from_python_a_path_is_enough(here):
    scene = Scene(recording=Path("run.zarr"), view=[GRID], **SHORT)  # type: ignore[arg-type]
    assert film(scene)[0].shape == (180, 320, 3)
    with pytest.raises(SceneError, match=r"recording.path   is missing; say where the recording is, here or with"):
        film(Scene(recording={}, view=[GRID])).findings  # type: ignore[arg-type] # noqa: B018


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"run": RUN}, "recording   a scene films a [recording] or trains [run]"),
        ({"runs": {"a": RUN}}, "or trains [runs], not both; take one of them out"),
        ({"grid": {"l2": [0.1]}}, "grid   a grid varies [run]; there is none"),
        ({"recording": {"path": "x", "run": "a", "runs": ["b"]}}, "runs   run and runs both choose what is filmed"),
        ({"recording": {"path": "x", "runs": ["b", "b"]}}, "recording.runs[1]   'b' stands there twice; take one out"),
        ({"recording": 3}, 'recording   write a path, such as "run.zarr", or a table with one, not 3'),
        ({"recording": {"pth": "x"}}, "recording.pth   unknown key; did you mean 'path'?"),
    ],
)  # fmt: skip
def test_a_scene_is_about_one_thing(keys, words):
    with pytest.raises(SceneError) as caught:
        parse({"recording": "run.zarr", **keys})
    assert words in str(caught.value)
    assert "1 problem" in str(caught.value)


def test_nothing_is_trained(here, capsys):
    assert run(["train", "film.toml", "--recording", "x.zarr"]) == 2
    assert run(["check", "film.toml", "--gradients"]) == 2
    assert capsys.readouterr().err.splitlines()[1::2] == [
        "  recording   the scene films a recording, and trains nothing; weightreel render makes its film",
        "  --gradients   nothing is trained whose gradients could be compared",
    ]


PROBES = "'images/test/9', which was not recorded; there is none; record it with recorder.log(step, "
LACKING = [
    ({**GRID, "layer": "hiden"}, {}, "layer   no layer 'hiden'; there are hidden, out; did you mean 'hidden'?"),
    ({**GRID, "run": "ran"}, {}, "run   no run 'ran'; there are run"),
    ({"type": "curve"}, {}, "metrics[0]   unknown metric 'loss'; there are train/loss, val_accuracy"),
    ({"type": "curve", "metrics": ["train/loss"], "x": "epoch"}, {}, 'x   epochs were not recorded; write x = "step"'),
    ({"type": "caption", "text": "{loss}"}, {}, "text   unknown name {loss}; there are data, run, layers"),
    ({"type": "caption", "text": "{epoch}"}, {}, "text   {epoch} was not recorded; write {step}"),
    ({"type": "caption", "text": "", "heading": "{data}"}, {}, "heading   {data} was not recorded"),
    ({"type": "figures", "items": [{"label": "a", "value": "{epoch:.2f}"}]}, {}, "items[0].value   {epoch}"),
    ({"type": "samples"}, {}, "type   the training names no classes to tell apart; say classes to the recorder"),
    ({"type": "samples"}, {"classes": ABC}, "   the training was recorded without the shape of its inputs; say"),
    ({"type": "samples"}, {"classes": ABC, "input_shape": (8, 8)}, "   shows the probe " + PROBES),
    ({"type": "confusion_matrix"}, {}, "type   the training names no classes to tell apart; say classes"),
    (
        {"type": "confusion_matrix"},
        {"classes": ABC, "probes": {"confusion_matrix/test": np.eye(3)}},
        "   shows the probe 'confusion_matrix/validation', which was not recorded; there are confusion_matrix/test; "
        "record it with recorder.log(step, probes={'confusion_matrix/validation': array}), how often each class (rows) "
        "of the validation set is taken for each, (3, 3)",
    ),
    (
        {"type": "confusion_matrix"},
        {"classes": ABC, "probes": {"confusion_matrix/validation": np.eye(2)}},
        "   the probe 'confusion_matrix/validation' has the shape (2, 2), not (3, 3), how often each class",
    ),
    ({"type": "activation_maps"}, {}, "layer   layer hidden was recorded without the shape of its outputs"),
    ({"type": "back_projection"}, {}, "   the training was recorded without the shape of its inputs; say input_shapes"),
    ({"type": "back_projection", "shape": [8, 9]}, {}, "shape   8 × 9 is not the 64 inputs"),
    (
        {"type": "back_projection", "layer": "out", "shape": [8, 8]},
        {"layers": (layer("hidden", "linear", (64, 6)), layer("out", "linear", (5, 3)))},
        "layer   layer hidden gives 6 numbers and layer out takes 5; the way back passes layers that follow upon each",
    ),
    ({"type": "regions"}, {}, "   the training was recorded without the shape of its inputs; say input_shapes"),
    ({"type": "regions"}, {"layers": ()}, "type   the run has no dense layers, and regions run backwards through such"),
    ({"type": "kernels"}, {}, "layer   layer 0 is no conv2d layer; there are none"),
    ({"type": "neuron_grid"}, {"layers": ()}, "layer   layer 0 is out of range; the run has none"),
]  # fmt: skip


@pytest.mark.parametrize(("view", "known", "words"), LACKING, ids=range(len(LACKING)))
def test_what_is_not_known_is_said_with_the_way_out(view, known, words, tmp_path, monkeypatch):
    """Before anything is drawn; and each thing once."""
    monkeypatch.chdir(tmp_path)
    record("run.zarr", known.pop("layers", MLP), **known)
    found = told(view)
    assert any(f"view[0]{'.' * bool(words[0] != ' ')}{words}" in line for line in found), found
    assert len(found) == len(set(found)) <= 3


@pytest.mark.parametrize("labels", [np.array([0, 3]), np.array([0, -1]), np.array([0.5, 1])])
def test_labels_that_are_no_classes(labels, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    probes = {"images/test/2": np.zeros((2, 8, 8)), "labels/test/2": labels, "probabilities/test/2": np.ones((2, 3))}
    record("run.zarr", probes=probes, classes=ABC, input_shape=(8, 8))
    assert told({"type": "samples", "rows": 1, "columns": 2}) == [
        "view[0]   the probe 'labels/test/2' holds other than whole numbers from 0 to 2, the classes"
    ]


def test_cards_are_told_the_same(here):
    assert told({"type": "progress"}, end_card={"heading": "x", "run": "b"}) == [
        "end_card.run   no run 'b'; there are run"
    ]
    [line] = told({"type": "progress"}, title_card={"heading": "{epoch}"})
    assert line.startswith("title_card.heading   {epoch} was not recorded; write {step}")


def test_probes_that_were_recorded_are_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    probes = {
        "images/test/9": np.arange(576, dtype=np.uint8).reshape(9, 8, 8),
        "labels/test/9": np.arange(9) % 3,
        "probabilities/test/9": np.full((9, 3), 1 / 3),
        "confusion_matrix/validation": np.arange(9).reshape(3, 3),
        "activations/test/0/0": np.ones((6, 6, 4), np.float32),
    }
    one = layer("conv", "conv", (3, 3, 1, 4), output_shape=(6, 6, 4))
    record("run.zarr", (one,), probes=probes, classes=ABC, input_shape=(8, 8))
    views = [{"type": t} for t in ("samples", "confusion_matrix", "kernels")]
    views.append({"type": "activation_maps", "layer": "conv"})
    for view in views:
        assert told(view) == []
        scene = parse({**SHORT, "recording": "run.zarr", "view": [view], "layout": {"size": [640, 360]}})
        assert film(scene)[4].std() > 0


def test_an_own_recording_is_recorded_anew(scene_file, capsys):
    assert run(["train", "small.toml", "--recording", "own", "-q"]) == 0
    assert told({"type": "samples"}, recording="own")[0].endswith(
        "there is none; record anew from a scene with this view: weightreel train SCENE --recording PATH"
    )
    settings = ["view.0={type='samples', area='grid'}"]
    with pytest.raises(SceneError, match=r"view\[0\] +shows the probe 'images/test/9', which was not recorded"):
        prepare(scene := load(scene_file, settings=settings), sources_of(scene, "own"))


def test_epochs_are_counted_where_they_are_known(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record("run.zarr", epochs=True)
    views = [{"type": "caption", "text": "{epoch:.2f}"}, {"type": "curve", "metrics": ["train/loss"], "x": "epoch"}]
    assert told(*views) == []
    record("bare.zarr", steps_per_epoch=4)
    assert told(*views, recording="bare.zarr") == []
    one, other = (film(Scene(recording=name, view=views, **SHORT))[4] for name in ("run.zarr", "bare.zarr"))  # type: ignore[arg-type]
    assert np.array_equal(one, other)


def test_a_curve_counts_steps_where_epochs_are_not_known(here):
    plain, step = ({"type": "curve", "metrics": ["train/loss"], **x} for x in ({}, {"x": "step"}))
    one, other = (film(Scene(recording="run.zarr", view=[view], **SHORT))[4] for view in (plain, step))  # type: ignore[arg-type]
    assert np.array_equal(one, other)


@pytest.mark.parametrize(("times", "shown"), [(1.0, "92.9%"), (100.0, "92.86")])
def test_a_metric_is_written_as_what_it_is(times, shown, tmp_path, monkeypatch):
    """Unless a format is said; what is above 1 is per cent already."""
    from weightreel.render.drawing.template import filled, values

    monkeypatch.chdir(tmp_path)
    record("run.zarr", metrics=["val_accuracy", "eval_loss", "train/loss", "lr"], times=times)
    recording = film(Scene(recording="run.zarr", view=[GRID])).recordings["run"]  # type: ignore[arg-type]
    source = values(recording, 12)
    assert filled("{val_accuracy}", source) == shown
    assert filled("{eval_loss} {train/loss:.2f}", source) == f"{times * value('loss', 12):.4f} {times * 2 / 13:.2f}"
    words = [recording.about.metric(name).words for name in ("val_accuracy", "eval_loss", "train/loss", "lr")]
    assert words == ["validation accuracy", "evaluation loss", "training loss", "learning rate"]


def test_a_recording_that_is_being_written_is_filmed_as_it_stands(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    record("run.zarr", state="writing", total_steps=20_000)
    [note] = told(GRID, level="note")
    assert note == (
        "recording   run 'run' is still being written, or its writer was killed; the film shows it as it stands, up to "
        "step 12"
    )
    Path("film.toml").write_text(WORDS)
    assert run(["render", "film.toml"]) == 0
    assert note.split("   ")[1] in capsys.readouterr().err
    assert film("film.toml").take.course.wanted["run"].tolist() == [0, 3, 6, 9, 12]


def test_that_a_training_was_stopped_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record("run.zarr", state="stopped", stopped="KeyboardInterrupt")
    assert told(GRID, level="note") == ["recording   run 'run' stopped at step 12: KeyboardInterrupt"]


@pytest.mark.parametrize(
    ("losses", "words"),
    [
        ((3.0, 2.0, np.nan, np.inf), "not finite from step 2 on; the film goes on with its last finite value"),
        ((np.nan, np.nan), "never finite, and so not in the film"),
        ((3.0, np.nan, 2.0, np.nan), ""),
        ((np.nan, 2.0), ""),
    ],
)
def test_that_a_loss_is_lost_is_said(losses, words, tmp_path, monkeypatch, capsys):
    """What is not measured at each step may be logged as NaN in between; that is no loss that blew up."""
    monkeypatch.chdir(tmp_path)
    with Recorder("run.zarr", axes={"hidden": "io"}) as recorder:
        for step, loss in enumerate(losses):
            recorder.log(step, weights={"hidden": np.full((64, 6), float(step))}, loss=loss)
    notes = told(GRID, level="note")
    assert notes == ([f"recording   run 'run': loss is {words}"] if words else [])
    assert run(["inspect", "run.zarr"]) == 0
    assert ("not finite from step" in capsys.readouterr().out) == bool(words)


def test_a_film_begins_and_ends_with_what_was_recorded(tmp_path, monkeypatch):
    """Of a training that was resumed, and ended before what was planned."""
    monkeypatch.chdir(tmp_path)
    record("run.zarr", steps=range(1000, 1013), total_steps=5000)
    scene = Scene(recording="run.zarr", view=[GRID], title_card={"heading": "{step}"}, **SHORT)  # type: ignore[arg-type]
    made = film(scene)
    assert made.take.course.wanted["run"].tolist()[-5:] == [1000, 1003, 1006, 1009, 1012]
    assert not np.array_equal(made[-1], made[-2])
    assert set(made.take.course.wanted["run"].tolist()[:-5]) == {1000}


def test_a_progress_line_is_of_what_was_recorded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record("run.zarr", steps=range(1000, 1013), total_steps=5000)
    made = film(Scene(recording="run.zarr", view=[{"type": "progress", "of": "training"}], **SHORT))  # type: ignore[arg-type]
    muted = tuple(bytes.fromhex(Theme().muted[1:]))
    assert [int((frame[-1] == muted).all(axis=1).sum()) for frame in made] == [0, 80, 160, 240, 320]


def test_runs_are_chosen_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, steps in (("wide", range(13)), ("narrow", range(7))):
        record("run.zarr", run=name, steps=steps)
    table = {"type": "table", "metrics": ["train/loss"]}
    assert told(table, {"type": "multiples", "metrics": ["train/loss"], "on_top": True}) == []
    for said, runs in (({"run": "narrow"}, ["narrow"]), ({"runs": ["narrow", "wide"]}, ["narrow", "wide"])):
        scene = parse({**SHORT, "recording": {"path": "run.zarr", **said}, "view": [{**GRID, "run": "narrow"}]})
        assert list(film(scene).recordings) == runs
    scene = parse({"recording": {"path": "run.zarr", "run": "narow"}, "view": [GRID]})
    with pytest.raises(SceneError, match=r"recording.run   has no run 'narow'; there are wide, narrow; did you mean"):
        prepare(scene, sources_of(scene))


def test_a_recipe_says_what_was_filmed_and_not_where_it_was(here, capsys):
    assert run(["render", "film.toml", "-q"]) == 0
    words = read_recipe(Path("film.gif"))
    assert "run.zarr" not in words and "[recipe.recording]" in words and 'runs = [\n    "run",\n]' in words
    Path("run.zarr").rename("moved.zarr")
    assert reproduce("film.gif", recording="moved.zarr").reproduced
    with pytest.raises(SceneError) as caught:
        reproduce("film.gif")
    words = "the clip was drawn from a recording, which its recipe cannot hold: give that with --recording PATH"
    assert str(caught.value) == f"film.gif: 1 problem\n  recording.path   is missing; {words}"
    assert run(["reproduce", "film.gif"]) == 2


def test_another_recording_is_refused(here, capsys):
    assert run(["render", "film.toml", "-q"]) == 0
    record("longer.zarr", steps=range(14))
    with pytest.raises(SceneError) as caught:
        reproduce("film.gif", recording="longer.zarr")
    words = "run 'run' is not the recording that the clip was drawn from: its digest is "
    assert f"  --recording   {words}" in str(caught.value)
    assert str(caught.value).endswith("…; one that went on since, or was thinned, is another")
    record("named.zarr", run="ran")
    assert run(["reproduce", "film.gif", "--recording", "named.zarr"]) == 2
    assert "recording.runs   has no run 'run'; there are ran" in capsys.readouterr().err
    Path("again.toml").write_text(read_recipe(Path("film.gif")))
    assert run(["render", "again.toml", "--recording", "longer.zarr"]) == 0
    assert "run: the recording is not the one of the recipe, so the frames differ; take [recipe] out if" in (
        capsys.readouterr().err
    )


def test_a_still_is_proved_too(here):
    assert run(["still", "film.toml", "--frame", "2", "-o", "x.png"]) == 0
    assert reproduce("x.png", recording="run.zarr").reproduced
