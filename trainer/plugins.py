"""Finding plug-ins: every module of a package of ours is one, and its file name is the `type` a scene says.

What plug-ins of a kind share stands in files whose names begin with `_`, which are none. Installed packages offer more
of them by entry points, see `weightreel.trainer.offers`; one of those is imported when a scene names it, and not
before.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Annotated, Any, Union
from weakref import WeakKeyDictionary

from pydantic import Discriminator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, Tag, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from weightreel.trainer import offers
from weightreel.trainer.fields import Opening
from weightreel.trainer.kinds import kind_in
from weightreel.trainer.offers import Offer as Offer
from weightreel.trainer.offers import PluginError as PluginError
from weightreel.trainer.offers import base_of as base_of
from weightreel.trainer.options import Options


@cache
def names(package: str) -> tuple[str, ...]:
    """Names of our plug-ins in a package, sorted, without importing them."""
    folder = importlib.import_module(package).__path__
    return tuple(sorted(m.name for m in pkgutil.iter_modules(folder) if not m.ispkg and m.name[0] != "_"))


def modules(package: str) -> Iterator[ModuleType]:
    """Our plug-in modules of a package, imported, in the order of their names."""
    for name in names(package):
        yield importlib.import_module(f"{package}.{name}")


@cache
def options(package: str) -> dict[str, type[Options]]:
    """The option class of each of our plug-ins: the `Options` whose `type` is its module's name.

    Raises:
        LookupError: a module of the package holds no such class.
    """
    return dict(zip(names(package), map(offers.options_of, modules(package), names(package)), strict=True))


def offered(package: str) -> tuple[Offer, ...]:
    """What installed packages offer of a kind, by name; also what is passed over."""
    return offers.offered(package, names(package))


def installed(package: str) -> dict[str, type[Options]]:
    """The option classes that installed packages offer, imported, without those that cannot be."""
    found = {}
    for name in named(package):
        try:
            found[name] = load(package, name)
        except PluginError:
            continue
    return found


def named(package: str) -> dict[str, Offer]:
    """What installed packages offer of a kind, by the names that scenes may say."""
    return {offer.name: offer for offer in offered(package) if not offer.passed_over}


def known(package: str) -> tuple[type[Options], ...]:
    """The classes that a `type` leads to, those of installed packages as far as they have been asked for."""
    asked_for = (offers.IMPORTED.get(offer) for offer in named(package).values())
    return (*options(package).values(), *(kind for kind in asked_for if isinstance(kind, type)))


def load(package: str, name: str) -> type[Options]:
    """The option class that an installed package offers by a name.

    Raises:
        PluginError: it does not import, or is none of this kind.
    """
    return offers.load(named(package)[name], base_of(package))


def union(package: str, choice: object = None, meant: Callable[[object], str | None] | None = None) -> Any:
    """The pydantic type "any plug-in of this package", told apart by `type`: values of our own and installed ones,
    and instances of anything of the kind, registered or not, as they are.

    Args:
        package: such as "weightreel.render.views".
        choice: the union of our own, where they are told apart by more than `type`.
        meant: what says which one a table is meant for, then.
    """
    kinds = tuple(options(package).values())
    if choice is None:
        choice = kinds[0] if len(kinds) == 1 else Annotated[Union[kinds], Field(discriminator="type")]  # noqa: UP007
    return Annotated[choice, Open(package, meant or _type_of)]


def _type_of(value: object) -> str | None:
    name = value.get("type") if isinstance(value, Mapping) else None
    return name if isinstance(name, str) else None


# Classes of scripts, once they are used: what the types of their keys say holds for recipes too.
MET: WeakKeyDictionary[type[Options], None] = WeakKeyDictionary()


@dataclass(frozen=True)
class Open(Opening):
    """Opens a union of our own plug-ins to those of others."""

    package: str
    meant: Callable[[object], str | None]

    @property
    def names(self) -> tuple[str, ...]:
        """What `type` may say, found without importing any."""
        return tuple(sorted((*names(self.package), *named(self.package))))

    @property
    def imported(self) -> tuple[type[Options], ...]:
        """The classes of installed packages that something has asked for so far."""
        return tuple(kind for kind in known(self.package) if kind not in options(self.package).values())

    @property
    def met(self) -> tuple[type[Options], ...]:
        """The classes of scripts, of which instances came."""
        return tuple(kind for kind in MET if issubclass(kind, base_of(self.package)))

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        # A plug-in of one's own is written out as what it is, not as the nearest of ours.
        as_it_is = core_schema.simple_ser_schema("any")
        return core_schema.no_info_wrap_validator_function(self._taken, handler(source), serialization=as_it_is)

    def _taken(self, value: object, ours: Callable[[object], object]) -> object:
        if isinstance(value, Options):
            base = base_of(self.package)
            if not isinstance(value, base):
                raise ValueError(
                    f"{type(value).__name__} is no {kind_in(self.package)}; make it a subclass of {base.__name__}"
                )
            if type(value) not in known(self.package):
                MET[type(value)] = None
            return value
        name = self.meant(value)
        if name is None or name in names(self.package) or name not in named(self.package):
            return ours(value)
        return _member(self.package, name).validate_python(value)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        found = handler(schema)
        for kind in installed(self.package).values():
            table = handler(kind.__pydantic_core_schema__)
            by_type = {"required": ["type", *table.get("required", ())]} if self.meant is _type_of else {}
            found["oneOf"].append(table | by_type)
        return found


@cache
def _member(package: str, name: str) -> TypeAdapter[Options]:
    """Validates as the union would of which it were a member, so that errors stand at the same places."""
    kind, other = load(package, name), next(iter(options(package).values()))
    tagged = Union[Annotated[kind, Tag(name)], Annotated[other, Tag("")]]  # type: ignore[valid-type]  # noqa: UP007
    return TypeAdapter(Annotated[tagged, Discriminator(lambda value: name)])
