"""The way from a scene to its clips. Read this first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from weightreel.render.crews.crew import Crews
from weightreel.render.encoders._encoder import Clip
from weightreel.render.errors import EncodeError, Finding, SceneError
from weightreel.render.formats.single import make_folder_of
from weightreel.render.frames.fits import Fits
from weightreel.render.frames.take import ALL, Take
from weightreel.render.making.record import record
from weightreel.render.making.report import Report, diverged, report_of
from weightreel.render.making.table import write_table
from weightreel.render.making.within import write_clip
from weightreel.render.planning.plan import Plan, prepare, refuse_nothing, refuse_warnings
from weightreel.render.planning.sources import sources_of
from weightreel.render.scene.scene import Scene
from weightreel.render.work.progress import Tell, Track, silent, unheard
from weightreel.render.work.stages import Stages
from weightreel.render.work.write import Writer
from weightreel.trainer.paths import located
from weightreel.trainer.recording.cache import Cache
from weightreel.trainer.recording.keeping import Kept, keeping
from weightreel.trainer.recording.store import Recordings


def render(
    scene: Scene,
    *,
    recording: str | Path | None = None,
    frames: slice = ALL,
    recipe: bool = True,
    strict: bool = False,
    cache: bool = False,
    who: AbstractContextManager[Crews] | None = None,
    track: Track = silent,
    tell: Tell = unheard,
    stages: Stages | None = None,
) -> Report:
    """Make the film of a scene: train, draw, write every output.

    Args:
        scene: from `load` or built from its types.
        recording: a kept recording to draw from in place of training.
        frames: which frames of each output to write.
        recipe: whether the clips carry the recipe from which they can be made again.
        strict: whether warnings are errors: those of the scene before anything is trained, flashes before a clip gets
            its name.
        cache: whether runs that were trained before are taken from the user's cache, and others go there.
        who: finds who trains, draws and writes, see `weightreel.render.crews.hiring.hired`; default: this process. The
            files are the same.
        track: reports progress.
        tell: is told warnings and notes, before anything is trained.
        stages: counts the seconds of each stage, and of what took them.

    Returns:
        What `--json` prints: the clips, the runs with their final metrics, the seconds spent.

    Raises:
        SceneError: the scene is wrong; nothing was done.
        DivergedError: the loss of a run stopped being finite. Its film ends there, says so, and is written; the
            report is the error's. Not where the recording was kept: then nothing failed now.
        EncodeError: a clip could not be written, or flashes too often; none of its name is left behind. The others
            are written.
        SetupError, WeightreelError: the cluster cannot do it, or is gone.
    """
    begun = time.perf_counter()
    plan = prepare(scene, sources_of(scene, recording), frames)
    if strict:
        refuse_warnings(plan)
    with who or Crews(1) as crews:
        recorded = partial(recordings_of, plan, track, tell, cache=cache, crews=crews)
        return make(plan, recorded, begun, crews, recipe=recipe, strict=strict, track=track, tell=tell, stages=stages)


def make(
    plan: Plan,
    recorded: Callable[[], Recordings],
    begun: float,
    crews: Crews,
    *,
    recipe: bool,
    strict: bool = False,
    track: Track,
    tell: Tell,
    stages: Stages | None = None,
) -> Report:
    """From a plan to its clips: what should be known is said, then the runs are `recorded`, then every output is
    written, by whoever `crews` find. `begun` is when all of it began, for the report."""
    refuse_nothing(plan)
    for finding in plan.findings:
        tell(finding)
    crews.expect(plan)
    stages = stages or Stages()
    stages.add("train", time.perf_counter() - begun, "reading and checking")
    with stages.spent("train", "the runs"):
        recordings = recorded()
    trained, fits = time.perf_counter(), Fits(plan.scene, recordings)
    takes = plan.takes_of(recordings)
    shown = [take for take in takes if take.indices]
    with track(_named(plan.scene, shown), sum(len(take.indices) for take in shown), "frame") as advance:
        hands = crews.drawing(plan, recordings, shown)
        jobs = hands.crew.jobs if hands else None
        clips, failed = _written(Writer(fits, recipe, advance, strict, stages, hands), shown)
    failed += (unwritten := _tabled(plan.scene, recordings))
    seconds = {"train": trained - begun, "render": time.perf_counter() - trained}
    lacking = [take for take in takes if not take.indices]
    report = report_of(
        plan, recordings, clips, lacking=lacking, **seconds, stages=stages, jobs=jobs, notes=crews.in_words()
    )
    written = [clip.path for clip in clips] + ([plan.scene.table] if plan.scene.table and not unwritten else [])
    if failed:
        raise EncodeError("\n".join([*map(str, failed), *(f"{path} is written" for path in written)]))
    if plan.scene.table is not None:
        report["table"] = plan.scene.table
    return _whole(plan, recordings, report, written)


def _named(scene: Scene, takes: Sequence[Take]) -> str:
    """What is being written, for the bar of it all."""
    return takes[0].output.path if len(takes) == 1 else scene.source


def _written(writer: Writer, takes: Sequence[Take]) -> tuple[list[Clip], list[EncodeError]]:
    """All clips that can be written, and why others cannot: a training is not lost to all of them because of one."""
    clips, failed = [], []
    for take in takes:
        try:
            clips.append(write_clip(writer, take))
        except EncodeError as error:
            failed.append(error)
    return clips, failed


def _tabled(scene: Scene, recordings: Recordings) -> list[EncodeError]:
    """Write the table, if there is one; why it cannot be."""
    if scene.table is None:
        return []
    try:
        if scene.makes_folder_of(scene.table):
            make_folder_of(Path(scene.table))
        write_table(scene.table, recordings)
    except EncodeError as error:
        return [error]
    return []


def _whole(plan: Plan, recordings: Recordings, report: Report, written: Sequence[str]) -> Report:
    """The report, raised where a run that was trained for it ended before its time."""
    error = None if plan.sources.kept else diverged(recordings, report, written)
    if error is not None:
        raise error
    return report


def recordings_of(plan: Plan, track: Track, tell: Tell, *, cache: bool, crews: Crews | None = None) -> Recordings:
    """Those that are kept, or else the runs are trained, where the user's cache is not asked or has none."""
    there = Cache.of_user() if cache else None
    return plan.sources.kept or record(plan, cache=there, crews=crews, track=track, tell=tell)


