"""Runs the command again and again, in forks of one process that has imported all it needs; in each of them one of the
system calls that change files fails, or kills it. Started by `test_calls.py` with the library of `calls.c` preloaded.

It reads a job as JSON from standard input and prints what came of each run as a line of JSON:

    {"at": 7, "kind": "write", "error": 28, "status": 1, "words": "…", "after": {file: digest}, "again": {…}}

`after` is what lies in the folder after the run, `again` after another run in it in which nothing fails.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # a fork of a process with threads would wait for them for ever

import av
import imageio.v3
from failing.contents import contents

import weightreel.render.encoders
import weightreel.render.making.film
import weightreel.render.scene.file
import weightreel.render.showing.still
from weightreel.render.command.cli import run
from weightreel.trainer.errors import RecordingError
from weightreel.trainer.recording.store import open_recordings, verify

CALLS = ctypes.CDLL(None)
CALLS.calls_kind.restype = ctypes.c_char_p
LIMIT = 120  # seconds for a run
WARM = (av, imageio.v3, weightreel)


def attempt(job: dict, folder: Path, at: int, error: int) -> dict:
    """One run in a fork, in which the call number `at` fails."""
    words, told = folder.with_suffix(".words"), folder.with_suffix(".told")
    told.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        _act(job["arguments"], folder, at, error, words, told)
    status = _awaited(child)
    count, kind = json.loads(told.read_text()) if told.exists() else (at, "")
    return {"status": status, "count": count, "kind": kind, "words": words.read_text(errors="replace")}


def _act(arguments: list[str], folder: Path, at: int, error: int, words: Path, told: Path) -> None:
    """In the fork: run the command, say what it said and how many calls there were."""
    status = 99
    try:
        out = os.open(words, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.chdir(folder)
        os.environ["TMPDIR"] = str(folder.with_suffix(".tmp"))
        CALLS.calls_arm(f"{folder}/".encode(), at, error)
        status = run(arguments)
        count, kind = CALLS.calls_count(), CALLS.calls_kind(at).decode()
        CALLS.calls_arm(b"", 0, 0)
        sys.stdout.flush()
        sys.stderr.flush()
        told.write_text(json.dumps([count, kind]))
    finally:
        os._exit(status)


def _awaited(child: int) -> int:
    """The exit status of a process, that of a signal as a negative number."""
    ends = time.monotonic() + LIMIT
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 98


def damage(recording: Path) -> list[str]:
    """All that is wrong with a recording."""
    try:
        return list(verify(recording)) or [f"{n} is empty" for n, r in open_recordings(recording).items() if not len(r)]
    except RecordingError as error:
        return [str(error)]


def fresh(job: dict, folder: Path) -> None:
    """A folder as it was before."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(job["before"], folder, symlinks=True)
    folder.with_suffix(".tmp").mkdir(exist_ok=True)


def main() -> None:
    """Count the calls of a run in which nothing fails; then let each of them fail in turn."""
    job = json.load(sys.stdin)
    folder = Path(job["folder"])
    fresh(job, folder)
    before, first = contents(folder), attempt(job, folder, 0, 0)
    new = contents(folder)
    print(json.dumps({"at": 0, "error": 0, **first, "after": new}), flush=True)
    for error in job["errors"]:
        for at in range(1 + job["part"], first["count"] + 1, job["parts"]):
            fresh(job, folder)
            came = attempt(job, folder, at, error)
            after, wrong = contents(folder), damage(folder / "rec") if (folder / "rec").exists() else []
            again = first if after == before else attempt(job, folder, 0, 0)  # from there on all is as it was
            line = {"at": at, "error": error, **came, "after": after, "damage": wrong}
            line["again"] = new if after == before else contents(folder)
            print(json.dumps(line | {"again_status": again["status"]}), flush=True)


main()
