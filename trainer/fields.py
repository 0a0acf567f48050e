"""What the types of options say: the models in a type, the type at a place, what the values of a field stand for."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

Loc = tuple[int | str, ...]  # keys and numbers of items, from the outside in


@dataclass(frozen=True)
class Meaning:
    """What the values of a field stand for beside their type, as in `Annotated[str, PATH]`: whoever looks for paths
    asks the type of a field and not its name. Values of `types` stand for it unsaid."""

    what: str
    types: tuple[type, ...] = ()


class Opening(ABC):
    """In the annotation of a union: more members than those that the type lists. `names` is all that `type` may say,
    `imported` the classes of further members as far as they are loaded."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """What `type` may say."""

    @property
    @abstractmethod
    def imported(self) -> tuple[type[BaseModel], ...]:
        """Further members."""

    @property
    @abstractmethod
    def met(self) -> tuple[type[BaseModel], ...]:
        """Members that no `type` leads to: classes of which the union was given instances."""


class KeyedError(ValueError):
    """What a validator raises when one key of the value that it looks at is to blame; `key` is that key."""

    key = ""


def models(annotation: object) -> list[type[BaseModel]]:
    """The models in a type, looked for inside of unions, lists and annotations."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if isinstance(annotation, Opening):
        return list(annotation.imported)
    if get_origin(annotation) is dict:
        return []
    return [m for a in get_args(annotation) for m in models(a)]


def named(annotation: object, kind: object) -> type[BaseModel] | None:
    """The model of a type whose `type` is this one; the only one there is needs no name."""
    found = models(annotation)
    if len(found) == 1:
        return found[0]
    opening = _opening(annotation)
    found += opening.met if opening else ()
    return next((m for m in found if "type" in m.model_fields and kind in kinds(m)), None)


def names(annotation: object) -> list[str]:
    """What `type` may say at a union, sorted."""
    opening = _opening(annotation)
    return sorted(opening.names if opening else (kind for model in models(annotation) for kind in kinds(model)))


def _opening(annotation: object) -> Opening | None:
    if isinstance(annotation, Opening):
        return annotation
    return next(filter(None, map(_opening, get_args(annotation))), None)


def kinds(model: type[BaseModel]) -> tuple[str, ...]:
    """What a model's `type` may say."""
    return get_args(model.model_fields["type"].annotation)


def annotation_at(annotation: object, loc: Loc) -> object:
    """The type at a place inside of a type; names of union members are parts of the place, as pydantic has them."""
    for part in loc:
        found = models(annotation)
        holders = (m for m in found if isinstance(part, str) and part in m.model_fields)
        fields = [m.model_fields[str(part)].rebuild_annotation() for m in holders]
        member = named(annotation, part) if len(found) > 1 else None
        if member is not None:
            annotation = member
        elif fields:
            annotation = fields[0]
        elif get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
    return annotation


def fixed_lengths(annotation: object) -> list[int]:
    """How many items the lists of a type have that have a fixed number of them."""
    inner = get_args(annotation)
    if get_origin(annotation) is tuple:
        return [] if Ellipsis in inner else [len(inner)]
    return [length for a in inner for length in fixed_lengths(a)]


def meant(annotation: object, value: object, meaning: Meaning, at: Loc = ()) -> Iterator[tuple[Loc, Any]]:
    """The places in a plain value, of this type, whose fields have a meaning, each with what stands there."""
    if isinstance(value, Mapping):
        types = _types_of_keys(annotation, value)
        for key in (key for key in value if key in types):
            yield from meant(types[key], value[key], meaning, (*at, key))
    elif isinstance(value, list | tuple):
        for i, inner in enumerate(value):
            yield from meant(annotation, inner, meaning, (*at, i))
    elif value is not None and _says(annotation, meaning):
        yield at, value


def _types_of_keys(annotation: object, value: Mapping[str, object]) -> dict[str, object]:
    """The types of a table's keys: the fields of a model, of any where several may be meant, or one type for all in a
    table of names."""
    names = _table_of_names(annotation)
    model = named(annotation, value.get("type"))
    types: dict[str, object] = {} if names is None else dict.fromkeys(value, names)
    for possible in [model] if model else models(annotation):
        for key, field in possible.model_fields.items():
            said, own = types.get(field.alias or key), field.rebuild_annotation()
            types[field.alias or key] = own if said is None else Union[said, own]  # noqa: UP007
    return types


def _table_of_names(annotation: object) -> object | None:
    """The type of the values in a table of names; None where a type has no such table."""
    if get_origin(annotation) is dict:
        values: object = get_args(annotation)[1]
        return values
    return next(filter(None, map(_table_of_names, get_args(annotation))), None)


def _says(annotation: object, meaning: Meaning) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, meaning.types):
        return True
    return meaning in getattr(annotation, "__metadata__", ()) or any(_says(a, meaning) for a in get_args(annotation))


def key_path(loc: Loc) -> str:
    """A place as messages write it: "view[0].border.color"."""
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{quoted(part)}" if path else str(part)
    return path


def quoted(key: str) -> str:
    """A key as TOML writes it within a path: one with dots or blanks stands in quotes, control signs as \\n."""
    if re.fullmatch(r"[\w-]+", key):
        return key
    written = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{"".join(c if c.isprintable() else escaped(c) for c in written)}"'


def escaped(sign: str) -> str:
    """A sign as TOML writes one that is not to be seen: \\u001b."""
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"
