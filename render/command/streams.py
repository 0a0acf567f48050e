"""Where words go. All that the command says, and all that libraries say for it, goes through here: words are only said,
and what becomes of them stops no work.

A stream may be closed, a full disk, a pipe that nobody reads any more, or one whose encoding lacks a sign.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from weightreel.render.planning.signs import shown


class Words(io.TextIOBase):
    """A stream of text that never fails. Signs that a terminal would obey, or that the encoding lacks, are written as
    escapes; after the first failure the rest goes nowhere, and `lost` says why.

    There is no `buffer`, so that nobody, click among them, writes past it.
    """

    def __init__(self, stream: TextIO, *, obeyed: bool = False) -> None:
        """`obeyed`: control signs are meant, as those of progress bars are."""
        self._stream, self._obeyed = stream, obeyed
        self.lost: Exception | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """That of the stream."""
        return self._stream.encoding or "utf-8"

    def writable(self) -> bool:
        """Always."""
        return True

    def isatty(self) -> bool:
        """Whether somebody sees the words as they come."""
        with suppress(OSError, ValueError):
            return self.lost is None and self._stream.isatty()
        return False

    def fileno(self) -> int:
        """The number of the file, which tells how wide a terminal is."""
        return self._stream.fileno()

    def write(self, text: str) -> int:
        """Write text, as far as it can be."""
        if not isinstance(text, str):
            raise TypeError(f"text is written here, not {type(text).__name__}")
        words = (text if self._obeyed else shown(text)).encode(self.encoding, "backslashreplace")
        try:
            self._stream.write(words.decode(self.encoding))
        except (OSError, ValueError) as error:
            self._lose(error)
        return len(text)

    def flush(self) -> None:
        """Hand on what is held back."""
        try:
            self._stream.flush()
        except (OSError, ValueError) as error:
            self._lose(error)

    def _lose(self, error: Exception) -> None:
        """Python writes what is held back once more when it ends, and libraries of C write by the number of the file:
        for both, the file becomes one that takes everything."""
        self.lost = self.lost or error
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


@contextmanager
def speaking() -> Iterator[Words]:
    """Standard output and standard error, as `Words`; hands out the first."""
    before = sys.stdout, sys.stderr
    # Programs without a console have neither.
    sys.stdout, sys.stderr = out, _ = Words(before[0] or io.StringIO()), Words(before[1] or io.StringIO())
    try:
        yield out
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


def bars() -> Words | TextIO:
    """Where progress bars are drawn."""
    return Words(sys.stderr._stream, obeyed=True) if isinstance(sys.stderr, Words) else sys.stderr


def lost(words: Words) -> str:
    """Why words did not arrive; "" where they did, and where a reader left before their end, as `head` does."""
    words.flush()
    error = words.lost
    if error is None or (isinstance(error, OSError) and error.errno in (errno.EPIPE, errno.EINVAL)):
        return ""  # EINVAL is what Windows says of a pipe without a reader
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
