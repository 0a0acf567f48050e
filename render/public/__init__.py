"""Turn the training of a neural network into a film. All that is meant to be used from Python is here:

    from weightreel import Caption, Layout, NeuronGrid, Run, Scene

The option classes of all plug-ins (Dense, SGD, Mnist, NeuronGrid, Gif …) are names of this module too, and what one's
own are subclasses of (View, Output, Dataset, LayerOptions, OptimizerOptions). Nothing heavy is imported until a name is
used.
"""

from __future__ import annotations

import importlib
from typing import Any

_NAMES = {
    "Card": "weightreel.render.views._card",
    "Dataset": "weightreel.trainer.datasets",
    "LayerOptions": "weightreel.trainer.layers",
    "Layout": "weightreel.render.drawing.layout",
    "OptimizerOptions": "weightreel.trainer.optimizers",
    "Output": "weightreel.render.encoders",
    "Run": "weightreel.trainer.run",
    "Scene": "weightreel.render.scene.scene",
    "Source": "weightreel.trainer.datasets",
    "Theme": "weightreel.render.drawing.theme",
    "Timeline": "weightreel.render.scene.timeline",
    "View": "weightreel.render.views",
    "load": "weightreel.render.scene.file",
    "film": "weightreel.render.making.session",
}
_PLUGINS = ("render.views", "render.encoders", "trainer.layers", "trainer.optimizers", "trainer.datasets")
__all__ = sorted(_NAMES)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    for package in _PLUGINS if name[:1].isupper() else ():
        for options in importlib.import_module("weightreel.trainer.plugins").options(f"weightreel.{package}").values():
            if options.__name__ == name:
                return options
    raise AttributeError(f"module 'weightreel' has no attribute '{name}'")
