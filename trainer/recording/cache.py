"""Recordings of trainings that were done before, kept for the next time in a folder of the user's.

Each stands in a folder that is called after a key of all that it depends on, whole or not at all:

    KEY/run.zarr      the recording; its run is called "run"
    KEY/entry.json    which probes it has, whose it is, its size; its time of change is that of the last use

Whoever reads one takes over the files under other names, so that it can be removed or replaced meanwhile. What is not
whole yet, or is on its way out, stands in a private folder that vanishes with its process.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.parts import Part, real
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.copied import chosen, linked
from weightreel.trainer.recording.lock import MARKER, Lock
from weightreel.trainer.recording.recorder import ended
from weightreel.trainer.recording.recording import Recording, of_slots
from weightreel.trainer.recording.slotted import Run, Slotted, verified
from weightreel.trainer.recording.wanted import Wanted
from weightreel.trainer.targets import reason

VARIABLE, OFF = "WEIGHTREEL_CACHE", "off"
MOST_BYTES = 2 * 10**9
SHARE = 2  # of all that a cache may hold, one recording may take one in so many
RUN, RECORDING, ENTRY, WORK, NOTES, READING, GONE = "run", "run.zarr", "entry.json", "work", "notes", "read-", "gone-"
KEY = re.compile("[0-9a-f]{40}")
MOST_NOTES = 1000
TOLD: dict[str, Callable[[Any], Any]] = {"scene": str, "run": str, "snapshots": int, "bytes": int, "seconds": float}
TAG = "CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n# Recordings that weightreel makes again.\n"
# What comes of JSON that is none, or says other things than it should, such as 1e999 bytes of no snapshots.
DAMAGED = (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError)
ATTEMPTS = 5  # while others put something else in the place of what is opened

Found = TypeVar("Found")


@dataclass(frozen=True)
class Entry:
    """What is known of a recording in the cache without opening it.

    Attributes:
        key: of all that it depends on.
        scene, run: for which it was trained first.
        snapshots: how many there are.
        bytes: on disk.
        used: when it was last used, in seconds since 1970.
        seconds: how long the training took.
    """

    key: str
    scene: str
    run: str
    snapshots: int
    bytes: int
    used: float
    seconds: float


@dataclass(frozen=True)
class Before:
    """What a recording of the cache has.

    Attributes:
        wanted: its steps and probes.
        length: the steps that the training turned out to take.
        stopped: the updates after which its loss was seen to be not finite; None where it stayed so.
        each: bytes of a snapshot, with its part of all else.
    """

    wanted: Wanted
    length: int
    stopped: int | None
    each: int


class Cache:
    """Recordings by their keys, in a folder that several processes may share.

    Args:
        folder: where they stand; it is made when something is first kept.
        most: bytes that all of them may take; those that were not used for the longest time go first.
    """

    def __init__(self, folder: Path, most: int = MOST_BYTES) -> None:
        self.folder, self.most = real(folder), most

    @classmethod
    def of_user(cls) -> Self | None:
        """The user's; None where the environment says that there is none."""
        asked = os.environ.get(VARIABLE, "").strip()
        if asked.lower() == OFF:
            return None
        import platformdirs  # which only this needs

        return cls(Path(asked) if asked else platformdirs.user_cache_path("weightreel", appauthor=False))

    @cached_property
    def work(self) -> Path:
        """A private folder on the same file system, which ends with this cache.

        Raises:
            OSError: there can be none.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (self.folder / TAG[0]).exists():
            (self.folder / TAG[0]).write_text(TAG[1])
        part = Part(self.folder / WORK)
        weakref.finalize(self, part.remove)
        return part.folder

    def lock(self, key: str) -> Lock:
        """That nobody else trains for a key, until it is released.

        Raises:
            RecordingError: somebody does.
            OSError: nothing can be kept here.
        """
        _ = self.work
        return Lock(self.folder / key, self.folder, None)

    def refused(self, error: BaseException) -> str:
        """Why nothing can be written, in words, and what to do."""
        told = f"nothing can be written in {self.folder} ({reason(error, self.folder.parent)})"
        return f"{told}; WEIGHTREEL_CACHE=DIR names another, --no-cache does without"

    def growing(self, key: str) -> Path:
        """Where a recording of a key is to grow until `keep`; its run is to be called `RUN`.

        Raises:
            OSError: there can be none.
        """
        self.forget(key)
        (self.work / key).mkdir()
        return self.work / key / RECORDING

    def grown(self, key: str) -> Recording:
        """What has grown.

        Raises:
            RecordingError: it cannot be read.
        """
        return of_slots(Slotted(Run(self.work / key / RECORDING, RUN)))

    def forget(self, key: str) -> None:
        """Remove what grows. Never raises."""
        with suppress(OSError):
            shutil.rmtree(self.work / key, ignore_errors=True)

    def last_grown(self, key: str) -> float:
        """When anybody last wrote a recording of a key that is not whole yet, 0 where nobody does: a time of the file
        system's."""
        grows = f".{WORK}.*/{key}"
        times = [0.0]
        for path in (*self.folder.glob(grows), *self.folder.glob(f"{grows}/{RECORDING}/*/steps/c.*")):
            with suppress(OSError):
                times.append(path.stat().st_mtime)
        return max(times)

    def keep(self, key: str, wanted: Wanted, scene: str, run: str) -> None:
        """Give what has grown its place, and remove what has become too much.

        Args:
            key: of all that it depends on.
            wanted: what it has.
            scene, run: for which it was trained.

        Raises:
            OSError: it cannot be done.
            RecordingError: it cannot be read.
        """
        new, recording, plain = self.work / key, self.grown(key), wanted.plain()
        assert plain is not None, "what JSON cannot say is not kept"
        told = {"probes": plain["probes"], "scene": scene, "run": run, "seconds": recording.seconds}
        told |= {"snapshots": len(recording), "bytes": _bytes(new)}
        (new / ENTRY).write_text(json.dumps(told))
        self.drop(key)
        os.rename(new, self.folder / key)
        self.shrink(but=key)

    def before(self, key: str) -> Before | None:
        """All that there is of a key; None where that is nothing.

        Raises:
            RecordingError: it is not what was written.
        """
        return self._attempted(key, lambda: self._before(self.folder / key))

    def find(self, key: str, wanted: Wanted, name: str, about: About) -> Recording | None:
        """A recording of all that is wanted: of these steps and no others, with these probes and perhaps others.

        Args:
            key: of all that it depends on.
            wanted: what it is to have.
            name: of the run.
            about: what it is to say of the training.

        Returns:
            None where there is none, or it lacks some of that.

        Raises:
            RecordingError: it is not what was written.
        """
        found = self._attempted(key, lambda: self.taken(self.folder / key, wanted, name, about))
        if found is not None:
            with suppress(OSError):
                os.utime(self.folder / key / ENTRY)
        return found

    def taken(self, folder: Path, wanted: Wanted, name: str, about: About, *, fresh: bool = False) -> Recording | None:
        """Likewise, of an entry or what has grown: one that stays whatever becomes of that. What is `fresh`, written a
        moment ago by this process, is not read to see that it is."""
        recording = of_slots(Slotted(Run(folder / RECORDING, RUN)))
        kept = recording.about
        steps = wanted.ending(kept.length, kept.stopped.step if kept.stopped else None)
        if not wanted.probes.keys() <= {*recording.probe_names} or np.setdiff1d(steps, recording.steps).size:
            return None
        about = ended(about, int(steps[-1]), kept.stopped, kept.total_steps)
        if steps[-1] == recording.steps[-1]:  # or it has measurements that are too many
            with suppress(OSError):
                return self._linked(recording, name, about, steps, fresh)
        return chosen(recording, about, steps, wanted.probes)

    def _linked(
        self, recording: Recording, name: str, about: About, steps: NDArray[np.int64], fresh: bool
    ) -> Recording:
        assert isinstance(recording.columns, Slotted)
        root = self.work / f"{READING}{secrets.token_hex(8)}"
        try:
            made = linked(recording.columns.run, root, name, about, steps)
            assert isinstance(made.columns, Slotted)
            run = made.columns.run
            for told in () if fresh else verified(run):
                raise RecordingError(told)
        except BaseException:
            shutil.rmtree(root, ignore_errors=True)
            raise
        run.keeps, made.about = self, about.measuring(made.columns.history)
        run.files.close()  # of many runs that are taken over, all files could be too many at once
        weakref.finalize(run, shutil.rmtree, root, True)
        return made

    @staticmethod
    def _before(folder: Path) -> Before:
        told, recording = json.loads((folder / ENTRY).read_text()), of_slots(Slotted(Run(folder / RECORDING, RUN)))
        wanted = Wanted.from_plain({"probes": told["probes"], "steps": recording.steps.tolist(), "most": 0})
        stopped = recording.about.stopped.step if recording.about.stopped else None
        return Before(wanted, recording.about.length, stopped, int(told["bytes"]) // len(recording))

    def takes(self, size: int) -> bool:
        """Whether a recording of so many bytes is kept."""
        return size <= self.most // SHARE

    def _attempted(self, key: str, read: Callable[[], Found]) -> Found | None:
        """What is read of an entry, while others may put another in its place."""
        for _ in range(ATTEMPTS):
            before = _identity(self.folder / key)
            if before is None:
                return None
            try:
                return read()
            except (RecordingError, OSError, *DAMAGED) as error:
                if _identity(self.folder / key) == before:
                    raise RecordingError(self._in_words(key, error)) from error
        return None

    def _in_words(self, key: str, error: BaseException) -> str:
        """What is wrong with an entry, by its files, and not by other names of theirs, nor with what helps others."""
        names = re.compile(rf"{re.escape(str(self.folder))}/[^:]*?/(?={RUN}/)")
        return f"{self.folder / key}: {names.sub(f'{RECORDING}/', str(error)).partition('; copy the recording')[0]}"

    def entries(self) -> list[Entry]:
        """What there is, the last used first."""
        try:
            folders = [Path(entry) for entry in os.scandir(self.folder) if KEY.fullmatch(entry.name)]
        except OSError:
            return []
        return sorted((found for f in folders if (found := _entry(f))), key=lambda e: (e.used, e.key), reverse=True)

    def drop(self, key: str) -> bool:
        """Remove an entry, at once for others; whether there was one. Never raises."""
        with suppress(OSError):
            gone = self.work / f"{GONE}{secrets.token_hex(8)}"
            os.rename(self.folder / key, gone)
            shutil.rmtree(gone, ignore_errors=True)
            return True
        return False

    def shrink(self, but: str = "") -> None:
        """Remove entries until all fit into the bytes that they may take; never that of the key `but`."""
        entries = self.entries()
        over = sum(entry.bytes for entry in entries) - self.most
        for entry in reversed(entries):
            if over > 0 and entry.key != but and self.drop(entry.key):
                over -= entry.bytes

    def known(self, question: str) -> str:
        """What was noted under a key; "" where nothing was."""
        try:
            return (self.folder / NOTES / question).read_text()
        except (OSError, ValueError):
            return ""

    def note(self, question: str, answer: str) -> None:
        """Note something small under a key, as long as there are not too many notes. Never raises."""
        with suppress(OSError):
            place, new = self.folder / NOTES, self.work / f"note-{secrets.token_hex(8)}"
            place.mkdir(exist_ok=True)
            if len(os.listdir(place)) >= MOST_NOTES:
                self.forget_notes()
                place.mkdir(exist_ok=True)
            new.write_text(answer)
            os.replace(new, place / question)

    def forget_notes(self) -> None:
        """Remove all notes. Never raises."""
        shutil.rmtree(self.folder / NOTES, ignore_errors=True)

    def tidy(self) -> None:
        """Remove notes, and the locks that killed processes left. Never raises."""
        self.forget_notes()
        for file in self.folder.glob(f".*.{MARKER}"):
            with suppress(OSError, RecordingError):
                self.lock(file.name[1:].partition(".")[0]).release()


def _entry(folder: Path) -> Entry | None:
    """What is known of an entry; of a damaged one, its size; None where it is gone."""
    try:
        used = (folder / ENTRY).stat().st_mtime
    except OSError:
        used = 0.0
    try:
        told = json.loads((folder / ENTRY).read_text())
        said = {key: kind(told[key]) for key, kind in TOLD.items()}
        return Entry(folder.name, used=used, **said)
    except FileNotFoundError:
        return Entry(folder.name, "", "", 0, _bytes(folder), used, 0.0) if folder.is_dir() else None
    except (OSError, *DAMAGED):
        return Entry(folder.name, "", "", 0, _bytes(folder), used, 0.0)


def _bytes(folder: Path) -> int:
    """What the files below a folder take."""
    total = 0
    for above, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(Path(above, name)).st_size
    return total


def _identity(folder: Path) -> tuple[int, int, int] | None:
    """What tells an entry from another in its place; None where there is none."""
    try:
        found = os.stat(folder)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns
