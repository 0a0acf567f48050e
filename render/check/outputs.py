"""Outputs that cannot be written here: no folder, no such codec on this machine, two of one name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from weightreel.render.encoders._output import Output
from weightreel.render.errors import Finding
from weightreel.render.scene.scene import Scene
from weightreel.trainer.paths import too_long


def findings(scene: Scene) -> Iterator[Finding]:
    """What is wrong with the outputs of a scene; the folders of scenes that ship are made in time."""
    for i, output in enumerate(scene.output):
        told = too_long(Path(os.path.expanduser(output.path)))
        found = [Finding("path", told)] if told else [*_folder(output, made=scene.ships), *output.findings()]
        if any(_same(other, output) for other in scene.output[:i]):
            found.append(Finding("path", f"'{output.path}' is written twice; choose another name"))
        yield from (finding.under(f"output[{i}]") for finding in found)
    told = too_long(Path(os.path.expanduser(scene.table or "")))
    if told:
        yield Finding("table", told)


def _same(one: Output, other: Output) -> bool:
    """Whether two outputs are written to one path."""
    paths = [os.path.abspath(os.path.expanduser(output.path)) for output in (one, other)]
    return paths[0] == paths[1]


def _folder(output: Output, *, made: bool) -> Iterator[Finding]:
    folder, shown = output.place.parent, Path(output.path).parent
    if not folder.is_dir() and not (made and not folder.exists()):
        yield Finding("path", f"there is no folder '{shown}'; make it: mkdir -p {shown}")
