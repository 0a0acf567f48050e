"""What a film is made of, as plain data that other processes open again: the scene, and where its recordings are.

scene        the document; folder, source: where it came from
frames       which were asked for, as a slice
recordings   by run, the folder of the recording; None where the runs are still to be trained
runs         by run, what there is to know of it beside that
kept         whether they were there, and not trained for this film
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from weightreel.render.errors import SceneError
from weightreel.render.frames.take import Take
from weightreel.render.planning.plan import Plan
from weightreel.render.planning.sources import Sources
from weightreel.render.scene import file
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.standing import root_of, standing, stood
from weightreel.trainer.recording.store import Recordings

Parcel = Mapping[str, Any]


def parcel_of(plan: Plan, recordings: Recordings | None = None) -> Parcel | None:
    """The parcel of a plan; None where another process could not open its scene: it has instances of classes that only
    the script knows.

    Args:
        plan: from `prepare`.
        recordings: what the film is drawn from, all on disk; None where the runs are still to be trained.
    """
    scene = plan.scene
    parcel = {
        "scene": scene.model_dump(mode="json", exclude_none=True),
        "folder": str(Path(scene.folder).resolve()),
        "source": scene.source,
        "frames": [plan.frames.start, plan.frames.stop, plan.frames.step],
        "recordings": None,
        "runs": {},
        "kept": plan.sources.kept is not None,
    }
    try:
        opened = scene_in(json.loads(json.dumps(parcel)))
    except (SceneError, TypeError, ValueError):
        return None
    if not _same(opened, scene):
        return None
    if recordings is not None:
        parcel["recordings"] = {name: str(root_of(recording)) for name, recording in recordings.items()}
        parcel["runs"] = {name: standing(recording) for name, recording in recordings.items()}
    return parcel


def _same(one: Scene, other: Scene) -> bool:
    """Whether two scenes say the same, wherever they came from."""
    return one.located(folder="", source="") == other.located(folder="", source="")


def scene_in(parcel: Parcel) -> Scene:
    """The scene of a parcel."""
    return file.parse(parcel["scene"], source=parcel["source"], folder=parcel["folder"])


def opened(parcel: Parcel) -> tuple[Plan, Recordings]:
    """The plan of a parcel, and what its film is drawn from.

    Raises:
        RecordingError: a recording cannot be read.
    """
    scene = scene_in(parcel)
    recordings = Recordings(
        {name: stood(Path(root), parcel["runs"][name]) for name, root in parcel["recordings"].items()}
    )
    about = {name: recording.about for name, recording in recordings.items()}
    sources = Sources(about, {}, recordings if parcel["kept"] else None)
    frames = slice(*parcel["frames"])
    takes = tuple(
        Take.of(scene, output, about, frames, key=f"output[{number}]", first=sources.first)
        for number, output in enumerate(scene.output)
    )
    return Plan(scene, sources, takes, frames), recordings
