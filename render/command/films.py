"""The verbs that make films: render, train, still."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from weightreel.render.command.console import (
    Heard,
    counted,
    given,
    output_options,
    progress,
    say,
    scene_options,
    scenes_options,
    size_option,
)
from weightreel.trainer.memory import shown_bytes

if TYPE_CHECKING:
    from weightreel.render.encoders._encoder import ClipReport
    from weightreel.render.making.report import Report, RunReport
    from weightreel.render.scene.scene import Scene
    from weightreel.render.work.stages import Stages


jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Processes that train, draw and write; default: as many as there are cores, where there is enough to do.",
)
dask_option = click.option(
    "--dask",
    metavar="ADDRESS",
    help="In their place the workers of a Dask cluster: where its scheduler is, or its scheduler file.",
)
storage_option = click.option(
    "--storage", metavar="PLACE", help="What they share: a folder, or s3://…; default: all goes through the cluster."
)
cache_option = click.option("--no-cache", is_flag=True, help="Train anew, and keep nothing for the next time.")


def _refuse_both(jobs: int | None, dask: str | None, storage: str | None) -> None:
    if jobs is not None and dask is not None:
        raise click.UsageError("--jobs is for processes of this machine; a cluster has its own, give --dask alone")
    if storage is not None and dask is None:
        raise click.UsageError("--storage is what the workers of a cluster share; give --dask too")


def _slice(words: str) -> slice:
    first, colon, last = words.partition(":")
    try:
        if not colon:
            raise ValueError
        return slice(*(int(part) if part.strip() else None for part in (first, last)))
    except ValueError:
        raise click.BadParameter(f"'{words}' is not a range of frames; write it as A:B, such as 0:100") from None


def _share(words: str) -> float:
    """A share of the film, as a fraction or in per cent."""
    number, sign, rest = words.strip().partition("%")
    try:
        share = float(number) / (100 if sign else 1)
    except ValueError:
        share = -1.0
    if rest or not 0 <= share <= 1:
        raise click.BadParameter(f"'{words}' is no place in the film; write it as 0.5 or 50%, from 0 to 1")
    return share


@click.command()
@scenes_options
@output_options
@click.option("--frames", type=_slice, metavar="A:B", default=":", help="Only frames A to B - 1.")
@click.option("--draft", is_flag=True, help="Half the size of each that fits it, at most 15 frames a second.")
@click.option("--recording", type=click.Path(), help="Draw from a kept recording; train nothing.")
@cache_option
@jobs_option
@dask_option
@storage_option
@click.option("--no-recipe", is_flag=True, help="Leave the scene out of the clips' metadata.")
@click.option("--strict", is_flag=True, help="Warnings are errors; no clip that flashes too often.")
@click.option("--profile", "profiled", is_flag=True, help="Say at the end where the time went.")
@click.option("--json", "as_json", is_flag=True, help="Print a report as one line of JSON at the end.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def render(
    scenes: tuple[str, ...],
    settings: tuple[str, ...],
    seed: int | None,
    outputs: tuple[str, ...],
    size: str | None,
    fps: float | str | None,
    max_bytes: int | None,
    frames: slice,
    draft: bool,
    recording: str | None,
    no_cache: bool,
    jobs: int | None,
    dask: str | None,
    storage: str | None,
    no_recipe: bool,
    strict: bool,
    profiled: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Train what each SCENE says and write its film, one after the other."""
    from weightreel.render.crews.hiring import hired
    from weightreel.render.making.draft import draft as draft_of
    from weightreel.render.making.film import render as make
    from weightreel.render.planning.several import refuse_overwriting
    from weightreel.render.planning.suggested import load
    from weightreel.render.work.stages import Stages

    _refuse_both(jobs, dask, storage)
    if len(scenes) > 1 and outputs:
        raise click.UsageError("-o names the files of one scene; render the scenes one by one, or give them outputs")
    keys, heard = given(size, fps, max_bytes), Heard(quiet)
    loaded = [
        load(scene, outputs=outputs, keys=keys, settings=settings, seed=seed, recording=recording) for scene in scenes
    ]
    refuse_overwriting(loaded)

    def made(scene: Scene) -> None:
        asked = draft_of(scene, recording=recording, tell=heard) if draft else scene
        stages = Stages()
        with _said(quiet, as_json, heard, stages=stages if profiled else None, cluster=bool(dask)) as said:
            said(
                make(
                    asked,
                    recording=recording,
                    frames=frames,
                    recipe=not no_recipe,
                    strict=strict,
                    cache=not no_cache,
                    who=hired(jobs, dask, storage, heard),
                    track=progress(quiet),
                    tell=heard,
                    stages=stages,
                )
            )

    return _each(loaded, made)


def _each(scenes: Sequence[Scene], make: Callable[[Scene], None]) -> int:
    """Make every film that can be made; the worst of their exit statuses. A single one fails as any verb does."""
    from weightreel.render.command.failed import explained, interrupted
    from weightreel.render.command.unforeseen import Work

    work, worst = click.get_current_context().ensure_object(Work), 0
    for scene in scenes:
        try:
            make(scene)
        except Exception as error:
            if len(scenes) == 1 or interrupted(error):
                raise
            worst = max(worst, explained(error, work))
    return worst


