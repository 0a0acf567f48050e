"""Signals that end the work: the first one raises KeyboardInterrupt in the main thread, and what follows it cleans up
without being disturbed by another."""

from __future__ import annotations

import signal
import sys
import threading
import weakref

ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # as far as the system has them

AGAIN = 0.05  # seconds


class Interrupted(KeyboardInterrupt):
    """A signal of this number came."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


_raised: weakref.ref[Interrupted] | None = None


def heed() -> None:
    """Take over the signals that end the work, but for those that are ignored already, as under nohup."""
    for number in _ending():
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    sys.unraisablehook = _unraisable


def deafen() -> None:
    """What is over is over: from here on signals change nothing."""
    for number in _ending():
        signal.signal(number, signal.SIG_IGN)


def came() -> bool:
    """Whether a signal came. Libraries wrap what it raised in errors of their own: what fails after it, fails by it."""
    return _raised is not None


def again() -> None:
    """Raise once more where a library swallowed what a signal raised: asked between the steps of the work.

    Raises:
        Interrupted: a signal came, and nobody heard of it.
    """
    if _raised is not None and _raised() is None:
        raise Interrupted(signal.SIGINT)


def _ending() -> list[signal.Signals]:
    return [signal.Signals[name] for name in ENDING if name in signal.Signals.__members__]


def _interrupt(number: int, _: object) -> None:
    """Raise once. A library may swallow what was raised; then it is gone, and the next signal raises again."""
    global _raised
    if _raised is not None and _raised() is not None:
        return
    error = Interrupted(number)
    _raised = weakref.ref(error)
    try:
        raise error
    finally:
        del error  # or this frame, which its traceback holds, would keep it


def _unraisable(found: sys.UnraisableHookArgs) -> None:
    """What is raised while an object goes, Python swallows; a signal that came just then comes again, after this. The
    rest is for programmers."""
    from weightreel.render.command.unforeseen import asked

    if isinstance(found.exc_value, Interrupted):
        threading.Timer(AGAIN, _send, (found.exc_value.number,)).start()
    elif asked():
        sys.__unraisablehook__(found)


def _send(number: int) -> None:
    """Send a signal to the main thread: what that one waits for is not ended by a signal to another."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        signal.raise_signal(number)
