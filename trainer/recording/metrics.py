"""What a metric is: its words, which way is better, whether it is a share. Names that nobody described are understood
by their parts, so `val_acc` and `train/loss` of another framework are as good as our own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from weightreel.trainer.options import Options

LOW = {"loss", "error", "perplexity", "mse", "rmse", "mae"}
SHARES = {"acc", "accuracy", "f1", "auc", "precision", "recall"}
NEITHER = {"lr", "learning", "norm", "scale"}
SPELT_OUT = {
    "acc": "accuracy",
    "val": "validation",
    "eval": "evaluation",
    "train": "training",
    "lr": "learning rate",
    "grad": "gradient",
    "f1": "F1",
    "auc": "AUC",
}
Split = Literal["training", "validation", "test", ""]
# By a part of its name; in what others measured too.
SPLITS: dict[str, Split] = {
    "train": "training",
    "training": "training",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "eval": "validation",
    "test": "test",
}
# Our own say "loss" for the running mean over the training set, "batch_loss" for the batch at hand and "final_loss" for
# the whole set in the end.
OWN_WORDS = {
    "loss": "training loss",
    "accuracy": "training accuracy",
    "batch_loss": "loss of each batch",
    "batch_accuracy": "accuracy of each batch",
    "final_loss": "final training loss",
    "final_accuracy": "final training accuracy",
}


class MetricAbout(Options):
    """One metric: `better` says which way it should go, `share` that it is a fraction, shown as per cent."""

    name: str
    words: str
    better: Literal["low", "high", "neither"]
    share: bool = False

    @property
    def short(self) -> str:
        """Its name spelt out, where there is no room for all of its words."""
        return _spelt_out(self.name)

    @property
    def split(self) -> Split:
        """The images that it is over: "training", "validation", "test"; "" for what is over none, such as a learning
        rate."""
        parts = _parts(self.name)
        said = next((SPLITS[part] for part in parts if part in SPLITS), None)
        return said or ("" if self.better == "neither" else "training")

    @classmethod
    def named(cls, name: str) -> MetricAbout:
        """What a name says by its parts."""
        parts = _parts(name)
        words = OWN_WORDS.get(name) or _spelt_out(name)
        better: Literal["low", "high", "neither"] = "neither"
        if not NEITHER & set(parts):
            better = "low" if LOW & set(parts) else "high" if SHARES & set(parts) else "neither"
        return cls(name=name, words=words, better=better, share=better == "high")


def _parts(name: str) -> list[str]:
    return [part for part in re.split(r"[^a-z0-9]+", name.lower()) if part]


def _spelt_out(name: str) -> str:
    return " ".join(SPELT_OUT.get(part, part) for part in _parts(name)) or name


# What our own training measures.
MEASURED = tuple(
    MetricAbout.named(f"{split}{what}")
    for split in ("", "batch_", "validation_", "test_", "final_", "final_validation_")
    for what in ("loss", "accuracy")
)
SAMPLED = ("validation_loss", "validation_accuracy")  # may be over some of the images held back
BEST_EPOCH = MetricAbout.named("best_epoch")  # what an early stopping goes back to, as far as it has come


def reached(final: Mapping[str, float]) -> dict[str, float]:
    """What came of a training, by the names of its lines: the values over whole sets, where there are some, in place of
    the last ones of the lines, which are means, or over some images only."""
    whole = {name: final[f"final_{name}"] for name in final if f"final_{name}" in final}
    others = {name: value for name, value in final.items() if name.removeprefix("final_") not in whole}
    return others | whole
