"""Where a file grows until it is whole: in a private folder beside its target, under a name that says whose it is.

    .film.mp4.5f3a9c21-4711-0c4e2a9b-91d0b3f2-6e1f0a77-3b9c1d2e.weightreel-part/

Shown are the target, its checksum, the process, its machine, the boot of the machine, the process space of a container,
and chance. The folder is made anew and open to its owner alone, so nothing in it is anybody else's and no link in it is
followed; names in it are ours, whatever signs the target has. What a killed run left is known by its name: the next run
for the same target removes it, and nothing else.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import re
import secrets
import shutil
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path
from types import TracebackType

MARKER = "weightreel-part"
ASIDE = "aside"  # in a part: the folder that stood where it goes
SHOWN = 40  # signs of the target's name: with all the rest 130 bytes, where file systems have 143 to 255
UNKNOWN = "0" * 8
ATTEMPTS, PAUSE = 20, 0.05
FILES_AT_ONCE = 8  # waiting for the disk together: 0.2 ms a file in place of 0.8
FILES_GIVEN = 1024  # to those who wait, at once
# Some file systems, such as those of some networks, have no such call; then there is nothing to wait for.
NO_SUCH_CALL = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF, errno.EISDIR}
AT_WORKING, EXCHANGE = -100, 2  # numbers of Linux: paths as they are, two names change places

_mine: set[Path] = set()  # of this process and still in use


class Part:
    """A private folder for what is to become `target`, removed at the end of the block: it grows there, and `publish`
    gives it its place.

    Attributes:
        target: the place, absolute; for what is written through a link, as by `real`.
        folder: the private folder.

    Raises:
        OSError: the folder cannot be made.
    """

    def __init__(self, target: Path) -> None:
        remove_stale(target)
        self.target, self.folder = target, _made(target)

    def __enter__(self) -> Part:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def publish(self, part: Path) -> None:
        """Give a whole file its name; it is on the disk before that, so that a failing power supply leaves the old one
        or the new one.

        Raises:
            OSError: it cannot be done; the target is as it was.
        """
        sync([part])
        os.replace(part, self.target)
        sync_folder(self.target.parent)

    def remove(self) -> None:
        """Remove the folder with all that is in it; never raises."""
        _remove(self.folder)
        _mine.discard(self.folder)


def private(folder: Path) -> bool:
    """Whether a folder is one in which something grows."""
    return folder.name.endswith(f".{MARKER}")


def trial(target: Path) -> None:
    """Make a part of a target, and remove it; and what such a trial left when it was killed.

    Raises:
        OSError: there can be none.
    """
    Part(target).remove()


def real(path: str | Path) -> Path:
    """A path as libraries can take it, whatever it is called: absolute, from the home folder where it begins with ~,
    and the target where it is a link.

    FFmpeg takes what stands before a colon for a protocol, and a dash for an option; nothing begins so that begins
    with the root.
    """
    return Path(os.path.realpath(os.path.expanduser(path)))


def replace_folder(new: Path, part: Part) -> None:
    """Give a folder its name; what stood there goes with the part. In one step where the system has one for that;
    where it has none and is killed between two steps, `remove_stale` puts back what stood there.

    Raises:
        OSError: it cannot be done; all is as it was.
    """
    place, aside = part.target, part / ASIDE
    if place.exists() and _swapped(new, place):
        sync_folder(place.parent)
        return
    if place.exists():
        os.replace(place, aside)
    try:
        os.replace(new, place)
    except BaseException:
        with suppress(OSError):
            os.replace(aside, place)
        raise
    sync_folder(place.parent)


def _swapped(one: Path, other: Path) -> bool:
    """Let two folders of one file system change their names, if Linux can."""
    try:
        swap = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    return bool(swap(AT_WORKING, os.fsencode(one), AT_WORKING, os.fsencode(other), EXCHANGE) == 0)


def sync(files: Iterable[Path]) -> None:
    """Wait until files are on the disk.

    Raises:
        OSError: they are not.
    """
    waiting = iter(files)
    while some := list(islice(waiting, FILES_GIVEN)):
        _sync_all(some)


def _sync_all(files: Sequence[Path]) -> None:
    """Several at once; what is kept of each that waits would be megabytes for a film of numbered frames."""
    if len(files) == 1:
        _sync(files[0])
        return
    try:
        with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
            for _ in pool.map(_sync, files):
                pass
    except RuntimeError:  # at the end of the process, when no thread begins any more
        for file in files:
            _sync(file)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk. What has its name stands: a failure is no reason to say that
    it does not."""
    with suppress(OSError):
        _sync(folder)


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return  # Windows opens no folders
    number = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in NO_SUCH_CALL:
            raise
    finally:
        os.close(number)


