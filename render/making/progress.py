"""How far work has come, and what should be known of it: told by whoever works, shown by whoever asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from weightreel.render.errors import Finding

Advance = Callable[[], None]
# A task begins with its name, a number and what that counts, "frame" or "snapshot"; what it hands out is called after
# each of them.
Track = Callable[[str, int, str], AbstractContextManager[Advance]]
Tell = Callable[[Finding], None]


@contextmanager
def silent(label: str, total: int, unit: str) -> Iterator[Advance]:
    """A progress report that says nothing."""
    yield lambda: None


def unheard(finding: Finding) -> None:
    """What is found, told to nobody."""
