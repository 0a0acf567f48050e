"""What a metric is: its words, which way is better, whether it is a share. Names that nobody described are understood
by their parts, so `val_acc` and `train/loss` of another framework are as good as our own."""

from __future__ import annotations

import re
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
# Our own say "loss" for the running mean over the training set and "batch_loss" for the batch at hand.
OWN_WORDS = {
    "loss": "training loss",
    "accuracy": "training accuracy",
    "batch_loss": "loss of each batch",
    "batch_accuracy": "accuracy of each batch",
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
    for split in ("", "batch_", "validation_", "test_")
    for what in ("loss", "accuracy")
)
