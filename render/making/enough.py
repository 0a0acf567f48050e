"""Whether the data have as many images as the views show of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from weightreel.render.errors import Finding, gathered
from weightreel.render.scene.scene import Scene
from weightreel.trainer.datasets import Data
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.probes import Activations, Images, Labels, Probabilities, Probe, SplitName

WORDS = {"train": "training", "validation": "validation", "test": "test"}


def findings(scene: Scene, about: Mapping[str, About], data: Mapping[str, Data]) -> Iterator[Finding]:
    """Views that ask for images which their runs have not, as errors; what is wrong otherwise is told elsewhere."""
    for number, view in enumerate(scene.view):
        for run in view.runs(scene.trainings):
            if run in about and run in data and not gathered(view.findings(about[run])):
                lacking = (_lacking(probe, data[run]) for probe in view.probes(about[run]).values())
                yield from (finding.under(f"view[{number}]") for finding in dict.fromkeys(lacking) if finding)


def _lacking(probe: Probe, data: Data) -> Finding | None:
    match probe:
        case Images(split, 1, image) | Labels(split, 1, image) | Probabilities(split, 1, image) if image:
            return _no_image(image, split, data)
        case Images(split, count) | Labels(split, count) | Probabilities(split, count):
            there, name = _images(data, split)
            told = f"takes {count} images, but the {name} has {there}; take fewer, or another split"
            return Finding("", told) if count > there else None
        case Activations(image=image, split=split):
            return _no_image(image, split, data)
    return None


def _no_image(image: int, split: SplitName, data: Data) -> Finding | None:
    there, name = _images(data, split)
    told = f"there is no image {image}; the {name} has images 0 to {there - 1}"
    return Finding("image", told) if image >= there else None


def _images(data: Data, split: SplitName) -> tuple[int, str]:
    """How many there are in a split, and its name; of one that is empty, the training set is shown in its place."""
    if count := len(getattr(data, split)):
        return count, f"{WORDS[split]} set"
    return len(data.train), f"training set, in place of an empty {WORDS[split]} set,"
