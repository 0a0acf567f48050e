"""Whether the data have as many images as the views show of them, and any of the splits whose metrics are shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain

from weightreel.render.errors import Finding, gathered
from weightreel.render.scene.scene import Scene
from weightreel.trainer.datasets import Data
from weightreel.trainer.options import Options
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.probes import Activations, Images, Labels, Probabilities, Probe, SplitName

_METRIC = re.compile(r"(?:final_)?(?:validation|test)_(?:loss|accuracy)")
TEMPLATES = ("text", "heading")  # a name without braces is a word there
WORDS = {"train": "training", "validation": "validation", "test": "test"}


def findings(scene: Scene, about: Mapping[str, About], data: Mapping[str, Data]) -> Iterator[Finding]:
    """Views that ask for images which their runs have not, as errors, and metrics that nothing is measured for, as
    warnings; what is wrong otherwise is told elsewhere."""
    shown = {f"view[{i}]": (view, view.runs(scene.trainings)) for i, view in enumerate(scene.view)}
    cards = {key: (card, (card.run_of(scene.trainings),)) for key, card in scene.cards.items()}
    for place, (part, runs) in {**shown, **cards}.items():
        wrong = (_unmeasured(part, data[run]) for run in runs if run in about and run in data)
        yield from (finding.under(place) for finding in dict.fromkeys(chain.from_iterable(wrong)))
    for number, view in enumerate(scene.view):
        for run in view.runs(scene.trainings):
            if run in about and run in data and not gathered(view.findings(about[run])):
                probes = view.probes(about[run]).values()
                lacking = (tell(probe, data[run]) for tell in (_lacking, _replaced) for probe in probes)
                yield from (finding.under(f"view[{number}]") for finding in dict.fromkeys(lacking) if finding)


def _unmeasured(part: Options, data: Data) -> Iterator[Finding]:
    """Metrics, named whole or in a template, of a split that holds no images: there will be nothing to show."""
    empty = [split for split in ("validation", "test") if not len(getattr(data, split))]
    for key, words in _said(part.model_dump(mode="json")):
        for name in dict.fromkeys(_METRIC.findall(words)):
            split = name.removeprefix("final_").partition("_")[0]
            if split in empty and ((words == name and key not in TEMPLATES) or f"{{{name}" in words):
                told = f"'{name}' is not measured, for the data has no {WORDS[split]} set, and stays empty"
                yield Finding(key, f"{told}; name another metric, or set run.data.{split}", "warning")


def _said(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """All words within plain values, each with its key path."""
    if isinstance(value, str):
        yield key, value
    items = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for part, inner in items:
        path = f"{key}[{part}]" if isinstance(part, int) else f"{key}.{part}".removeprefix(".")
        yield from _said(inner, path)


def _lacking(probe: Probe, data: Data) -> Finding | None:
    match probe:
        case Images(split, 1, image) | Labels(split, 1, image) | Probabilities(split, 1, image) if image:
            return _no_image(image, split, data)
        case Images(split, count) | Labels(split, count) | Probabilities(split, count):
            there, name = _images(data, split)
            count = count if probe.enough is None else probe.enough
            told = f"takes {count} images, but the {name} has {there}; take fewer, or another split"
            return Finding("", told) if count > there else None
        case Activations(image=image, split=split):
            return _no_image(image, split, data)
    return None


def _replaced(probe: Probe, data: Data) -> Finding | None:
    """That another split is shown than was asked for."""
    split: SplitName | None = getattr(probe, "split", None)
    if split is None or len(getattr(data, split)):
        return None
    told = f"the data has no {WORDS[split]} set, so the training set is shown"
    return Finding("", f"{told}; set run.data.{split}, or take another split", "note")


def _no_image(image: int, split: SplitName, data: Data) -> Finding | None:
    there, name = _images(data, split)
    told = f"there is no image {image}; the {name} has images 0 to {there - 1}"
    return Finding("image", told) if image >= there else None


def _images(data: Data, split: SplitName) -> tuple[int, str]:
    """How many there are in a split, and its name; of one that is empty, the training set is shown in its place."""
    if count := len(getattr(data, split)):
        return count, f"{WORDS[split]} set"
    return len(data.train), f"training set, in place of an empty {WORDS[split]} set,"
