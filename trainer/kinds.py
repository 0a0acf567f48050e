"""The kinds of plug-ins, as one table; imports nothing, so that whoever only names them stays light."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    """The package of a kind, each of whose modules is a plug-in, and the class in it that all of them are."""

    package: str
    base: str

    @property
    def plural(self) -> str:
        """The last part of the package, which is also that of the group of entry points, weightreel.views."""
        return self.package.rpartition(".")[2]


KINDS: Mapping[str, Kind] = {
    "view": Kind("weightreel.render.views", "View"),
    "encoder": Kind("weightreel.render.encoders", "Output"),
    "dataset": Kind("weightreel.trainer.datasets", "Dataset"),
    "layer": Kind("weightreel.trainer.layers", "LayerOptions"),
    "optimizer": Kind("weightreel.trainer.optimizers", "OptimizerOptions"),
}


def kind_in(package: str) -> str:
    """The name of the kind that a package is of."""
    return next(name for name, kind in KINDS.items() if kind.package == package)
