"""What the views must leave out or cut at a size of the frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from weightreel.render.errors import Finding, gathered
from weightreel.render.frames.places import about_of, places
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.about import About


def findings(scene: Scene, size: tuple[int, int], about: Mapping[str, About]) -> Iterator[Finding]:
    """What the views must leave out or cut at a size of the frame, as notes.

    Raises:
        SceneError: a view does not fit where it was put.
    """
    for number, (view, place) in enumerate(zip(scene.view, places(scene, size, about), strict=True)):
        for finding in gathered(view.fitting(about_of(view, about), place)):
            told = f"at {size[0]} × {size[1]}: {finding.message}"
            yield finding._replace(message=told).under(f"view[{number}]")