def record_to(
    scene: Scene,
    path: str | Path,
    *,
    cache: bool = False,
    who: AbstractContextManager[Crews] | None = None,
    track: Track = silent,
    tell: Tell = unheard,
) -> Report:
    """Train the runs of a scene and keep their recording at `path`; draw nothing. With `cache`, runs that were trained
    before are taken from the user's cache, and others go there too. Several runs are trained side by side by those that
    `who` finds, see `render`.

    Raises:
        SceneError: the scene is wrong; nothing was done.
        DivergedError: the loss of a run stopped being finite. What was recorded until then is kept; the other runs
            are trained to their end.
    """
    if scene.recording is not None:
        told = "the scene films a recording, and trains nothing; weightreel render makes its film"
        raise SceneError(scene.source, [Finding("recording", told)])
    begun = time.perf_counter()
    plan = prepare(scene, sources_of(scene), written=False)
    for finding in plan.findings:
        tell(finding)
    there = Cache.of_user() if cache else None
    with keeping(located(path)) as kept, who or Crews(1) as crews, _said_of(kept, len(plan.scene.trainings), tell):
        recordings = record(plan, kept, cache=there, crews=crews, track=track, tell=tell)
    report = report_of(plan, recordings, train=time.perf_counter() - begun, notes=crews.in_words())
    return _whole(plan, recordings, report, [str(path)])


@contextmanager
def _said_of(kept: Kept, runs: int, tell: Tell) -> Iterator[None]:
    """Says what stays of a recording, where its training is broken off."""
    try:
        yield
    except BaseException:
        if kept.begun:
            whole = f": {kept.ended} of {runs} runs to their ends" if runs > 1 else ""
            tell(Finding(str(kept.path), f"has what was recorded until then{whole}", "note"))
        raise
