"""Runs that were trained before, taken from the cache; those that were not are trained into it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from weightreel.render.errors import Finding, RecordingError
from weightreel.render.planning.sources import Sources
from weightreel.render.scene.scene import Scene
from weightreel.render.work.identity import key_of
from weightreel.render.work.progress import Advance, Stretch, Tell
from weightreel.render.work.trained import Records, about_of, record_for, record_with
from weightreel.trainer.recording.about import About, Stopped
from weightreel.trainer.recording.cache import Cache
from weightreel.trainer.recording.copied import chosen, snapshots_of
from weightreel.trainer.recording.growing import Growing
from weightreel.trainer.recording.keeping import Kept, KeptRecorder
from weightreel.trainer.recording.lock import Lock
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.selection import Steps
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.recording.wanted import Wanted

PAUSE, STALLED = 0.1, 60.0  # seconds: between two looks at who trains the same; without a snapshot of theirs


Shared = Mapping[str, Any]  # as JSON can hold it


def cache_of(shared: Shared | None) -> Cache | None:
    """The cache that another process has `shared`; None where it is not to be found here, as on another machine."""
    if shared is None or not Path(shared["sign"]).is_dir():
        return None
    return Cache(Path(shared["folder"]), shared["most"])


@dataclass(frozen=True)
class Shelf:
    """The cache as the runs of one scene see it.

    Attributes:
        cache: where they are kept.
        scene: which has the runs.
        sources: from `sources_of`.
        tell: is told what went wrong with it, which ends nothing.
    """

    cache: Cache
    scene: Scene
    sources: Sources
    tell: Tell
    keys: dict[str, str | None] = field(default_factory=dict)

    def found(self, name: str, wanted: Wanted) -> Recording | None:
        """The recording of a run that was trained before; None where it was not, or not with all that is wanted.

        Args:
            name: of the run.
            wanted: what it is to have.
        """
        key = self._key(name, wanted)
        found = self._found(key, name, wanted) if key else None
        if found is not None:
            found.cached = True
        return found

    def trained(self, name: str, wanted: Wanted, advance: Advance, kept: Kept | None = None) -> Recording:
        """Train a run into the cache, with all that others wanted of it; where another process does just that, wait.

        Args:
            name: of the run.
            wanted: what to record.
            advance: is told of steps.
            kept: where it is to be written too.

        Raises:
            WeightreelError: it cannot be written there.
        """
        key = self._key(name, wanted)
        if key is not None:
            with self._turn(key, name) as mine:
                found = self.found(name, wanted)
                if found is not None:
                    Stretch(advance, self.sources.about[name].length).begin(0)
                    return written(found, name, kept, wanted.probes)
                if mine:
                    return self._trained(key, name, wanted, advance, kept)
        return record_for(self.scene, self.sources, name, wanted, kept, advance)

    def shared(self) -> Shared | None:
        """What another process has to know to train into the same cache; None where nobody can."""
        try:
            told = {"folder": str(self.cache.folder), "most": self.cache.most, "sign": str(self.cache.work)}
            return told | {"keys": self.keys}  # ten steps of each run are in them
        except OSError:
            return None

    def taken_over(self, name: str, wanted: Wanted, recording: Recording, *, keep: bool) -> Recording:
        """A recording of all that is wanted, which somebody else has just trained and which is about to be removed, as
        one that stays; to `keep` it, as if we had trained it, is tried."""
        about, key = about_of(self.sources, name), self._key(name, wanted)
        if key is None or not keep:
            return chosen(recording, recording.about, recording.steps, recording.probe_names)
        with self._growing(key, name, about, wanted, wanted) as growing:
            for snapshot in snapshots_of(recording):
                growing.append(snapshot)
            told = recording.about
            made = growing.finish(seconds=recording.seconds, stopped=told.stopped, total_steps=told.total_steps)
            made.in_cache = not growing.told
            return made

    @contextmanager
    def _growing(self, key: str, name: str, about: About, united: Wanted, asked: Wanted) -> Iterator[Growing]:
        """What grows in the cache; where it cannot, that is said at the end."""
        growing = Growing(self.cache, key, name, about, united, asked, self.scene.source)
        try:
            yield growing
        finally:
            growing.close()
            if growing.told:
                self._not_kept(name, growing.told)

    def _key(self, name: str, wanted: Wanted) -> str | None:
        if name not in self.keys:
            run, data = self.scene.trainings[name], self.sources.data[name]
            self.keys[name] = key_of(run, data, self.scene.seed, self.cache)
        return None if wanted.plain() is None else self.keys[name]

    def _found(self, key: str, name: str, wanted: Wanted) -> Recording | None:
        try:
            return self.cache.find(key, wanted, name, about_of(self.sources, name))
        except RecordingError as error:
            self._drop(key, name, error)
            return None

    def _drop(self, key: str, name: str, error: RecordingError) -> None:
        self.cache.drop(key)
        self.tell(Finding(name, f"what the cache had of it was damaged, so it is trained anew ({error})", "note"))

    @contextmanager
    def _turn(self, key: str, name: str) -> Iterator[bool]:
        """Wait until nobody else trains for a key. False where that cannot be told, or is not to be waited for."""
        lock = self._locked(key, name)
        try:
            yield lock is not None
        finally:
            if lock is not None:
                lock.release()

    def _locked(self, key: str, name: str) -> Lock | None:
        seen, since, told = 0.0, time.monotonic(), False
        while time.monotonic() - since < STALLED:
            try:
                return self.cache.lock(key)
            except OSError as error:
                self._not_kept(name, self.cache.refused(error))
                return None
            except RecordingError:
                pass
            if not told:
                told = True
                self.tell(Finding(name, "another process is training the same; what it records will be taken", "note"))
            time.sleep(PAUSE)
            grown = self.cache.last_grown(key)
            seen, since = (grown, time.monotonic()) if grown != seen else (seen, since)
        self.tell(Finding(name, "the other process comes no further, so it is trained here too", "note"))
        return None

    def _not_kept(self, name: str, told: str) -> None:
        self.tell(Finding(name, f"is not kept for the next time: {told}", "note"))

    def _trained(self, key: str, name: str, wanted: Wanted, advance: Advance, kept: Kept | None) -> Recording:
        about, (asked, united) = about_of(self.sources, name), self._united(key, name, wanted)
        with self._growing(key, name, about, united, asked) as growing:
            recorder: Records = growing
            if kept is not None:
                recorder = _Both(kept.recorder(name, about, asked.selection()), asked, growing)
            steps, probes = growing.selection, united.probes
            made = record_with(recorder, self.scene, self.sources, name, steps, probes, advance)
            made.in_cache = not growing.told
            return made

    def _united(self, key: str, name: str, wanted: Wanted) -> tuple[Wanted, Wanted]:
        """What is wanted, and that with what others have wanted, unless it is too much."""
        try:
            before = self.cache.before(key)
        except RecordingError as error:
            self._drop(key, name, error)
            before = None
        if before is None:
            return wanted, wanted
        asked = Wanted(tuple(wanted.ending(before.length, before.stopped).tolist()), 0, wanted.probes)
        steps = tuple(sorted({*asked.steps, *before.wanted.steps}))
        united = Wanted(steps, 0, {**before.wanted.probes, **wanted.probes})
        return (asked, united) if self.cache.takes(before.each * len(steps)) else (wanted, wanted)


class _Both:
    """Hands snapshots to a recorder that has been asked for, and all that come to the one of the cache."""

    def __init__(self, own: KeptRecorder, asked: Wanted, growing: Growing) -> None:
        self._own, self._asked, self._growing = own, asked, growing
        self._measured: dict[str, list[tuple[int, float]]] = {}

    def append(self, snapshot: Snapshot) -> None:
        """Add a snapshot; what was measured at one that is not asked for goes with the next."""
        for name, pairs in snapshot.measured.items():
            self._measured.setdefault(name, []).extend(pairs)
        if self._asked.most or snapshot.step in self._asked.steps:
            probes = {key: snapshot.probes[key] for key in self._asked.probes}
            self._own.append(replace(snapshot, history=self._measured, probes=probes))
            self._measured = {}
        self._growing.append(snapshot)

    def finish(
        self, *, seconds: float = 0.0, stopped: Stopped | None = None, total_steps: int | None = None
    ) -> Recording:
        """End both."""
        self._growing.finish(seconds=seconds, stopped=stopped, total_steps=total_steps)
        return self._own.finish(seconds=seconds, stopped=stopped, total_steps=total_steps)


def written(recording: Recording, name: str, kept: Kept | None, probes: Iterable[str] | None = None) -> Recording:
    """The same, written to where it is to be kept; itself where that is nowhere. Of its probes only some are written
    where those are said.

    Raises:
        WeightreelError: it cannot be written there.
    """
    if kept is None:
        return recording
    recorder = kept.recorder(name, recording.about, Steps(recording.steps.tolist()))
    for snapshot in snapshots_of(recording, probes=probes):
        recorder.append(snapshot)
    about = recording.about
    made = recorder.finish(seconds=recording.seconds, stopped=about.stopped, total_steps=about.total_steps)
    made.cached, made.in_cache = recording.cached, recording.in_cache
    return made
