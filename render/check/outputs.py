"""Outputs that cannot be written here: no folder, no such codec on this machine, two of one name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from weightreel.render.encoders._output import Output
from weightreel.render.errors import Finding
from weightreel.render.scene.scene import Scene


def findings(scene: Scene) -> Iterator[Finding]:
    """What is wrong with the outputs of a scene; the folders of scenes that ship are made in time."""
    for i, output in enumerate(scene.output):
        found = [*_folder(output, made=scene.ships), *output.findings()]
        if any(Path(other.path).absolute() == Path(output.path).absolute() for other in scene.output[:i]):
            found.append(Finding("path", f"'{output.path}' is written twice; choose another name"))
        yield from (finding.under(f"output[{i}]") for finding in found)


def _folder(output: Output, *, made: bool) -> Iterator[Finding]:
    folder = Path(output.path).parent
    if not folder.is_dir() and not (made and not folder.exists()):
        yield Finding("path", f"there is no folder '{folder}'; make it: mkdir -p {folder}")
