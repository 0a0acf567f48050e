"""Finding plug-ins: every module of a package is one, and its file name is the `type` a scene says.

What plug-ins of a kind share stands in files whose names begin with `_`, which are none.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Annotated, Any, Union, get_args

from pydantic import Field

from weightreel.trainer.options import Options


@cache
def names(package: str) -> tuple[str, ...]:
    """Names of the plug-ins in a package, sorted, without importing them."""
    folder = importlib.import_module(package).__path__
    return tuple(sorted(m.name for m in pkgutil.iter_modules(folder) if not m.ispkg and m.name[0] != "_"))


def modules(package: str) -> Iterator[ModuleType]:
    """The plug-in modules of a package, imported, in the order of their names."""
    for name in names(package):
        yield importlib.import_module(f"{package}.{name}")


@cache
def options(package: str) -> dict[str, type[Options]]:
    """The option class of each plug-in: the `Options` whose `type` is its module's name.

    Raises:
        TypeError: a module of the package holds no such class.
    """
    return {m.__name__.rpartition(".")[2]: _options_of(m) for m in modules(package)}


def _options_of(module: ModuleType) -> type[Options]:
    name = module.__name__.rpartition(".")[2]
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Options):
            field = value.model_fields.get("type")
            if field is not None and name in get_args(field.annotation):
                return value
    raise TypeError(f"{module.__name__} has no Options class with type: Literal[{name!r}]")


def union(package: str) -> Any:
    """The pydantic type "any plug-in of this package", told apart by `type`."""
    kinds = tuple(options(package).values())
    return kinds[0] if len(kinds) == 1 else Annotated[Union[kinds], Field(discriminator="type")]  # noqa: UP007
