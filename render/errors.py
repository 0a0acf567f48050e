"""What can go wrong while a film is made; the tree of `weightreel.trainer.errors` with two more branches.

WeightreelError
├── EncodeError    a clip cannot be written, or does not read back as what was asked
└── SetupError     something that must be installed beside Python packages is missing
"""

from __future__ import annotations

from weightreel.trainer.errors import (
    DataError,
    DivergedError,
    Finding,
    RecordingError,
    SceneError,
    Unfit,
    WeightreelError,
    gathered,
)

__all__ = [
    "DataError",
    "DivergedError",
    "EncodeError",
    "Finding",
    "RecordingError",
    "SceneError",
    "SetupError",
    "Unfit",
    "WeightreelError",
    "gathered",
]


class EncodeError(WeightreelError):
    """A clip could not be written or did not pass its check; the message names the file and the reason."""


class SetupError(WeightreelError):
    """A library cannot be loaded on this machine; the message says what to install."""
