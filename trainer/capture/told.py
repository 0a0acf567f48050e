"""Warnings that point at the line of the training that they are about."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

OURS = str(Path(__file__).parents[1])


def warn(told: str) -> None:
    """Warn, as if from the first line that is not of the trainer."""
    frame, level = sys._getframe(1), 2
    while frame.f_code.co_filename.startswith(OURS) and frame.f_back is not None:
        frame, level = frame.f_back, level + 1
    warnings.warn(told, RuntimeWarning, stacklevel=level)
