"""Several scenes in one go: what would be wrong with that is said before the first of them is made."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from weightreel.render.check import overlaps
from weightreel.render.errors import SceneError
from weightreel.render.scene.scene import Scene


def refuse_overwriting(scenes: Sequence[Scene]) -> None:
    """No film takes the place of one that was made just before it.

    Raises:
        SceneError: two of the scenes write the same file.
    """
    for before, scene in combinations(scenes, 2):
        found = list(overlaps.between(scene, before))
        if found:
            raise SceneError(scene.source, found)
