"""Frameworks are imported when they are used; where one is missing, its install line is the message."""

from __future__ import annotations

import importlib
from typing import Any

from weightreel.trainer.errors import CaptureError


def framework(module: str, name: str, install: str) -> Any:
    """A framework's module.

    Raises:
        CaptureError: it is not installed; `install` is what pip is told.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or module.partition(".")[0] != error.name.partition(".")[0]:
            raise
        raise CaptureError(f"{name} is missing: pip install {install}") from None
