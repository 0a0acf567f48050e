"""How far work has come: one bar for the trainings and one for the whole film, however often clips are written anew."""

from __future__ import annotations

import os
import pty
import select
import struct
import sys
import time
from contextlib import contextmanager

import pytest

from weightreel.render.command.cli import run
from weightreel.render.crews.crew import Crews
from weightreel.render.errors import Finding
from weightreel.render.making.film import record_to, render
from weightreel.render.planning.suggested import load
from weightreel.render.proving.reproduce import reproduce
from weightreel.render.work import progress
from weightreel.render.work.progress import Stretch, Trained, bar
from weightreel.trainer.recording.store import open_recordings


class Heard:
    """A `Track` that keeps what it is told: a list for each piece of work."""

    def __init__(self) -> None:
        self.works: list[tuple[str, int, str]] = []
        self.done: list[int] = []
        self.totals: list[int] = []
        self.at: list[list[str]] = []
        self.said: dict[str, object] = {}

    @contextmanager
    def __call__(self, label, total, unit):
        self.works.append((label, total, unit))
        self.done.append(0)
        self.totals.append(total)
        self.at.append([])
        yield self.advance

    def advance(self, count=1, /, *, more=0, at="", **said):
        self.done[-1] += count
        self.totals[-1] += more
        assert self.done[-1] <= self.totals[-1], "more is done than there is to do"
        if at and at not in self.at[-1]:
            self.at[-1].append(at)
        self.said |= said


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_film_is_one_piece_of_work(scene_file, jobs):
    heard = Heard()
    scene = load(scene_file, outputs=["a.mp4", "b.gif", "c-{}.png".replace("{}", "0")])
    render(scene, track=heard, who=Crews(jobs))
    assert [unit for *_, unit in heard.works] == ["step", "frame"]
    assert heard.works[0] == ("train", 12, "step") and heard.works[1][1] == 45
    assert heard.done == heard.totals == [12, 45]
    assert heard.at == [["train"], ["a.mp4", "b.gif", "c-0.png"]]
    assert {"epoch", "loss"} <= heard.said.keys()


def test_one_output_is_named_at_once(scene_file):
    heard = Heard()
    render(load(scene_file, outputs=["a.mp4"]), track=heard)
    assert heard.works[1] == ("a.mp4", 15, "frame")


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_limit_of_bytes_draws_anew_is_more_to_do(scene_file, jobs):
    heard = Heard()
    made = load(scene_file, outputs=["a.gif"], settings=["output.0.max_bytes=12 kB"])
    clip = render(made, track=heard, who=Crews(jobs))["outputs"][0]
    assert clip["gave_up"]
    assert heard.done[-1] == heard.totals[-1] > 15


def test_a_training_that_ends_before_its_time_is_whole(scene_file, tmp_path):
    heard = Heard()
    stopping = ["run.epochs=9", "run.early_stopping={patience=1, tolerance=9.0}"]
    report = record_to(load(scene_file, settings=stopping), tmp_path / "kept", track=heard)
    assert heard.works[0][1] == 54 > report["runs"]["run"]["steps"] == heard.done[0] == heard.totals[0]


def test_several_runs_are_one_piece_of_work(scene_file, tmp_path):
    heard = Heard()
    text = scene_file.read_text().replace("[run]", '[grid]\n"optimizer.lr" = [0.1, 0.2]\n[run]')
    scene_file.write_text(text)
    record_to(load(scene_file), tmp_path / "kept", track=heard)
    assert heard.works == [("train 2 runs", 24, "step")] and heard.done == [24]
    assert len(heard.at[0]) == 2


@pytest.mark.parametrize("ends", [18, 3])
def test_what_stays_of_a_training_that_is_broken_off_is_said(scene_file, tmp_path, ends):
    text = scene_file.read_text().replace("[run]", '[grid]\n"optimizer.lr" = [0.1, 0.2]\n[run]')
    scene_file.write_text(text)
    told, done = [], []

    @contextmanager
    def broken_off(label, total, unit):
        def advance(count=1, /, *, more=0, at="", **said):
            done.extend([at] * count)
            if len(done) >= ends:
                raise KeyboardInterrupt

        yield advance

    with pytest.raises(KeyboardInterrupt):
        record_to(load(scene_file), tmp_path / "kept", track=broken_off, tell=told.append)
    path = tmp_path / "kept"
    whole = f"has what was recorded until then: {ends // 12} of 2 runs to their ends"
    assert [str(finding) for finding in told[-1:]] == [str(Finding(str(path), whole, "note"))]
    assert [r.state for r in open_recordings(path).values()].count("done") == ends // 12


def test_a_proof_is_one_piece_of_work(scene_file):
    render(load(scene_file, outputs=["a.mp4", "a.png"]))
    heard = Heard()
    assert reproduce("a.mp4", track=heard).reproduced
    assert heard.works[1] == ("a.mp4", 30, "frame") and heard.done[1] == 30, "it is encoded again"


def test_a_stretch_counts_what_is_left_of_it():
    heard = Heard()
    with heard("film", 30, "frame") as advance:
        stretch = Stretch(advance, 20, at="a.gif")
        stretch.begin(20)
        stretch(5)
        stretch.begin(12)
        assert (heard.totals, stretch.left) == ([27], 12)
        stretch(3, more=3)
        stretch.begin(0)
    assert (heard.done, heard.totals) == ([8], [18])


def test_a_training_speaks_now_and_then(monkeypatch):
    moments = iter([1.0, 1.01, 1.02, 1.2])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(moments))
    heard, told = Heard(), []
    with heard("train", 8, "step") as advance:

        def count(number=1, /, **said):
            told.append((number, said.get("epoch")))
            advance(number, **said)

        trained = Trained(count, 8, 4)
        for step in range(4):
            trained(step, 0.5)
        trained.end(6)
    assert told == [(0, None), (0, 0.0), (3, 0.75), (3, None), (0, None)]
    assert heard.totals == heard.done == [6]


@pytest.fixture
def terminal():
    """Makes a terminal of so many columns; what was written on it."""
    if sys.platform == "win32":
        pytest.skip("has no such terminals")
    import fcntl
    import termios

    inside, outside = pty.openpty()

    def made(columns: int):
        fcntl.ioctl(outside, termios.TIOCSWINSZ, struct.pack("HHHH", 0, columns, 0, 0))
        return open(outside, "w", closefd=False)

    def written() -> str:
        found = b""
        while select.select([inside], [], [], 0.2)[0]:
            found += os.read(inside, 4096)
        return found.decode()

    yield made, written
    os.close(inside)
    os.close(outside)


@pytest.mark.parametrize("columns", [30, 50, 75, 76, 100, 200])
def test_a_bar_stays_in_its_line(terminal, columns):
    made, written = terminal
    with made(columns) as file, bar("a_long_name_of_a_film_that_is_cut.mp4", 3000, "frame", file=file) as advance:
        advance(10)
        time.sleep(0.15)  # it is drawn ten times a second
        advance(2000, more=500, at="b.mp4", epoch=1.25, loss=0.31234)
        file.flush()
    lines = written().replace("\r", "\n").splitlines()
    assert all(len(line) <= columns for line in lines), lines
    assert any("b.mp4: " in line and "%" in line for line in lines)
    assert columns < 100 or any("epoch 1.25, loss 0.3123" in line for line in lines)


def test_without_a_terminal_there_is_a_line_for_all_of_it(scene_file, capsys):
    assert run(["render", str(scene_file), "-o", "a.mp4", "-o", "b.gif"]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if line.endswith((" steps", " frames"))]
    assert told == ["train: 12 steps", f"{scene_file}: 30 frames"]
