"""What a recording says of its training: enough to lay out and draw a film without the model."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from weightreel.trainer.errors import Unfit
from weightreel.trainer.options import Many, Options, Shape
from weightreel.trainer.recording.metrics import MEASURED, SAMPLED, MetricAbout

Kind = Literal["linear", "conv", "conv1d", "embedding", "shape", "other"]
# What files leave out: the kinds of the layers that there were when the format was fixed. Layers say theirs themselves.
KINDS: dict[str, Kind] = {
    "dense": "linear",
    "conv2d": "conv",
    "flatten": "shape",
    "dropout": "shape",
    "max_pool2d": "shape",
}
# What a training made elsewhere has is not bounded as what a scene says is; a step is an int64.
Step = Annotated[int, Field(ge=0, lt=2**63)]
Whatever = Annotated[int, Field(ge=-(2**64), le=2**64)]
MOST_PARTS = 1_000_000
MOST_LISTED = 12  # names of layers in a message
# What a scene calls a layer of each kind.
WORDS: dict[Kind, str] = {
    "linear": "dense",
    "conv": "conv2d",
    "conv1d": "conv1d",
    "embedding": "embedding",
    "shape": "shape",
    "other": "other",
}


class LayerAbout(Options):
    """One layer: what it is, apart from the framework that trained it.

    `kind` says what its weights mean: "linear" (inputs, units), "conv" (height, width, inputs, filters), "conv1d"
    (width, inputs, filters), "embedding" (entries, dimensions), "shape" has none and only rearranges or thins what
    passes, "other" has some, in axes of their own. `shape` is theirs, in that order. Shapes of what goes in and out are
    without the batch axis, or None where nobody knows them. `weights` is the key of its parameter, such as "0/weights",
    or None where it has none.
    """

    name: str = Field(description="what a scene or the framework calls it")
    type: str = Field(description="what its framework calls a layer of this sort")
    kind: Kind
    activation: str | None = None
    input_shape: Shape | None = None
    output_shape: Shape | None = None
    weights: str | None = None
    shape: Shape | None = Field(default=None, description="of its weights")
    origin: str = Field(default="", description="the class that it is of, such as torch.nn.Linear; of ours none")

    @property
    def rearranges(self) -> bool:
        """Whether what comes out is known to be what went in, perhaps in another shape."""
        shapes = self.input_shape, self.output_shape
        return self.kind == "shape" and None not in shapes and prod(shapes[0] or ()) == prod(shapes[1] or ())

    @property
    def inputs(self) -> tuple[int, ...]:
        """The shape of what goes in.

        Raises:
            Unfit: nobody knows it; its key is "layer".
        """
        if self.input_shape is None:
            told = f"layer {self.name} was recorded without the shape of its inputs"
            raise Unfit("layer", f"{told}; say input_shapes to the recorder")
        return self.input_shape

    @property
    def outputs(self) -> tuple[int, ...]:
        """The shape of what comes out.

        Raises:
            Unfit: nobody knows it; its key is "layer".
        """
        if self.output_shape is None:
            raise Unfit("layer", f"layer {self.name} was recorded without the shape of its outputs")
        return self.output_shape

    @property
    def tensor(self) -> tuple[int, ...]:
        """The shape of its weights.

        Raises:
            Unfit: it has none; its key is "layer".
        """
        if self.shape is None:
            raise Unfit("layer", f"layer {self.name} was recorded without its weights")
        return self.shape

    @classmethod
    def own(cls, number: int, *, kind: Kind, **rest: object) -> LayerAbout:
        """Layer `number` of a network of ours: its name, the key of its weights and their shape follow from the
        rest."""
        return cls.model_validate({**_own(number, kind, rest), **rest})


def _own(number: int, kind: Kind, rest: Mapping[str, Any]) -> dict[str, Any]:
    """What follows from a layer's place, kind and shapes in a network of ours."""
    shape = _shape(kind, rest.get("input_shape"), rest.get("output_shape"))
    return {
        "name": str(number),
        "kind": kind,
        "weights": f"{number}/weights" if kind in ("linear", "conv") else None,
        "shape": shape,
    }


