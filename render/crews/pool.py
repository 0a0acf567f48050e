"""The crew of several processes on this machine.

Each is a `weightreel.render.crews.worker`, fed over a pipe. One that dies is begun again, and its task with it; where
a task is lost a second time, that is the end. They end with the process that began them, however that ends.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from weightreel.render.crews.wire import Message, Wire, as_error
from weightreel.render.crews.worker import WORD
from weightreel.render.errors import EncodeError
from weightreel.render.work.progress import Advance
from weightreel.render.work.tasks import Plain, Task

TRIES = 2  # how often a task may be begun
BEGINS_WITHIN = 60.0  # seconds
CLEANS_UP_WITHIN = 1.0  # seconds that tasks which are given up have before their processes are killed
# Whatever library counts in threads of its own: the processes are the threads here.
THREADS = ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM", "NUMEXPR")


@dataclass
class _Job:
    """A task at work: how often it was begun, and how far it came."""

    task: Task
    begun: int = 0
    done: int = 0
    more: int = 0


class _Hand:
    """A worker process, and what it has in hand: a job that is waited for, or the number of one that is given up."""

    numbers = 0

    def __init__(self, threads: int, heard: queue.SimpleQueue[tuple[_Hand, Message | None]]) -> None:
        limits = {f"{name}_NUM_THREADS": str(threads) for name in THREADS}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "weightreel", WORD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | limits,
            **_apart(),
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        self._wire, self._heard = Wire(self.process.stdout, self.process.stdin), heard
        self.ready, self.busy, self.number = False, False, 0
        self.job: _Job | None = None
        self._film: Mapping[str, Plain] | None = None  # what it was told last; of 10,000 runs it is some 20 MB
        self._wire.say({"path": sys.path, "threads": threads})
        threading.Thread(target=self._listen, name="worker's listener", daemon=True).start()

    def _listen(self) -> None:
        while (message := self._wire.hear()) is not None:
            self._heard.put((self, message))
        self._heard.put((self, None))

    def begin(self, job: _Job) -> None:
        """Give it a job. Where it cannot be told, it is gone, and that is heard."""
        _Hand.numbers += 1
        self.number, self.job, self.busy = _Hand.numbers, job, True
        job.begun += 1
        task, payload = job.task, dict(job.task.payload)
        film = payload.pop("film", None)
        message = {"number": self.number, "kind": task.kind, "key": task.key, "payload": payload}
        self._wire.say(message if film is self._film else message | {"film": film})
        self._film = film

    def give_up(self) -> None:
        """Nobody waits for its job any more."""
        self.job = None
        self._wire.say({"give_up": self.number})

    def end(self) -> None:
        """Nothing more will come for it."""
        assert self.process.stdin is not None
        with suppress(OSError, ValueError):
            self.process.stdin.close()


def _apart() -> dict[str, Any]:
    """Ctrl-C in a terminal goes to all processes of a group; ours end when the one that began them says so."""
    if os.name == "nt":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined]
    return {"process_group": 0}


class Pool:
    """See `weightreel.render.work.tasks.Crew`; `with Pool(2) as crew`. Processes begin as there are tasks for them,
    and stay for the next ones.

    Args:
        jobs: processes.
        threads: of each.
    """

    def __init__(self, jobs: int, threads: int = 1) -> None:
        self.jobs, self._threads = jobs, threads
        self._hands: list[_Hand] = []
        self._heard: queue.SimpleQueue[tuple[_Hand, Message | None]] = queue.SimpleQueue()

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begin(self, count: int) -> None:
        """Begin processes for so many tasks, as far as that can be, so that they are there when those are."""
        with suppress(OSError):
            while len(self._hands) < min(self.jobs, count):
                self._hands.append(_Hand(self._threads, self._heard))

    def works(self) -> bool:
        """Whether processes can be begun here: waits for the first of them to answer."""
        self.begin(1)
        until = time.monotonic() + BEGINS_WITHIN
        while not any(hand.ready for hand in self._hands) and self._hands:
            try:
                hand, message = self._heard.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return False
            if message is None:
                self._hands.remove(hand)
                hand.process.wait()
            hand.ready = message is not None
        return bool(self._hands)

    def run(self, tasks: Iterable[Task], advance: Advance) -> Generator[tuple[Task, Plain]]:
        """Do tasks, as many at once as there are jobs.

        Raises:
            EncodeError: a process died at the same task twice.
        """
        waiting, again = iter(tasks), deque[_Job]()
        try:
            while self._feed(waiting, again) or any(hand.job for hand in self._hands):
                hand, message = self._heard.get()
                job = hand.job
                if message is None:
                    self._bury(hand, again, advance)
                elif "advance" in message:
                    _told(job, message, advance)
                elif "ready" in message:
                    hand.ready = True
                else:
                    hand.busy, hand.job = False, None
                    self._feed(waiting, again)
                    yield from _result(job, message)
        finally:
            for hand in self._hands:
                if hand.job is not None:
                    hand.give_up()

    def _feed(self, waiting: Iterator[Task], again: deque[_Job]) -> bool:
        """Give a job to whoever has none; whether there may be more of them."""
        while len(self._hands) < self.jobs or any(not hand.busy for hand in self._hands):
            job = again.popleft() if again else next((_Job(task) for task in waiting), None)
            if job is None:
                return False
            if all(hand.busy for hand in self._hands):
                self._hands.append(_begun(self._threads, self._heard, job))
            next(hand for hand in self._hands if not hand.busy).begin(job)
        return True

    def _bury(self, hand: _Hand, again: deque[_Job], advance: Advance) -> None:
        """A process is gone; what it had in hand is done again, and counts once."""
        self._hands.remove(hand)
        hand.end()
        status, job = hand.process.wait(), hand.job
        if job is None:
            return
        if job.begun >= TRIES:
            raise EncodeError(_lost(job.task, status))
        advance(-job.done, more=-job.more)
        job.done = job.more = 0
        again.append(job)

    def close(self) -> None:
        """End all of them at once; what is at work may clean up for a moment."""
        for hand in self._hands:
            hand.end()
            if not hand.busy:
                hand.process.kill()
        until = time.monotonic() + CLEANS_UP_WITHIN
        for hand in self._hands:
            _ended(hand.process, until)
        self._hands.clear()


def _begun(threads: int, heard: queue.SimpleQueue[tuple[_Hand, Message | None]], job: _Job) -> _Hand:
    """Another process.

    Raises:
        EncodeError: there can be none.
    """
    try:
        return _Hand(threads, heard)
    except OSError as error:
        told = f"{job.task.key}: no other process can be begun ({error.strerror}); try --jobs 1"
        raise EncodeError(told) from error


def _result(job: _Job | None, message: Message) -> Iterator[tuple[Task, Plain]]:
    """The result of a job, if there is one, and somebody waits for it."""
    if job is not None and "error" in message:
        raise as_error(message["error"])
    if job is not None:
        yield job.task, message["result"]


def _told(job: _Job | None, message: Message, advance: Advance) -> None:
    """Hand on how far a job is."""
    if job is not None:
        job.done, job.more = job.done + message["advance"], job.more + message["told"]["more"]
        advance(message["advance"], **message["told"])


def _ended(process: subprocess.Popen[bytes], until: float) -> None:
    try:
        process.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _lost(task: Task, status: int) -> str:
    """What is said of a task that was lost twice."""
    how = f"signal {-status}" if status < 0 else f"status {status}"
    told = f"{task.key}: the process that worked on it ended twice ({how}); nothing half-written was left"
    return f"{told}. There may be too little memory for several at once: try --jobs 1, or a smaller size"
