"""What installed packages offer by entry points: views, encoders, datasets, layers, optimizers of their own.

The groups are `weightreel.views` and so on; the entry's name is the `type` that a scene says, its value a module, or
"module:Class". One that cannot be loaded is wrong for the scene that names it, and for nothing else.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from types import ModuleType
from typing import Any, get_args

from weightreel.trainer.fields import KeyedError
from weightreel.trainer.kinds import KINDS, kind_in
from weightreel.trainer.options import Options


@dataclass(frozen=True)
class Offer:
    """An entry point: the name that scenes say, its value, and the installed package that has it. `passed_over` says
    why it does not count, where it does not."""

    name: str
    value: str
    package: str
    passed_over: str = ""


class PluginError(KeyedError):
    """What an installed package offers cannot be used; the message names both and says what to do.

    Attributes:
        reason: why, in a few words.
    """

    key = "type"

    def __init__(self, offer: Offer, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"'{offer.name}' cannot be loaded: {reason} ({offer.value}, from package {offer.package}); "
            f"install what it needs, another version of {offer.package}, or choose another type"
        )


@cache
def offered(package: str, own: Collection[str]) -> tuple[Offer, ...]:
    """The offers for a kind, by name, then by package; of one name the first counts, unless it is one of `own`.

    Looking takes 4 ms among 50 installed packages, the first time.
    """
    group = f"weightreel.{KINDS[kind_in(package)].plural}"
    found = sorted((e.name, _package_of(e), e.value) for e in metadata.entry_points(group=group))
    first: dict[str, str] = dict.fromkeys(own, "weightreel")
    made = []
    for name, owner, value in found:
        reason = f"{first[name]} has one of this name" if name in first else ""
        first.setdefault(name, f"package {owner}")
        made.append(Offer(name, value, owner, reason))
    return tuple(made)


def _package_of(entry: metadata.EntryPoint) -> str:
    named = entry.dist.metadata["Name"] if entry.dist else None
    return named or entry.value.split(".")[0]


def base_of(package: str) -> type[Options]:
    """What the plug-ins of a package are subclasses of."""
    base: type[Options] = getattr(importlib.import_module(package), KINDS[kind_in(package)].base)
    return base


IMPORTED: dict[Offer, type[Options] | str] = {}  # the class, or why there is none: what fails is not tried twice


def load(offer: Offer, base: type[Options]) -> type[Options]:
    """The option class of an offer, a subclass of `base`.

    Raises:
        PluginError: it does not import, whatever it raises then, or is none.
    """
    if offer not in IMPORTED:
        IMPORTED[offer] = _imported(offer, base)
    found = IMPORTED[offer]
    if isinstance(found, str):
        raise PluginError(offer, found)
    return found


def _imported(offer: Offer, base: type[Options]) -> type[Options] | str:
    name, _, attribute = (part.strip() for part in offer.value.partition(":"))
    try:
        made: Any = importlib.import_module(name)
        for part in attribute.split(".") if attribute else ():
            made = getattr(made, part)
        kind = options_of(made, offer.name)
    except KeyboardInterrupt:  # the person's own, as far as anyone can tell
        raise
    except (ImportError, SyntaxError, AttributeError, LookupError) as error:
        return _line(str(error)) or type(error).__name__
    except BaseException as error:  # someone else's module may do anything
        return _line(f"{type(error).__name__}: {error}").rstrip(": ")
    return kind if issubclass(kind, base) else f"{kind.__name__} is no {base.__name__}"


def _line(words: str) -> str:
    """The first line of what may be many."""
    first, *rest = words.strip().splitlines() or [""]
    return f"{first} …" if rest else first


def options_of(made: ModuleType | type, name: str) -> type[Options]:
    """The class with `type: Literal[name]`: a class itself, or the first of a module.

    Raises:
        LookupError: there is none.
    """
    for value in vars(made).values() if isinstance(made, ModuleType) else (made,):
        if isinstance(value, type) and issubclass(value, Options):
            field = value.model_fields.get("type")
            if field is not None and name in get_args(field.annotation):
                return value
    raise LookupError(f"{made.__name__} has no Options class with type: Literal[{name!r}]")