def _shape(kind: Kind, inputs: Sequence[int] | None, outputs: Sequence[int] | None) -> tuple[int, ...] | None:
    """The shape of the weights of a layer of ours, whose convolutions have stride 1 and no padding."""
    if not inputs or not outputs:
        return None
    if kind == "linear":
        return prod(inputs), outputs[-1]
    if kind == "conv" and len(inputs) in (2, 3) and len(outputs) == 3:
        return inputs[0] - outputs[0] + 1, inputs[1] - outputs[1] + 1, inputs[2] if len(inputs) == 3 else 1, outputs[2]
    return None


def _left_out(number: int, layer: Mapping[str, Any]) -> dict[str, Any]:
    """What a file leaves out of a layer: what follows from its place, type and shapes, and what is not known."""
    own = _own(number, KINDS.get(layer["type"], "other"), layer)
    return {"input_shape": None, "output_shape": None, "origin": "", **own}


def _sayable(values: dict[str, Any]) -> dict[str, Any]:
    """Options that the recipe of a clip can say, in TOML, which knows no null."""
    left: list[object] = [values]
    while left:
        value = left.pop()
        if value is None:
            raise ValueError("holds a null, which no scene can say")
        left += value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return values


class Stopped(Options):
    """That a training ended before its time, because its loss was no finite number any more."""

    step: int = Field(description="the updates after which it was seen")
    layer: int = Field(description="the first layer whose weights or outputs are not finite")
    message: str = Field(description="what was seen, and what to change")


