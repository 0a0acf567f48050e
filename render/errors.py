"""What can go wrong while a film is made; the tree of `weightreel.trainer.errors` with three more branches.

WeightreelError
├── SceneError     the scene file or the call is wrong (exit status 2); holds all problems at once
├── EncodeError    a clip cannot be written, or does not read back as what was asked
└── SetupError     something that must be installed beside Python packages is missing
"""

from __future__ import annotations

from typing import NamedTuple

from weightreel.trainer.errors import DataError, DivergedError, RecordingError, WeightreelError

__all__ = [
    "DataError",
    "DivergedError",
    "EncodeError",
    "Problem",
    "RecordingError",
    "SceneError",
    "SetupError",
    "WeightreelError",
]


class Problem(NamedTuple):
    """One thing wrong in a scene: its key path, such as "view[1].colormap", and a message with a way out."""

    key: str
    message: str


class SceneError(WeightreelError):
    """A scene is wrong. Its text lists every problem, each with its key path.

    Attributes:
        source: the scene file, or what stands for it.
        problems: all of them, in the order of the scene.
    """

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.source, self.problems = source, problems
        width = max((len(p.key) for p in problems), default=0)
        count = f"{len(problems)} problem" + ("s" if len(problems) != 1 else "")
        lines = [f"  {p.key:<{width}}   {p.message}".rstrip() for p in problems]
        super().__init__("\n".join([f"{source}: {count}", *lines]))


class EncodeError(WeightreelError):
    """A clip could not be written or did not pass its check; the message names the file and the reason."""


class SetupError(WeightreelError):
    """A library cannot be loaded on this machine; the message says what to install."""
