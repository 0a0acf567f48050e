"""A recording at work: which steps stay, rows that are filled, the thread that writes them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from weightreel.trainer.capture.budget import Budget
from weightreel.trainer.capture.choosing import Chosen, Spacing
from weightreel.trainer.capture.contents import Contents
from weightreel.trainer.capture.exchange import Exchange
from weightreel.trainer.capture.glimpse import Glimpse, Purse, Source, Witness
from weightreel.trainer.capture.network import Path as Way
from weightreel.trainer.capture.rows import Row, how_many
from weightreel.trainer.capture.scribe import Ending, Scribe
from weightreel.trainer.capture.values import metric_of, words_of
from weightreel.trainer.errors import CaptureError
from weightreel.trainer.memory import shown_bytes
from weightreel.trainer.recording.writing import Writing

BATCH = 20  # steps that are handed over at once
FIRST = 10.0  # seconds to wait for the first step, which shows whether there can be a recording


class Reel:
    """Made at the first step that has arrays.

    Args:
        path: of the recording, as it is called.
        place: where that is.
        begin: makes the recording.
        contents: what a snapshot has.
        paths: the ways to its arrays in a network written by hand.
        room: how much there is room for.
        spacing: which steps stay.

    Attributes:
        next: the first step whose arrays would stay; of a training of known length, the last one does.
        skipped: steps that should have stayed, for which the disk was too slow.
        metrics: those that are recorded.
        glimpse: the last step, where there is no copy of it.
    """

    def __init__(
        self,
        path: Path,
        place: Path,
        begin: Callable[[], Writing],
        contents: Contents,
        paths: Mapping[str, Way] | None,
        room: Budget,
        spacing: Spacing,
    ) -> None:
        self.contents, self._room = contents, room
        self._chosen = Chosen(room.snapshots - 1, spacing, contents.about.total_steps)
        size = Writing.row_bytes(contents.stored)
        count = how_many(size)
        self._exchange = Exchange([Row(contents) for _ in range(count)], max(1, min(BATCH, count // 2)))
        self._scribe = Scribe(path, place, begin, self._exchange)
        self._purse, self._witness = Purse(size), Witness(contents.stored, paths)
        self.glimpse: Glimpse | None = None
        total = contents.about.total_steps
        # Some count from 0 and end at one step less.
        self._lasts = (math.inf,) if total is None else (total - 1, total, math.inf)
        self.next = -math.inf
        self.skipped, self.metrics, self._keeps_all = 0, set[str](), spacing == "all"

    @property
    def failed(self) -> str:
        """Why nothing is written any more; "" while all is well."""
        return self._scribe.failed

    def remarks(self, max_bytes: int) -> Iterator[str]:
        """What is worth knowing of the recording, which is that of so many bytes."""
        if self.skipped:
            yield "the disk is slower than the training; steps are left out"
        if self._keeps_all and self._chosen.thinned:
            yield f"max_bytes of {shown_bytes(max_bytes)} is full; from here on, steps are kept at equal distances"
        if self._scribe.overflown:
            what = words_of(self._scribe.overflown)
            yield f"{what} has numbers that float16 does not hold, and they are infinite there; pass dtype='float32'"

    @property
    def stats(self) -> dict[str, int]:
        """What was written so far."""
        scribe = self._scribe
        return {"kept": scribe.kept, "dropped": scribe.dropped, "skipped": self.skipped, "bytes": scribe.bytes}

    def begin(self) -> None:
        """Wait until the first step is written.

        Raises:
            CaptureError: there can be no such recording.
        """
        self._scribe.begun(FIRST)
        if self._scribe.refused:
            raise CaptureError(self._scribe.failed)

    def glance(self, step: int, epoch: object, source: Source | None, measured: dict[str, Any]) -> bool:
        """Take a step that need not stay, at the least cost; false where it has to be looked at more closely.

        Raises:
            CaptureError: a metric is no number.
        """
        if source is None:
            return self.gather(step, measured)
        if step >= self.next or self._exchange.hungry:
            return False
        seen = None if time.perf_counter() >= self._purse.due else self._witness.look(source)
        if seen is None or not self._witness.changed(seen) or not self.gather(step, measured):
            return False
        self.glimpse = step, epoch, source, seen
        return True

    def gather(self, step: int, measured: dict[str, Any]) -> bool:
        """Take metrics, of which the dict may be changed; false where they have to be looked at more closely.

        Raises:
            CaptureError: a metric is no number.
        """
        if self._exchange.hungry or not self.metrics.issuperset(measured):
            return False
        for name, value in measured.items():
            if type(value) is not float:
                measured[name] = metric_of(name, value)
        gathered = self._exchange.measured
        for name, value in measured.items():
            if name not in gathered:
                gathered[name] = []
            gathered[name].extend((step, value))
        return True

    def take(self, step: int, epoch: float, values: Mapping[str, Any]) -> None:
        """Take the arrays of a step: to stay, or as the last one so far.

        Raises:
            CaptureError: they are not those of the steps before.
        """
        begun, stays = time.perf_counter(), self._chosen.wants(step)
        self._check(step, values, stays)
        arrays = self.contents.checked(values)
        self.glimpse = None
        row = self._exchange.row_to_keep(self._alive) if stays else None
        if row is None:
            self.skipped += stays and self._scribe.alive
            row, stays = self._exchange.row(), False
        if row is None:
            return
        try:
            row.fill(step, epoch, arrays)
        except BaseException:
            self._exchange.put_back(row)
            raise
        if stays:
            row.gone = self._chosen.take(step)
            self._exchange.keep(row)
        else:
            self._exchange.pass_on(row)
            self._purse.paid(begun)
        self.next = min(self._chosen.next, *(last for last in self._lasts if last > step))

    def unchanged(self) -> Glimpse | None:
        """The last step, where there is no copy of it and its arrays are still there."""
        last, self.glimpse = self.glimpse, None
        return last if last is not None and self._witness.look(last[2]) == last[3] else None

    def _alive(self) -> bool:
        return self._scribe.alive

    def _check(self, step: int, values: Mapping[str, Any], stays: bool) -> None:
        """Compare the names with those of the first step; probes may be left out of a step that does not stay."""
        stored = self.contents.stored
        if values.keys() == stored.keys():
            return
        for key in values.keys() - stored.keys():
            raise CaptureError(f"step {step}: {words_of(key)} was not there before; log the same arrays at each step")
        for key in stored.keys() - values.keys():
            if stays or not key.startswith("probes/"):
                what = "ask recorder.wants(step)" if key.startswith("probes/") else "log the same arrays at each step"
                raise CaptureError(f"step {step}: {words_of(key)} is missing, before it was there; {what}")

    def measure(self, name: str, step: int, value: Any) -> bool:
        """Take a measurement; false where there is no room for such a metric."""
        if name not in self.metrics:
            if len(self.metrics) >= self._room.metrics:
                return False
            self.metrics.add(name)
        self._exchange.measured.setdefault(name, []).extend((step, value))
        return True

    def hand_over(self) -> None:
        """Let the thread have what there is, if it has nothing else to do."""
        if self._exchange.hungry:
            self._exchange.hand_over()

    def flush(self) -> None:
        """Wait until everything is on the disk."""
        self._scribe.flush()

    def close(self, steps: int, stopped: str, seconds: float) -> None:
        """Write the last step, and end after so many; `stopped` says why that is not the end of the training."""
        about = self.contents.about.model_copy(update={"total_steps": steps})
        self._scribe.close(Ending("stopped" if stopped else "done", stopped, seconds, about))
