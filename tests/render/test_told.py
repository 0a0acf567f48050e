"""What the report and the summary say of how a film came to be: each thing once, in JSON and to people, and true."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pytest

import weightreel
from weightreel.render.command.cli import run
from weightreel.render.crews.crew import Crews
from weightreel.render.crews.pool import Pool
from weightreel.render.errors import Finding
from weightreel.render.making.film import render
from weightreel.render.planning.suggested import load
from weightreel.render.views.curve import Curve
from weightreel.trainer.recording.store import open_recordings


@pytest.fixture
def cache(scene_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own."""
    monkeypatch.setenv("WEIGHTREEL_CACHE", str(scene_file.parent / "cache"))
    return scene_file.parent / "cache"


def made(scene: Path, *options: str) -> int:
    return run(["render", str(scene), "--frames", "0:2", "--json", *options])


def test_what_went_wrong_with_the_cache_is_in_the_report_and_said_once(scene_file, cache, capsys):
    assert made(scene_file) == 0
    assert json.loads(capsys.readouterr().out)["runs"]["run"]["kept"] is True
    for quiet in (["-q"], []):
        (file,) = cache.glob("*/run.zarr/run/steps/c.0")
        file.write_bytes(b"\x01" * file.stat().st_size)
        assert made(scene_file, *quiet) == 0
        printed = capsys.readouterr()
        (note,) = json.loads(printed.out)["notes"]
        assert note.startswith("run: what the cache had of it was damaged, so it is trained anew")
        assert "run.zarr/run/steps" in note and "weightreel-part" not in note and "record it again" not in note
        assert printed.err.count("was damaged") == (not quiet)


def test_what_could_not_be_kept_is_in_the_report(scene_file, cache, capsys):
    cache.write_bytes(b"")
    assert made(scene_file, "-q") == 0
    report = json.loads(capsys.readouterr().out)
    assert any("is not kept for the next time" in note for note in report["notes"])
    assert "kept" not in report["runs"]["run"]


def test_where_nothing_is_trained_no_training_is_spoken_of(scene_file, cache, capsys):
    assert run(["train", str(scene_file), "--recording", "r.zarr"]) == 0
    assert "s: training " in capsys.readouterr().err
    assert made(scene_file, "--recording", "r.zarr", "--no-cache") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["runs"]["run"]["recorded"] is True
    assert "run: 12 steps in " in printed.err and " s, recorded before  loss" in printed.err
    assert "s: reading " in printed.err and "training" not in printed.err.splitlines()[-1]
    assert made(scene_file, "--profile") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["runs"]["run"]["cached"] is True
    assert "s: reading " in printed.err and "training took" not in printed.err


@pytest.mark.parametrize("verb", ["render", "train"])
def test_it_is_said_where_there_is_nothing_for_several_to_do(scene_file, capsys, verb):
    target = ["-o", "x.gif"] if verb == "render" else ["--recording", "r.zarr"]
    assert run([verb, str(scene_file), "--json", "--jobs", "2", *target]) == 0
    report = json.loads(capsys.readouterr().out)
    (note,) = report["notes"]
    assert note.startswith("jobs: one process does all of it: a single run is trained by one process")
    assert ("too short to be cut" in note) == (verb == "render") and "jobs" not in report
    assert run([verb, str(scene_file), "--json", "--no-cache", "--jobs", "1", *target]) == 0
    assert "notes" not in json.loads(capsys.readouterr().out)


def test_a_temporary_folder_without_room_costs_the_jobs_and_not_the_film(scene_file, monkeypatch):
    """The recording is in memory, and goes on disk only so that others can read it."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("weightreel.render.crews.crew.keeping", full)
    report = render(load(scene_file, outputs=["a.gif"], settings=["timeline.seconds=6"]), who=Crews(2))
    (note,) = report["notes"]
    assert note.startswith("jobs: one process does all of it: the recording cannot be put where others read it, in ")
    assert "the disk is full" in note and report["outputs"][0]["frames"] == 60 and "jobs" not in report


def test_one_process_that_is_another_one_is_counted(scene_file):
    with Pool(1) as pool:
        report = render(load(scene_file, outputs=["a.gif"], settings=["timeline.seconds=6"]), who=Crews(None, pool))
    assert report["jobs"] == 1


def test_a_note_is_made_once():
    crews = Crews(2)
    crews.notes.append(Finding("run", "is not kept", "note"))
    assert crews.in_words() == crews.in_words() == [Finding("run", "is not kept", "note")]


LIMITS = "view.1.limits=[0.0, 0.001]"


def test_a_line_that_lies_wholly_outside_of_the_axes_is_told_by_all_who_know(scene_file, capsys):
    assert run(["train", str(scene_file), "--recording", "r.zarr", "-q"]) == 0
    words = "view[1].limits: loss goes from "
    assert made(scene_file, "--set", LIMITS) == 0
    printed = capsys.readouterr()
    notes = [note for note in json.loads(printed.out)["notes"] if note.startswith("view[1]")]
    assert len(notes) == 2 and notes[0].startswith(words) and "wholly outside" in notes[0]
    assert notes[1].startswith("view[1].limits: validation_loss goes")
    assert printed.err.count("is not seen") == 2
    for verb in (["check"], ["render", "--frames", "0:1"], ["still", "-o", "x.png"]):
        assert run([*verb, str(scene_file), "--recording", "r.zarr", "--set", LIMITS]) == 0
        printed = capsys.readouterr()
        assert (printed.out + printed.err).count("its line is not seen") == 2
    assert run(["still", str(scene_file), "-o", "x.png", "--set", LIMITS]) == 0
    assert capsys.readouterr().err.count("is not seen") == 2
    assert run(["check", str(scene_file), "--recording", "r.zarr", "--set", "view.1.limits=[0.0, 9.0]"]) == 0
    assert "is not seen" not in capsys.readouterr().out


def test_a_line_below_nothing_is_not_seen_on_a_log_scale(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with weightreel.Recorder("r.zarr", axes={"a": "io"}) as recorder:
        for step in range(3):
            recorder.log(step, weights={"a": np.ones((4, 3))}, score=-1.0 - step)
    (note,) = Curve(metrics=["score"], y_scale="log").unseen("run", open_recordings("r.zarr")["run"])
    assert note.key == "y_scale" and "goes from −3 to −1" in note.message


def test_a_cache_that_has_no_room_is_told_by_its_folder_and_what_to_do(scene_file, cache, capsys, monkeypatch):
    """Not by the private place in which a recording grows, and what would help there."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("weightreel.trainer.recording.slots.Rows.write", full)
    assert made(scene_file, "-q") == 0
    (note,) = json.loads(capsys.readouterr().out)["notes"]
    assert note.startswith(f"run: is not kept for the next time: nothing can be written in {cache} (the disk is full")
    assert note.endswith("; WEIGHTREEL_CACHE=DIR names another, --no-cache does without")


def test_a_cache_that_is_no_folder_is_listed_as_such(cache, capsys):
    cache.write_bytes(b"")
    assert run(["cache"]) == 0
    assert capsys.readouterr().err == f"nothing is kept: {cache} is no folder; WEIGHTREEL_CACHE=DIR names another\n"
