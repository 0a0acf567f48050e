"""Recorders for the callbacks of frameworks, which are told when a training begins."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

from weightreel.trainer.capture.recorder import Recorder


class Opening:
    """Makes a recorder for each training: the second one that the same callback sees is a run of its own, "run-2".

    Args:
        path: of the recording.
        options: what a recorder is told.
    """

    def __init__(self, path: str | PathLike[str], options: Mapping[str, Any]) -> None:
        self.path, self._options, self._count = path, dict(options), 0

    def open(self, total_steps: int | None = None) -> Recorder:
        """The recorder of the next training.

        Raises:
            CaptureError: it cannot record there.
        """
        self._count += 1
        options = {"total_steps": total_steps, **self._options}
        if self._count > 1:
            options["run"] = f"{options.get('run', 'run')}-{self._count}"
        return Recorder(self.path, **options)
