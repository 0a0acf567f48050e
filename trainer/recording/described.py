"""What a run of format 2 says of itself, taken word for word before anything else of it is read: a recording may come
from anywhere, and what it says decides on memory and on which files are opened."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import accumulate
from math import prod
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from weightreel.trainer.bounds import MOST_LETTERS
from weightreel.trainer.errors import RecordingError, SceneError
from weightreel.trainer.memory import available_bytes, shown_bytes
from weightreel.trainer.options import Many, Options
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.attributes import FILE, FORMAT, KINDS, digest, text_of
from weightreel.trainer.recording.folders import arrays_of, folder_of
from weightreel.trainer.recording.outline import attributes_of, parsed, read_text
from weightreel.trainer.recording.slots import MOST_ROOM, MOST_SLOTS, NUMBERS, Measured, Plan, Slots, Stored

MOST_PARTS = 100_000
SMALL = 2**20  # bytes of a row, which there is memory for
SHARE = 4  # of the memory that there is, a row may take one in so many
Name = Annotated[str, Field(max_length=MOST_LETTERS)]
Finite = Annotated[float, Field(ge=-sys.float_info.max, le=sys.float_info.max)]
Natural = Annotated[int, Field(ge=0, le=2**40)]


class ArrayTold(Options):
    """One array, as the description names it."""

    folder: Name
    number: Natural
    shape: Annotated[Many[Natural], Field(max_length=32)]
    dtype: Literal[NUMBERS]  # type: ignore[valid-type]
    axes: Annotated[Many[Name], Field(max_length=32)]
    scale: bool

    @property
    def stored(self) -> Stored:
        """The same as a writer says it."""
        return Stored(tuple(self.shape), np.dtype(self.dtype), tuple(self.axes), self.scale)


class MetricTold(Options):
    """The measurements of one metric, likewise."""

    folder: Name
    room: Annotated[int, Field(ge=2, le=MOST_ROOM)]
    used: Natural


class RunTold(Options):
    """The attributes of a run, but for its name, which may be of signs that are no Unicode."""

    weightreel: Literal[2]
    number: Natural
    description: dict[str, Any]
    capacity: Annotated[int, Field(ge=1, le=MOST_SLOTS)]
    arrays: Annotated[dict[Name, ArrayTold], Field(max_length=MOST_PARTS)]
    history: Annotated[dict[Name, MetricTold], Field(max_length=MOST_PARTS)]
    writer: dict[Name, Name]
    final: Annotated[dict[Name, Finite], Field(max_length=MOST_PARTS)]
    state: Literal["writing", "done", "stopped"]
    stopped: Annotated[str, Field(max_length=100_000)]
    seconds: Finite
    digest: Name


class Described:
    """A run of format 2: what its description says, held against what stands beside it.

    Attributes:
        folder: of the run.
        run: its name.
        told: its other attributes, without those that the rest says.
        about: what was trained.
        stored: its arrays, by their keys, in their order.
        plan: where they are.
        measured: where the measurements of each metric are.

    Raises:
        RecordingError: it is none, of a later format, damaged, or not what a recording is.
    """

    def __init__(self, root: Path, name: str, attributes: dict[str, Any] | None = None) -> None:
        self.folder, self._file = root / name, root / name / FILE
        self._checked: set[Path | str] = set()
        attributes = attributes_of(self.folder) if attributes is None else attributes
        refuse_later(root, attributes.get("weightreel"))
        self.run = self._name_of(attributes)
        self.told = self._taken({key: value for key, value in attributes.items() if key != "name"})
        if self.told.digest != digest(attributes):
            raise RecordingError(f"{self._file}: is damaged, its digest is another; copy the recording anew")
        self._refuse_name(name)
        told = sorted(self.told.arrays.items(), key=lambda item: item[1].number)
        self.stored = {key: array.stored for key, array in told}
        self._refuse_axes()
        self._refuse_rows()
        folders = self._folders()
        self.plan = _plan(tuple(self.stored.items()), tuple(folders[key] for key in self.stored), self.told.capacity)
        self.measured = {key: _measured(m.folder, m.room) for key, m in self.told.history.items()}
        self.about = self._about()
        self.told = self.told.model_copy(update={"description": {}, "arrays": {}})  # of many runs it would be much

    def _name_of(self, attributes: Mapping[str, Any]) -> str:
        name = attributes.get("name")
        if not isinstance(name, str) or len(name) > MOST_LETTERS:
            raise self._no("it has no name")
        return name

    def _taken(self, attributes: Mapping[str, Any]) -> RunTold:
        try:
            return RunTold.of_plain(attributes)
        except SceneError as error:
            first = error.findings[0].shortened()
            raise self._no(f"{first.key} {first.message}") from error

    def _no(self, told: str) -> RecordingError:
        return RecordingError(f"{self._file}: is no description of a recording: {told}")

    def _refuse_name(self, folder: str) -> None:
        """The folder follows from the name, but for a number behind it."""
        own = folder_of(self.run)
        if folder != own and not folder.startswith(f"{own}~"):
            run = repr(self.run[:80])
            raise self._no(f"run {run} has the folder '{own[:80]}', not '{folder}'; give it that name again")

    def _folders(self) -> dict[str, str]:
        """The folders of the arrays and metrics: those that a writer chooses for such keys, and no others."""
        for key in self.stored:
            if key.partition("/")[0] not in KINDS:
                raise self._no(f"'{key}' is no array of a recording; they are {', '.join(KINDS)}")
        folders = _arrays_of(tuple(self.stored))
        wrong = [key for key, folder in folders.items() if self.told.arrays[key].folder != folder]
        own = {name: _folder_of(name) for name in self.told.history}
        wrong += [
            name
            for name, told in self.told.history.items()
            if told.folder != own[name] and not told.folder.startswith(f"{own[name]}~")
        ]
        if wrong or len({told.folder for told in self.told.history.values()}) < len(own):
            raise self._no(f"'{wrong[0] if wrong else 'history'}' stands in a folder that is not its own")
        return folders

    def _refuse_axes(self) -> None:
        for key, stored in self.stored.items():
            if len(stored.axes) not in (0, len(stored.shape)):
                raise self._no(f"'{key}' has {len(stored.shape)} axes, and {len(stored.axes)} are named")

    def _about(self) -> About:
        try:
            about = About.restored(self.told.description)
        except (SceneError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._no(f"description: {_first(error)}") from error
        for layer in about.layers:
            stored = self.stored.get(f"parameters/{layer.weights}")
            if layer.weights and stored and layer.shape and tuple(stored.shape[i] for i in stored.order) != layer.shape:
                raise self._no(f"layer '{layer.name}' has weights of {layer.shape}, its array is {stored.shape}")
        return about

    def _refuse_rows(self) -> None:
        """Whatever is read is read by rows."""
        sizes = {key: prod(one.shape) * one.read_dtype.itemsize for key, one in self.stored.items()}
        if max(sizes.values(), default=0) <= SMALL:
            return
        most = available_bytes() // SHARE
        for key, size in sizes.items():
            if size > most:
                there = f"there is memory for {shown_bytes(most)}"
                raise self._no(f"a snapshot of '{key}' takes {shown_bytes(size)}, {there}")

    def vouch(self, folder: str) -> None:
        """See that an array is described as a writer describes it: then Zarr, too, reads what we do. Of ten thousand
        runs most arrays are never looked at, so it is asked before the first file of one is opened.

        Raises:
            RecordingError: it is not, or stands behind a link.
        """
        slots = self._by_folder[folder]
        refuse_links(accumulate([str(self.folder), *folder.split("/")], "{}/{}".format), self._checked)
        text = read_text(f"{self.folder}/{folder}")
        if text == _text_of(slots):
            return
        place = self.folder / folder
        told, own = parsed(place, text), slots.metadata()
        for key in sorted(told.keys() | own.keys()):
            if key not in told or key not in own or told[key] != own[key]:
                raise RecordingError(f"{place / FILE}: {_differs(key, told, own)}")

    @cached_property
    def _by_folder(self) -> dict[str, Slots]:
        return {slots.folder: slots for slots in self.every}

    @property
    def every(self) -> Iterator[Slots]:
        """All arrays that there are."""
        yield from self.plan.all
        for measured in self.measured.values():
            yield from measured


def refuse_later(root: Path, version: object) -> None:
    """Of a later format, nothing is known.

    Raises:
        RecordingError: it is one, or none at all.
    """
    if isinstance(version, int) and version > FORMAT:
        told = f"of format {str(version)[:20]}, and this weightreel reads up to {FORMAT}"
        raise RecordingError(f"{root}: is {told}; update it: pip install -U weightreel")
    if isinstance(version, bool) or version not in range(1, FORMAT + 1):
        raise RecordingError(f"{root}: not a recording of this version of weightreel")


def refuse_links(folders: Iterable[Path | str], checked: set[Path | str]) -> None:
    """See that folders are folders: a link could lead out of the recording.

    Raises:
        RecordingError: one is none, or cannot be looked at.
    """
    for folder in folders:
        if folder in checked:
            continue
        try:
            kind = os.lstat(folder).st_mode
        except OSError as error:
            raise RecordingError(f"{folder}: is missing or cannot be read; copy the recording anew") from error
        if not stat.S_ISDIR(kind):
            what = "a link" if stat.S_ISLNK(kind) else "no folder"
            raise RecordingError(f"{folder}: is {what}; a recording is made of plain files and folders only")
        checked.add(folder)


# Of many runs, most have the same arrays and metrics: what follows from these is found, and kept, once.
_arrays_of, _folder_of = lru_cache(16)(arrays_of), lru_cache(4096)(folder_of)
_measured = lru_cache(4096)(Measured.of)


@lru_cache(64)
def _plan(stored: tuple[tuple[str, Stored], ...], folders: tuple[str, ...], capacity: int) -> Plan:
    keys = [key for key, _ in stored]
    return Plan.of(dict(stored), dict(zip(keys, folders, strict=True)), capacity)


@lru_cache(4096)
def _text_of(slots: Slots) -> bytes:
    """The `zarr.json` of an array, as it is written."""
    return text_of(slots.metadata())


def _differs(key: str, told: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    if key not in own:
        return f"has an unknown key '{key[:80]}'; a recording says none such"
    shown = "is missing" if key not in told else f"is {str(told[key])[:80]}"
    return f"{key} {shown}, where a recording says {own[key]}; copy the recording anew"


def _first(error: Exception) -> str:
    """What is wrong, in a line."""
    if isinstance(error, SceneError):
        first = error.findings[0].shortened()
        return f"{first.key} {first.message}"
    return f"lacks or mistakes {str(error)[:80]}"
