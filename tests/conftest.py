"""Fixtures that the tests share, and the flag that accepts golden pictures."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import everybodys
import pytest

from trainings import record_small
from weightreel.trainer.recording.recording import Recording

assert everybodys.STAND_INS

with suppress(ImportError):  # the tests with frameworks do without
    from hypothesis import HealthCheck, settings

    # Of time no test says anything: machines are busy.
    settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("untimed")


def pytest_configure() -> None:
    """A shell's & lets what it starts ignore SIGINT, and so would whatever the tests start and interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept-golden", action="store_true", help="take today's pictures as the golden ones")


@pytest.fixture(autouse=True, scope="session")
def nothing_of_the_user() -> Iterator[None]:
    """What was trained before, by whatever is in the user's cache, decides on no test; nor is anything left there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIGHTREEL_CACHE", "off")
        yield


@pytest.fixture(autouse=True, scope="session")
def disk_that_is_not_waited_for() -> Iterator[None]:
    """Nobody pulls the plug of a test, and some thousand calls wait milliseconds each; a wrong number is still an
    error. Processes that tests begin wait as ever."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda number: os.fstat(number) and None)
        yield


@pytest.fixture(scope="session")
def recording() -> Recording:
    """A small training in memory."""
    return record_small()


SCENE = """
title = "small"
[run]
layers = [
  { type = "dense", units = 9, activation = "sigmoid" },
  { type = "dense", units = 10, activation = "softmax" },
]
batch_size = 50
epochs = 2
data = { type = "mnist", train = 300, validation = 100, test = 100 }
[timeline]
fps = 10
seconds = 1.5
hold = 0.3
[layout]
size = [320, 180]
areas = ["grid words", "grid loss"]
[[view]]
type = "neuron_grid"
area = "grid"
rows = 3
columns = 3
[[view]]
type = "curve"
area = "loss"
[[view]]
type = "caption"
area = "words"
text = "epoch {epoch:.2f}  loss {loss:.4f}"
[[output]]
path = "small.png"
"""


@pytest.fixture
def scene_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small scene in a folder of its own, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "small.toml"
    path.write_text(SCENE)
    return path
