"""Where the time of a film went, in words: a line for each stage, what took most, and what would help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from weightreel.render.making.report import Report, trained
from weightreel.render.work.stages import STAGES, Stage, Stages

MOST_PARTS, LEAST = 4, 0.02  # of a stage that are named, and the share of it below which they are not
DOING: Mapping[Stage, str] = {
    "train": "training",
    "fit": "laying out",
    "draw": "drawing",
    "encode": "encoding",
    "join": "joining",
    "verify": "reading back",
}


def profile(report: Report, stages: Stages, processors: int) -> Iterator[str]:
    """Lines for people.

    Args:
        report: of the film, which says how long it took.
        stages: the clock that was given to what made it.
        processors: how many more jobs could use; 0 where the machines of a cluster work.
    """
    jobs = report.get("jobs")
    frames = sum(clip["frames"] for clip in report["outputs"])
    yield f"where the time went, {_together(jobs)}:"
    for stage in STAGES:
        if stages.seconds(stage) > 0:
            yield f"  {stage:<7}{stages.seconds(stage):>8.2f} s  {_of(stage, stages, frames)}".rstrip()
    yield _most(report, stages, jobs or 1, processors)


def _together(jobs: int | None) -> str:
    if jobs is not None:
        processes = "one process" if jobs == 1 else f"{jobs} processes side by side"
        return f"the seconds of {processes} added up"
    return "the seconds of threads side by side added up"


def _of(stage: Stage, stages: Stages, frames: int) -> str:
    """How long a stage takes for a frame, and what of it took most."""
    each = 1000 / frames if frames and stage in ("draw", "encode") else 0.0
    whole, named = stages.seconds(stage), []
    for part, seconds in stages.parts(stage)[:MOST_PARTS]:
        if part and seconds >= LEAST * whole:
            named.append(f"{part} {seconds * each:.2f}" if each else f"{part} {seconds:.2f}")
    said = [f"{whole * each:.2f} ms a frame"] * bool(each) + [", ".join(named)] * bool(named)
    return ": ".join(said)


def _most(report: Report, stages: Stages, jobs: int, processors: int) -> str:
    """What took most, and what would help against it."""
    seconds = report["seconds"]
    if seconds["train"] > seconds["render"]:
        taken = _share(seconds["train"], seconds["total"])
        if not trained(report):
            return f"reading and checking took most, {taken}; nothing was trained"
        return f"training took most, {taken}; {_against_training(report)}"
    stage = max(STAGES[1:], key=stages.seconds)
    part = next((part for part, _ in stages.parts(stage)), "")
    said = f"rendering took most, {_share(seconds['render'], seconds['total'])}, and of that {DOING[stage]}"
    said += f", above all {part}" if part and len(stages.parts(stage)) > 1 else ""
    if jobs < processors and stage in ("draw", "encode"):
        return f"{said}; --jobs {processors} would use all {processors} processors"
    return f"{said}; {_against(stage)}"


def _share(seconds: float, total: float) -> str:
    return f"{seconds:.1f} of {total:.1f} s"


def _against_training(report: Report) -> str:
    if all(run.get("cached") or run.get("kept") for run in report["runs"].values()):
        return "the cache has it now, so the next film of it trains nothing"
    return "once it is kept, in the cache or with train --recording PATH, the next film of it trains nothing"


def _against(stage: Stage) -> str:
    if stage in ("draw", "encode", "verify"):
        return "fewer or smaller frames take less: --draft for a look, --fps, --size"
    return "a longer film takes no more of that" if stage == "fit" else "fewer outputs take less"
