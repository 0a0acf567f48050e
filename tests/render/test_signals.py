"""Signals end the work in order, whatever comes when, and whatever a library makes of the first of them."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from weightreel.render.command import signals
from weightreel.render.command.cli import run
from weightreel.render.command.console import progress
from weightreel.render.command.signals import ENDING, Interrupted, heed
from weightreel.render.views.curve import Curve

COMMAND = [sys.executable, "-m", "weightreel"]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def heeded() -> Iterator[None]:
    """The signals taken over, as in a process of the command."""
    before = {name: signal.getsignal(getattr(signal, name)) for name in ENDING if hasattr(signal, name)}
    hook, signals._raised = sys.unraisablehook, None
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests themselves may run under nohup
    heed()
    yield
    for name, handler in before.items():
        signal.signal(getattr(signal, name), handler)
    sys.unraisablehook, signals._raised = hook, None


@pytest.mark.parametrize("first", SIGNALS)
def test_a_second_signal_disturbs_nothing(first, heeded):
    cleaned = []
    with pytest.raises(KeyboardInterrupt) as caught:
        try:
            signal.raise_signal(first)
        finally:
            for again in SIGNALS:
                signal.raise_signal(again)
                cleaned.append(again)
    assert cleaned == list(SIGNALS)
    assert isinstance(caught.value, Interrupted)


def test_a_signal_that_was_swallowed_comes_again_with_the_next(heeded):
    with suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)


def test_a_signal_that_python_swallows_is_not_lost(heeded):
    class Going:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        going = Going()
        del going
        time.sleep(10)


def test_a_signal_that_a_library_swallows_is_heard_at_the_next_step(heeded):
    with progress(quiet=True)("draw", 2, "frame") as advance:
        advance()
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            advance()


def test_what_is_ignored_stays_so(heeded):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    heed()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    signal.raise_signal(signal.SIGHUP)


def test_what_fails_by_a_signal_is_an_interruption(heeded, scene_file, monkeypatch, capsys):
    """Pydantic makes an error of its own of it, and others may."""

    def wraps(*_: object, **__: object) -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except BaseException as error:
            raise ValueError("Error building a validator") from error

    monkeypatch.setattr(Curve, "fit", wraps)
    assert run(["render", str(scene_file), "-q"]) == 130
    assert capsys.readouterr().err == "interrupted; nothing half-written was left\n"


def begun(*arguments: str, shield: bool = False) -> subprocess.Popen[str]:
    """A render that would take minutes."""
    call = [*COMMAND, "render", "small.toml", "-o", "x.mp4", "--set", "timeline.seconds=60000", *arguments]
    how = signal.SIG_IGN if shield else signal.SIG_DFL  # see `heeded`
    hangup = partial(signal.signal, signal.SIGHUP, how)
    return subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hangup)


def heeding(process: subprocess.Popen[str]) -> bool:
    """Whether the process has run as far as our own code, which takes SIGHUP over as the last of all (Linux tells)."""
    status = Path(f"/proc/{process.pid}/status")
    caught = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("SigCgt")]
    return bool(int(caught[0], 16) >> (signal.SIGHUP - 1) & 1)


def left() -> list[str]:
    return sorted(set(os.listdir()) - {"small.toml"})


def test_hangups_end_a_render_in_order(scene_file):
    process = begun()
    assert process.stderr is not None
    assert next(line for line in process.stderr if line.startswith("x.mp4"))
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        process.send_signal(number)
    _, told = process.communicate(timeout=30)
    assert (process.returncode, told.strip()) == (130, "interrupted; nothing half-written was left")
    assert left() == []


@pytest.mark.slow
def test_a_hangup_that_is_ignored_ends_nothing(scene_file):
    process = begun("--frames", "0:200", shield=True)
    assert process.stderr is not None
    assert next(line for line in process.stderr if line.startswith("x.mp4"))
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_signals_at_any_time(seed, scene_file):
    """From the first imports of ours on; while a clip is written, and while that is cleaned up."""
    chance = random.Random(seed)
    process = begun("--set", f"output.0.path='x{chance.choice(['.mp4', '.gif', '.webm', '.apng', '.webp'])}'")
    while not heeding(process):
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)
    time.sleep(chance.uniform(0, 2.3))
    for _ in range(chance.choice([1, 2, 3, 6])):
        process.send_signal(chance.choice(SIGNALS))
        time.sleep(chance.choice([0, 0.001, 0.01, 0.05]))
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "Traceback" not in told and "Exception" not in told
    assert [name for name in left() if Path(name).suffix != ".csv"] == []
