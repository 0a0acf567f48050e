"""What a film is made of, as plain data that other processes open again: the scene, and where its recordings are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weightreel.render.errors import SceneError
from weightreel.render.frames.take import Take
from weightreel.render.making.plan import Plan
from weightreel.render.making.sources import Sources, sources_of
from weightreel.render.scene import file
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.store import Recordings, open_recordings

Parcel = dict[str, Any]


@dataclass(frozen=True)
class Places:
    """Where recordings are: the one that a scene films, or was given to be drawn from; or, by run, the folder of each
    that was trained for it."""

    kept: str | None = None
    trained: Mapping[str, str] | None = None


def parcel_of(plan: Plan, places: Places) -> Parcel | None:
    """The parcel of a plan; None where another process could not read its scene as it is: it has instances of classes
    that only the script knows."""
    scene = plan.scene
    parcel = {
        "scene": scene.model_dump(mode="json", exclude_none=True),
        "folder": str(Path(scene.folder).resolve()),
        "source": scene.source,
        "frames": [plan.frames.start, plan.frames.stop, plan.frames.step],
        "kept": places.kept,
        "trained": None if places.trained is None else dict(places.trained),
    }
    try:
        opened = scene_in(json.loads(json.dumps(parcel)))
    except (SceneError, TypeError, ValueError):
        return None
    return parcel if _same(opened, scene) else None


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
    sources = _sources(scene, parcel)
    recordings = sources.kept if sources.kept is not None else _trained(parcel["trained"])
    frames = slice(*parcel["frames"])
    about = {name: recording.about for name, recording in recordings.items()}
    first = int(recordings.steps[0])
    takes = tuple(
        Take.of(scene, output, about, frames, key=f"output[{number}]", first=first)
        for number, output in enumerate(scene.output)
    )
    return Plan(scene, sources, takes, frames), recordings


def _sources(scene: Scene, parcel: Parcel) -> Sources:
    if parcel["trained"] is None:
        return sources_of(scene, parcel["kept"])
    return Sources({name: recording.about for name, recording in _trained(parcel["trained"]).items()}, {})


def _trained(places: Mapping[str, str]) -> Recordings:
    """The recordings of runs, each from a folder that may hold others."""
    return Recordings({name: open_recordings(Path(folder))[name] for name, folder in places.items()})
