"""How far work has come, and what should be known of it: told by whoever works, shown by whoever asked."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from weightreel.render.errors import Finding
from weightreel.render.making.signs import shown

SOON = 0.5  # seconds: what takes less has no bar in a notebook, which keeps all that was ever shown

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


def seen() -> Track:
    """Bars in a notebook, where people wait at it; silence in scripts."""
    return in_cell if in_notebook() else silent


def in_notebook() -> bool:
    """Whether this process runs the cells of a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


@contextmanager
def in_cell(label: str, total: int, unit: str) -> Iterator[Advance]:
    """A bar below a cell: a widget or, where there are none, of text; without the folders of a temporary file."""
    name = Path(label).name if Path(label).is_absolute() else label
    with bar(name, total, unit, delay=SOON) as advance:
        yield advance


@contextmanager
def bar(label: str, total: int, unit: str, *, file: Any = None, delay: float = 0) -> Iterator[Advance]:
    """A bar that goes with its task; it appears after `delay` seconds, on `file` or standard error."""
    with _tqdm()(total=total, desc=shown(label), unit=unit, leave=False, file=file, delay=delay) as shows:
        yield shows.update


def _tqdm() -> Any:
    """The kind of bar that can be seen here. That there are no widgets is nothing to be warned of: text does."""
    if not in_notebook():
        from tqdm import tqdm  # tqdm.auto takes 40 ms for what only notebooks need

        return tqdm
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm as widget_or_text

    return widget_or_text
