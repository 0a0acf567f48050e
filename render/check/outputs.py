"""Outputs that cannot be written, or that clash."""

from __future__ import annotations

from pathlib import Path

from weightreel.render.errors import Problem
from weightreel.render.scene.scene import Scene


def output_problems(scene: Scene) -> list[Problem]:
    """Outputs whose folder does not exist (those of scenes that ship are made in time) or that clash."""
    problems = []
    for i, output in enumerate(scene.output):
        folder = Path(output.path).parent
        if not folder.is_dir() and not (scene.ships and not folder.exists()):
            problems.append(Problem(f"output[{i}].path", f"there is no folder '{folder}'; make it: mkdir -p {folder}"))
        message = output.codec_problem()
        if message:
            problems.append(Problem(f"output[{i}].codec", message))
        if any(Path(other.path).absolute() == Path(output.path).absolute() for other in scene.output[:i]):
            problems.append(Problem(f"output[{i}].path", f"'{output.path}' is written twice; choose another name"))
    return problems