class About(Options):
    """What a recording says of its training: enough to lay out and draw a film without the model.

    What a training made elsewhere does not know is absent: None, or empty.
    """

    input_shape: Shape | None = None
    classes: Annotated[Many[str], Field(max_length=MOST_PARTS)] = ()
    layers: Annotated[Many[LayerAbout], Field(max_length=MOST_PARTS)]
    metrics: Annotated[Many[MetricAbout], Field(max_length=MOST_PARTS)] = Field(
        default=(), description="what is measured, or may be, in the order in which messages list it"
    )
    steps_per_epoch: Annotated[int, Field(gt=0, lt=2**63)] | None = None
    total_steps: Step | None = None
    seed: Whatever | None = None
    data: str = ""
    loss: str = ""
    settings: dict[str, str] = Field(default={}, description="what tells this run from the others of a grid")
    run: Annotated[dict[str, Any], AfterValidator(_sayable)] = Field(
        default={}, description="the options that were trained, as plain values"
    )
    digest: str = Field(default="", description="SHA-256 of the data, see Data.digest")
    validation_images: Annotated[int, Field(gt=0, lt=2**63)] | None = Field(
        default=None, description="how many validation_loss and validation_accuracy are over, where not over all"
    )
    stopped: Stopped | None = Field(default=None, description="that, and where, the loss stopped being finite")

    @property
    def length(self) -> int:
        """The last step, as far as it is known: 0 while a training of unknown length goes on."""
        return self.total_steps or 0

    @property
    def pictures(self) -> bool:
        """Whether the inputs are known to be images: (height, width) or (height, width, channels)."""
        return self.input_shape is not None and len(self.input_shape) in (2, 3)

    @property
    def inputs(self) -> tuple[int, ...]:
        """The shape of what the network is given.

        Raises:
            Unfit: nobody knows it; its key is "".
        """
        if self.input_shape is None:
            told = "the training was recorded without the shape of its inputs"
            raise Unfit("", f"{told}; say input_shapes to the recorder")
        return self.input_shape

    def called(self, number: int) -> str:
        """What a scene calls the layer at a place: its name, or its number where it has none of its own."""
        name = self.layers[number].name
        return name if name and self.place(name) == number else str(number)

    def layer(self, which: int | str, kind: Kind | None = None) -> LayerAbout:
        """The layer of that name or, counted from 0, at that place.

        Raises:
            Unfit: there is no such layer, or it is not of the kind; its key is "layer".
        """
        layer = self.layers[self.place(which)]
        if kind is not None and layer.kind != kind:
            some = any(other.kind == kind for other in self.layers)
            way_out = f"choose a {WORDS[kind]} one" if some else f"the run has no {WORDS[kind]} one"
            raise Unfit("layer", f"layer {which} is of type {layer.type}; {way_out}")
        return layer

    def weights(self, which: int | str, kind: Kind) -> str:
        """The key of a layer's weights.

        Raises:
            Unfit: there is no such layer of that kind, or its weights were not recorded; its key is "layer".
        """
        weights = self.layer(which, kind).weights
        if weights is None:
            raise Unfit("layer", f"layer {which} was recorded without its weights")
        return weights

    def place(self, which: int | str) -> int:
        """Where the layer of that name stands, counted from 0; a number is its own place.

        Raises:
            Unfit: there is no such layer; its key is "layer".
        """
        return layer_place(which, [layer.name for layer in self.layers])

    def metric(self, name: str) -> MetricAbout:
        """The metric of that name.

        Raises:
            Unfit: the training does not measure it; its key is "metric".
        """
        for metric in self.metrics:
            if metric.name == name:
                return metric
        raise Unfit("metric", f"unknown metric '{name}'; there are {', '.join(self.metric_names) or 'none'}")

    def images(self, name: str) -> int | None:
        """Over how many images a metric is, where that is known and not over all that there are."""
        return self.validation_images if name in SAMPLED else None

    @property
    def metric_names(self) -> tuple[str, ...]:
        """The names of the metrics, in the order in which messages list them."""
        return tuple(metric.name for metric in self.metrics)

    def measuring(self, names: Iterable[str]) -> About:
        """The same with metrics of these names, understood by their parts where nobody described them."""
        known = self.metric_names
        new = [MetricAbout.named(name) for name in names if name not in known]
        return self.model_copy(update={"metrics": (*self.metrics, *new)}) if new else self

    def stored(self) -> dict[str, Any]:
        """Plain values for a file: without what `restored` can derive."""
        values = self.model_dump(mode="json")
        for number, layer in enumerate(values["layers"]):
            for key, own in _left_out(number, layer).items():
                if layer[key] == (list(own) if isinstance(own, tuple) else own):
                    del layer[key]
        if self.metrics == MEASURED:
            del values["metrics"]
        for key in ("stopped", "validation_images"):
            if values[key] is None:
                del values[key]
        return values

    @classmethod
    def restored(cls, values: Mapping[str, Any]) -> About:
        """From the values that `stored` gave, which are plain.

        Raises:
            SceneError: they are not such.
        """
        layers = [_left_out(number, layer) | layer for number, layer in enumerate(values["layers"])]
        return cls.of_plain({"metrics": MEASURED, **values, "layers": layers})


def layer_place(which: int | str, names: Sequence[str]) -> int:
    """Where a layer stands among those of these names, counted from 0; a number is always a place, and the name "" is
    none.

    Raises:
        Unfit: there is no such layer; its key is "layer".
    """
    count = len(names)
    if isinstance(which, int) and not 0 <= which < count:
        there = f"the run has layers 0 to {count - 1}" if count else "the run has none"
        raise Unfit("layer", f"layer {which} is out of range; {there}")
    if isinstance(which, str) and which not in names:
        raise Unfit("layer", f"no layer '{which}'; {_there(which, names)}")
    return which if isinstance(which, int) else names.index(which)


def _there(name: str, names: Sequence[str]) -> str:
    """What may be said in place of a name that no layer has."""
    named = [there for number, there in enumerate(names) if there not in ("", str(number))]
    if not named:
        return f"the layers have no names, only numbers, 0 to {len(names) - 1}" if names else "the run has none"
    names = [there for there in names if there]
    shown = ", ".join(names[:MOST_LISTED]) + (f" and {len(names) - MOST_LISTED} more" * (len(names) > MOST_LISTED))
    near = difflib.get_close_matches(name, names, 1)
    return f"there are {shown}" + (f"; did you mean '{near[0]}'?" if near else "")
