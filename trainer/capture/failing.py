"""What goes wrong where a framework calls us: it ends the recording, never the training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def fail(recorder: Any, error: Exception) -> None:
    """End a recording because of what went wrong in it. With on_error="raise" the recorder raises that."""
    if recorder.failed is None:
        told = str(error) or type(error).__name__
        place = "" if told.startswith(str(recorder.path)) else f"{recorder.path}: "
        recorder._fail(f"{place}{told}; nothing more is recorded")
    elif error is recorder.failed:
        raise error


@contextmanager
def harmless(recorder: Any) -> Iterator[None]:
    """What goes wrong in here ends the recording, with a warning; all that is done in here after that is in vain."""
    try:
        yield
    except Exception as error:
        fail(recorder, error)
