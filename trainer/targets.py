"""Why a file cannot be written at a path, before there is anything to write, and what the disk had to do with it when
writing failed."""

from __future__ import annotations

import errno
import os
import re
import shlex
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from weightreel.trainer.errors import Finding
from weightreel.trainer.memory import shown_bytes
from weightreel.trainer.parts import private, real, trial
from weightreel.trainer.paths import too_long

FULL = {errno.ENOSPC, errno.EDQUOT}
LITTLE = 2**18  # bytes: buffers end before the disk does
KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
WORDS = {
    errno.ENAMETOOLONG: "its name is too long for this file system; choose a shorter one",
    errno.ELOOP: "is a link that leads in a circle; remove it or choose another name",
}


def target_findings(path: str | Path, *, made: bool = False, folder: bool = False) -> Iterator[Finding]:
    """Why no file can be written at a path, under the key "path"; the first reason is enough.

    Looks at the disk, and makes and removes a folder beside the target: no other question is answered truly
    everywhere.

    Args:
        path: the file; where it is a link, its target is meant.
        made: whether a folder that is missing will be made.
        folder: whether it is a folder that is to stand there.
    """
    try:
        place = Path(os.path.expanduser(path))
        told = too_long(place) or _standing(path, folder) or _folder(Path(path), place, made) or _trial(path)
    except OSError as error:
        told = WORDS.get(error.errno or 0) or f"'{path}' cannot be written: {error.strerror or error}"
    except ValueError:
        told = "has a sign that no name of a file can have; choose another name"
    if told:
        yield Finding("path", told)


def _standing(path: str | Path, folder: bool) -> str | None:
    """What stands there and is no file. A clip is read back before it gets its name, so a pipe or a device will not
    do."""
    try:
        kind = stat.S_IFMT(os.stat(real(path)).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if kind not in KINDS or (folder and kind == stat.S_IFDIR):
        return None
    leads = f"leads to '{real(path)}', which is" if os.path.islink(os.path.expanduser(path)) else "is"
    return f"'{path}' {leads} {KINDS[kind]}; choose the name of a file"


def _folder(path: Path, place: Path, made: bool) -> str | None:
    """What is wrong with the folder of a path, which stands for a `place`."""
    linked = place.is_symlink()
    folder, shown = (real(place).parent,) * 2 if linked else (place.parent, path.parent)
    there = next(f for f in (folder, *folder.absolute().parents) if f.exists())
    if not there.is_dir():
        return f"'{shown if there == folder else there}' is no folder"
    if made or there == folder:
        return None
    return f"there is no folder '{shown}'; make it: mkdir -p {_quoted(str(shown))}"


def _quoted(folder: str) -> str:
    """A folder as a shell takes it; the sign of a home folder must stay bare."""
    return folder if re.fullmatch(r"~[\w/.-]*", folder) else shlex.quote(folder)


def _trial(path: str | Path) -> str | None:
    """Make what the file will grow in."""
    target = real(path)
    folder = next(f for f in target.parents if f.is_dir())
    try:
        trial(folder / target.name)
    except OSError as error:
        return shortage(error, folder) or f"nothing can be written to '{folder}': {error.strerror or error}"
    return _of_others(target)


def _of_others(target: Path) -> str | None:
    """In folders such as /tmp nobody replaces what is somebody else's."""
    if os.name == "nt" or not target.exists():
        return None
    folder, owner, own = os.stat(target.parent), os.stat(target).st_uid, os.geteuid()
    if folder.st_mode & stat.S_ISVTX and own not in (0, owner, folder.st_uid):
        return f"'{target}' is somebody else's; choose another name"
    return None


def reason(error: BaseException, folder: Path) -> str:
    """What went wrong, in words: the disk where it was the disk, else what the library said."""
    return shortage(error, folder) or str(error) or type(error).__name__


def shortage(error: BaseException, folder: Path) -> str | None:
    """That there was no room in `folder`, where that is why writing failed. Libraries swallow numbers of errors, so
    what is there is looked at too, as long as it is there."""
    codes = set(_codes(error))
    with suppress(OSError):
        free = shutil.disk_usage(next(f for f in (folder, *folder.parents) if f.is_dir())).free
        if free < LITTLE:
            return f"the disk is full: {shown_bytes(free)} are free in {_shown(folder)}; make room or write elsewhere"
        if codes & FULL:
            there = f"{shown_bytes(free)} are free in {_shown(folder)}"
            return f"the disk is full, though {there}: a quota, or too many files; make room or write elsewhere"
    most = _largest_allowed()
    if errno.EFBIG in codes or (most is not None and _largest(folder) >= most):
        allowed = f" than {most:,} bytes" if most is not None else ""
        return f"no file may be larger{allowed} here (ulimit -f, or the file system); write fewer frames or elsewhere"
    return None


def _codes(error: BaseException | None) -> Iterator[int]:
    """The numbers of an error and of those that it came of."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield getattr(error, "errno", None) or 0
        error = error.__cause__ or error.__context__


def _shown(folder: Path) -> Path:
    """The folder that people know: not the private one."""
    return folder.parent if private(folder) else folder


def _largest_allowed() -> int | None:
    """Bytes that a file of this process may have; None for any number."""
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return None if most == resource.RLIM_INFINITY else most


def _largest(folder: Path) -> int:
    """Bytes of the largest file in a private folder."""
    if not private(folder):
        return 0
    try:
        return max((file.stat().st_size for file in folder.rglob("*") if file.is_file()), default=0)
    except OSError:
        return 0
