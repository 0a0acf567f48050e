"""Turn the training of a neural network into a film. All that is meant to be used from Python is here:

    import weightreel

    film = weightreel.film("hidden_grid")    # or a Scene, or the path of a scene file
    film[400]                                # a frame, (height, width, 3) uint8
    film.save("grid.gif", fps=10)
    film.render()                            # every output of the scene
    weightreel.show(film)                    # a video, in a notebook

Scenes are built from the types of their parts (Scene, Run, Layout …) and the option classes of all plug-ins (Dense,
SGD, Mnist, NeuronGrid, Gif …), each a name of this module. Nothing heavy is imported until a name is used.
"""

import importlib
from typing import Any

_NAMES = {
    **dict.fromkeys(("CaptureError", "DataError", "DivergedError", "RecordingError"), "trainer.errors"),
    **dict.fromkeys(("EncodeError", "SceneError", "SetupError"), "render.errors"),
    **dict.fromkeys(("EarlyStopping", "Run"), "trainer.run"),
    **dict.fromkeys(("He", "Normal", "Xavier"), "trainer.mathematics.initializers"),
    "Border": "render.drawing.tiles",
    "Card": "render.views._card",
    "Dataset": "trainer.datasets",
    "EveryRun": "render.views",
    "Figure": "render.views.figures",
    "LayerOptions": "trainer.layers",
    "Layout": "render.drawing.layout",
    "Normalize": "render.drawing.colormaps",
    "OptimizerOptions": "trainer.optimizers",
    "Output": "render.encoders",
    "Recorded": "render.scene.recorded",
    "Recorder": "trainer.capture",
    "Scene": "render.scene.scene",
    "Source": "trainer.datasets",
    "Theme": "render.drawing.theme",
    "Timeline": "render.scene.timeline",
    "View": "render.views",
    "WeightreelError": "trainer.errors",
    "film": "render.showing.session",
    "load": "render.planning.suggested",
    "reproduce": "render.proving.reproduce",
    "show": "render.showing.show",
}
# Each records trainings of a framework, which is imported when it is used. A star brings none: it would hide the
# framework of the same name.
_ADAPTERS = ("huggingface", "keras", "lightning", "pytorch", "sklearn")


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return _names()
    if name in _ADAPTERS:
        return importlib.import_module(f"weightreel.{name}")
    if name in _NAMES or (name[:1].isupper() and name in _plugin_modules()):
        module = _NAMES.get(name) or _plugin_modules()[name]
        return getattr(importlib.import_module(f"weightreel.{module}"), name)
    raise AttributeError(f"module 'weightreel' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*_names(), *_ADAPTERS})


def _names() -> list[str]:
    """All but the adapters."""
    return sorted({*_NAMES, *_plugin_modules()})


def _plugin_modules() -> dict[str, str]:
    """Where the option class of each plug-in stands, by its name."""
    plugins, kinds = (importlib.import_module(f"weightreel.trainer.{name}") for name in ("plugins", "kinds"))
    found = (made for kind in kinds.KINDS.values() for made in plugins.options(kind.package).values())
    return {kind.__name__: kind.__module__.removeprefix("weightreel.") for kind in found}
