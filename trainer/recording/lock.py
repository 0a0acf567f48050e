"""One writer a run: a lock that dies with its process.

It is a record lock of the system on a file beside the recording, since such locks are not inherited: workers that
outlive the process that made them hold none. The file is empty; each name of a run has a place in it, which is locked
while that run is written, and all are while a whole recording is replaced. Such locks do not tell two writers of one
process apart, so that is remembered here; nor may the file be closed while one of them is left, since that would give
up all. Where the system has no such locks, only writers of one process are told apart.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
import sys
import threading
import zlib
from contextlib import suppress
from pathlib import Path

from weightreel.trainer.errors import RecordingError

if sys.platform != "win32":
    import fcntl

MARKER = "weightreel-lock"
SHOWN = 40  # signs of the recording's name
WHOLE = 0, 0  # from the first byte to the last that there can be


class _Held:
    """The locks that this process has on one file."""

    def __init__(self, number: int) -> None:
        self.process, self.number = os.getpid(), number
        self.runs: set[str | None] = set()


_held: dict[Path, _Held] = {}
_guard = threading.Lock()


class Lock:
    """That nobody else writes a run, or with None a whole recording, until `release`.

    Raises:
        RecordingError: somebody does; says which process.
        OSError: there can be no lock.
    """

    def __init__(self, place: Path, shown: Path, run: str | None) -> None:
        self._path, self._run = lock_file(place), run
        with _guard:
            self._take(shown)

    def _take(self, shown: Path) -> None:
        held = _held.get(self._path)
        if held is not None and held.process == os.getpid():
            if self._run in held.runs or None in held.runs or (self._run is None and held.runs):
                raise RecordingError(f"{shown}: this process is writing it already; close that recorder first")
            self._lock(held.number, shown)
        else:
            held = _Held(self._opened(shown))
            _held[self._path] = held
        held.runs.add(self._run)

    def _opened(self, shown: Path) -> int:
        """A locked file that still stands where it was opened: whoever was last may have removed it just then."""
        while True:
            number = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
            try:
                self._lock(number, shown)
            except BaseException:
                os.close(number)
                raise
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(number), os.stat(self._path)):
                    return number
            os.close(number)

    def _lock(self, number: int, shown: Path) -> None:
        if not _locked(number, _place(self._run)):
            process = _process(number, _place(self._run))
            who = f"another process (pid {process})" if process else "another process"
            raise RecordingError(f"{shown}: {who} is writing it; choose another path, or wait until it has ended")

    def release(self) -> None:
        """Let others write; who is the last removes the file. Never raises."""
        with _guard, suppress(OSError):
            held = _held.get(self._path)
            if held is None or held.process != os.getpid() or self._run not in held.runs:
                return
            held.runs.discard(self._run)
            if held.runs:
                _unlock(held.number, _place(self._run))
                return
            del _held[self._path]
            if _locked(held.number, WHOLE):
                with suppress(OSError):
                    os.unlink(self._path)
            os.close(held.number)


def lock_file(place: Path) -> Path:
    """The file beside a recording that its writers lock."""
    shown = re.sub(r"[^\w.-]", "_", place.name, flags=re.ASCII)[:SHOWN]
    return place.parent / f".{shown}.{zlib.crc32(os.fsencode(place.name)):08x}.{MARKER}"


def _place(run: str | None) -> tuple[int, int]:
    """Where a run's byte is, and how many there are."""
    if run is None:
        return WHOLE
    digest = hashlib.sha256(run.encode("utf-8", "surrogatepass")).digest()
    return 1 + int.from_bytes(digest[:7], "little") // 2, 1


if sys.platform == "win32":

    def _locked(number: int, place: tuple[int, int]) -> bool:
        return True

    def _unlock(number: int, place: tuple[int, int]) -> None:
        pass

    def _process(number: int, place: tuple[int, int]) -> int:
        return 0

else:

    def _locked(number: int, place: tuple[int, int]) -> bool:
        """Lock bytes; false where another process has some of them. File systems without locks have no others."""
        start, count = place
        try:
            fcntl.lockf(number, fcntl.LOCK_EX | fcntl.LOCK_NB, count, start)
        except (BlockingIOError, PermissionError):
            return False
        except OSError:
            return True
        return True

    def _unlock(number: int, place: tuple[int, int]) -> None:
        start, count = place
        with suppress(OSError):
            fcntl.lockf(number, fcntl.LOCK_UN, count, start)

    def _process(number: int, place: tuple[int, int]) -> int:
        """The process that has locked bytes; 0 where nobody tells."""
        start, count = place
        if sys.platform != "linux":
            return 0  # the numbers of the question stand in another order there
        ask = struct.pack("hhlli0l", fcntl.F_WRLCK, os.SEEK_SET, start, count, 0)
        with suppress(OSError):
            return max(0, int(struct.unpack("hhlli0l", fcntl.fcntl(number, fcntl.F_GETLK, ask))[4]))
        return 0
