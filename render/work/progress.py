"""How far work has come, and what should be known of it: told by whoever works, shown by whoever asked."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from weightreel.render.errors import Finding
from weightreel.render.planning.signs import shown

SOON = 0.5  # seconds: what takes less has no bar in a notebook, which keeps all that was ever shown

WIDE, LEAST = 76, 12  # columns below which there is no room for a bar beside its numbers; those that a name has
NARROW = "{desc}{percentage:3.0f}% {remaining} {rate_fmt}{postfix}"
OFTEN = 0.1  # seconds between two words on a training, which may take thousands of steps in them

Said = str | float


class Advance(Protocol):
    """Told how far work has come."""

    def __call__(self, count: int = 1, /, *, more: int = 0, at: str = "", **said: Said) -> None:
        """`count` are done. `more` are to be done than was thought, or fewer; from now on the work is `at` something,
        such as a clip; what is `said` beside it, such as a loss, holds until it is said anew."""


# Work begins with its name, a number and what that counts, "frame" or "step"; what it hands out is told of them. There
# is one for all trainings, and one for all that is drawn and written, in whatever processes.
Track = Callable[[str, int, str], AbstractContextManager[Advance]]
Tell = Callable[[Finding], None]


def unseen(count: int = 1, /, *, more: int = 0, at: str = "", **said: Said) -> None:
    """How far work has come, told to nobody."""


@contextmanager
def silent(label: str, total: int, unit: str) -> Iterator[Advance]:
    """A progress report that says nothing."""
    yield unseen


class Stretch:
    """A part of some work, of which so many were thought to be done: `left` are still. It advances the whole."""

    def __init__(self, advance: Advance, left: int, at: str = "") -> None:
        self._advance, self.left, self._at = advance, left, at

    def begin(self, count: int) -> None:
        """So many are to come now, in place of those that are left: of a clip that is written anew, or not at all."""
        self._advance(0, more=count - self.left, at=self._at)
        self.left = count

    def __call__(self, count: int = 1, /, *, more: int = 0, at: str = "", **said: Said) -> None:
        """See `Advance`."""
        self.left += more - count
        self._advance(count, more=more, at=at, **said)


class Trained:
    """Tells of a training, now and then, what it is told of each step."""

    def __init__(self, advance: Advance, planned: int, per_epoch: int, at: str = "") -> None:
        """For a training of so many steps, and as many an epoch."""
        self._stretch, self._step, self._per_epoch, self._due = Stretch(advance, planned, at), 0, per_epoch, 0.0
        self._at = at
        self._stretch.begin(planned)

    def __call__(self, step: int, loss: float) -> None:
        """So many steps are done, and this is the running loss."""
        if (now := time.monotonic()) >= self._due:
            self._due = now + OFTEN
            self._stretch(step - self._step, at=self._at, epoch=round(step / self._per_epoch, 2), loss=loss)
            self._step = step

    def end(self, step: int) -> None:
        """It ended with this step, which may be before its time."""
        self._stretch(max(0, step - self._step))
        self._stretch.begin(0)


def unheard(finding: Finding) -> None:
    """What is found, told to nobody."""


def noted(tell: Tell, notes: list[Finding]) -> Tell:
    """Tells, and keeps what is told for a report."""

    def told(finding: Finding) -> None:
        notes.append(finding)
        tell(finding)

    return told


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
    with bar(_named(label), total, unit, delay=SOON) as advance:

        def advanced(count: int = 1, /, *, more: int = 0, at: str = "", **said: Said) -> None:
            advance(count, more=more, at=_named(at), **said)

        yield advanced


def _named(label: str) -> str:
    return Path(label).name if Path(label).is_absolute() else label


@contextmanager
def bar(label: str, total: int, unit: str, *, file: Any = None, delay: float = 0) -> Iterator[Advance]:
    """A bar that goes with its task; it appears after `delay` seconds, on `file`, which in a narrow terminal has room
    for its numbers alone; default: standard error."""
    how: dict[str, Any] = {"unit": f" {unit}s", "leave": False, "file": file, "delay": delay}
    columns = _columns(file)
    how |= {"ncols": columns, "bar_format": _form(columns)}
    with _tqdm()(total=total, desc=_cut(shown(label), columns), **how) as shows:

        def advance(count: int = 1, /, *, more: int = 0, at: str = "", **said: Said) -> None:
            columns = shows.ncols = _columns(file)
            shows.bar_format = _form(columns)
            shows.total += more
            if at:
                shows.set_description(_cut(shown(at), columns), refresh=False)
            if said:
                shows.set_postfix_str(_in_words(said), refresh=False)
            shows.update(count)

        yield advance


def _columns(file: Any) -> int | None:
    """Of the terminal that a file is, and may be made narrower; None where it is none, or does not say."""
    try:
        return os.get_terminal_size(file.fileno()).columns or None if file else None
    except (OSError, ValueError):
        return None


def _form(columns: int | None) -> str | None:
    """How tqdm is to put a line together; None as ever."""
    return NARROW if columns and columns < WIDE else None


def _cut(label: str, columns: int | None) -> str:
    """The end of a name that is too long for a line of so many columns; None where there are no lines."""
    most = max(LEAST, (columns or 0) // 3)
    return label if columns is None or len(label) <= most else f"…{label[1 - most :]}"


def _in_words(said: Mapping[str, Said]) -> str:
    return ", ".join(
        f"{name} {shown(f'{value:.4g}' if isinstance(value, float) else value)}" for name, value in said.items()
    )


def _tqdm() -> Any:
    """The kind of bar that can be seen here. That there are no widgets is nothing to be warned of: text does."""
    if not in_notebook():
        from tqdm import tqdm  # tqdm.auto takes 40 ms for what only notebooks need

        return tqdm
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm as widget_or_text

    return widget_or_text
