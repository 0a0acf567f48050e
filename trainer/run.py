"""One training, as a scene says it ([run] or [runs.NAME]), and what can be told of it beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import Field

from weightreel.trainer import plugins
from weightreel.trainer.datasets import Data, Dataset
from weightreel.trainer.datasets.mnist import Mnist
from weightreel.trainer.errors import Finding, Unfit
from weightreel.trainer.layers import LayerOptions
from weightreel.trainer.mathematics.losses import LOSSES, LossName
from weightreel.trainer.optimizers import OptimizerOptions
from weightreel.trainer.optimizers.sgd import SGD
from weightreel.trainer.options import MOST_LAYERS, Count, Many, Options
from weightreel.trainer.recording.about import About, LayerAbout
from weightreel.trainer.recording.metrics import BEST_EPOCH, MEASURED
from weightreel.trainer.validation import Validation

if TYPE_CHECKING:
    AnyLayer: TypeAlias = LayerOptions
    AnyOptimizer: TypeAlias = OptimizerOptions
    AnyDataset: TypeAlias = Dataset
else:
    AnyLayer = plugins.union("weightreel.trainer.layers")
    AnyOptimizer = plugins.union("weightreel.trainer.optimizers")
    AnyDataset = plugins.union("weightreel.trainer.datasets")


Epochs = Annotated[int, Field(gt=0, le=1_000_000)]


class EarlyStopping(Options):
    """End a training once validation has not improved by `tolerance` for more than `patience` epochs; the weights of
    the best epoch are kept. Prechelt, "Early Stopping - But When?" (1998).

    Example:
        [run]
        layers = [{ type = "dense", units = 10, activation = "softmax" }]
        epochs = 50
        early_stopping = { metric = "validation_loss", patience = 3 }
    """

    metric: Literal["validation_accuracy", "validation_loss"] = Field(
        default="validation_accuracy", description="what is to improve"
    )
    patience: Epochs = Field(default=10, description="epochs that may bring nothing, one after another")
    tolerance: float = Field(default=1e-4, ge=0, le=1e6, description="an improvement by less is none")


class Run(Options):
    """What is trained, on what, and how.

    Example:
        [run]
        layers = [
          { type = "dense", units = 64, activation = "sigmoid" },
          { type = "dense", units = 10, activation = "softmax" },
        ]
        optimizer = { type = "sgd", lr = 0.05, momentum = 0.9 }
        batch_size = 64
        epochs = 5
        data = { type = "mnist", train = 50_000, validation = 10_000 }
    """

    layers: Annotated[Many[AnyLayer], Field(min_length=1, max_length=MOST_LAYERS)] = Field(
        description="from the input to the output; the last has a unit for each class"
    )
    loss: LossName = Field(default="cross_entropy", description="what training lowers")
    optimizer: AnyOptimizer = Field(default=SGD(), description="how gradients change the weights")
    batch_size: Count | Literal["all"] = Field(
        default=64, description="images a step; all: the whole training set at each step"
    )
    epochs: Epochs = Field(default=5, description="passes over the training images")
    early_stopping: EarlyStopping | None = Field(
        default=None, description="end once nothing improves; epochs is then the most there may be"
    )
    l2: float = Field(default=0.0, ge=0, le=1e6, description="weight decay: l2 / 2 × Σ w² is added to the loss")
    validate_every: Count | None = Field(
        default=None,
        description="steps between two validations, each on all images held back; default: at 120 steps at most, "
        "on as many images as take a tenth of the training's time",
    )
    dtype: Literal["float32", "float64"] = Field(
        default="float32", description="precision of the weights and of all that is computed from them"
    )
    data: AnyDataset = Field(default=Mnist(), description="what is learned")

    @property
    def from_logits(self) -> bool:
        """Whether the loss takes the last layer before its activation."""
        return LOSSES[self.loss].pairs_with is not None

    @property
    def layer_names(self) -> tuple[str, ...]:
        """What views may call the layers, beside their numbers; "" where one has no name."""
        return tuple(options.name or "" for options in self.layers)

    def layers_for(self, input_shape: tuple[int, ...]) -> tuple[LayerAbout, ...]:
        """The layers as a recording describes them, for inputs of a shape.

        Raises:
            Unfit: a layer cannot take the outputs of the one before.
        """
        layers, names = [], self.layer_names
        for i, options in enumerate(self.layers):
            shapes = {"input_shape": input_shape, "output_shape": options.output_shape(input_shape)}
            said = {"type": options.type, "activation": options.activation, "name": names[i] or str(i), **shapes}
            layers.append(LayerAbout.own(i, kind=options.kind, **said))
            input_shape = shapes["output_shape"]
        return tuple(layers)

    def parameter_count(self, input_shape: tuple[int, ...]) -> int:
        """How many numbers it learns, for inputs of a shape that fits, as far as its layers say."""
        count = 0
        for options in self.layers:
            count += options.parameter_count(input_shape)
            input_shape = options.output_shape(input_shape)
        return count

    def differs(self, about: About) -> str:
        """What a recording has, and these layers have not, in a few words; "" where they are of the same types,
        activations and shapes."""
        try:
            layers = self.layers_for(about.inputs)
        except Unfit:
            layers = ()
        there, here = ([(la.type, la.output_shape) for la in ls] for ls in (about.layers, layers))
        if there != here:
            return ", ".join(f"{kind} {'×'.join(map(str, shape or '?'))}" for kind, shape in there)
        pairs = [(la.activation, lb.activation) for la, lb in zip(about.layers, layers, strict=True)]
        other = [(i, *pair) for i, pair in enumerate(pairs) if pair[0] != pair[1]]
        return ", ".join(f"layer {i} with {theirs or 'another activation'}, not {ours}" for i, theirs, ours in other)

    def named(self, about: About) -> About:
        """The description of a training of these layers under the names that they have here: a name is no part of what
        was trained, and may be given later. Where none has one, those that it has."""
        names = self.layer_names
        if not any(names):
            return about
        named = [
            layer.model_copy(update={"name": n or str(i)})
            for i, (layer, n) in enumerate(zip(about.layers, names, strict=True))
        ]
        run = dict(about.run)
        if run:
            run["layers"] = [
                {key: value for key, value in layer.items() if key != "name"} | ({"name": name} if name else {})
                for layer, name in zip(run["layers"], names, strict=True)
            ]
        return about.model_copy(update={"layers": tuple(named), "run": run})

    def findings(self, input_shape: tuple[int, ...] | None = None, classes: int | None = None) -> list[Finding]:
        """What is wrong between the keys; shapes are checked where they are known."""
        found = [*self._name_findings(), *self._loss_findings()]
        if input_shape is not None:
            found += self._shape_findings(input_shape, classes)
        return found

    def data_findings(self, data: Data) -> Iterator[Finding]:
        """What training needs and the data has not."""
        if not len(data.train):
            yield Finding("data", "has no images to train on; ask for some")
        if self.early_stopping and not len(data.validation):
            told = "goes by images to validate on, and the data holds none back; set data.validation, or leave this out"
            yield Finding("early_stopping", told)
        yield from self._idle_units(data)

    def _idle_units(self, data: Data) -> Iterator[Finding]:
        """More units than classes: some would stand for nothing, in the network and in what is drawn of it."""
        try:
            shape = self.layers_for(data.input_shape)[-1].outputs
        except Unfit:
            return  # which is told by `findings`
        if len(shape) == 1 and shape[0] > len(data.classes):
            names = ", ".join(data.classes[:6]) + (", …" if len(data.classes) > 6 else "")
            told = f"{shape[0]} units, but the data has {len(data.classes)} classes ({names})"
            yield Finding(f"layers[{len(self.layers) - 1}].units", f"{told}; one unit a class is needed")

    def _name_findings(self) -> Iterator[Finding]:
        names = self.layer_names
        for i, name in enumerate(names):
            if name and name in names[:i]:
                told = f"'{name}' is the name of layer {names.index(name)} too; each has one of its own"
                yield Finding(f"layers[{i}].name", told)

    def _loss_findings(self) -> Iterator[Finding]:
        pair, last = LOSSES[self.loss].pairs_with, self.layers[-1].activation
        if pair and last not in (pair, "linear"):
            yield Finding(
                f"layers[{len(self.layers) - 1}].activation",
                f"loss '{self.loss}' goes with '{pair}' on the last layer, not '{last}'",
            )

    def _shape_findings(self, shape: tuple[int, ...], classes: int | None) -> Iterator[Finding]:
        for i, layer in enumerate(self.layers):
            try:
                shape = layer.output_shape(shape)
            except Unfit as error:
                yield error.finding.under(f"layers[{i}]")
                return
        binary = shape == (1,) and classes == 2 and self.loss != "cross_entropy"
        if len(shape) != 1:
            yield Finding(f"layers[{len(self.layers) - 1}]", f"gives {shape}; end with a dense layer, a unit a class")
        elif classes is not None and shape[0] < classes and not binary:
            yield Finding(
                f"layers[{len(self.layers) - 1}].units",
                f"{shape[0]} units, but the data has {classes} classes; one unit a class is needed",
            )


def describe(run: Run, data: Data, seed: int) -> About:
    """The description of a training that has not begun."""
    per_epoch, images = steps_per_epoch(run, data), validation_of(run, data).images
    return About(
        input_shape=data.input_shape,
        classes=data.classes,
        layers=run.layers_for(data.input_shape),
        metrics=(*MEASURED, BEST_EPOCH) if run.early_stopping else MEASURED,
        steps_per_epoch=per_epoch,
        total_steps=per_epoch * run.epochs,
        seed=seed,
        data=data.name,
        loss=run.loss,
        run=run.model_dump(mode="json", exclude_none=True),
        validation_images=images if 0 < images < len(data.validation) else None,
    )


def validation_of(run: Run, data: Data) -> Validation:
    """When a training is validated, and on how many images."""
    per_epoch, held = steps_per_epoch(run, data), len(data.validation)
    if run.validate_every is not None:
        return Validation.over_all(per_epoch * run.epochs, run.validate_every, held)
    shapes = ((layer.shape or (), layer.output_shape or ()) for layer in run.layers_for(data.input_shape))
    products = sum(prod(shape) * prod(outputs[:-1]) for shape, outputs in shapes)
    early = run.early_stopping
    epochs = min(run.epochs, early.patience + 1) if early else run.epochs
    size = len(data.train) / per_epoch
    return Validation.spread(per_epoch * epochs, size, held, products, epoch=per_epoch if early else None)


def batch_size(run: Run, data: Data) -> int:
    """Images a step; "all" is the whole training set."""
    return len(data.train) if run.batch_size == "all" else min(run.batch_size, len(data.train))


def steps_per_epoch(run: Run, data: Data) -> int:
    """Updates in one pass over the training set; the last batch may be smaller."""
    return -(-len(data.train) // batch_size(run, data))
