"""Where a recording is to stand, and how it gets there: it begins beside, takes its name by one rename with its first
snapshot, and is written in place from then on. What is no part of a recording stays, or moves along."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.parts import Part, private, real, replace_folder, sync
from weightreel.trainer.recording.attributes import FILE, FORMAT, NEW, group, write_json
from weightreel.trainer.recording.folders import folder_of
from weightreel.trainer.recording.lock import Lock
from weightreel.trainer.recording.outline import Outline
from weightreel.trainer.targets import target_findings

OURS = re.compile(rf"(^|/)({re.escape(FILE)}|{re.escape(NEW)}|c[./\d]*)$")


class Place:
    """The place of a run in the recording at a path, locked until `release`.

    Args:
        path: of the recording.
        run: its name.
        overwrite: whether a run of that name may be replaced.
        whole: whether the recording is replaced with all its runs.
        locked: whether the caller holds the lock of the whole recording.

    Attributes:
        folder: where to write now; another one after `publish`.
        number: how many runs came before.

    Raises:
        RecordingError: somebody else writes it, it is there, or nothing can be kept there.
        OSError: likewise.
    """

    def __init__(self, path: Path, run: str, *, overwrite: bool, whole: bool, locked: bool) -> None:
        self._shown, self._run, self._root = path, run, real(path)
        refuse(path)
        self._lock = None if locked else Lock(self._root, path, None if whole else run)
        try:
            self._settle(overwrite, whole)
        except BaseException:
            if self._lock is not None:
                self._lock.release()
            raise

    def _settle(self, overwrite: bool, whole: bool) -> None:
        """What is there, and so what is to be replaced or added to."""
        there = None if whole else Outline.of(self._root)
        folders = {} if there is None else there.folders
        if self._run in folders and not overwrite:
            raise RecordingError(f"{self._shown}: exists; pass overwrite=True, or choose another path")
        self._adds = there is not None and there.format == FORMAT
        if there is not None and not self._adds:
            self._refuse_others(folders)
        self._name = folders.get(self._run) or folder_of(self._run, folders.values())
        self.number = there.next_number(self._run) if there is not None else 0
        self._target = self._root / self._name if self._adds else self._root
        self._replaces = os.path.lexists(self._target)
        self._part, self.published = Part(self._target), False
        self._new = self._part / "recording"
        self.folder = self._new if self._adds else self._new / self._name

    def _refuse_others(self, folders: dict[str, str]) -> None:
        """To a recording of another format, nothing is added."""
        others = ", ".join(name for name in folders if name != self._run)
        if others:
            raise RecordingError(f"{self._shown}: is of another format and holds {others} too; choose another path")

    def publish(self) -> None:
        """Give what is there its name, in one rename. Afterwards `folder` is another.

        Raises:
            OSError: it cannot be done; all is as it was.
            RecordingError: another writer has taken the place meanwhile.
        """
        if not self._adds:
            write_json(self._new, group({"weightreel": FORMAT}))
        _carry(self._target, self._new)
        sync(file for file in self._new.rglob("*") if file.is_file() and not file.is_symlink())
        if self._replaces:
            replace_folder(self._new, self._part)
        else:
            self._take()
        self.folder = self._target if self._adds else self._target / self._name
        self.published = True
        self._part.remove()

    def _take(self) -> None:
        """Take a name that was free. Who writes another run may have taken it meanwhile: then this one is added."""
        if not self._adds and Outline.of(self._root) is not None:
            self._target, self._new, self._adds = self._root / self._name, self._new / self._name, True
        if os.path.lexists(self._target):
            raise RecordingError(f"{self._shown}: another process has just made it; choose another path")
        os.rename(self._new, self._target)

    def release(self) -> None:
        """Let others write; what has no name is removed. Never raises."""
        self._part.remove()
        if self._lock is not None:
            self._lock.release()


def refuse(path: Path) -> None:
    """See that a recording can be kept at a path.

    Raises:
        RecordingError: it cannot.
    """
    place = real(path)
    if os.path.lexists(place) and Outline.of(place) is None:
        raise RecordingError(f"{path}: exists and is not a recording; choose another path")
    for finding in target_findings(path, folder=True):
        raise RecordingError(f"{path}: {finding.message}")


def foreign(folder: Path) -> Iterator[str]:
    """What in a recording is no part of one, by its names there: files of the user's."""
    for above, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not private(Path(name))]
        for name in (*names, *(f for f in folders if Path(above, f).is_symlink())):
            inside = Path(above, name).relative_to(folder).as_posix()
            if not OURS.search(inside):
                yield inside


def _carry(old: Path, new: Path) -> None:
    """Let files that are no part of a recording stand in the new one too: where it can be, they are the same files.

    Raises:
        OSError: it cannot be done.
    """
    for name in foreign(old):
        target = new / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError, NotImplementedError):
            os.link(old / name, target, follow_symlinks=False)
            continue
        shutil.copy2(old / name, target, follow_symlinks=False)
