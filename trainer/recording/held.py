"""What the arrays of probes hold, in words and in shapes: for those who record them outside of a training of ours."""

from __future__ import annotations

from typing import NamedTuple

from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.probes import (
    Activations,
    ConfusionMatrix,
    Firing,
    Images,
    Labels,
    Probabilities,
    Probe,
)
from weightreel.trainer.recording.recording import Recording

MOST_LISTED = 12


class Held(NamedTuple):
    """What an array is, and its shape as far as it is known: None for a length that is not."""

    words: str
    shape: tuple[int | None, ...]

    def takes(self, shape: tuple[int, ...]) -> bool:
        """Whether an array of this shape is one of these."""
        return len(shape) == len(self.shape) and all(
            known in (None, there) for known, there in zip(self.shape, shape, strict=True)
        )

    @property
    def shape_words(self) -> str:
        """The shape as Python writes it, unknown lengths as n."""
        return f"({', '.join('n' if side is None else str(side) for side in self.shape)}{',' * (len(self.shape) == 1)})"


def held(probe: Probe, about: About) -> Held | None:
    """What a probe holds; None for one of a plug-in, whose own affair it is."""
    classes = len(about.classes) or None
    inputs: tuple[int | None, ...] = about.input_shape or (None, None)
    match probe:
        case Images(split, count, first):
            return Held(f"{_which(count, first)} of the {split} set", (_length(probe, about), *inputs))
        case Labels(split, count, first):
            told = f"the classes of {_which(count, first)} of the {split} set, whole numbers from 0"
            return Held(told, (_length(probe, about),))
        case Probabilities(split, count, first):
            told = f"what the network says of {_which(count, first)} of the {split} set"
            return Held(told, (_length(probe, about), classes))
        case Activations(layer, image, split):
            outputs = about.layers[layer].output_shape or (None, None, None)
            return Held(f"the outputs of layer {layer} for image {image} of the {split} set", tuple(outputs))
        case Firing(layer, count, split):
            units = (about.layers[layer].output_shape or (None,))[-1]
            what = f"the share, 0 to 1, of the first {count} images of the {split} set"
            return Held(f"{what} for which each unit of layer {layer} is above 0", (units,))
        case ConfusionMatrix(split):
            return Held(f"how often each class (rows) of the {split} set is taken for each", (classes, classes))
    return None


def _length(probe: Images | Labels | Probabilities, about: About) -> int | None:
    """How many images; None where a training of ours recorded all of a split that may have fewer."""
    return None if about.run and probe.enough is not None else probe.count


def _which(count: int, first: int) -> str:
    """Images in words."""
    if first:
        return f"image {first}" if count == 1 else f"images {first} to {first + count - 1}"
    return f"the first {count} images" if count > 1 else "the first image"


def lacking(probe: Probe, recording: Recording) -> str | None:
    """Why a recording cannot give a probe, what it has, and how to record it; None where it can."""
    key, about = probe.key, recording.about
    if key not in recording.probe_names:
        names = recording.probe_names
        there = f"there are {', '.join(names[:MOST_LISTED])}" if names else "there is none"
        there += f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
        return f"shows the probe '{key}', which was not recorded; {there}; {_way_out(probe, about)}"
    shape, wanted = recording.shape(f"probes/{key}"), held(probe, about)
    if wanted is not None and not wanted.takes(shape):
        return f"the probe '{key}' has the shape {shape}, not {wanted.shape_words}, {wanted.words}; record it so"
    if isinstance(probe, Labels) and not _are_classes(recording, f"probes/{key}"):
        return f"the probe '{key}' holds other than whole numbers from 0 to {len(about.classes) - 1}, the classes"
    return None


def _are_classes(recording: Recording, key: str) -> bool:
    """Whether all numbers of an array are those of classes."""
    span = recording.span(key)
    within = bool((span[:, 0] >= 0).all() and (span[:, 1] < len(recording.about.classes)).all())
    return within and recording.dtype(key).kind in "iu"


def _way_out(probe: Probe, about: About) -> str:
    if about.run:
        return "record anew from a scene with this view: weightreel train SCENE --recording PATH"
    wanted = held(probe, about)
    what = f", {wanted.words}, {wanted.shape_words}" if wanted else ""
    return f"record it with recorder.log(step, probes={{'{probe.key}': array}}){what}"
