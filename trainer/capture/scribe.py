"""Writes what a training hands over, in a thread of its own, whose errors never reach the training."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.capture.exchange import Exchange, Work
from weightreel.trainer.capture.rows import Row
from weightreel.trainer.errors import RecordingError, WeightreelError
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.writing import Writing

PULSE = 0.25  # seconds after which all that there is goes to the disk
SILENCE = 60.0  # seconds without any progress, after which nobody waits for the end
LEAVING = 5.0  # seconds that are left to a thread that has failed, to say so in the recording
FULL = {errno.ENOSPC, errno.EDQUOT}
TOGETHER = 4 * 2**20  # bytes that are written at once: what fails costs no more, and rows come back in good time
Arrays = Mapping[str, NDArray[np.number]]


@dataclass(frozen=True)
class Ending:
    """How a recording is closed."""

    state: Literal["done", "stopped"]
    stopped: str
    seconds: float
    about: About


class Scribe:
    """The thread that writes.

    Args:
        path: of the recording, for words.
        place: where that is.
        begin: makes the recording; called by the thread.
        exchange: what is to be written comes from there.

    Attributes:
        failed: why nothing is written any more; "" while all is well.
        refused: whether that was before the first step, because such a recording cannot be.
        step: the last one that was written; −1 before.
        kept, dropped: snapshots that are there, and that went to thin them out.
        bytes: what the files take.
        overflown: the array of which float16 does not hold all numbers; "" is none.
    """

    def __init__(self, path: Path, place: Path, begin: Callable[[], Writing], exchange: Exchange) -> None:
        self.path, self._place, self._begin, self._exchange = path, place, begin, exchange
        self._writing: Writing | None = None
        self._ending: Ending | None = None
        self._provisional: int | None = None
        self._flushed = self._moves = 0
        self._ended = self._leaving = False
        self.failed, self.refused, self.overflown = "", False, ""
        self.step, self.kept, self.dropped, self.bytes = -1, 0, 0, 0
        self._thread = threading.Thread(target=self._run, name=f"recording {path.name}", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether anything is still written. Notes where the thread has vanished."""
        if self._thread.is_alive():
            return not self.failed
        if not self._ended and not self.failed:
            self.failed = self._words("the thread that writes has died")
        return False

    def flush(self) -> bool:
        """Wait until all that was handed over is on the disk; false where it does not get there."""
        wish = self._exchange.hand_over(wish=True)
        return self._wait(lambda: self._flushed >= wish)

    def begun(self, seconds: float) -> None:
        """Wait for the first step, not for ever."""
        self._exchange.hand_over()
        until = time.monotonic() + seconds
        while self.step < 0 and self.alive and time.monotonic() < until:
            time.sleep(0.001)

    def close(self, ending: Ending) -> bool:
        """Write all that there is and end; false where it does not get there."""
        self._ending = ending
        self._exchange.hand_over(wish=True, ending=True)
        ended = self._wait(lambda: not self._thread.is_alive())
        if self._leaving:
            self._thread.join(LEAVING)  # until it has let go of the recording
        return ended and not self.failed

    def _wait(self, done: Callable[[], bool]) -> bool:
        """Wait for something while there is progress."""
        moves, since = self._moves, time.monotonic()
        while not done():
            if not self.alive:
                return done()
            if self._moves != moves:
                moves, since = self._moves, time.monotonic()
            elif time.monotonic() - since > SILENCE:
                self.failed = self.failed or self._words("the disk does not answer")
                return False
            self._thread.join(0.002)
        return True

    def _run(self) -> None:
        """What the thread does, to its end."""
        try:
            self._writing = self._begin()
            while not self._turn(self._exchange.take(PULSE) or Work()):
                pass
            self._ended = True
        except BaseException as error:  # whatever it is, the training goes on
            self._leaving = True
            self.refused = isinstance(error, RecordingError) and self.step < 0
            self.failed = str(error) if self.refused else self._words(error)
            self._give_up()
            self._exchange.hungry = True  # so that the training looks

    def _turn(self, work: Work) -> bool:
        """Write; whether that was all."""
        assert self._writing is not None
        for rows in _together(work.kept):
            self._put([(row, row.arrays()) for row in rows], stays=True)
        if work.latest is not None:
            self._put_latest(work.latest)
        for name, flat in work.measured.items():
            self._writing.measure(name, _pairs(flat))
            self._moves += 1
        self.bytes = self._writing.bytes
        if self._gone():
            raise RecordingError(f"{self.path}: is not there any more")
        if work.ending:
            self._end(self._writing)
        elif work.wish > self._flushed:
            self._writing.flush()
        self._flushed = max(self._flushed, work.wish)
        return work.ending

    def _put_latest(self, row: Row) -> None:
        """The last step so far, or of all, as far as it has all arrays."""
        if not row.complete or row.step <= self.step:
            self._exchange.give_back(row)
        elif row.ready:
            self._put([(row, row.arrays())], stays=False)
        else:
            with suppress(Exception):  # what a framework does not give at the end is not worth the recording
                arrays = row.arrays()
                self._put([(row, arrays)], stays=False)

    def _put(self, filled: Sequence[tuple[Row, Arrays]], *, stays: bool) -> None:
        """Write steps in place of those that have to go for them, and of one that was only the last."""
        assert self._writing is not None
        thinned = [row.gone for row, _ in filled if row.gone is not None]
        gone = thinned if self._provisional is None else [*thinned, self._provisional]
        for step in gone:
            self._writing.drop(step)
        try:
            self._writing.put_all([(row.step, row.epoch, arrays) for row, arrays in filled])
        finally:
            self.step = self._writing.last
        self._provisional = None if stays else self.step
        self.kept += len(filled) - len(gone)
        self.dropped += len(thinned)
        self._moves += 1
        for row, _ in filled:
            self.overflown = self.overflown or row.overflown
            self._exchange.give_back(row)

    def _end(self, writing: Writing) -> None:
        ending = self._ending
        assert ending is not None
        writing.describe(ending.about)
        writing.close(state=ending.state, stopped=ending.stopped, seconds=ending.seconds)
        self.bytes = writing.bytes

    def _give_up(self) -> None:
        """Leave what was written as it is, with the reason, as far as that can be written."""
        if self._writing is not None:
            with suppress(Exception):
                self._writing.close(state="stopped", stopped=self.failed)

    def _gone(self) -> bool:
        """Whether the recording was deleted, or moved elsewhere."""
        return self.step >= 0 and not self._place.exists()

    def _words(self, error: BaseException | str) -> str:
        """What went wrong, and where the recording ends."""
        causes = [error, getattr(error, "__cause__", None)]
        if self._gone():
            told = f"{self.path}: is not there any more"
        elif any(isinstance(cause, OSError) and cause.errno in FULL for cause in causes):
            told = f"{self.path}: no space left"
        elif isinstance(error, WeightreelError) and str(error).startswith(str(self.path)):
            told = str(error)
        elif isinstance(error, BaseException):
            told = f"{self.path}: {error or type(error).__name__}"
        else:
            told = f"{self.path}: {error}"
        return f"{told}; {f'recording stopped at step {self.step:,}' if self.step >= 0 else 'nothing was recorded'}"


def _together(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in groups that are written at once: those for which nothing has to go or to be waited for."""
    group: list[Row] = []
    for row in rows:
        alone = row.gone is not None or not row.ready
        if group and (alone or (len(group) + 1) * row.bytes > TOGETHER):
            yield group
            group = []
        group.append(row)
        if alone:
            yield group
            group = []
    if group:
        yield group


def _pairs(flat: list[Any]) -> NDArray[np.float64]:
    """Measurements, (n, 2), of step, value, step, value …"""
    values = [value if type(value) is float else _number(value) for value in flat[1::2]]
    return np.array([flat[::2], values], np.float64).T


def _number(value: Any) -> float:
    """That of a scalar of another device, which only says now what was wrong with it."""
    try:
        return float(value)
    except Exception:
        return float("nan")
