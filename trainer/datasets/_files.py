"""Opening files that someone else wrote: what is no file, may not be read, or would fill the memory is told first."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from weightreel.trainer.errors import DataError
from weightreel.trainer.memory import available_bytes, shown_bytes

COPIES = 3  # of the images at once: as they are read, training and test set in one, dealt out
EACH = 16  # bytes more that an image and a label take each, for their rows and splits; it counts where images are tiny
LARGE = 2**26  # bytes; nobody is kept from smaller arrays, however well they are packed
SWELLING = 100  # times; photographs are packed to a half, MNIST to a fifth
CHUNK = 2**20
_NO_FILE = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@contextmanager
def opened(name: str, path: Path, wanted: str) -> Iterator[IO[bytes]]:
    """A file to read from; pipes and devices, which may never end, are not waited for.

    Args:
        name: what messages call it.
        path: where it is.
        wanted: what to give in place of a folder or a pipe.

    Raises:
        DataError: there is none, it is no file, it may not be read.
    """
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
        if kind in _NO_FILE:
            raise DataError(f"{name}: is {_NO_FILE[kind]}; give {wanted}")
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        file = os.fdopen(os.open(path, flags), "rb")
    except (FileNotFoundError, NotADirectoryError, ValueError):  # a path with a NUL is a ValueError
        raise DataError(f"{name}: no such file") from None
    except PermissionError:
        raise DataError(f"{name}: may not be read; allow it, as with chmod u+r") from None
    except OSError as error:
        raise DataError(f"{name}: cannot be read ({error.strerror})") from error
    with file:
        yield file


def refuse_too_large(name: str, what: str, size: int, packed: int | None = None) -> None:
    """Before an array of `size` bytes is read that has `packed` bytes in the file, or is not packed.

    Raises:
        DataError: the memory cannot hold what is made of it, or it swells as no images do.
    """
    free = available_bytes()
    if size * COPIES > free:
        raise DataError(
            f"{name}: {what} would take {shown_bytes(size)}, and {shown_bytes(size * COPIES)} while dealt out; "
            f"{shown_bytes(free)} are free, so store fewer or smaller images"
        )
    if packed is not None and size > LARGE and size > packed * SWELLING:
        raise DataError(
            f"{name}: {what} would swell from {shown_bytes(packed)} to {shown_bytes(size)}, as no images do; "
            "store it unpacked if it is meant so"
        )


def filled(file: IO[bytes], size: int) -> bytearray:
    """The next `size` bytes, fewer where the file ends before."""
    found = bytearray(size)
    view, at = memoryview(found), 0
    while at < size and (part := file.read(min(CHUNK, size - at))):
        view[at : at + len(part)] = part
        at += len(part)
    view.release()
    del found[at:]
    return found
