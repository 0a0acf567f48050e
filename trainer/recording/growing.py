"""A recorder for what a cache is to keep; where that cannot be, nothing is lost: it goes on in memory."""

from __future__ import annotations

import shutil
from contextlib import ExitStack

import numpy as np

from weightreel.trainer.errors import RecordingError, WeightreelError
from weightreel.trainer.memory import shown_bytes
from weightreel.trainer.recording.about import About, Stopped
from weightreel.trainer.recording.cache import RUN, Cache
from weightreel.trainer.recording.copied import chosen, snapshots_of
from weightreel.trainer.recording.keeping import KeptRecorder, keeping
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.recording.wanted import Wanted

ROOM = 2**28  # bytes of the disk that are left for others
MOST_STEPS = 2**20  # of a training: of more, on disk, not every measurement would be kept


class Growing:
    """Takes the snapshots of one training, as `Recorder` does.

    Args:
        cache: what is to keep it.
        key: under which key.
        name: of the run.
        about: what is trained.
        wanted: all that comes.
        asked: what of that somebody wants.
        scene: what messages call the scene that it is of.

    Attributes:
        selection: which snapshots are to come.
        told: why it is not kept; "" where it is.
    """

    def __init__(
        self, cache: Cache, key: str, name: str, about: About, wanted: Wanted, asked: Wanted, scene: str
    ) -> None:
        self._cache, self._key, self._name, self._about = cache, key, name, about
        self._wanted, self._asked, self._scene, self.told = wanted, asked, scene, ""
        self.selection = wanted.selection()
        self._kept: KeptRecorder | None = None
        self._memory: Recorder | None = None
        self._stack, self._count = ExitStack(), 0
        try:
            path = cache.growing(key)
            self._kept = self._stack.enter_context(keeping(path, lasting=False)).recorder(RUN, about, self.selection)
        except (OSError, WeightreelError) as error:
            self._give_up(cache.refused(error))

    def append(self, snapshot: Snapshot) -> None:
        """Add a snapshot; steps must rise.

        Raises:
            RecordingError: as of `Recorder.append`.
        """
        if self._kept is not None:
            told = self._too_large(snapshot) if self._count == 0 else ""
            if not told:
                try:
                    self._kept.append(snapshot)
                    self._count += 1
                    return
                except WeightreelError as error:
                    told = self._in_words(error)
            self._give_up(told)
        assert self._memory is not None
        self._memory.append(snapshot)

    def _too_large(self, snapshot: Snapshot) -> str:
        """Why what is to come is not written at all; "" where it is."""
        size = sum(array.nbytes for array in snapshot.arrays.values()) * self.selection.most
        if not self._cache.takes(size):
            return f"the recording takes {shown_bytes(size)}, and all of them together {shown_bytes(self._cache.most)}"
        if self._about.length > MOST_STEPS:
            return f"of more than {MOST_STEPS:,} steps not every measurement would be kept"
        free = shutil.disk_usage(self._cache.folder).free
        return f"{shown_bytes(free)} are free in {self._cache.folder}" if free < size + ROOM else ""

    def _give_up(self, told: str) -> None:
        """Go on in memory, with what there is."""
        self.told, self._memory = told, Recorder(self._about, selection=self.selection)
        if self._count:
            for snapshot in snapshots_of(self._cache.grown(self._key)):
                self._memory.append(snapshot)
        self.close()

    def finish(
        self, *, seconds: float = 0.0, stopped: Stopped | None = None, total_steps: int | None = None
    ) -> Recording:
        """End the training, as `Recorder.finish` does, and keep it; what somebody wants of it, and no more."""
        if self._kept is not None:
            try:
                self._kept.finish(seconds=seconds, stopped=stopped, total_steps=total_steps)
                self._stack.close()
                found = self._cache.taken(
                    self._cache.work / self._key, self._asked, self._name, self._about, fresh=True
                )
                assert found is not None, "what grows has all that was asked for"
                self._keep()
                return found
            except (WeightreelError, OSError) as error:
                self._give_up(self._in_words(error))
        assert self._memory is not None
        recording = self._memory.finish(seconds=seconds, stopped=stopped, total_steps=total_steps)
        steps = self._asked.ending(recording.about.length, stopped.step if stopped else None)
        if self._asked.probes.keys() == {*recording.probe_names} and np.array_equal(steps, recording.steps):
            return recording
        return chosen(recording, self._about, steps, self._asked.probes)

    def _keep(self) -> None:
        try:
            self._cache.keep(self._key, self._wanted, self._scene, self._name)
        except (OSError, RecordingError) as error:
            self.told = self._in_words(error)

    def _in_words(self, error: BaseException) -> str:
        """Why it is not kept: where it is the disk, what to do, and not the private place in which it grew."""
        cause = error if isinstance(error, OSError) else error.__cause__
        return self._cache.refused(cause) if isinstance(cause, OSError) else str(error)

    def close(self) -> None:
        """Remove what was not kept. Never raises."""
        if self._kept is not None:
            self._kept.give_up("")
            self._kept = None
        self._stack.close()
        self._cache.forget(self._key)
