"""Recorders that are at work in this process: closed at its end, when nobody holds them any more, and when their run is
recorded anew."""

from __future__ import annotations

import atexit
import errno
import math
import os
import sys
import threading
import time
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from weightreel.trainer.errors import CaptureError, RecordingError
from weightreel.trainer.parts import real, trial
from weightreel.trainer.recording.outline import Outline
from weightreel.trainer.recording.place import refuse
from weightreel.trainer.targets import reason

# What is wrong with a disk, and not with a path.
UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO}


class Closable(Protocol):
    """What can be closed."""

    def close(self, stopped: str = "") -> None: ...
    def forked(self) -> None: ...


_open: weakref.WeakValueDictionary[tuple[Path, str], Closable] = weakref.WeakValueDictionary()


def opened(recorder: Closable, place: Path, run: str) -> None:
    """Note a recorder, to be closed at the end of the process."""
    _open[place, run] = recorder


def ended(recorder: Closable, place: Path, run: str) -> None:
    """Forget a recorder that is closed."""
    if _open.get((place, run)) is recorder:
        del _open[place, run]


def ready(path: Path, run: str, *, overwrite: bool) -> Path:
    """See that a run can be recorded at a path, and give the place that this is; a recorder of this process that is
    still at it is closed where the run may be replaced, as when a cell of a notebook is run again.

    Raises:
        CaptureError: it cannot, since something else is there or nothing can be.
        OSError: the disk takes nothing.
    """
    place = real(path)
    older = _open.get((place, run))
    if overwrite and older is not None:
        older.close("recorded anew")
    try:
        outline = Outline.of(place)
        if outline is not None and run in outline.folders and not overwrite:
            raise CaptureError(f"{path}: exists; pass overwrite=True, or choose another path")
        _try(place)
        refuse(path)
    except CaptureError:
        raise
    except RecordingError as error:
        raise CaptureError(str(error)) from None
    return place


def elsewhere(kind: type[Any], path: str) -> Any:
    """A recorder that does nothing: the copy of one in another process, or of one that is copied with what holds it."""
    recorder: Any = object.__new__(kind)
    recorder.path, recorder.failed, recorder._pid = Path(path), None, -1
    recorder._turn = threading.RLock()
    recorder._reel, recorder._running, recorder.due = None, None, math.inf
    recorder._seconds, recorder._began, recorder._closed, recorder._step = 0.0, time.monotonic(), False, -1
    return recorder


def _try(place: Path) -> None:
    """Make what the recording will grow in."""
    try:
        trial(place)
    except OSError as error:
        if error.errno in UNWRITABLE:
            raise OSError(error.errno, reason(error, place.parent)) from error


def _at_exit() -> None:
    """Close what is open. A training that ended in an error has it noted, but for a notebook, where it may be old."""
    error = None if hasattr(sys, "ps1") else getattr(sys, "last_value", None)
    for recorder in list(_open.values()):
        with suppress(Exception):
            recorder.close(f"{type(error).__name__}: {error}" if error is not None else "")


def _forked() -> None:
    """Only the process that made a recorder writes: threads do not come along, and files would be written twice."""
    for recorder in list(_open.values()):
        recorder.forked()
    _open.clear()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
