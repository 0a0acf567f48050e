"""Recording a training of ours to stay: as `Recorder`, but on disk, where every snapshot stands once it was taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from weightreel.trainer.errors import RecordingError, WeightreelError
from weightreel.trainer.parts import real
from weightreel.trainer.recording.about import About, Stopped
from weightreel.trainer.recording.columns import Columns
from weightreel.trainer.recording.lock import Lock
from weightreel.trainer.recording.place import refuse as refuse_place
from weightreel.trainer.recording.recorder import ENDED, ended, refuse
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.selection import Selection
from weightreel.trainer.recording.slots import MOST_SLOTS, Stored
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.recording.store import open_recordings
from weightreel.trainer.recording.writing import MEASURED, Writing
from weightreel.trainer.targets import reason

SLOTS = 4096  # where nobody says how many snapshots there will be
SPARE = 64  # measurements of a metric beyond one a step, which is what a training of ours makes


class Kept:
    """A recording that is being written, run after run; the first one takes the place of what was there before."""

    def __init__(self, path: Path, *, lasting: bool = True) -> None:
        self.path, self.lasting, self.runs = path, lasting, list[KeptRecorder]()

    def recorder(self, run: str, about: About, selection: Selection | None = None) -> KeptRecorder:
        """That of another run.

        Args:
            run: its name.
            about: what is trained.
            selection: which snapshots to keep, where some may have to go again; default: all that come.
        """
        self.runs.append(KeptRecorder(self, run, about, selection))
        return self.runs[-1]

    @property
    def begun(self) -> bool:
        """Whether something stands in the place of what was there before."""
        return any(recorder.begun for recorder in self.runs)

    @property
    def ended(self) -> int:
        """How many runs have ended."""
        return sum(recorder.ended for recorder in self.runs)


class KeptRecorder:
    """Takes the snapshots of one run and gives its recording."""

    def __init__(self, kept: Kept, run: str, about: About, selection: Selection | None) -> None:
        self._kept, self._run, self._about, self._selection = kept, run, about, selection
        self._writing: Writing | None = None
        self._stored: dict[str, Stored] = {}
        self._last: int | None = None
        self._finished = False

    @property
    def ended(self) -> bool:
        """Whether no more snapshots come."""
        return self._finished

    @property
    def begun(self) -> bool:
        """Whether it has a snapshot."""
        return self._writing is not None and len(self._writing) > 0

    def append(self, snapshot: Snapshot) -> None:
        """Add a snapshot; steps must rise.

        Raises:
            RecordingError: the step does not rise, an array changed its shape or dtype, or the recording has ended.
            WeightreelError: it cannot be written.
        """
        if self._finished:
            raise RecordingError(ENDED)
        arrays = snapshot.arrays
        refuse(snapshot.step, arrays, self._last, {key: (s.shape, s.dtype) for key, s in self._stored.items()})
        if self._writing is None:
            self._stored = {key: Stored(array.shape, array.dtype) for key, array in arrays.items()}
            self._writing = self._opened()
        for name, pairs in snapshot.measured.items():
            self._writing.measure(name, pairs)
        self._writing.put(snapshot.step, snapshot.epoch, arrays)
        self._last = snapshot.step
        self._thin(self._writing)

    def _opened(self) -> Writing:
        length = self._about.length
        return Writing(
            self._kept.path,
            self._run,
            self._about,
            self._stored,
            self._selection.most if self._selection else min(MOST_SLOTS, max(SLOTS, length + 2)),
            overwrite=True,
            whole=not self._kept.begun,
            locked=True,
            measured=length + SPARE if self._about.run else max(MEASURED, length + SLOTS),
        )

    def _thin(self, writing: Writing) -> None:
        """Let go of what the selection does not want any more. What was measured stays."""
        if self._selection is None or len(writing) < self._selection.most - 1:
            return
        steps = writing.steps
        kept = self._selection.keep(steps)
        if kept is not None:
            for step in steps[~kept].tolist():
                writing.drop(step)

    def finish(
        self, *, seconds: float = 0.0, stopped: Stopped | None = None, total_steps: int | None = None
    ) -> Recording:
        """End the run, as `Recorder.finish` does.

        Raises:
            WeightreelError: it cannot be written.
        """
        about = ended(self._about, self._last or 0, stopped, total_steps)
        if self._writing is None:
            self._finished = True
            return Recording(about, Columns(), seconds=seconds)
        self._writing.describe(about)
        told = stopped.message if stopped else ""
        state: Literal["done", "stopped"] = "stopped" if stopped else "done"
        self._writing.close(state=state, stopped=told, seconds=seconds, wait=self._kept.lasting)
        self._finished = True
        return open_recordings(self._kept.path)[self._run]

    def give_up(self, told: str) -> None:
        """End the run before its time; what there is of it stays. Never raises."""
        if self._writing is not None and not self._finished:
            self._finished = True
            with suppress(WeightreelError):
                self._writing.close(state="stopped", stopped=told)


@contextmanager
def keeping(path: Path, *, lasting: bool = True) -> Iterator[Kept]:
    """A new recording at `path`, whose snapshots stand there as they come. What was there before stays until the first
    one; what is no part of a recording, for ever. Where it need not be `lasting`, nobody waits for the disk at its end.

    Raises:
        RecordingError: `path` exists and is not a recording, somebody else writes it, or nothing can be written there.
    """
    refuse_place(path)
    try:
        lock = Lock(real(path), path, None)
    except OSError as error:
        raise WeightreelError(f"{path}: could not be written ({reason(error, path.parent)})") from error
    kept = Kept(path, lasting=lasting)
    try:
        yield kept
    except BaseException as error:
        for recorder in kept.runs:
            recorder.give_up(str(error) or type(error).__name__)
        raise
    finally:
        lock.release()
