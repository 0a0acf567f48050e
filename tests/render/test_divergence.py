"""A training whose loss stops being finite is filmed up to there, and the film says so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

import weightreel
from trainings import filming, planned
from weightreel.render.command.cli import run
from weightreel.render.errors import DivergedError
from weightreel.render.frames.ends import Ends
from weightreel.render.making.film import record_to, render
from weightreel.render.making.record import record
from weightreel.render.scene.file import load
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.store import open_recordings

LINEAR = ["run.loss=mean_squared_error", "run.layers.0.activation=relu", "run.layers.1.activation=linear"]
SLOW = [
    *LINEAR,
    "run.optimizer={type='sgd', lr=1e3}",
    "run.epochs=4",
    "timeline.seconds=3",
]  # a few steps come before the end
FAST = [*LINEAR, "run.optimizer={type='sgd', lr=1e30}"]
START = [*LINEAR, "run.dtype=float32", "run.layers.0.init={type='normal', std=1e6}"]
BARE = ["layout={size=[320, 180]}", "view=[{type='progress'}]"]
MESSAGE = (
    "stopped at step 1: the loss is inf; the first to be not finite is layer 1 (dense), its outputs. "
    "Lower the learning rate (optimizer.lr = 1e+30) or change the initial weights."
)


def words(settings: list[str]) -> list[str]:
    return [w for s in settings for w in ("--set", s)]


def test_the_clips_stand_and_the_error_says_why(scene_file, tmp_path, capsys):
    assert run(["render", str(scene_file), "--json", "-o", "a.gif", *words(FAST)]) == 1
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert len(iio.imread(tmp_path / "a.gif", index=None)) == 15 == report["outputs"][0]["frames"]
    assert report["runs"]["run"]["stopped"] == MESSAGE
    assert report["notes"] == [f"run: {MESSAGE}"]
    assert printed.err.splitlines()[-2:] == [f"run: {MESSAGE}", "what was recorded until then is in a.gif"]
    assert printed.err.count(MESSAGE) == 1


def test_a_loss_beyond_bounds_is_said_in_few_letters(scene_file, capsys):
    assert run(["render", str(scene_file), "-o", "a.gif", *words(SLOW)]) == 1
    printed = capsys.readouterr().err
    assert re.search(r"  loss [\d.]+e\+\d+  ", printed) and not re.search(r"\d{8}\.", printed)


def test_quietly_only_the_error_is_said(scene_file, capsys):
    assert run(["render", str(scene_file), "-q", "-o", "a.gif", *words(FAST)]) == 1
    assert capsys.readouterr() == ("", f"run: {MESSAGE}\nwhat was recorded until then is in a.gif\n")


@pytest.mark.parametrize("settings", [SLOW, FAST, START, [*FAST, "timeline={fps=10, every=2}"]])
def test_the_film_ends_with_the_last_step_recorded_and_stands_there(scene_file, settings):
    scene = load(scene_file, settings=settings)
    recordings = record(planned(scene))
    recorded, film = recordings["run"], filming(scene, recordings=recordings)
    stopped = recorded.about.stopped
    assert stopped is not None and recorded.about.length == recorded.steps[-1] < max(1, stopped.step)
    shown = [film.course[i].step("run") for i in range(len(film))]
    assert (shown[0], shown[-1]) == (0, recorded.steps[-1])
    assert shown.count(shown[-1]) >= 7, "half of a film of 1.5 s"
    assert len(film) == (21 if scene.timeline.every else round(10 * scene.timeline.length))
    frame = film.buffer()
    for index in (len(film) - 1, 0, len(film) // 2):
        alone = film.buffer()
        film.draw(alone, index)
        film.draw(frame, index)
        assert np.array_equal(alone, frame), "what stood there before leaves no trace"


@pytest.mark.parametrize("theme", ["dark", "light", "print"])
@pytest.mark.parametrize("size", ["[320, 180]", "[640, 360]"])
def test_words_come_when_the_run_stands_still(scene_file, theme, size):
    scene = load(scene_file, settings=[*SLOW, f"theme={theme}", f"layout.size={size}", "view.0.rows=1"])
    film = filming(scene)
    assert film.ends is not None
    with_words, without = film.buffer(), film.buffer()
    for index in range(len(film)):
        film.draw(with_words, index)
        still = film.course[index].step("run") == film.recordings["run"].steps[-1]
        bar = film.ends.box.of(with_words)[:, 0]
        assert (bar == film.ends.style.color("text")).all() == still
    again = film.buffer()
    film.draw(again, 0)
    film.draw(with_words, 0)
    assert np.array_equal(with_words, again), "they go as they came"
    hidden = film.ends.box.of(without)
    for part in film.sections["film"]:
        part.fitted.draw(part.rect.of(without), film.recordings, film.course[len(film) - 1])
    assert (hidden == film.background).all(axis=2).mean() > 0.75, "it stands where little is"


def ends(scene: Scene) -> dict[str, tuple[str, ...]]:
    """The words of the film at its size."""
    made = filming(scene).ends
    assert isinstance(made, Ends)
    return dict(made.lines)


def test_words_are_as_many_as_fit(scene_file):
    at = {
        "[320, 180]": {"run": ("stopped at step 1: loss not finite",)},
        "[130, 180]": {"run": ("stopped at step 1", "loss not finite")},
        "[130, 60]": {"run": ("stopped at step 1",)},
        "[70, 60]": {"": ("stopped",)},
    }
    for size, lines in at.items():
        assert ends(load(scene_file, settings=[*FAST, *BARE, f"layout.size={size}"])) == lines, size
    assert filming(load(scene_file, settings=[*FAST, *BARE, "layout.size=[40, 16]"])).ends is None


def test_the_other_runs_are_trained_to_their_end(scene_file, tmp_path):
    rates = ["run.optimizer={type='sgd'}", "grid={'optimizer.lr' = [0.01, 1e30]}", *BARE, "table=t.csv"]
    scene = load(scene_file, settings=[*LINEAR, *rates])
    with pytest.raises(DivergedError) as caught:
        render(scene)
    report = caught.value.report
    assert report is not None
    calm, wild = report["runs"].values()
    assert (calm["steps"], wild["steps"]) == (12, 0)
    assert "stopped" not in calm and wild["stopped"] == MESSAGE
    assert len(list(tmp_path.glob("small-*.png"))) == 15
    assert (tmp_path / "t.csv").read_text().count("\n") == 3
    last = str(caught.value).splitlines()[-1]
    assert last == "what was recorded until then is in small.png, t.csv"
    (lines,) = ends(scene).values()
    assert lines == (f"{list(report['runs'])[1]} stopped at step 1: loss not finite",)


def test_of_many_runs_it_is_said_how_many(scene_file):
    rates = "grid={'optimizer.lr' = [0.01, 1e30, 2e30, 3e30, 4e30, 5e30]}"
    scene = load(scene_file, settings=[*FAST, rates, *BARE])
    assert ends(scene) == {"": ("{count} of 6 runs stopped: loss not finite",)}
    film = filming(scene)
    frame = film.buffer()
    film.draw(frame, len(film) - 1)


def test_from_python_frames_are_there_and_writing_raises(scene_file, tmp_path):
    film = weightreel.film(load(scene_file, settings=[*FAST, "timeline={fps=10, every=2}"]))
    assert len(film) == 7, "as far as is known"
    assert len(list(film)) == len(film) == 21, "with time to read the words"
    with pytest.raises(DivergedError) as caught:
        film.render()
    assert caught.value.step == 1 and caught.value.layer == 1
    assert caught.value.report["outputs"][0]["frames"] == 21
    with pytest.raises(DivergedError):
        film.save("x.gif")
    assert (tmp_path / "x.gif").exists()


def test_a_still_stands_too(scene_file, tmp_path, capsys):
    assert run(["still", str(scene_file), "-o", "one.png", *words(FAST)]) == 1
    assert (tmp_path / "one.png").exists()
    assert capsys.readouterr().err.splitlines()[-1] == "what was recorded until then is in one.png"


def test_a_kept_recording_makes_the_same_film_and_nothing_fails(scene_file, tmp_path, capsys):
    scene = load(scene_file, settings=SLOW)
    with pytest.raises(DivergedError, match=r"what was recorded until then is in .*kept$"):
        record_to(scene, tmp_path / "kept")
    assert run(["render", str(scene_file), *words(SLOW)]) == 1
    trained = {p.name: p.read_bytes() for p in tmp_path.glob("small-*.png")}
    capsys.readouterr()
    assert run(["render", str(scene_file), *words(SLOW), "--recording", str(tmp_path / "kept")]) == 0
    assert {p.name: p.read_bytes() for p in tmp_path.glob("small-*.png")} == trained
    told = capsys.readouterr().err
    assert "run: stopped at step" in told and "a training of its own" not in told


def test_what_stopped_a_run_is_kept_with_it(scene_file, tmp_path):
    with pytest.raises(DivergedError):
        record_to(load(scene_file, settings=FAST), tmp_path / "kept")
    kept = open_recordings(tmp_path / "kept")["run"]
    assert kept.about.stopped is not None and kept.about.stopped.message == MESSAGE
    assert (kept.about.stopped.step, kept.about.stopped.layer) == (1, 1)
    assert np.isfinite(kept.parameter("0/weights", 0)).all()


def test_a_numbered_frame_that_never_came_is_named(scene_file, capsys, tmp_path):
    settings = [*FAST, "timeline={fps=2, every=1, hold=0}"]
    assert run(["still", str(scene_file), "--frame", "12", "-o", "one.png", *words(settings)]) == 2
    assert capsys.readouterr().err.endswith("--frame   no frame 12; the film has 0 to 4\n")
    assert not Path("one.png").exists()


def test_frames_that_never_came_are_a_note_and_the_others_are_written(scene_file, tmp_path):
    late = ["timeline={fps=2, every=1, hold=0}", "output.1.frames=[10, 12]"]
    with pytest.raises(DivergedError) as caught:
        render(load(scene_file, outputs=["a.gif", "b.gif"], settings=[*FAST, *late]))
    report = caught.value.report
    assert [clip["path"] for clip in report["outputs"]] == ["a.gif"]
    told = "output[1].frames: chooses none of the 5 frames that the film has after all; b.gif was not written"
    assert told in report["notes"] and not (tmp_path / "b.gif").exists()
