"""A strip of thumbnails: a recording over time in one picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from weightreel.render.check.outputs import made_for
from weightreel.render.drawing.canvas import Frame
from weightreel.render.encoders.png import write_still
from weightreel.render.errors import Finding, SceneError
from weightreel.render.formats.single import make_folder_of
from weightreel.render.planning.suggested import load
from weightreel.render.scene.scene import Scene
from weightreel.render.showing.session import Session
from weightreel.render.views import View
from weightreel.render.views.caption import Caption
from weightreel.render.work.progress import Tell, unheard
from weightreel.trainer.paths import located
from weightreel.trainer.targets import target_findings

COUNT = 6
SIDES = (300, 440, 600, 900, 1400)  # of a thumbnail, the smallest in which the view has room
WORDS = 40  # pixels under it
EMPTY = 16  # pixels at a stretch, at most, that are empty in all thumbnails


def write_strip(recording: str, path: str, tell: Tell = unheard) -> int:
    """Write thumbnails of what the scene of a recording shows first, each under its step, from the beginning to the
    end; how many there are. The folder of the path is made where it is not there, and that is told.

    Raises:
        SceneError: nothing can be written at the path, or the recording has nothing that a thumbnail could show.
        RecordingError: there is no recording, or one that cannot be read.
        EncodeError: the file cannot be written.
    """
    must_be_png(path)
    frames = _closed_up(np.stack(thumbnails(load(recording))))
    put(path, np.ascontiguousarray(np.concatenate(frames, axis=1)), tell)
    return len(frames)


def put(path: str, picture: Frame, tell: Tell) -> None:
    """Write a picture, and its folder where it is not there, which is told."""
    for finding in made_for(path):
        tell(finding._replace(key="-o"))
    make_folder_of(located(path))
    write_still(located(path), picture)


def must_be_png(path: str) -> None:
    """SceneError where no picture can be written at the path that -o names."""
    place = located(path)
    wrong = [finding._replace(key="-o") for finding in target_findings(path, made=True)]
    if place.suffix.lower() != ".png":
        wrong.append(Finding("-o", f"'{path}' is no .png file; a strip is one"))
    if wrong:
        raise SceneError(path, wrong)


def thumbnails(scene: Scene) -> list[Frame]:
    """The first view of a scene of a recording at some moments, in the order of the film.

    Raises:
        SceneError: it has no view but words, or none that can be so small.
    """
    shown = [view for view in scene.view if view.area is not None and not isinstance(view, Caption)]
    if not shown:
        raise SceneError(scene.source, [Finding("view", "there are neither weights nor metrics to show")])
    for side in SIDES:
        session = Session(_small(scene, shown[0], side))
        try:
            count = len(session)
        except SceneError:
            if side == SIDES[-1]:
                raise
            continue
        numbers = np.unique(np.linspace(0, count - 1, min(COUNT, count)).round().astype(int))
        return [session.frame(int(number)) for number in numbers]
    raise AssertionError("there is a largest side")


def _closed_up(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Thumbnails (count, height, width, 3) without most of the rows and columns that are empty in all of them: a view
    seldom has the shape of its square."""
    ground = frames[0, 0, 0]
    for axis, others in ((1, (0, 2, 3)), (2, (0, 1, 3))):
        empty = (frames == ground).all(axis=others)
        kept = [i for i in range(len(empty)) if i < EMPTY or not empty[i - EMPTY : i + 1].all()]
        frames = frames.take(kept, axis=axis)
    return frames


def _small(scene: Scene, view: View, side: int) -> Scene:
    """One view over the step that it shows, and no hold."""
    layout = {"size": [side, side + WORDS], "areas": ["shown", "step"], "margin": 8, "gutter": 8}
    bare = {"colorbar": False} if "colorbar" in type(view).model_fields else {}
    views = [
        view.model_copy(update={"area": "shown", **bare}),
        {"type": "caption", "area": "step", "text": "step {step}"},
    ]
    timeline = scene.timeline.model_copy(update={"hold": 0.0})
    keys = {"recording": scene.recording, "view": views, "layout": layout, "timeline": timeline}
    return Scene.model_validate(keys).located(folder=scene.folder, source=scene.source)
