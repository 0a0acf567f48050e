"""What passes between a training and the thread that writes: rows of arrays, filled and free ones, and measurements.

Both sides meet as seldom as they can, since a lock, and another thread that wakes up, at every step would cost more
than the rest: the training gathers, and hands over when it has a batch, or when the other side has had nothing for a
while. Nothing that it calls here waits for a disk, but for `PATIENCE` where there is no free row.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from weightreel.trainer.capture.rows import Row

PATIENCE = 5.0  # seconds that a training waits for a slow disk before it goes on without
MOST_PENDING = 100_000  # measurements of a metric that wait in memory
Measured = dict[str, list[Any]]


@dataclass
class Work:
    """What there is to write.

    Attributes:
        kept: steps that stay.
        latest: the last step that came, where it does not stay for itself.
        measured: by metric step, value, step, value …
        wish: the number of the last flush that is asked for.
        ending: whether nothing comes any more.
    """

    kept: list[Row] = field(default_factory=list)
    latest: Row | None = None
    measured: Measured = field(default_factory=dict)
    wish: int = 0
    ending: bool = False


class Exchange:
    """Rows go round between two threads.

    Args:
        rows: free ones.
        batch: how many are handed over at once.

    Attributes:
        hungry: whether the other side has nothing to do, or something to tell.
        measured: what was measured since they met. It is flat, since a pair that stays at each step would have Python
            look for garbage every few hundred steps, which costs many times what all else does.
    """

    def __init__(self, rows: Iterable[Row], batch: int) -> None:
        self._batch = batch
        # Of the training alone:
        self._own, self._kept, self.measured = list(rows), list[Row](), Measured()
        self._latest: Row | None = None
        self._late = False
        # Of both, under the lock:
        self._turn, self._free, self._work = threading.Condition(), list[Row](), Work()
        self._done, self._waiting = 0, False
        self.hungry = False

    def row(self) -> Row | None:
        """A row to fill for the latest step; None where there is none."""
        if self._latest is not None:
            row, self._latest = self._latest, None
            return row
        if not self._own:
            self.hand_over()
        return self._own.pop() if self._own else None

    def row_to_keep(self, alive: Callable[[], bool]) -> Row | None:
        """A row to fill for a step that stays; None where there is none, even after some patience while the other side
        is `alive`. Who has waited in vain does not wait again until there was one. One row is left for the latest step,
        which may be the last."""
        if len(self._own) > 1:
            self._late = False
            return self.row()
        if self._room() < 2:
            self.hand_over()
        if self._room() < 2 and not self._late:
            with self._turn:
                self._waiting = True
                self._turn.wait_for(lambda: self._room() + len(self._free) > 1 or not alive(), PATIENCE)
                self._waiting = False
                self._take_free()
        self._late = self._room() < 2
        return None if self._late else self.row()

    def _room(self) -> int:
        return len(self._own) + (self._latest is not None)

    def keep(self, row: Row) -> None:
        """A filled row, to be written."""
        self._kept.append(row)
        if self.hungry or len(self._kept) >= self._batch:
            self.hand_over()

    def pass_on(self, row: Row) -> None:
        """A filled row that counts only until the next."""
        self._latest = row
        if self.hungry:
            self.hand_over()

    def put_back(self, row: Row) -> None:
        """A row that could not be filled."""
        self._own.append(row)

    def hand_over(self, *, wish: bool = False, ending: bool = False) -> int:
        """Let the other side have all that there is, and perhaps wish that it is brought to the disk; the number of the
        last wish."""
        with self._turn:
            work = self._work
            work.kept += self._kept
            self._kept.clear()
            for name, flat in self.measured.items():
                waiting = work.measured.setdefault(name, [])
                waiting += flat[: max(0, 2 * MOST_PENDING - len(waiting))]
            self.measured.clear()
            # Under way it stays with the training, which has no other row for it where the disk is slow.
            seen = self.hungry and self._latest is not None and self._latest.complete and self._latest.ready
            if self._latest is not None and (seen or wish):
                if work.latest is not None:
                    self._free.append(work.latest)
                work.latest, self._latest = self._latest, None
            work.wish += wish
            work.ending = ending
            self.hungry = False
            self._take_free()
            self._turn.notify_all()
            return work.wish

    def _take_free(self) -> None:
        self._own += self._free
        self._free.clear()

    def take(self, pulse: float) -> Work | None:
        """For the other side: what there is to write; None where there was nothing in so many seconds."""
        with self._turn:
            if not self._turn.wait_for(self._something, pulse):
                self.hungry = True
                return None
            work, self._work = self._work, Work(wish=self._work.wish)
            self._done = work.wish
            return work

    def _something(self) -> bool:
        work = self._work
        return bool(work.kept or work.latest or work.measured or work.ending or work.wish != self._done)

    def give_back(self, row: Row) -> None:
        """For the other side: a row is free."""
        with self._turn:
            self._free.append(row)
            if self._waiting:
                self._turn.notify_all()
