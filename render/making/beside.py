"""Runs trained side by side: each by a task, into a folder of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from weightreel.render.errors import Finding
from weightreel.render.work.cached import Shelf
from weightreel.render.work.progress import Advance, unheard
from weightreel.render.work.tasks import Hands, Plain, Task
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import open_recordings
from weightreel.trainer.recording.wanted import Wanted


def side_by_side(
    hands: Hands, wanted: Mapping[str, Wanted], folder: Path, shelf: Shelf | None, advance: Advance
) -> Iterator[tuple[str, Recording]]:
    """Train runs, into the cache where there is one that they find.

    Args:
        hands: whoever does it.
        wanted: what to record of each. Of one with a probe of a plug-in, which others cannot be told, there is none.
        folder: where the recordings are put that are not in the cache.
        shelf: the cache; None where there is none.
        advance: is told of steps.

    Returns:
        Each run, as it is done, with its recording.
    """
    tasks, cache = [], shelf.shared() if shelf else None
    for number, (name, asked) in enumerate(wanted.items()):
        plain = asked.plain()
        if plain is not None:
            path = str(folder / str(number))
            payload = {"film": hands.film, "run": name, "wanted": plain, "path": path, "cache": cache}
            tasks.append(Task("train", f"train {name}", payload))
    with closing(hands.crew.run(tasks, advance)) as done:
        yield from _taken(done, wanted, shelf)


def _taken(
    done: Iterable[tuple[Task, Plain]], wanted: Mapping[str, Wanted], shelf: Shelf | None
) -> Iterator[tuple[str, Recording]]:
    for task, made in done:
        name = task.payload["run"]
        if shelf is not None and made["kept"]:
            found = shelf.found(name, wanted[name])
            if found is not None:
                found.cached, found.in_cache = made["before"], not made["before"]
                yield name, found
        else:
            there = open_recordings(Path(task.payload["path"]))[name]
            yield name, there if shelf is None else shelf.taken_over(name, wanted[name], there, keep=not made["tried"])
        tell = shelf.tell if shelf is not None else unheard
        for note in made["notes"]:
            tell(Finding(name, note, "note"))
