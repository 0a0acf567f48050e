"""Where a recording stands on disk, as plain data: another process opens the same, as this one knows it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording, of_slots
from weightreel.trainer.recording.slotted import Run, Slotted


def root_of(recording: Recording) -> Path | None:
    """The folder of the recording that a run belongs to; None where it stands nowhere, still grows, or is a cut of
    one."""
    columns = recording.columns
    if not isinstance(columns, Slotted) or columns.cut or recording.state == "writing":
        return None
    return columns.run.root


def standing(recording: Recording) -> dict[str, Any]:
    """What there is to know beside the root: the folder of the run, and what is said of it here."""
    assert isinstance(recording.columns, Slotted), "what is nowhere does not stand"
    return {"folder": recording.columns.run.name, "about": recording.about.stored()}


def stood(root: Path, told: Mapping[str, Any]) -> Recording:
    """The recording of which `standing` told.

    Raises:
        RecordingError: it is damaged, or gone.
    """
    recording = of_slots(Slotted(Run(root, told["folder"])))
    recording.about = About.restored(told["about"])
    return recording
