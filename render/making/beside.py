"""Runs trained side by side: each by a task, into a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from weightreel.render.making.progress import Advance
from weightreel.render.making.tasks import Hands, Task
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import open_recordings
from weightreel.trainer.recording.wanted import Wanted


def side_by_side(
    hands: Hands, wanted: Mapping[str, Wanted], folder: Path, advance: Advance
) -> Iterator[tuple[str, Recording]]:
    """Train runs.

    Args:
        hands: whoever does it.
        wanted: what to record of each. Of one with a probe of a plug-in, which others cannot be told, there is none.
        folder: where the recordings are put.
        advance: is told of steps.

    Returns:
        Each run, as it is done, with its recording.
    """
    tasks = []
    for number, (name, asked) in enumerate(wanted.items()):
        plain = asked.plain()
        if plain is not None:
            path = str(folder / str(number))
            payload = {"film": hands.film, "run": name, "wanted": plain, "path": path}
            tasks.append(Task("train", f"train {name}", payload))
    for task, _ in hands.crew.run(tasks, advance):
        name = task.payload["run"]
        yield name, open_recordings(Path(task.payload["path"]))[name]