@click.command()
@scene_options
@click.option("--recording", type=click.Path(), required=True, metavar="PATH", help="Where to keep it.")
@cache_option
@jobs_option
@dask_option
@storage_option
@click.option("--json", "as_json", is_flag=True, help="Print a report as one line of JSON at the end.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def train(
    scene: str,
    settings: tuple[str, ...],
    seed: int | None,
    recording: str,
    no_cache: bool,
    jobs: int | None,
    dask: str | None,
    storage: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train what SCENE says and keep the recording; draw nothing."""
    from weightreel.render.crews.hiring import hired
    from weightreel.render.making.film import record_to
    from weightreel.render.planning.suggested import load

    _refuse_both(jobs, dask, storage)
    made, heard = load(scene, settings=settings, seed=seed), Heard(quiet)
    with _said(quiet, as_json, heard, recorded=recording) as said:
        said(
            record_to(
                made,
                recording,
                cache=not no_cache,
                who=hired(jobs, dask, storage, heard),
                track=progress(quiet),
                tell=heard,
            )
        )


@click.command()
@scene_options
@click.option("--at", type=_share, metavar="SHARE", help="Where in the film, such as 0.5 or 50%; default 1, its end.")
@click.option("--frame", type=click.IntRange(0), help="Number of the frame, from 0.")
@click.option("-o", "output", required=True, metavar="PATH.png", type=click.Path(), help="The picture to write.")
@size_option("Its size, such as 1080x1920; default: the layout's.")
@click.option("--recording", type=click.Path(), help="Draw from a kept recording; train nothing.")
@cache_option
@click.option("--no-recipe", is_flag=True, help="Leave the scene out of the picture's metadata.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def still(
    scene: str,
    settings: tuple[str, ...],
    seed: int | None,
    at: float | None,
    frame: int | None,
    output: str,
    size: str | None,
    recording: str | None,
    no_cache: bool,
    no_recipe: bool,
    quiet: bool,
) -> None:
    """Write one frame of SCENE as a PNG file."""
    if at is not None and frame is not None:
        raise click.UsageError("--at and --frame both choose the frame; give one of them")
    if Path(output).suffix.lower() != ".png":
        raise click.UsageError(f"-o {output}: a still is a .png file")
    from weightreel.render.planning.suggested import load
    from weightreel.render.showing.still import still as write

    made = load(scene, settings=settings, seed=seed, recording=recording)
    moment, recipe, cache = 1.0 if at is None else at, not no_recipe, not no_cache
    heard = Heard(quiet)
    number = write(
        *(made, output), at=moment, index=frame, size=size, recording=recording, recipe=recipe, cache=cache, tell=heard
    )
    if not quiet:
        say(f"{output}  frame {number}")


@contextmanager
def _said(
    quiet: bool,
    as_json: bool,
    heard: Heard,
    recorded: str = "",
    stages: Stages | None = None,
    cluster: bool = False,
) -> Iterator[Callable[[Report], None]]:
    """Hands out what says a report, to programs, and to people what they have not `heard`, and of `stages` where the
    time went. That of a training which ended before its time is said too, before its error goes on."""
    from weightreel.render.errors import DivergedError

    def said(report: Report, but: Sequence[str] = ()) -> None:
        if not quiet:
            _summary(report, [*heard.notes, *but])
        if not quiet and recorded:
            say(f"recorded  {recorded}")
        if not quiet and stages:
            _profiled(report, stages, cluster)
        if as_json:
            click.echo(json.dumps(report))

    try:
        yield said
    except DivergedError as error:
        if error.report is not None:
            said(cast("Report", error.report), str(error).splitlines())
        raise


def _summary(report: Report, but: Sequence[str] = ()) -> None:
    """What was made; not the notes that were said already, or that an error is going to say."""
    from weightreel.render.making.report import trained

    for name, ran in report["runs"].items():
        shown = "  ".join(f"{k.replace('_', ' ')} {_measured(v)}" for k, v in ran["metrics"].items())
        say(f"{name}: {counted(ran['steps'], 'step')}{_where_from(ran)}  {shown}")
    for clip in report["outputs"]:
        say(
            f"{clip['path']}  {clip['width']}x{clip['height']}  {counted(clip['frames'], 'frame')}  "
            f"{clip['fps']:g} fps  {clip['codec']}  {shown_bytes(clip['bytes'])}"
        )
        for note in (*_flashing(clip), *clip.get("notes", ())):
            say(f"  {note}")
        if clip["codec"] == "mp4v":
            say("  mp4v does not play in browsers, notebooks or slides; H.264 does: leave codec out")
    if "table" in report:
        say(f"{report['table']}  {counted(len(report['runs']), 'run')}")
    for note in report.get("notes", ()):
        if note not in but:
            say(note)
    seconds = report["seconds"]
    first = "training" if trained(report) else "reading"
    say(f"{seconds['total']:.1f} s: {first} {seconds['train']:.1f}, rendering {seconds['render']:.1f}")


def _where_from(ran: RunReport) -> str:
    """Whether a run was trained, and how long that took."""
    took = f" in {ran['seconds']:.1f} s"
    if ran.get("recorded"):
        return f"{took}, recorded before"
    return f"{took}, trained before and taken from the cache" if ran.get("cached") else took


def _profiled(report: Report, stages: Stages, cluster: bool) -> None:
    from weightreel.render.crews.crew import cores
    from weightreel.render.making.profile import profile

    for words in profile(report, stages, 0 if cluster else cores()):
        say(words)


def _measured(value: float) -> str:
    """A metric; a loss that grew beyond all bounds in few letters."""
    return f"{value:.4f}" if abs(value) < 1e6 else f"{value:.4g}"


def _flashing(clip: ClipReport) -> Iterator[str]:
    """How often a clip flashes, where it is within the limit; beyond it, a note says so."""
    from weightreel.render.frames.flashes import LIMIT

    flashes = clip.get("flashes", {"general": 0, "red": 0})
    most = max(flashes["general"], flashes["red"])
    if clip["frames"] > 1 and most <= LIMIT:
        yield f"at most {most} {'flash' if most == 1 else 'flashes'} a second (limit {LIMIT})"
