"""Who writes a recording: one at a time for each run, and nobody is kept out by one who died."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import slots
from slots import recorded, rows, writing, wrong

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.recording.keeping import keeping
from weightreel.trainer.recording.lock import Lock, lock_file
from weightreel.trainer.recording.store import open_recordings, verify

OTHER = """
import sys, time
from pathlib import Path
import slots
made = slots.writing(Path(sys.argv[1]), run=sys.argv[2], overwrite=True)
made.put(0, 0.0, slots.rows(0))
print("writing", flush=True)
sys.stdin.readline()
made.close()
"""


class Elsewhere:
    """A process that writes a run until it is told to end."""

    def __init__(self, path: Path, run: str = "run") -> None:
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
        self.process = subprocess.Popen(
            [sys.executable, "-c", OTHER, path, run], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        assert self.process.stdout.readline() == b"writing\n"

    def __enter__(self) -> Elsewhere:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate(b"\n")


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_the_second_writer_of_a_run_is_told_who_the_first_is(tmp_path):
    path = tmp_path / "r"
    with Elsewhere(path) as other:
        for keys in ({}, {"overwrite": True}):
            with pytest.raises(RecordingError) as caught:
                writing(path, **keys)
            words = (
                f"another process (pid {other.process.pid}) is writing it; choose another path, or wait until it has"
            )
            assert str(caught.value) == f"{path}: {words} ended"
        with pytest.raises(RecordingError, match=f"pid {other.process.pid}"), keeping(path):
            pytest.fail("must not come this far")
        recorded(path, run="another")
        assert list(open_recordings(path)) == ["run", "another"]
    assert names(tmp_path) == ["r"], "who is last takes the lock away"
    recorded(path, overwrite=True)
    assert list(verify(path)) == []


def test_two_writers_of_one_process(tmp_path):
    made, other = writing(tmp_path / "r"), writing(tmp_path / "r", run="other")
    for writer in (made, other):
        writer.put(1, 0.1, rows(1))
    with pytest.raises(RecordingError, match="r: this process is writing it already; close that recorder first"):
        writing(tmp_path / "r", overwrite=True)
    made.put(2, 0.2, rows(2))
    made.close()
    made.close()
    with pytest.raises(RecordingError, match="this process is writing it already"), keeping(tmp_path / "r"):
        pytest.fail("must not come this far")
    other.close()
    assert {name: r.steps.tolist() for name, r in open_recordings(tmp_path / "r").items()} == {
        "run": [1, 2],
        "other": [1],
    }
    assert names(tmp_path) == ["r"]


def test_two_that_begin_with_nothing_there_come_together(tmp_path):
    made, other = writing(tmp_path / "r"), writing(tmp_path / "r", run="other")
    for step in range(3):
        made.put(step, step / 10, rows(step))
        other.put(step + 4, step / 10 + 0.4, rows(step + 4))
    made.close()
    other.close()
    found = open_recordings(tmp_path / "r")
    assert {n: r.steps.tolist() for n, r in found.items()} == {"other": [4, 5, 6], "run": [0, 1, 2]}
    assert list(verify(tmp_path / "r")) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_writer_that_died_keeps_nobody_out(tmp_path, number):
    path = tmp_path / "r"
    other = Elsewhere(path)
    other.process.send_signal(number)
    other.process.wait()
    assert open_recordings(path)["run"].state == "writing"
    recorded(path, overwrite=True)
    assert names(tmp_path) == ["r"] and not wrong(open_recordings(path)["run"])


def test_children_hold_no_lock(tmp_path):
    """Workers that outlive who made them do not keep others from writing."""
    made = writing(tmp_path / "r")
    made.put(0, 0.0, rows(0))
    child = os.fork()
    if not child:
        time.sleep(60)
        os._exit(0)
    try:
        made.close()
        recorded(tmp_path / "r", overwrite=True)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_many_at_once_lock_one_after_another(tmp_path):
    """The file of the lock may be removed by one just when another has opened it."""
    inside, most, wrong_ones = [], [], []

    def take(number: int) -> None:
        for _ in range(50):
            try:
                lock = Lock(tmp_path / "r", Path("r"), "run")
            except RecordingError:
                continue
            inside.append(number)
            most.append(len(inside))
            if not lock_file(tmp_path / "r").exists():
                wrong_ones.append(number)
            inside.remove(number)
            lock.release()

    threads = [threading.Thread(target=take, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1 and not wrong_ones and names(tmp_path) == []


def test_a_recording_of_the_older_format(tmp_path):
    import shutil

    shutil.copytree(Path(__file__).parents[1] / "data" / "recording", tmp_path / "r")
    with pytest.raises(RecordingError, match="is of another format and holds convnet, decayed too"):
        writing(tmp_path / "r", overwrite=True)
    for run in ("convnet", "decayed"):
        shutil.rmtree(tmp_path / "r" / run)
    recorded(tmp_path / "r", overwrite=True)
    assert not wrong(open_recordings(tmp_path / "r")["run"]) and list(verify(tmp_path / "r")) == []


def test_what_is_the_users_stays(tmp_path):
    users = ["r.part", "r.old.part", "r.lock", ".r.lock", "r.new", "r~"]
    for name in users:
        (tmp_path / name).write_text("mine")
    for _ in range(2):
        with keeping(tmp_path / "r") as kept:
            made = kept.recorder("run", slots.ABOUT)
            made.append(slots_snapshot(0))
            made.finish()
        recorded(tmp_path / "r", overwrite=True)
    assert all((tmp_path / name).read_text() == "mine" for name in users)
    assert names(tmp_path) == sorted([*users, "r"])


def slots_snapshot(step: int):
    from weightreel.trainer.recording.snapshot import Snapshot

    return Snapshot(step, step / 10, {"0/weights": rows(step)["gradients/a.b/c/weights"]}, {"loss": 1.0})


def killed(path: Path, after: float, capacity: int, seconds: float) -> list[int]:
    """A recording whose writer was killed a moment after it began; the steps that it said were written."""
    words = [sys.executable, slots.__file__, str(path), str(capacity), str(seconds)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "begun\n"
    time.sleep(after)
    process.kill()
    said = process.communicate()[0].split()
    return [int(word) for word in said[:-1] if word.isdigit()]  # the last line may be half of one


MOMENTS = [0.0, 0.04, 0.25, 0.3]
FORTY = [*MOMENTS, 0.02, 0.08, *(0.006 * i for i in range(14)), *(0.28 + 0.002 * i for i in range(20))]


@pytest.mark.parametrize("moments", [MOMENTS, pytest.param(FORTY, marks=pytest.mark.slow)])
def test_kills_at_the_first_write_while_dropping_and_while_closing(tmp_path, moments):
    opened = 0
    for number, moment in enumerate(moments):
        path = tmp_path / str(number)
        said = killed(path, moment, 5, 0.3)
        if not path.exists():
            assert not said, "what was said to be written is gone"
            continue
        recording = open_recordings(path)["run"]
        assert not wrong(recording) and list(verify(path)) == []
        assert not said or recording.steps[-1] >= said[-1], "a snapshot that was written is gone"
        assert len(recording) >= min(len(said), 4)
        opened += 1
        recorded(path, overwrite=True)
        assert not list(tmp_path.glob(f".{number}.*")), "what the killed one left is gone with the next"
    assert opened >= len(moments) // 3
