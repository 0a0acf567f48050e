"""Files of rows, opened where they are needed and a few at a time; never through a link, a pipe or a device."""

from __future__ import annotations

import os
import stat
import sys
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.errors import RecordingError

OPENED = 64  # of one run
TOGETHER = 64  # of all runs, where the process may have 256, the fewest that systems give it; else a fourth of those
# A pipe would be waited for, and a link could lead out of the recording.
PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
BINARY = getattr(os, "O_BINARY", 0)


class _Opened:
    """A file that is closed when nobody reads it any more: threads may be at it while it is forgotten."""

    def __init__(self, path: str, flags: int) -> None:
        self.number = os.open(path, flags | PLAIN | BINARY, 0o666)
        self.lock = threading.Lock()

    def __del__(self) -> None:
        if hasattr(self, "number"):
            os.close(self.number)


@cache
def _together() -> int:
    """How many files of recordings may be open at once."""
    try:
        import resource
    except ImportError:
        return TOGETHER
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 1024 if most == resource.RLIM_INFINITY else max(TOGETHER, min(1024, most // 4))


_recent: OrderedDict[tuple[int, str], weakref.ref[Files]] = OrderedDict()  # what was opened last stands last
_guard = threading.Lock()


def _bound(files: Files, name: str) -> None:
    """Of a thousand runs, those files are closed that were opened the longest time ago."""
    with _guard:
        _recent.pop((id(files), name), None)
        _recent[id(files), name] = weakref.ref(files)
        over = [_recent.popitem(last=False) for _ in range(len(_recent) - _together())]
    for (_, old), ref in over:
        if (other := ref()) is not None:
            other.forget(old)


def _unbound(files: Files, names: Iterable[str]) -> None:
    """They are closed by now."""
    with _guard:
        for name in names:
            _recent.pop((id(files), name), None)


class Files:
    """The files below a folder, by their names there, such as "steps/c.0".

    Args:
        folder: above them.
        write: whether they are written too.
        vouch: is asked once for each folder, such as "steps", before a file in it is opened; raises `RecordingError`
            where none may be.
    """

    def __init__(self, folder: Path, *, write: bool = False, vouch: Callable[[str], None] | None = None) -> None:
        self.folder, self._flags = folder, os.O_RDWR if write else os.O_RDONLY
        self._vouch, self._vouched = vouch, set[str]()
        self._opened: OrderedDict[str, _Opened] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, name: str, offset: int, count: int) -> bytes:
        """Bytes of a file; fewer where it ends before.

        Raises:
            RecordingError: it is no plain file, or cannot be read.
        """
        return _read_at(self._open(name), offset, count)

    def once(self, name: str, offset: int, count: int) -> bytes:
        """The same of a file that is not read again soon, and is closed at once.

        Raises:
            RecordingError: it is no plain file, or cannot be read.
        """
        return _read_at(_plain(self._seen(name), self._flags), offset, count)

    def write(self, name: str, offset: int, *data: bytes | NDArray[np.generic]) -> None:
        """Write bytes, one piece after the other, into a file that is there.

        Raises:
            OSError: not all of them could be written.
        """
        opened, views = self._open(name), [_view(piece) for piece in data]
        while views:
            done = _write_at(opened, offset, views)
            offset += done
            while views and done >= views[0].nbytes:
                done -= views.pop(0).nbytes
            if done:
                views[0] = views[0][done:]

    def make(self, name: str, size: int, filled: bytes = b"") -> None:
        """A new file in a folder that is there: these bytes, or so many zeros.

        Raises:
            OSError: it cannot be made.
        """
        opened = self._keep(name, _Opened(str(self.folder / name), os.O_RDWR | os.O_CREAT | os.O_TRUNC))
        if filled:
            self.write(name, 0, filled)
        else:
            os.ftruncate(opened.number, size)

    def size(self, name: str) -> int:
        """Bytes of a plain file.

        Raises:
            RecordingError: it is none, or cannot be read.
        """
        return os.fstat(self._open(name).number).st_size

    def close(self) -> None:
        """Close those that are open; they are opened again when they are needed."""
        with self._lock:
            names = list(self._opened)
            self._opened.clear()
        _unbound(self, names)

    def forget(self, name: str) -> None:
        """Close one, likewise."""
        with self._lock:
            self._opened.pop(name, None)

    def _open(self, name: str) -> _Opened:
        with self._lock:
            opened = self._opened.get(name)
            if opened is not None:
                self._opened.move_to_end(name)
                return opened
        return self._keep(name, _plain(self._seen(name), self._flags))

    def _seen(self, name: str) -> str:
        """The path of a file whose folder is vouched for."""
        above = name.rpartition("/")[0]
        if self._vouch is not None and above not in self._vouched:
            self._vouch(above)
            self._vouched.add(above)
        return os.path.join(self.folder, name)

    def _keep(self, name: str, opened: _Opened) -> _Opened:
        with self._lock:
            self._opened[name] = opened
            over = [self._opened.popitem(last=False)[0]] if len(self._opened) > OPENED else []
        _bound(self, name)
        if over:
            _unbound(self, over)
        return opened

    def __getstate__(self) -> dict[str, object]:
        return {"folder": self.folder, "vouch": self._vouch}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["folder"], vouch=state["vouch"])  # type: ignore[misc]


def read_whole(path: str, most: int) -> tuple[int, bytes]:
    """The bytes of a plain file, and how many there are; of a longer one none but the first `most`.

    Raises:
        RecordingError: it is none, or cannot be read.
    """
    opened = _plain(path, os.O_RDONLY)
    size = os.fstat(opened.number).st_size
    return size, _read_at(opened, 0, min(size, most))


def _plain(path: str, flags: int) -> _Opened:
    """A file, opened.

    Raises:
        RecordingError: it is no plain one, or cannot be read.
    """
    try:
        opened = _Opened(path, flags)
    except OSError as error:
        raise RecordingError(unreadable(Path(path), error)) from error
    if not stat.S_ISREG(os.fstat(opened.number).st_mode):
        raise RecordingError(f"{path}: is no plain file; a recording is made of plain files only")
    return opened


def _view(piece: bytes | NDArray[np.generic]) -> memoryview:
    view = memoryview(piece if isinstance(piece, bytes) else piece.data)
    return view.cast("B") if view.nbytes else memoryview(b"")


def unreadable(path: Path, error: OSError) -> str:
    """Why a file cannot be read, with the way out where there is one."""
    if isinstance(error, FileNotFoundError):
        return f"{path}: is missing; copy the recording anew, or record it again"
    if path.is_symlink():
        return f"{path}: is a link; a recording is made of plain files only"
    return f"{path}: cannot be read: {error.strerror or error}"


if sys.platform == "win32":  # which has no calls that read and write at a place

    def _read_at(opened: _Opened, offset: int, count: int) -> bytes:
        with opened.lock:
            os.lseek(opened.number, offset, os.SEEK_SET)
            return os.read(opened.number, count)

    def _write_at(opened: _Opened, offset: int, views: list[memoryview]) -> int:
        with opened.lock:
            os.lseek(opened.number, offset, os.SEEK_SET)
            return os.write(opened.number, views[0])

else:

    def _read_at(opened: _Opened, offset: int, count: int) -> bytes:
        return os.pread(opened.number, count, offset)

    _GATHERS = hasattr(os, "pwritev")

    def _write_at(opened: _Opened, offset: int, views: list[memoryview]) -> int:
        if len(views) > 1 and _GATHERS:
            return os.pwritev(opened.number, views, offset)
        return os.pwrite(opened.number, views[0], offset)
