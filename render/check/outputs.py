"""Outputs that cannot be written here: no folder, no such codec on this machine, two of one name."""

from __future__ import annotations

from collections.abc import Iterator

from weightreel.render.check import overlaps
from weightreel.render.errors import Finding
from weightreel.render.scene.scene import Scene
from weightreel.trainer.targets import target_findings


def findings(scene: Scene) -> Iterator[Finding]:
    """What is wrong with the outputs of a scene and with its table; the folders of scenes that ship are made in time,
    those of others are theirs to make: a name that was mistyped makes none."""
    for i, output in enumerate(scene.output):
        found = [*output.target_findings(made=scene.makes_folder_of(output.path)), *output.findings()]
        yield from (finding.under(f"output[{i}]") for finding in found)
    if scene.table is not None:
        found = list(target_findings(scene.table, made=scene.makes_folder_of(scene.table)))
        yield from (finding._replace(key="table") for finding in found)
    yield from overlaps.findings(scene)
