"""One frame of a film as a picture."""

from __future__ import annotations

from pathlib import Path

from weightreel.render.check import outputs, recorded
from weightreel.render.encoders.png import Png, write_still
from weightreel.render.errors import Finding, SceneError
from weightreel.render.formats.single import make_folder_of
from weightreel.render.making.report import diverged
from weightreel.render.planning.recipe import NUMBERED, recipe_of
from weightreel.render.scene.digests import digest, table
from weightreel.render.scene.scene import Scene
from weightreel.render.showing.session import Session
from weightreel.render.work.progress import Tell, unheard
from weightreel.trainer.paths import located


def still(
    scene: Scene,
    path: str | Path,
    *,
    at: float = 1.0,
    index: int | None = None,
    size: object = None,
    recording: str | Path | None = None,
    recipe: bool = True,
    cache: bool = False,
    tell: Tell = unheard,
) -> int:
    """Write one frame of the film as a PNG file; return its index.

    Args:
        scene: the scene; its outputs do not matter.
        path: the file to write, in a folder that is made where it is not there.
        at: fraction of the film, 0…1.
        index: number of the frame, in place of `at`.
        size: that of an output, at which the film is laid out; default: the layout's.
        recording: a kept recording to draw from in place of training.
        recipe: whether the picture carries the recipe from which it can be made again.
        cache: whether runs that were trained before are taken from the user's cache, and others go there.
        tell: is told warnings and notes, before anything is trained.

    Raises:
        SceneError: the scene is wrong, nothing can be written at the path, or the film has no such frame.
        DivergedError: the loss of a run stopped being finite; the picture, of what was recorded until then, is
            written.
        EncodeError: the file cannot be written.
    """
    frames = _output({"path": NUMBERED, "size": size})
    made = _target(scene, path)
    film = Session(scene.model_copy(update={"output": (frames,)}), 0, recording, cache=cache, tell=tell)
    _number(film, at, index)
    for finding in (*made, *film.findings):
        tell(finding)
    recordings = film.recordings
    for name in (name for name, recording in recordings.items() if recording.cached):
        tell(Finding(name, "was trained before and is taken from the cache", "note"))
    for finding in () if film.kept else recorded.unseen(scene, recordings):
        tell(finding)
    number = _number(film, at, index)  # a training that ended before its time may have left fewer
    frame, words = film.frame(number), recipe_of(scene, film.take, recordings) if recipe else ""
    make_folder_of(Path(path))
    write_still(located(path), frame, words + table(words, [digest(frame)], number) if recipe else "")
    stopped = None if film.kept else diverged(recordings, None, [str(path)])
    if stopped is not None:
        raise stopped
    return number


def _output(keys: dict[str, object]) -> Png:
    """An output of the frame; SceneError where it cannot have such a size."""
    try:
        return Png.model_validate(keys)
    except SceneError as error:
        raise SceneError("still", [finding._replace(key=f"--{finding.key}") for finding in error.findings]) from None


def _target(scene: Scene, path: str | Path) -> list[Finding]:
    """What is to be known of the path; SceneError where nothing can be written at it."""
    alone = scene.model_copy(update={"output": (Png(path=str(path), at="end"),), "table": None})
    alone = alone.located(folder=scene.folder, source=scene.source, makes=frozenset([str(path)]))
    found = [finding._replace(key="-o") for finding in outputs.findings(alone)]
    wrong = [finding for finding in found if finding.level == "error"]
    if wrong:
        raise SceneError(scene.source, wrong)
    return found


def _number(film: Session, at: float, index: int | None) -> int:
    """Which frame is meant; SceneError where the film has none of that number."""
    if index is None and not 0 <= at <= 1:
        told = f"should be a fraction of the film, from 0 to 1, not {at}"
        raise SceneError(film.scene.source, [Finding("--at", told)])
    number = round(at * (len(film) - 1)) if index is None else index
    if not 0 <= number < len(film):
        told = f"no frame {number}; the film has 0 to {len(film) - 1}"
        raise SceneError(film.scene.source, [Finding("--frame", told)])
    return number
