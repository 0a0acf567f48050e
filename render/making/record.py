"""Training the runs of a plan, and recording what its films show."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace

from weightreel.render.crews.crew import Crews, temporary
from weightreel.render.making.beside import side_by_side
from weightreel.render.planning.plan import Plan
from weightreel.render.work.cached import Shelf, written
from weightreel.render.work.progress import Advance, Tell, Track, noted, silent, unheard, unseen
from weightreel.render.work.trained import record_for
from weightreel.trainer.recording.cache import Cache
from weightreel.trainer.recording.copied import chosen
from weightreel.trainer.recording.keeping import Kept
from weightreel.trainer.recording.probes import Probe
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings
from weightreel.trainer.recording.wanted import Wanted


def record(
    plan: Plan,
    kept: Kept | None = None,
    *,
    cache: Cache | None = None,
    crews: Crews | None = None,
    track: Track = silent,
    tell: Tell = unheard,
) -> Recordings:
    """Train every run and record what the timelines ask for; or take what was recorded before.

    Args:
        plan: from `prepare`.
        kept: where to keep the recordings; default: memory, and a temporary folder beyond, or the cache.
        cache: what keeps recordings for the next time; default: nothing is taken from before, and nothing kept.
        crews: find who trains several runs side by side; default: this process, one after the other.
        track: reports progress.
        tell: is told what went wrong with the cache, which ends nothing; it is among the notes of `crews` too.

    Returns:
        The recordings; that of a run whose loss stopped being finite ends there, and its `about` says so.
    """
    recordings, wanted = Recordings(), {name: wanted_of(plan, name) for name in plan.scene.trainings}
    tell = noted(tell, crews.notes) if crews else tell
    shelf = Shelf(cache, plan.scene, plan.sources, tell) if cache is not None else None
    found = {name: shelf.found(name, asked) for name, asked in wanted.items()} if shelf else {}
    lacking = [name for name in wanted if found.get(name) is None]
    waiting = list(reversed(wanted))

    def write() -> None:
        """Those that are there, as far as they follow each other in the scene."""
        while waiting and (there := found.pop(waiting[-1], None)) is not None:
            name = waiting.pop()
            recordings[name] = written(there, name, kept, wanted[name].probes)

    with _told(plan, lacking, track) as advance, ExitStack() as held:
        hands = crews.training(plan, lacking) if crews else None
        if hands is not None:
            folder, asked = held.enter_context(temporary()), {name: wanted[name] for name in lacking}
            for name, made in side_by_side(hands, asked, folder, shelf, advance):
                stays = shelf is not None or kept is not None
                found[name] = made if stays else chosen(made, made.about, made.steps, made.probe_names)
                write()
        while waiting:
            write()
            if waiting:
                name = waiting.pop()
                recordings[name] = _trained(plan, name, wanted[name], shelf, kept, advance)
    return recordings


def _told(plan: Plan, names: Sequence[str], track: Track) -> AbstractContextManager[Advance]:
    """What is told of the runs that are trained, if there are any."""
    steps = sum(plan.sources.about[name].length for name in names)
    if not names:
        return nullcontext(unseen)
    return track("train" if len(names) == 1 else f"train {len(names)} runs", steps, "step")


def _trained(
    plan: Plan, name: str, wanted: Wanted, shelf: Shelf | None, kept: Kept | None, advance: Advance
) -> Recording:
    if shelf is not None:
        return shelf.trained(name, wanted, advance, kept)
    return record_for(plan.scene, plan.sources, name, wanted, kept, advance)


def wanted_of(plan: Plan, name: str) -> Wanted:
    """What is to be recorded of a run for a plan."""
    return replace(plan.wanted(name), probes=_probes(plan, name))


def _probes(plan: Plan, run: str) -> dict[str, Probe]:
    """The probes that the views ask of a run."""
    about = plan.sources.about
    probes: dict[str, Probe] = {}
    for view in plan.scene.view:
        if run in view.runs(about):
            probes |= view.probes(about[run])
    return probes
