"""Where the time goes: seconds of each stage of the work, and within a stage of what took them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, get_args

Stage = Literal["train", "fit", "draw", "encode", "join", "verify"]
STAGES: tuple[Stage, ...] = get_args(Stage)
Spent = Mapping[str, Mapping[str, float]]  # by stage, then by part


class Stages:
    """A clock for all that makes a film. Threads may use one at once, and what one of another process has `spent` is
    added to it: the seconds of a stage are those of all threads and processes together, and where these work side by
    side more than what passes on a clock.

    A part is what took the time: a view, by its key, an output, by its path; "" is all else. A stage takes as long as
    its parts together.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spent: dict[str, dict[str, float]] = {stage: {} for stage in STAGES}

    def add(self, stage: Stage, seconds: float, part: str = "") -> None:
        """So many more."""
        with self._lock:
            parts = self._spent[stage]
            parts[part] = parts.get(part, 0.0) + seconds

    @contextmanager
    def spent(self, stage: Stage, part: str = "") -> Iterator[None]:
        """Count the seconds within, whatever ends it."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - begun, part)

    def plain(self) -> dict[str, dict[str, float]]:
        """All seconds, as JSON takes them, for `merge`."""
        with self._lock:
            return {stage: dict(parts) for stage, parts in self._spent.items() if parts}

    def merge(self, spent: Spent) -> None:
        """Add what another clock counted."""
        for stage in STAGES:
            for part, seconds in spent.get(stage, {}).items():
                self.add(stage, seconds, part)

    def seconds(self, stage: Stage) -> float:
        """Of a stage."""
        with self._lock:
            return sum(self._spent[stage].values())

    def parts(self, stage: Stage) -> list[tuple[str, float]]:
        """Each part of a stage with its seconds, the one that took most first."""
        with self._lock:
            return sorted(self._spent[stage].items(), key=lambda part: -part[1])
