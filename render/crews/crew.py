"""Who works on a film: this process, or several beside it where that pays."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

from weightreel.render.crews.pool import Pool
from weightreel.render.errors import Finding, SceneError, WeightreelError
from weightreel.render.frames.take import Take
from weightreel.render.planning.plan import Plan
from weightreel.render.work.cached import written
from weightreel.render.work.parcel import Parcel, parcel_of
from weightreel.render.work.tasks import Crew, Hands
from weightreel.trainer.memory import CGROUP, available_bytes
from weightreel.trainer.parts import Part, real
from weightreel.trainer.recording.keeping import keeping
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.standing import root_of
from weightreel.trainer.recording.store import Recordings
from weightreel.trainer.targets import reason
from weightreel.trainer.values import plain

MOST_JOBS = 256
# From about four seconds of work on, processes that begin in one are worth it.
PIXELS, COUNTED = 400e6, 10e9  # drawn and encoded; numbers multiplied in training
BYTES = 400 * 2**20  # of memory that a process may take, where nobody says how many there are to be


class Crews:
    """Finds whoever does the work of a film, stage by stage; `with Crews(2) as crews`.

    Args:
        jobs: how many processes; default: as many as there are cores, where there is enough to do.
        crew: who does it in any case, such as a cluster.

    Attributes:
        notes: what the report is to say: why one process did it all although several were meant to, what went wrong
            with the cache.

    Raises:
        SceneError: there can be no such number of processes.
    """

    def __init__(self, jobs: int | None = None, crew: Crew | None = None) -> None:
        self.jobs, self._given = _refused_or(plain(jobs)), crew
        self.notes: list[Finding] = []
        self._alone, self._used = list[str](), False
        self._pool: Pool | None = None
        self._held = ExitStack()

    def __enter__(self) -> Crews:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def expect(self, plan: Plan) -> None:
        """Begin processes that drawing is going to need, so that they are there when there is something to draw."""
        if self._given is None and self._pay(plan.takes) and parcel_of(plan) is not None:
            self._begin(_pieces(plan.takes))

    def training(self, plan: Plan, runs: Sequence[str]) -> Hands | None:
        """Who trains some runs of a plan side by side; None where this process does."""
        if len(runs) == 1:
            self._alone.append("a single run is trained by one process")
        if len(runs) < 2 or not self._wanted(sum(_counted(plan, run) for run in runs) > COUNTED):
            return None
        return self._hired(parcel_of(plan), len(runs))

    def drawing(self, plan: Plan, recordings: Recordings, takes: Sequence[Take]) -> Hands | None:
        """Who draws and writes some takes; None where this process does."""
        if _pieces(takes) == 1:
            self._alone.append("the film is too short to be cut into segments")
        if not self._pay(takes):
            return None
        if any(recording.state == "writing" for recording in recordings.values()):
            self._refuse("the recording is still being written, so that each process could see another film")
            return None
        try:
            there = self._on_disk(recordings)
        except (OSError, WeightreelError) as error:
            where = f"{tempfile.gettempdir()} ({reason(error, Path(tempfile.gettempdir()))})"
            self._refuse(f"the recording cannot be put where others read it, in {where}; TMPDIR names another folder")
            return None
        return self._hired(parcel_of(plan, there), _pieces(takes))

    def _pay(self, takes: Sequence[Take]) -> bool:
        """Whether several are to draw and write some takes."""
        work = sum(len(take.indices) * take.padded[0] * take.padded[1] for take in takes)
        return _pieces(takes) > 1 and self._wanted(work > PIXELS)

    def _wanted(self, pays: bool) -> bool:
        """Whether several are to do something."""
        if self._given is not None:
            return True
        return pays and self._count > 1 if self.jobs is None else self.jobs > 1

    @property
    def _count(self) -> int:
        return self.jobs or max(1, min(cores(), MOST_JOBS, available_bytes() // BYTES))

    def _hired(self, parcel: Parcel | None, tasks: int) -> Hands | None:
        if parcel is None:
            self._refuse("the scene has instances of classes that only its script knows")
            return None
        self._used = True
        if self._given is not None:
            return Hands(self._given, parcel)
        pool = self._begin(tasks)
        if not pool.works():
            self._refuse("Python cannot begin others here (sys.executable -m weightreel)")
            return None
        return Hands(pool, parcel)

    def _begin(self, tasks: int) -> Pool:
        """The processes, as many as there are tasks for them."""
        if self._pool is None:
            self._pool = self._held.enter_context(Pool(self._count, max(1, cores() // self._count)))
        self._pool.begin(tasks)
        return self._pool

    def in_words(self) -> list[Finding]:
        """The notes, and one more where several were asked for and nothing was there for them to do."""
        asked = self._given is not None or (self.jobs or 1) > 1
        said = any(note.key == self._key for note in self.notes)
        if asked and not self._used and self._alone and not said:
            self._refuse(" and ".join(self._alone))
        return self.notes

    @property
    def _key(self) -> str:
        """The option that asked for several."""
        return "jobs" if self._given is None else "dask"

    def _refuse(self, why: str) -> None:
        finding = Finding(self._key, f"one process does all of it: {why}", "note")
        if finding not in self.notes:
            self.notes.append(finding)

    def _on_disk(self, recordings: Recordings) -> Recordings:
        """The same, all where other processes find them."""
        if all(root_of(recording) for recording in recordings.values()):
            return recordings
        folder = self._held.enter_context(temporary())
        return Recordings(
            {
                name: recording if root_of(recording) else _written(recording, name, folder / str(number))
                for number, (name, recording) in enumerate(recordings.items())
            }
        )


def _written(recording: Recording, name: str, path: Path) -> Recording:
    with keeping(path, lasting=False) as kept:
        return written(recording, name, kept)


@contextmanager
def temporary() -> Iterator[Path]:
    """A private folder that is gone at the end of the block."""
    with Part(real(tempfile.gettempdir()) / "weightreel") as part:
        yield part.folder


def _pieces(takes: Sequence[Take]) -> int:
    """How many segments some takes have."""
    return sum(len(take.output.cuts(len(take.indices), take.rate)) for take in takes if take.indices)


def _refused_or(jobs: object) -> int | None:
    if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int) or not 1 <= jobs <= MOST_JOBS):
        told = f"{jobs!r} is no number of processes; give 1 to {MOST_JOBS}, or none for as many as there are cores"
        raise SceneError("scene", [Finding("jobs", told)])
    return jobs


def cores() -> int:
    """How many processors this process may use: those given to it, within the limit of a container (cgroup v2)."""
    given = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = (CGROUP / "cpu.max").read_text().split()
        return max(1, min(given, -(-int(quota) // int(period))))
    except (OSError, ValueError, ZeroDivisionError):  # "max" where there is no limit
        return given


def _counted(plan: Plan, run: str) -> float:
    """About how many numbers the training of a run multiplies."""
    about, images = plan.sources.about[run], len(plan.sources.data[run].train)
    epochs = about.length / (about.steps_per_epoch or 1)
    weights = 0.0
    for layer in about.layers:
        shape, outputs = layer.shape or (0,), layer.output_shape or (1,)
        places = outputs[0] * outputs[1] if layer.kind == "conv" and len(outputs) == 3 else 1
        weights += float(_product(shape)) * places
    return 6 * weights * images * epochs  # forward, and twice that backward; a multiplication and a sum


def _product(shape: Sequence[int]) -> int:
    count = 1
    for side in shape:
        count *= side
    return count
