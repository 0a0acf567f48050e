"""What the views must leave out or cut at a size of the frame, and those that do not fit at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from weightreel.render.errors import Finding, SceneError, gathered
from weightreel.render.frames.places import about_of, places
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.about import About


def findings(scene: Scene, size: tuple[int, int], about: Mapping[str, About]) -> Iterator[Finding]:
    """Notes on what is cut; where a view does not fit where it was put, that alone, as an error."""
    try:
        stands = places(scene, size, about)
    except SceneError as error:
        yield from error.findings
        return
    for number, (view, place) in enumerate(zip(scene.view, stands, strict=True)):
        for finding in () if place is None else gathered(view.findings_at(about_of(view, about), place)):
            yield _at(size, finding).under(f"view[{number}]")


def _at(size: tuple[int, int], finding: Finding) -> Finding:
    return finding._replace(message=f"at {size[0]} × {size[1]}: {finding.message}")
