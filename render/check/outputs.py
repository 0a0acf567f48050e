"""Outputs that cannot be written here: no folder, no such codec on this machine, two of one name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from weightreel.render.check import overlaps
from weightreel.render.errors import Finding
from weightreel.render.scene.scene import Scene
from weightreel.trainer.parts import real
from weightreel.trainer.targets import target_findings


def findings(scene: Scene) -> Iterator[Finding]:
    """What is wrong with the outputs of a scene and with its table, and which folders will be made for them, each once.
    Those of most scenes are theirs to make: see `Scene.makes_folder_of`."""
    made: set[Path] = set()
    for i, output in enumerate(scene.output):
        found = [*output.target_findings(made=scene.makes_folder_of(output.path)), *output.findings()]
        yield from (finding.under(f"output[{i}]") for finding in found or made_for(output.path, made))
    if scene.table is not None:
        found = list(target_findings(scene.table, made=scene.makes_folder_of(scene.table)))
        yield from (finding._replace(key="table") for finding in found or made_for(scene.table, made))
    yield from overlaps.findings(scene)


def made_for(path: str, told: set[Path] | None = None) -> Iterator[Finding]:
    """A note where the folder of a path is not there; none where it was `told` before, which is remembered there."""
    folder, told = real(path).parent, set() if told is None else told
    if folder not in told and not folder.exists():
        told.add(folder)
        yield Finding("path", f"there is no folder '{Path(path).parent}'; it will be made", "note")
