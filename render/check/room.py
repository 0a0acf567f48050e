"""What the views must leave out or cut at a size of the frame."""

from __future__ import annotations

from collections.abc import Mapping

from weightreel.render.errors import Problem
from weightreel.render.frames.places import about_of, places
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.about import About


def notes(scene: Scene, size: tuple[int, int], about: Mapping[str, About]) -> list[Problem]:
    """What the views must leave out or cut at a size of the frame."""
    return [
        Problem(f"view[{number}].{key}", f"at {size[0]} × {size[1]}: {message}")
        for number, (view, place) in enumerate(zip(scene.view, places(scene, size, about), strict=True))
        for key, message in view.notes(about_of(view, about), place)
    ]
