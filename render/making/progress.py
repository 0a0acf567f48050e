"""How far work has come: told by whoever works, shown by whoever asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Advance = Callable[[], None]
# A task begins with its name and its number of frames; what it hands out is called after each of them.
Track = Callable[[str, int], AbstractContextManager[Advance]]


@contextmanager
def silent(label: str, total: int) -> Iterator[Advance]:
    """A progress report that says nothing."""
    yield lambda: None
