"""What a kept recording was trained with, where the scene that is drawn from it says something else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from weightreel.render.errors import Finding
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.store import Recordings


def other_settings(scene: Scene, kept: Recordings) -> list[Finding]:
    """A note for each run that was trained with other settings than the scene says: seed, optimizer, epochs, data."""
    notes = []
    for name, run in scene.trainings.items():
        about, now = kept[name].about, run.model_dump(mode="json", exclude_none=True)
        found = list(_differing(about.run, now)) if about.run else []  # one made elsewhere does not know
        if about.seed not in (None, scene.seed):
            found.insert(0, ("seed", about.seed, scene.seed))
        if found:
            told = " and ".join(f"{key} = {_shown(before)}, not {_shown(after)}" for key, before, after in found)
            told = f"the recording was trained with {told}; train anew without --recording"
            notes.append(Finding(name, told, "note"))
    return notes


def _differing(was: object, now: object, at: str = "") -> Iterator[tuple[str, object, object]]:
    """(key path, before, after) of every value that differs; of a table of another type its type alone."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        other = was.get("type") != now.get("type")
        for key in ("type",) if other else dict.fromkeys((*was, *now)):
            yield from _differing(was.get(key), now.get(key), f"{at}.{key}" if at else key)
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for number, (before, after) in enumerate(zip(was, now, strict=True)):
            yield from _differing(before, after, f"{at}[{number}]")
    elif was != now:
        yield at, was, now


def _shown(value: object) -> str:
    """A value as a scene writes it."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_shown(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # amounts of images may be fractions, and so 300 is kept as 300.0
    return "none" if value is None else json.dumps(value, ensure_ascii=False)
