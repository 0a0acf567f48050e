"""The last mesh: whatever is raised, wherever, is one message that says what was being done."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest

from weightreel.render.command.cli import run
from weightreel.render.command.unforeseen import REPORT, ROOM, hush
from weightreel.render.drawing.canvas import cv2
from weightreel.render.encoders.gif import GifSink
from weightreel.render.scene.scene import Scene
from weightreel.render.views.curve import Curve
from weightreel.trainer.datasets.mnist import Mnist
from weightreel.trainer.layers.dense import Dense


class Mute(Exception):
    """One whose words fail."""

    def __str__(self) -> str:
        raise RuntimeError


def endless() -> None:
    endless()


def from_opencv() -> None:
    cv2.resize(np.zeros((0, 0), np.uint8), (3, 3))


def raised(error: BaseException):
    def raises(*_: object, **__: object) -> None:
        raise error

    return raises


@pytest.mark.parametrize(
    ("fails", "words"),
    [
        (raised(KeyError("x\x1b[31m")), r"KeyError: 'x\x1b[31m'"),
        (raised(ValueError("two\n  lines")), "ValueError: two lines"),
        (raised(SystemExit(0)), "SystemExit: 0"),
        (raised(EOFError()), "EOFError\n"),
        (raised(Mute()), "Mute\n"),
        (lambda *_, **__: endless(), "RecursionError: maximum recursion depth exceeded"),
        (lambda *_, **__: from_opencv(), "(-215:Assertion failed)"),
    ],
)
def test_anything_is_one_message(fails, words, scene_file, monkeypatch, capsys):
    monkeypatch.setattr(Curve, "fit", fails)
    assert run(["render", str(scene_file), "-q"]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"weightreel render {scene_file} -q: failed while ")
    assert words in told
    assert told.endswith(f"{REPORT}\n")
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("fails", "words"),
    [
        (raised(MemoryError()), "there is not enough memory\n"),
        (lambda *_, **__: np.zeros(1 << 50), "there is not enough memory (Unable to allocate 8.00 PiB"),
    ],
)
def test_memory_has_its_own_words(fails, words, scene_file, monkeypatch, capsys):
    monkeypatch.setattr(Curve, "fit", fails)
    assert run(["render", str(scene_file), "-q"]) == 1
    told = capsys.readouterr().err
    assert words in told and ROOM in told and REPORT not in told


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(5, "Input/output error", "d.npz"), "d.npz: Input/output error (weightreel render "),
        (OSError(5, "Input/output error"), "-q: failed while drawing: Input/output error"),
        (BrokenPipeError(32, "Broken pipe"), "-q: failed while drawing: Broken pipe"),
    ],
)
def test_errors_of_the_system_have_its_words(error, words, scene_file, monkeypatch, capsys):
    monkeypatch.setattr(Curve, "fit", raised(error))
    assert run(["render", str(scene_file), "-q"]) == 1
    told = capsys.readouterr().err
    assert words.replace("drawing", "laying out small.png") in told and REPORT not in told


@pytest.mark.parametrize(
    ("owner", "name", "words"),
    [
        (Scene, "model_validate", "reading the scene"),
        (Mnist, "read", "reading the data"),
        (Dense, "build", "train, after 0 steps"),
        (Curve, "fit", "laying out x.gif"),
        (GifSink, "add", "x.gif: could not be written (strange)"),
    ],
)
def test_it_says_what_was_being_done(owner, name, words, scene_file, monkeypatch, capsys):
    assert run(["check", str(scene_file), "--set", 'output=[{path="x.gif"}]']) == 0  # whether GIFs can be is known then
    monkeypatch.setattr(owner, name, raised(ArithmeticError("strange")))
    assert run(["render", str(scene_file), "-o", "x.gif", "-q"]) == 1
    assert words in capsys.readouterr().err


def test_a_frame_has_its_number(scene_file, monkeypatch, capsys):
    from weightreel.render.frames.film import Film

    drawn = Film.draw

    def draw(self: Film, frame: np.ndarray, index: int) -> None:
        if index == 3:
            raise ArithmeticError("strange")
        drawn(self, frame, index)

    monkeypatch.setattr(Film, "draw", draw)
    assert run(["render", str(scene_file), "-o", "x.mp4", "-q"]) == 1
    assert "failed while drawing frame 4 of x.mp4: ArithmeticError: strange" in capsys.readouterr().err


def test_the_traceback_is_there_for_those_who_ask(scene_file, monkeypatch, capsys):
    monkeypatch.setattr(Curve, "fit", raised(KeyError("x")))
    monkeypatch.setenv("WEIGHTREEL_TRACEBACK", "1")
    assert run(["render", str(scene_file), "-q"]) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_a_verb_ends_with_the_status_that_it_says(scene_file, monkeypatch, capsys):
    monkeypatch.setattr("weightreel.trainer.gradient_check.LIMIT", -1.0)
    assert run(["check", str(scene_file), "--gradients"]) == 1


def test_warnings_of_libraries_are_for_programmers(monkeypatch, capsys):
    monkeypatch.setattr(sys, "warnoptions", [])
    monkeypatch.setattr("threading.excepthook", None)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
        hush()
        warnings.warn("overflow encountered in exp", RuntimeWarning, stacklevel=1)
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_nothing_is_printed_by_itself(scene_file):
    """By a thread, a logger, a warning or an object that goes, in a process of its own."""
    script = """
import sys, logging, threading, warnings
from weightreel.render.scene.scene import Scene
from weightreel.render.views.curve import Curve
fit = Curve.fit
class Going:
    def __del__(self): raise KeyError("going")
def noisy(*given):
    warnings.warn("overflow"); logging.getLogger("other").warning("logged"); Going()
    thread = threading.Thread(target=lambda: 1 / 0); thread.start(); thread.join()
    return fit(*given)
Curve.fit = noisy
sys.argv = ["weightreel", "render", "small.toml", "-o", "x.gif", "-q"]
from weightreel.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
