"""Films of trainings. `render(load("hidden_grid"))` makes one; scenes are built from the same types in Python.

    from render import Scene, load, render
    report = render(load("scenes/hidden_grid.toml"))

Nothing heavy is imported until a name is used.
"""

from __future__ import annotations

import importlib
from typing import Any

_NAMES = {
    "Layout": "render.layout",
    "Run": "trainer.run",
    "Scene": "render.scene",
    "Timeline": "render.timeline",
    "load": "render.scene_file",
    "parse": "render.scene_file",
    "record_to": "render.film",
    "render": "render.film",
    "still": "render.film",
}
__all__ = sorted(_NAMES)  # noqa: PLE0605 - the names that __getattr__ finds


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'render' has no attribute '{name}'")
