"""Several scenes in one go: what would be wrong with that is said before the first of them is made."""

from __future__ import annotations

from collections.abc import Sequence

from weightreel.render.errors import Finding, SceneError
from weightreel.render.scene.scene import Scene
from weightreel.trainer.parts import real


def refuse_overwriting(scenes: Sequence[Scene]) -> None:
    """No film takes the place of one that was made just before it.

    Raises:
        SceneError: two of the scenes write the same file.
    """
    written: dict[object, Scene] = {}
    for scene in scenes:
        keys = {f"output[{i}].path": output.path for i, output in enumerate(scene.output)}
        for key, path in (keys | ({"table": scene.table} if scene.table else {})).items():
            before = written.setdefault(real(path), scene)
            if before is not scene:
                told = f"{path} is what {before.source} writes too; name another file"
                raise SceneError(scene.source, [Finding(key, told)])
