"""What is said when something happens that nobody has foreseen: what was being done, and how to report it; and what
Python and libraries would say beside it."""

from __future__ import annotations

import logging
import os
import shlex
import sys
import threading
import traceback
import warnings
from collections.abc import Sequence
from traceback import walk_tb
from types import TracebackType

from weightreel.trainer.errors import Finding

ASKED = "WEIGHTREEL_TRACEBACK"
REPORT = (
    "This should not have happened. Please report it to the makers of weightreel, or of the plug-in that is named in "
    f"the traceback, with the scene file and with what is printed after {ASKED}=1 is set."
)
ROOM = "Close other programs, or ask for less: fewer or smaller frames (--draft), fewer images or units."
INSUFFICIENT_MEMORY = -4  # OpenCV's number

# What is done where the outermost of these modules is at work.
DOING = {
    "weightreel.render.scene": "reading the scene",
    "weightreel.trainer.datasets": "reading the data",
    "weightreel.trainer.recording": "reading the recording",
    "weightreel.render.check": "checking the scene",
    "weightreel.render.planning.plan": "checking the scene",
    "weightreel.render.planning.recipe": "reading the recipe",
    "weightreel.trainer.train": "training",
    "weightreel.trainer.gradient_check": "comparing gradients",
    "weightreel.render.making.table": "writing the table",
    "weightreel.render.work.write": "making a clip",
    "weightreel.render.frames": "drawing",
    "weightreel.render.encoders": "writing",
}
COMPOSING = ("weightreel.render.frames.film", "compose")
WRITING = ("weightreel.render.encoders", "weightreel.render.formats")


class Work:
    """How far a call of the command has come: its verb, once that is known, and the task whose progress is told."""

    def __init__(self, arguments: Sequence[str] = ()) -> None:
        self.call = f"weightreel {shlex.join(arguments)}"
        self.verb: str | None = None
        self.begin("", "")

    def begin(self, label: str, unit: str) -> None:
        """A task begins, or is now at something else; "" is none."""
        self.label, self.unit, self.done = label, unit, 0

    def doing(self, trace: TracebackType | None) -> str:
        """What was being done when an error came, such as "drawing frame 3 of 15 of x.gif"."""
        called = [(str(frame.f_globals.get("__name__", "")), frame.f_code.co_name) for frame, _ in walk_tb(trace)]
        modules = [name for name, _ in called]
        if self.unit == "frame" and COMPOSING in called:
            return f"laying out {self.label}"
        if self.unit == "frame":
            verb = "writing" if any(name.startswith(WRITING) for name in modules) else "drawing"
            return f"{verb} frame {self.done + 1} of {self.label}"
        if self.label:
            return f"{self.label}, after {self.done} {self.unit}{'s' * (self.done != 1)}"
        known = (words for name in modules for start, words in DOING.items() if f"{name}.".startswith(f"{start}."))
        return next(known, "at work")


def told(error: BaseException, work: Work) -> str:
    """The message for an error that no other part of the house has words for."""
    doing = work.doing(error.__traceback__)
    where = f"{Finding('', work.call).shortened().message}: failed while {doing}"
    if isinstance(error, MemoryError) or getattr(error, "code", None) == INSUFFICIENT_MEMORY:
        return "\n".join([f"{where}: there is not enough memory{_reason(error, ' ({})')}", ROOM, *_traceback(error)])
    if isinstance(error, OSError) and error.strerror and error.filename:
        return "\n".join([f"{os.fsdecode(error.filename)}: {error.strerror} ({where})", *_traceback(error)])
    if isinstance(error, OSError) and error.strerror:
        return "\n".join([f"{where}: {error.strerror}", *_traceback(error)])
    return "\n".join([f"{where}: {type(error).__name__}{_reason(error, ': {}')}", REPORT, *_traceback(error)])


def _reason(error: BaseException, form: str) -> str:
    """The words of an error, in a line; one of a stranger may fail even there."""
    try:
        words = " ".join(str(error).split())
    except Exception:
        return ""
    return form.format(words) if words else ""


def _traceback(error: BaseException) -> list[str]:
    return ["", "".join(traceback.format_exception(error)).rstrip()] if asked() else []


def asked() -> bool:
    """Whether somebody wants to see what is for programmers."""
    return bool(os.environ.get(ASKED))


def hush() -> None:
    """Keep what Python and libraries say to programmers off the terminal of others."""
    if not asked():
        logging.getLogger().addHandler(logging.NullHandler())
        threading.excepthook = lambda _: None
        if not sys.warnoptions:
            warnings.showwarning = lambda *_, **__: None