def remove_stale(target: Path) -> None:
    """Remove the parts of a target whose process is no more; never raises. What one of them had set aside comes back
    where nothing has taken its place."""
    for folder in _stale(target):
        with suppress(OSError):
            if (folder / ASIDE).is_dir() and not os.path.lexists(target):
                (folder / ASIDE).rename(target)
        if not (folder / ASIDE).exists() or os.path.lexists(target):
            _remove(folder)


def _stale(target: Path) -> Iterator[Path]:
    """The parts of a target whose process is no more; one of another machine is never among them."""
    pattern = re.compile(rf".*\.{_sum(target.name)}-(\d+)-(\w+)-(\w+)-(\w+)-\w+\.{MARKER}", re.DOTALL)
    try:
        found = [(entry, match) for entry in os.scandir(target.parent) if (match := pattern.fullmatch(entry.name))]
    except OSError:
        return
    for entry, match in found:
        folder = Path(entry.path)
        with suppress(OSError):
            if entry.is_dir(follow_symlinks=False) and folder not in _mine and _ended(*match.groups()):
                yield folder


def _ended(process: str, machine: str, boot: str, space: str) -> bool:
    """Whether a process of this machine is known to be no more."""
    if machine != _machine():
        return False
    if UNKNOWN not in (boot, _boot()) and boot != _boot():
        return True
    return (boot, space) == (_boot(), _space()) and not _runs(int(process))


def _runs(process: int) -> bool:
    """Whether another process with this number runs. Windows has no harmless way to ask: there, what may be in use
    stays."""
    if process == os.getpid():
        return False
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _made(target: Path) -> Path:
    """A new private folder beside a target."""
    shown = re.sub(r"[^\w.-]", "_", target.name, flags=re.ASCII)[:SHOWN]
    whose = f"{_sum(target.name)}-{os.getpid()}-{_machine()}-{_boot()}-{_space()}"
    folder = target.parent / f".{shown}.{whose}-{secrets.token_hex(4)}.{MARKER}"
    _mine.add(folder)
    try:
        folder.mkdir(mode=0o700)
    except BaseException:
        _mine.discard(folder)
        raise
    return folder


def _remove(folder: Path) -> None:
    """Remove a folder, if it is there; threads may still be writing to it: an interrupted write goes on for a
    moment."""
    for attempt in range(ATTEMPTS):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
        time.sleep(PAUSE if attempt else 0)


def _sum(words: str) -> str:
    return f"{zlib.crc32(os.fsencode(words)):08x}"


@cache
def _machine() -> str:
    return _sum(f"{platform.node()} {_line('/etc/machine-id')}")


@cache
def _boot() -> str:
    known = _line("/proc/sys/kernel/random/boot_id")
    return _sum(known) if known else UNKNOWN


@cache
def _space() -> str:
    """Containers of one machine count their processes apart."""
    try:
        return _sum(os.readlink("/proc/self/ns/pid"))
    except OSError:
        return UNKNOWN


def _line(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except (OSError, ValueError):
        return ""
