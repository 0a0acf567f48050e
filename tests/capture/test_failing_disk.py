"""Whatever happens to what writes, the training goes on, with one warning; and what was written can be read."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from weightreel.trainer.capture import CaptureError, Recorder
from weightreel.trainer.capture import exchange as exchange_module
from weightreel.trainer.recording.store import open_recordings
from weightreel.trainer.recording.writing import Snapshot, Writing

LOOP = """
import sys
import numpy as np
from weightreel.trainer.capture import Recorder

path, steps, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
weights = np.zeros((size, size), np.float32)
recorder = Recorder(path, max_snapshots=20, max_bytes="100 MB", axes={"a": "io"})
print("begun", flush=True)
for step in range(steps):
    weights[:] = step
    recorder.log(step, weights={"a": weights}, loss=float(step))
    if step % 100 == 0:
        print(step, flush=True)
"""


@contextmanager
def told() -> Iterator[list[warnings.WarningMessage]]:
    """The warnings of a block."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        yield seen


def train(recorder: Recorder, steps: int = 300, pause: float = 0.0) -> np.ndarray:
    """A training that does not look at its recorder; what comes of it."""
    weights = np.zeros((40, 40), np.float32)
    for step in range(steps):
        weights += 1
        recorder.log(step, weights={"a": weights}, loss=float(step))
        time.sleep(pause)
    recorder.close()
    return weights


def failing(after: int, error: BaseException) -> Callable[..., None]:
    """What writes snapshots, but for an error after so many."""
    left, put_all = after, Writing.put_all

    def working(self: Writing, snapshots: Sequence[Snapshot]) -> None:
        nonlocal left
        here, left = snapshots[:left], max(0, left - len(snapshots))
        put_all(self, here)
        if len(here) < len(snapshots):
            raise error

    return working


ERRORS = {
    "no space left": OSError(errno.ENOSPC, "No space left on device"),
    "a bug": KeyError("nobody thought of this"),
    "the end of the thread": SystemExit(1),
}


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("after", [0, 1, 50])
def test_a_writer_that_dies_leaves_the_training_alone(tmp_path, monkeypatch, name, after):
    monkeypatch.setattr(Writing, "put_all", failing(after, ERRORS[name]))
    with told() as seen:
        recorder = Recorder(tmp_path / "run.zarr", axes={"a": "io"})
        assert train(recorder)[0, 0] == 300
    words = [str(one.message) for one in seen]
    assert len(words) == 1 and words[0].endswith("the training goes on"), words
    assert words[0] == f"{recorder.failed}, the training goes on"
    assert (": no space left; " in words[0]) == (name == "no space left")
    assert ("recording stopped at step" in words[0]) == (after > 0)
    assert seen[0].filename == __file__
    if after:
        recording = open_recordings(tmp_path / "run.zarr")["run"]
        assert len(recording) == after
        assert all((recording.parameter("a/weights", int(step)) == step + 1).all() for step in recording.steps)
    else:
        assert not (tmp_path / "run.zarr").exists()


def test_a_failing_disk_is_an_error_where_that_is_wanted(tmp_path, monkeypatch):
    monkeypatch.setattr(Writing, "put_all", failing(5, OSError(errno.ENOSPC, "No space left on device")))
    recorder = Recorder(tmp_path / "run.zarr", axes={"a": "io"}, on_error="raise")
    with pytest.raises(CaptureError, match=r"run\.zarr: no space left; recording stopped at step 4$"):
        train(recorder)
    recorder.log(999, weights={"a": np.zeros((40, 40))})  # it was told
    recorder.close()


def test_a_folder_that_is_deleted_is_told(tmp_path):
    with told() as seen:
        recorder = Recorder(tmp_path / "run.zarr", axes={"a": "io"})
        recorder.log(0, weights={"a": np.zeros((40, 40), np.float32)})
        shutil.rmtree(tmp_path / "run.zarr")
        for step in range(1, 100):
            recorder.log(step, weights={"a": np.full((40, 40), step, np.float32)})
            time.sleep(0.01)
        recorder.close()
    words = [str(one.message) for one in seen]
    assert len(words) == 1 and "is not there any more; recording stopped at step" in words[0], words
    assert not list(tmp_path.iterdir())  # nothing of it comes back, and nobody is kept from recording anew


