"""The keys of a class of options, told in plain words: type, range, default, meaning."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from weightreel.render.drawing.canvas import MOST_PIXELS
from weightreel.render.scene.grid import MOST_RUNS
from weightreel.render.scene.scene import MOST_OUTPUTS, MOST_VIEWS
from weightreel.render.scene.schema import Schema, Untitled
from weightreel.render.scene.timeline import MOST_FRAMES
from weightreel.render.scene.toml import MOST_LETTERS as MOST_FILE
from weightreel.trainer.bounds import MOST_ITEMS, MOST_LETTERS, MOST_NAME, MOST_NUMBER, MOST_WHOLE

GENERAL = (MOST_WHOLE, MOST_NUMBER)  # said once, in ENDS
ENDS = (
    f"Where a key says nothing else, a whole number is at most {MOST_WHOLE:,}, a number {MOST_NUMBER:g}; a text has at "
    f"most {MOST_LETTERS:,} letters, a name {MOST_NAME}, a list {MOST_ITEMS:,} items; no number is infinite. A frame "
    f"has at most {MOST_PIXELS / 1e6:.1f} million pixels, such as 7680 × 4320, a film {MOST_FRAMES:,} frames, a grid "
    f"{MOST_RUNS:,} runs, a scene {MOST_VIEWS} views and {MOST_OUTPUTS} outputs, its file {MOST_FILE:,} letters."
)
THEIR_OWN = "those of its keys"  # the default of a table
_LIMITS = (("exclusiveMinimum", ">"), ("minimum", "≥"), ("exclusiveMaximum", "<"), ("maximum", "≤"))
_PLAIN = {"integer": "whole number", "number": "number", "string": "text", "object": "table", "array": "list"}


@dataclass(frozen=True)
class Key:
    """One key: its name, what it takes and its default in words, what it means, and the models that it takes; the
    default is `found` where it is no value, but is said how it is found."""

    name: str
    takes: str
    default: str
    meaning: str
    models: tuple[type[BaseModel], ...] = ()
    found: bool = False


def keys_of(model: type[BaseModel], given: BaseModel | None = None) -> tuple[Key, ...]:
    """The keys of a class: its own first, then those of what it inherits from; without the `type` that names it.

    Where a table around it has `given` as its default, the defaults are those of that.
    """
    schema = schema_of(model)
    return tuple(
        _key(name, field, schema, vars(given) if isinstance(given, model) else {})
        for name, field in own_first(model).items()
        if not is_type(name, field)
    )


def is_type(name: str, field: FieldInfo) -> bool:
    """Whether a key is the `type` that tells a plug-in from the others."""
    return name == "type" and len(get_args(field.annotation)) == 1


def own_first(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a class by name, those that it says itself before those that it inherits."""
    names = (name for kind in model.__mro__ for name in inspect.get_annotations(kind))
    return {name: model.model_fields[name] for name in names if name in model.model_fields}


@cache
def schema_of(model: type[BaseModel]) -> Schema:
    """The JSON Schema of a class, a table, with its `$defs`."""
    schema = model.model_json_schema(schema_generator=Untitled)
    table = next((part for part in schema.get("anyOf", ()) if "properties" in part), schema)
    return {"$defs": {}} | schema | table


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """The classes of options in a type, looked for inside of unions, lists and annotations."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def _key(field_name: str, field: FieldInfo, schema: Schema, given: Mapping[str, object]) -> Key:
    name = field.alias or field_name
    meaning, default = _described(field.description or "")
    return Key(
        name=name,
        takes=type_words(schema["properties"][name], schema["$defs"]),
        default=default or _default_words(field, given.get(field_name)),
        meaning=meaning,
        models=tuple(dict.fromkeys(models_in(field.annotation))),
        found=bool(default),
    )


def _described(description: str) -> tuple[str, str]:
    """What a key means, and its default where the description says how it is found."""
    found = re.fullmatch(r"(?s)(?:(.*); )?default: (.*)", description)
    return (found[1] or "", found[2]) if found else (description, "")


def _default_words(field: FieldInfo, given: object) -> str:
    if given is None and field.is_required():
        return "required"
    return toml_words(field.default if given is None else given)


def toml_words(value: object) -> str:
    """A value as a scene writes it; a table shows what differs from its own defaults."""
    if isinstance(value, BaseModel):
        said = {k: v for k, v in value if k == "type" or v != type(value).model_fields[k].default}
        return "{ " + ", ".join(f"{k} = {toml_words(v)}" for k, v in said.items()) + " }" if said else THEIR_OWN
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_words, value))}]" if value else "none"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value in (None, {}) else json.dumps(value, ensure_ascii=False)


def type_words(schema: Schema, definitions: Schema, many: bool = False) -> str:
    """A type in plain words, such as "whole number > 0", "one of linear, log", "list of colours"."""
    plural = "s" if many else ""
    parts = [part for part in schema.get("anyOf") or schema.get("oneOf") or () if part.get("type") != "null"]
    if "title" in schema and "properties" not in schema:
        title: str = schema["title"]
        return title + ("" if title[0] == "[" else plural)
    if "$ref" in schema:
        return type_words(definitions[schema["$ref"].rpartition("/")[2]], definitions, many)
    if parts:
        return " or ".join(dict.fromkeys(type_words(part, definitions, many) for part in parts))
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        said = f"{'any' if many else 'one'} of {', '.join(map(str, values))}"
        return json.dumps(values[0]) if len(values) == 1 else said
    if "prefixItems" in schema:
        return f"[{', '.join(type_words(item, definitions) for item in schema['prefixItems'])}]"
    if schema.get("items"):
        return f"list{plural} of {type_words(schema['items'], definitions, many=True)}"
    if schema.get("type") == "boolean":
        return "true or false"
    kind = _PLAIN.get(schema.get("type", ""), "value")
    return kind + ("" if kind == "text" else plural) + _range(schema)


def _range(schema: Schema) -> str:
    ends = {word: schema[word] for word, _ in _LIMITS if word in schema and abs(schema[word]) not in GENERAL}
    if "minimum" in ends and "maximum" in ends:
        return f" {_number(ends['minimum'])} to {_number(ends['maximum'])}"
    if ends.get("exclusiveMinimum") == 0 and schema.get("type") == "integer" and "maximum" in ends:
        return f" 1 to {_number(ends['maximum'])}"
    said = [f"{sign} {_number(ends[word])}" for word, sign in _LIMITS if word in ends]
    return f" {', '.join(said)}" if said else ""


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.12g}"
