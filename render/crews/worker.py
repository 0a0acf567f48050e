"""A worker: a process that does the tasks which come over its standard input, and ends when nothing more will come.

It is `python -m weightreel` with one hidden word, and never a copy of the process that began it: a script is not run
again, whether it has a guard or none, and a notebook has no file to be run from.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from weightreel.render.crews.wire import Message, Wire, as_plain

if TYPE_CHECKING:
    from weightreel.render.work.progress import Said
    from weightreel.render.work.work import Desk

WORD = "--worker"  # what it is called with
IGNORED = ("SIGINT", "SIGHUP", "SIGTTOU")  # whoever began it is asked, and ends it
TOLD_EVERY = 0.05  # seconds between two messages on how far it is
GRACE = 2.0  # seconds that a task has to clean up when nobody waits for it any more


class GivenUp(KeyboardInterrupt):
    """Nobody waits for a task's result any more."""


def main() -> None:
    """Do what comes until there is no more."""
    for name in IGNORED:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    wire = _wire()
    first = wire.hear()
    if first is None:
        return
    sys.path[:] = first["path"]  # what the one that began us can import, we can
    from weightreel.render.work.work import Desk

    wire.say({"ready": True})
    Worker(wire, Desk(pumps=first["threads"] > 1)).serve()


def _wire() -> Wire:
    """Takes standard input and output for messages alone; what others print goes where errors go."""
    hears, says = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    os.dup2(2, 1)
    return Wire(hears, says)


class Worker:
    """Does one task after the other while another thread listens: a task can be given up, and whoever asked may be
    gone."""

    def __init__(self, wire: Wire, desk: Desk) -> None:
        self._wire, self._desk = wire, desk
        self._tasks: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._given_up: set[int] = set()
        self._film: Any = None
        self._alone = False

    def serve(self) -> None:
        """Until nothing more will come."""
        threading.Thread(target=self._listen, name="listener", daemon=True).start()
        while (message := self._tasks.get()) is not None:
            self._wire.say({"number": message["number"]} | self._done(message))

    def _listen(self) -> None:
        while (message := self._wire.hear()) is not None:
            if "give_up" in message:
                self._given_up.add(message["give_up"])
            else:
                self._tasks.put(message)
        self._alone = True
        self._tasks.put(None)
        time.sleep(GRACE)
        os._exit(1)

    def _done(self, message: Message) -> Message:
        from weightreel.render.work.tasks import Task
        from weightreel.render.work.work import work

        told = _Told(self, message["number"])
        self._film = message.get("film", self._film)  # it is told once
        task = Task(message["kind"], message["key"], message["payload"] | {"film": self._film})
        try:
            result = work(task, told, self._desk)
            told.tell()
        except GivenUp:
            return {"given_up": True}
        except BaseException as error:
            with suppress(GivenUp):
                told.tell()
            return {"error": as_plain(error)}
        return {"result": result}

    def refuse(self, number: int) -> None:
        """End a task that nobody waits for.

        Raises:
            GivenUp: it is one.
        """
        if self._alone or number in self._given_up:
            raise GivenUp

    def say(self, message: Message) -> None:
        """To the one that began us."""
        self._wire.say(message)


class _Told:
    """How far a task is, told now and then; see `weightreel.render.work.progress.Advance`."""

    def __init__(self, worker: Worker, number: int) -> None:
        self._worker, self._number, self._last = worker, number, time.monotonic()
        self._count, self._more, self._at = 0, 0, ""
        self._said: dict[str, Said] = {}

    def __call__(self, count: int = 1, /, *, more: int = 0, at: str = "", **said: Said) -> None:
        self._worker.refuse(self._number)
        self._count, self._more, self._at = self._count + count, self._more + more, at or self._at
        self._said |= said
        if time.monotonic() - self._last > TOLD_EVERY:
            self.tell()

    def tell(self) -> None:
        """What was not told yet."""
        told = {"more": self._more, "at": self._at, **self._said}
        if self._count or any(told.values()):
            self._worker.say({"number": self._number, "advance": self._count, "told": told})
        self._last, self._count, self._more, self._at, self._said = time.monotonic(), 0, 0, "", {}