def test_who_closes_a_recorder_that_failed_may_record_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(Writing, "put_all", failing(3, OSError(errno.EIO, "Input/output error")))
    describe = Writing._describe

    def slowly(self: Writing) -> None:
        time.sleep(0.2)
        describe(self)

    monkeypatch.setattr(Writing, "_describe", slowly)
    with told():
        recorder = Recorder(tmp_path / "run.zarr", axes={"a": "io"})
        train(recorder)
        recorder.close()
    assert [path.name for path in tmp_path.iterdir()] == ["run.zarr"]  # and no lock


def test_a_folder_that_takes_nothing_is_told(tmp_path, monkeypatch):
    def refuse(target: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("weightreel.trainer.capture.opened.trial", refuse)
    with told() as seen:
        recorder = Recorder(tmp_path / "run.zarr", axes={"a": "io"})
        assert train(recorder)[0, 0] == 300
    assert [str(one.message).partition("run.zarr: ")[2] for one in seen] == [
        "[Errno 30] Read-only file system; nothing is recorded, the training goes on"
    ]
    with pytest.raises(CaptureError, match="Read-only file system; nothing is recorded"):
        Recorder(tmp_path / "run.zarr", on_error="raise")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere/run.zarr", "there is no folder '.*nowhere'; make it: mkdir -p"),
        ("mine.txt", "mine.txt: exists and is not a recording; choose another path"),
    ],
)
def test_a_path_that_cannot_be_is_an_error_at_once(tmp_path, name, words):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CaptureError, match=words):
        Recorder(tmp_path / name)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_disk_that_hangs_stops_neither_the_training_nor_its_end(tmp_path, monkeypatch):
    go_on, put_all = threading.Event(), Writing.put_all

    def slow(self: Writing, snapshots: Sequence[Snapshot]) -> None:
        if snapshots[-1][0] > 10:
            go_on.wait(30)
        put_all(self, snapshots)

    monkeypatch.setattr(Writing, "put_all", slow)
    monkeypatch.setattr(exchange_module, "PATIENCE", 0.2)
    with told() as seen:
        recorder = Recorder(tmp_path / "run.zarr", axes={"a": "io"}, max_snapshots=2000)
        begun = time.monotonic()
        for step in range(1000):
            recorder.log(step, weights={"a": np.full((400, 400), step, np.float32)})
        took = time.monotonic() - begun
        go_on.set()
        recorder.close()
    assert took < 5
    assert recorder.stats["skipped"] > 900 and recorder.failed is None
    assert [str(one.message).partition("run.zarr: ")[2] for one in seen] == [
        "the disk is slower than the training; steps are left out"
    ]
    recording = open_recordings(tmp_path / "run.zarr")["run"]
    assert recording.steps[-1] == 999  # the last one is there even so
    assert all((recording.parameter("a/weights", int(step)) == step).all() for step in recording.steps)


def test_a_disk_that_never_answers_is_given_up(tmp_path, monkeypatch):
    go_on, put_all = threading.Event(), Writing.put_all

    def stuck(self: Writing, snapshots: Sequence[Snapshot]) -> None:
        if snapshots[-1][0]:
            go_on.wait(30)
        put_all(self, snapshots)

    monkeypatch.setattr(Writing, "put_all", stuck)
    monkeypatch.setattr("weightreel.trainer.capture.scribe.SILENCE", 0.3)
    with told() as seen:
        recorder = Recorder(tmp_path / "run.zarr", axes={"a": "io"})
        for step in range(5):
            recorder.log(step, weights={"a": np.eye(3)})
        recorder.close()
    go_on.set()
    assert "the disk does not answer; recording stopped at step 0" in str(seen[-1].message)


