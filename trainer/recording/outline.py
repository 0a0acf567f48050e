"""What a folder says that it holds, read as plain JSON of bounded size, before anything else of it is looked at."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.memory import shown_bytes
from weightreel.trainer.parts import private
from weightreel.trainer.recording.attributes import FILE, FORMAT, LONGEST
from weightreel.trainer.recording.files import read_whole

MOST_RUNS = 10_000


def read_json(folder: Path) -> dict[str, Any]:
    """What the `zarr.json` of a folder says.

    Raises:
        RecordingError: it cannot be read, is too long, or is no table of JSON.
    """
    return parsed(folder, read_text(folder))


def read_text(folder: Path | str) -> bytes:
    """The same as it stands there.

    Raises:
        RecordingError: it cannot be read, or is too long.
    """
    size, data = read_whole(os.path.join(folder, FILE), LONGEST)
    if size > LONGEST:
        told = f"{shown_bytes(size)}; what describes a recording has at most {shown_bytes(LONGEST)}"
        raise RecordingError(f"{Path(folder, FILE)}: has {told}")
    return data


def parsed(folder: Path, data: bytes) -> dict[str, Any]:
    """What a folder says, from the bytes of its `zarr.json`.

    Raises:
        RecordingError: they are no table of JSON.
    """
    path = folder / FILE
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise RecordingError(f"{path}: is damaged, it is no JSON; copy the recording anew") from error
    if not isinstance(found, dict):
        raise RecordingError(f"{path}: is damaged, it describes nothing; copy the recording anew")
    return found


def attributes_of(folder: Path) -> dict[str, Any]:
    """The attributes of a group.

    Raises:
        RecordingError: it cannot be read, or is no group of Zarr 3.
    """
    found = read_json(folder)
    if found.get("zarr_format") != 3 or found.get("node_type") != "group":
        raise RecordingError(f"{folder / FILE}: is no group of Zarr format 3, so this is not a recording")
    attributes = found.get("attributes")
    if not isinstance(attributes, dict):
        raise RecordingError(f"{folder / FILE}: is damaged, it has no attributes; copy the recording anew")
    return attributes


@dataclass(frozen=True)
class Outline:
    """A recording as its root tells it.

    Attributes:
        format: its version; of a later one, nothing else is known.
        attributes: of the root.
        folders: those of the runs, by the names of the runs, in their order.
    """

    format: int
    attributes: Mapping[str, Any]
    folders: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path) -> Outline | None:
        """That of a folder; None where it holds no recording, or one whose root cannot be read."""
        try:
            return cls.read(root)
        except RecordingError:
            return None

    @classmethod
    def read(cls, root: Path) -> Outline:
        """That of a folder.

        Raises:
            RecordingError: it is not a recording, or damaged.
        """
        attributes = attributes_of(root)
        version = attributes.get("weightreel")
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise RecordingError(f"{root}: not a recording")
        outline = cls(version, attributes)
        if version > FORMAT:
            return outline
        for number, name, folder in sorted(_runs(root)):
            if name in outline.folders:
                told = f"is run '{name}', and so is {outline.folders[name]}; take one of them away"
                raise RecordingError(f"{root / folder}: {told}")
            outline.folders[name], outline.numbers[name] = folder, number
        return outline

    def next_number(self, run: str) -> int:
        """The place of a run among the others: its own, or behind them."""
        return self.numbers.get(run, 1 + max(self.numbers.values(), default=-1))


def _runs(root: Path) -> Iterator[tuple[int, str, str]]:
    """The number, name and folder of each run; of one that is damaged, its folder has to do for a name."""
    for count, folder in enumerate(run_folders(root)):
        if count >= MOST_RUNS:
            raise RecordingError(f"{root}: holds more than {MOST_RUNS:,} runs")
        try:
            told = attributes_of(root / folder)
        except RecordingError:
            told = {}
        name, number = told.get("name", folder), told.get("number", 0)
        whole = isinstance(number, int) and not isinstance(number, bool)
        yield (number if whole else 0), (name if isinstance(name, str) else folder), folder


def run_folders(root: Path) -> list[str]:
    """Folders that have a description or, where that is gone, steps; sorted.

    Raises:
        RecordingError: the root cannot be read, or a run is a link, which leads elsewhere.
    """
    try:
        with os.scandir(root) as entries:
            there = [entry for entry in entries if entry.is_dir() and not private(Path(entry.name))]
    except OSError as error:
        raise RecordingError(f"{root}: cannot be read: {error.strerror or error}") from error
    runs = [e for e in there if any(os.path.lexists(os.path.join(e.path, part)) for part in (FILE, "steps"))]
    links = sorted(entry.name for entry in runs if entry.is_symlink())
    if links:
        raise RecordingError(f"{root / links[0]}: is a link; a recording is made of plain files and folders only")
    return sorted(entry.name for entry in runs)
