"""Requests for arrays taken at a snapshot, for views that show more than weights. `weightreel.trainer.measure` answers
them for a network of ours; a recording made elsewhere holds arrays under the same keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

SplitName = Literal["train", "validation", "test"]


class Probe(Protocol):
    """An array wanted at each snapshot, of the same shape and dtype at each; equal probes have equal keys."""

    @property
    def key(self) -> str:
        """Its name in the recording."""
        ...


@dataclass(frozen=True)
class Images:
    """`count` images from number `first` on, as they are stored, (count, …); of a split that has no more, fewer, where
    `enough` says with how many a view makes do. The same holds for the labels and the probabilities."""

    split: SplitName
    count: int
    first: int = 0
    enough: int | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """Its name in the recording."""
        return f"images/{self.split}/{self.count}{_from(self.first)}"


@dataclass(frozen=True)
class Labels:
    """The labels of `count` images from number `first` on, (count,) int64."""

    split: SplitName
    count: int
    first: int = 0
    enough: int | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """Its name in the recording."""
        return f"labels/{self.split}/{self.count}{_from(self.first)}"


@dataclass(frozen=True)
class Probabilities:
    """What the network says of `count` images from number `first` on, (count, classes) float64, rows summing to 1."""

    split: SplitName
    count: int
    first: int = 0
    enough: int | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """Its name in the recording."""
        return f"probabilities/{self.split}/{self.count}{_from(self.first)}"


@dataclass(frozen=True)
class Activations:
    """The outputs of one layer for one image, after its activation: the layer's output shape, float32."""

    layer: int
    image: int
    split: SplitName

    @property
    def key(self) -> str:
        """Its name in the recording."""
        return f"activations/{self.split}/{self.image}/{self.layer}"


@dataclass(frozen=True)
class Firing:
    """For how many of the first `count` images each unit of a layer is above 0, after its activation, as a share 0…1:
    (units,) float32; of a layer of maps, anywhere in the map. Of fewer images where the split has no more."""

    layer: int
    count: int
    split: SplitName

    @property
    def key(self) -> str:
        """Its name in the recording."""
        return f"firing/{self.split}/{self.count}/{self.layer}"


@dataclass(frozen=True)
class ConfusionMatrix:
    """How often each class (rows) is taken for each class (columns), (classes, classes) int64."""

    split: SplitName

    @property
    def key(self) -> str:
        """Its name in the recording."""
        return f"confusion_matrix/{self.split}"


OURS = {kind.__name__: kind for kind in (Images, Labels, Probabilities, Activations, Firing, ConfusionMatrix)}


def plain(probe: Probe) -> dict[str, Any] | None:
    """A probe as JSON can say it; None for one of a plug-in, whose own affair it is."""
    kind = type(probe)
    return {"kind": kind.__name__, **asdict(probe)} if kind in OURS.values() else None  # type: ignore[call-overload]


def from_plain(told: Mapping[str, Any]) -> Probe:
    """The probe that `plain` has said.

    Raises:
        KeyError, TypeError: it is none.
    """
    keys = dict(told)
    probe: Probe = OURS[keys.pop("kind")](**keys)
    return probe


def _from(first: int) -> str:
    """The end of a key, where the images do not begin with number 0."""
    return f"/from_{first}" if first else ""
