"""What goes over the pipe between a process and its workers: a line of JSON a message. Errors as plain data too, so
that they are raised again as what they were."""

from __future__ import annotations

import builtins
import json
import threading
import traceback
from typing import IO, Any

from weightreel.render.errors import (
    DataError,
    DivergedError,
    EncodeError,
    Finding,
    RecordingError,
    SceneError,
    SetupError,
    Unfit,
    WeightreelError,
)

Message = dict[str, Any]

# Made again from their words; the nearest of them stands for what others derive from them.
WORDED = (DataError, RecordingError, EncodeError, SetupError, WeightreelError)


class Wire:
    """One end of two pipes; any thread may say something."""

    def __init__(self, hears: IO[bytes], says: IO[bytes]) -> None:
        self._hears, self._says, self._lock = hears, says, threading.Lock()

    def say(self, message: Message) -> bool:
        """Send a message; whether it could be sent: who is at the other end may be gone."""
        try:
            with self._lock:
                self._says.write(json.dumps(message).encode() + b"\n")
                self._says.flush()
        except (OSError, ValueError):
            return False
        return True

    def hear(self) -> Message | None:
        """The next message; None where no more will come."""
        try:
            line = self._hears.readline()
            return json.loads(line) if line.endswith(b"\n") else None
        except (OSError, ValueError):
            return None


def as_plain(error: BaseException) -> Message:
    """An error as a message."""
    plain: Message = {"kind": type(error).__name__, "words": _words(error), "trace": _trace(error)}
    match error:
        case SceneError():
            return plain | {"kind": "SceneError", "of": [error.source, [list(found) for found in error.findings]]}
        case DivergedError():
            return plain | {"kind": "DivergedError", "of": [error.step, error.layer, str(error)]}
        case Unfit():
            return plain | {"kind": "Unfit", "of": [error.key, error.message]}
        case OSError():
            return plain | {"kind": "OSError", "of": [error.errno, error.strerror, _path(error)]}
    known = next((kind.__name__ for kind in WORDED if isinstance(error, kind)), None)
    return plain | {"kind": known} if known else plain | {"of": [a for a in error.args if isinstance(a, str | int)]}


def as_error(plain: Message) -> Exception:
    """The error of a message. One of a kind that nobody knows here has its name and its words; for programmers, what
    was at work where it was raised is noted."""
    error = _made(plain)
    error.add_note(plain["trace"])
    return error


def _made(plain: Message) -> Exception:
    kind, words, of = plain["kind"], plain["words"], plain.get("of", ())
    match kind:
        case "SceneError":
            return SceneError(of[0], [Finding(*found) for found in of[1]])
        case "DivergedError":
            return DivergedError(*of)
        case "Unfit":
            return Unfit(*of)
        case "OSError":
            return OSError(*of) if of[0] is not None else OSError(words)
    worded = {known.__name__: known for known in WORDED}
    if kind in worded:
        return worded[kind](words)
    ours = getattr(builtins, kind, None)
    if isinstance(ours, type) and issubclass(ours, Exception) and not issubclass(ours, UnicodeError | ExceptionGroup):
        made: Exception = ours(*of)
        return made
    unknown: type[Exception] = type(kind, (Exception,), {})
    return unknown(words)


def _words(error: BaseException) -> str:
    """One of a stranger may fail even there."""
    try:
        return str(error)
    except Exception:
        return ""


def _path(error: OSError) -> str | None:
    return error.filename if isinstance(error.filename, str) else None


def _trace(error: BaseException) -> str:
    return "In a worker:\n" + "".join(traceback.format_exception(error)).rstrip()
