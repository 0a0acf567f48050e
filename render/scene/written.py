"""The words of scene files as they are found: of a file or a pipe, in what editors save them in."""

from __future__ import annotations

import codecs
import stat
import sys
from pathlib import Path
from typing import BinaryIO

from weightreel.render.errors import Finding, SceneError

STANDARD_INPUT = "standard input"
LONGEST = 1_000_000  # bytes: a thousand times an ordinary scene, and read in a moment
_INPUTS = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
_OPEN_FILES = ("/dev/fd/", "/proc/self/fd/")
# The longer mark first: that of UTF-16 begins it.
_OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_IN_UTF_8 = "save it as UTF-8"


def is_stream(path: Path | str) -> bool:
    """Whether a scene is read from what is open already, or comes through a pipe: - for standard input, <(…) of a
    shell. Its words come once, and no folder is theirs."""
    if str(path) in _INPUTS or str(path).startswith(_OPEN_FILES):
        return True
    try:
        kind = Path(path).stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(kind) or stat.S_ISCHR(kind)


def called(path: Path | str) -> str:
    """What messages call it."""
    return STANDARD_INPUT if str(path) in _INPUTS else str(path)


def words_of(path: Path | str) -> str:
    """The text of a scene file, without the mark of UTF-8 that some editors put in front.

    Raises:
        SceneError: it cannot be read, is too long, or is no text in UTF-8.
    """
    try:
        raw = _read(path)
    except OSError as error:
        raise _refused(path, f"cannot be read ({error.strerror or error})") from None
    if len(raw) > LONGEST:
        raise _refused(path, f"is longer than {LONGEST:,} bytes; a scene is a short TOML file")
    for mark, encoding in _OTHER_ENCODINGS.items():
        if raw.startswith(mark):
            raise _refused(path, f"is in {encoding}; {_IN_UTF_8}")
    try:
        words = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _refused(path, f"is not text in UTF-8; a scene is a TOML file, so {_IN_UTF_8}", f"line {line}") from None
    if "\0" in words:
        raise _refused(path, f"has signs of value 0, as UTF-16 and programs have; {_IN_UTF_8}")
    return words.replace("\r\n", "\n").replace("\r", "\n")


def _read(path: Path | str) -> bytes:
    if str(path) not in _INPUTS:
        with Path(path).open("rb") as file:
            return _all_of(file)
    if sys.stdin is None or sys.stdin.closed:
        raise OSError("it is closed")
    return _all_of(sys.stdin.buffer)


def _all_of(file: BinaryIO) -> bytes:
    """The bytes of a file, or so many that it is too long: a device has no end."""
    return file.read(LONGEST + 1)


def _refused(path: Path | str, told: str, at: str = "") -> SceneError:
    return SceneError(called(path), [Finding(at, told)])
