"""A scene for a quick look."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from weightreel.render.drawing.canvas import even
from weightreel.render.encoders import Output
from weightreel.render.errors import Finding, SceneError
from weightreel.render.planning.plan import prepare
from weightreel.render.planning.sources import Sources, sources_of
from weightreel.render.scene.scene import Scene
from weightreel.render.work.progress import Tell, unheard

DRAFT_FPS = 15


def draft(scene: Scene, *, recording: str | Path | None = None, tell: Tell = unheard) -> Scene:
    """The scene for a quick look: every output at most at 15 frames a second, and at half its size where the film still
    fits that; of each that keeps its size a note is told.

    Args:
        scene: from `load` or built from its types.
        recording: a kept recording that it will be drawn from.
        tell: is told the notes.

    Raises:
        SceneError: the scene is wrong at any size.
        RecordingError: there is no such recording.
    """
    sources = sources_of(scene, recording)
    slow = [out.model_copy(update={"fps": float(min(DRAFT_FPS, out.rate(scene.timeline.fps)))}) for out in scene.output]
    half = [output.model_copy(update={"size": _half(output.size_in(scene.layout.size))}) for output in slow]
    if _wrong(scene, sources, half) is None:
        return _showing(scene, half)
    # Each beside the others as they were: what is wrong with one is no matter of theirs.
    wrong = [_wrong(scene, sources, [*slow[:i], small, *slow[i + 1 :]]) for i, small in enumerate(half)]
    made = _showing(scene, [half[i] if why is None else slow[i] for i, why in enumerate(wrong)])
    prepare(made, sources, written=False)
    for output, why in zip(slow, wrong, strict=True):
        if why is not None:
            width, height = output.size_in(scene.layout.size)
            told = f"{output.path} keeps its size, {width} × {height}: at half of it, {why.key}: {why.message}"
            tell(Finding("--draft", told, "note"))
    return made


def _half(size: tuple[int, int]) -> tuple[int, int]:
    return max(2, even(size[0] / 2)), max(2, even(size[1] / 2))


def _showing(scene: Scene, outputs: Sequence[Output]) -> Scene:
    return scene.model_copy(update={"output": tuple(outputs)})


def _wrong(scene: Scene, sources: Sources, outputs: Sequence[Output]) -> Finding | None:
    """The first thing that is wrong with a scene that has these outputs; None where nothing is."""
    try:
        prepare(_showing(scene, outputs), sources, written=False)
    except SceneError as error:
        return error.findings[0]
    return None