def test_two_processes_do_not_write_one_run(tmp_path):
    script = tmp_path / "loop.py"
    script.write_text(LOOP + "\nimport time; time.sleep(60)\n")
    call = [sys.executable, script, tmp_path / "run.zarr", "101", "4"]
    other = subprocess.Popen(call, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        while other.stdout.readline().strip() != "100":
            pass
        with pytest.raises(CaptureError, match=r"run\.zarr: exists; pass overwrite=True"):
            Recorder(tmp_path / "run.zarr")
        recorder = Recorder(tmp_path / "run.zarr", overwrite=True, axes={"a": "io"})
        with pytest.raises(CaptureError, match=rf"another process \(pid {other.pid}\) is writing it"):
            recorder.log(0, weights={"a": np.eye(3)})
    finally:
        other.kill()
        other.communicate()


def test_a_process_that_ends_without_close_has_its_last_step(tmp_path):
    script = tmp_path / "loop.py"
    script.write_text(LOOP)
    done = subprocess.run(
        [sys.executable, "-W", "error", script, tmp_path / "run.zarr", "500", "300"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    recording = open_recordings(tmp_path / "run.zarr")["run"]
    assert recording.steps[-1] == 499 and recording.steps[0] == 0
    assert '"state": "done"' in (tmp_path / "run.zarr/run/zarr.json").read_text()


def test_the_error_that_ended_a_script_is_noted(tmp_path):
    script = tmp_path / "loop.py"
    script.write_text(LOOP + "\nraise ValueError('what a pity')\n")
    subprocess.run([sys.executable, script, tmp_path / "run.zarr", "5", "4"], capture_output=True, check=False)
    assert "ValueError: what a pity" in (tmp_path / "run.zarr/run/zarr.json").read_text()


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 4))])
def test_a_process_that_is_killed_leaves_a_recording(tmp_path, seed):
    """At any moment after the first step: it opens, every row is right, and no more than a second is lost."""
    script = tmp_path / "loop.py"
    script.write_text(LOOP)
    training = subprocess.Popen(
        [sys.executable, script, tmp_path / "run.zarr", "1000000", "200"], stdout=subprocess.PIPE, text=True
    )
    assert training.stdout is not None
    while training.stdout.readline().strip() != "0":
        pass
    time.sleep(random.Random(seed).uniform(0, 1.5))
    training.send_signal(signal.SIGKILL)
    lines = training.communicate()[0].split()
    recording = open_recordings(tmp_path / "run.zarr")["run"]
    assert recording.steps[0] == 0
    assert all((recording.parameter("a/weights", int(step)) == step).all() for step in recording.steps)
    steps, values = recording.metric("loss") if recording.has_metric("loss") else (np.empty(0), np.empty(0))
    assert (steps == values).all()
    assert recording.steps[-1] <= int((lines or ["0"])[-1]) + 200


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_forked_workers_do_no_harm(tmp_path):
    script = tmp_path / "fork.py"
    script.write_text(
        textwrap.dedent(
            """
            import os, sys
            import numpy as np
            from weightreel.trainer.capture import Recorder

            recorder = Recorder(sys.argv[1], axes={"a": "io"})
            for step in range(300):
                recorder.log(step, weights={"a": np.full((20, 20), step)}, loss=1.0)
                if step % 100 == 50:
                    child = os.fork()
                    if not child:
                        assert not recorder.wants(step + 1)
                        for other in range(step + 1, step + 50):
                            recorder.log(other, weights={"a": np.full((20, 20), -1.0)}, loss=-1.0)
                        recorder.flush()
                        recorder.close("a worker")
                        sys.exit(7)
                    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
            """
        )
    )
    subprocess.run([sys.executable, script, tmp_path / "run.zarr"], check=True, capture_output=True)
    recording = open_recordings(tmp_path / "run.zarr")["run"]
    assert recording.steps.tolist() == list(range(300))
    assert all((recording.parameter("a/weights", step) == step).all() for step in range(300))
    assert '"state": "done"' in (tmp_path / "run.zarr/run/zarr.json").read_text()
