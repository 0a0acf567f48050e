"""Films of trainings. `render(load("hidden_grid"))` makes one; scenes are built from the same types in Python:

    from render import Caption, Layout, NeuronGrid, Run, Scene, render

    scene = Scene(run=Run(layers=...), view=[NeuronGrid(rows=8, columns=8)], output=[{"path": "mine.mp4"}])
    report = render(scene)

The option classes of all plug-ins (Dense, SGD, Mnist, NeuronGrid, Gif …) can be imported from here. Nothing heavy
is imported until a name is used.
"""

from __future__ import annotations

import importlib
from typing import Any

_NAMES = {
    "Card": "render.cards",
    "Layout": "render.layout",
    "Run": "trainer.run",
    "Scene": "render.scene",
    "Theme": "render.theme",
    "Timeline": "render.timeline",
    "load": "render.scene_file",
    "parse": "render.scene_file",
    "record_to": "render.film",
    "render": "render.film",
    "still": "render.film",
}
_PLUGINS = ("render.views", "render.encoders", "trainer.layers", "trainer.optimizers", "trainer.datasets")
__all__ = sorted(_NAMES)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    for package in _PLUGINS if name[:1].isupper() else ():
        for options in importlib.import_module("trainer.plugins").options(package).values():
            if options.__name__ == name:
                return options
    raise AttributeError(f"module 'render' has no attribute '{name}'")
