"""The words for what pydantic finds wrong: each problem with its key path and a way out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from weightreel.render.errors import Problem
from weightreel.render.scene.outputs import suffixes
from weightreel.render.scene.scene import Scene
from weightreel.trainer.plugins import Open, PluginError

Document = dict[str, Any]
INNER_KEYS = ("folder", "source", "ships")


def validated(document: Document) -> tuple[dict[str, Any], list[Problem]]:
    """Each part of a scene by itself, so that one wrong key hides no other problem."""
    parts: dict[str, Any] = {}
    problems = [Problem(key, unknown_key(key, Scene)) for key in document if key not in Scene.model_fields]
    for key, field in Scene.model_fields.items():
        if key not in document or key in INNER_KEYS:
            continue
        if key in ("view", "output") and isinstance(document[key], list):
            item = TypeAdapter(get_args(field.annotation)[0])
            parts[key] = {}
            for i, value in enumerate(document[key]):
                _validate(item, value, (key, i), document, parts[key], i, problems)
        else:
            wanted = TypeAdapter(field.rebuild_annotation())
            _validate(wanted, document[key], (key,), document, parts, key, problems)
    return parts, problems


def _validate(
    adapter: TypeAdapter, value: Any, at: tuple, document: Document, into: dict, key: Any, problems: list[Problem]
) -> None:
    try:
        into[key] = adapter.validate_python(value)
    except ValidationError as error:
        problems += _merged([(_place(e, document, at), _message(e, document, at)) for e in _causes(error.errors())])


def _causes(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without lists that pydantic finds short only because their items are wrong."""
    wrong = {e["loc"][:n] for e in errors for n in range(len(e["loc"]))}
    return [e for e in errors if e["type"] != "too_short" or e["loc"] not in wrong]


def _merged(found: list[tuple[str, str]]) -> list[Problem]:
    """One problem a key: a union of types complains once for each of its members."""
    by_key: dict[str, list[str]] = {}
    for key, message in found:
        by_key.setdefault(key, []).append(message)
    return [Problem(key, "; or ".join(dict.fromkeys(messages))) for key, messages in by_key.items()]


def _walk(document: Any, loc: tuple) -> list[tuple[str | int, Any]]:
    """The parts of an error's place that are keys of the document, with the value at each; pydantic puts the
    names of union members between them."""
    node, steps = document, []
    for i, part in enumerate(loc):
        if (isinstance(node, Mapping) and part in node) or (
            isinstance(node, list) and isinstance(part, int) and part < len(node)
        ):
            node = node[part]
        elif i == len(loc) - 1 and isinstance(node, Mapping) and isinstance(part, str):
            node = None
        else:
            continue
        steps.append((part, node))
    return steps


def _place(error: ErrorDetails, document: Document, at: tuple) -> str:
    """The key path of an error; a wrong kind of plug-in is the fault of the key that names it."""
    path = _key_path(document, at + error["loc"])
    if error["type"].startswith("union_tag") and isinstance(error["input"], Mapping):
        path += ".path" if at[0] == "output" else ".type"
    if isinstance(error.get("ctx", {}).get("error"), PluginError):
        path += ".type"
    return path


def _key_path(document: Document, loc: tuple) -> str:
    path = ""
    for part, _ in _walk(document, loc):
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _message(error: ErrorDetails, document: Document, at: tuple) -> str:
    kind, context = error["type"], error.get("ctx", {})
    given = error["input"]
    if kind == "extra_forbidden":
        model = _model_at(at + error["loc"][:-1])
        return unknown_key(str(error["loc"][-1]), model)
    if kind == "too_short":
        return f"is too short a list; give at least {context['min_length']}"
    if kind == "missing":
        return "is missing, and has no default"
    if kind == "value_error":
        return str(context["error"])
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _unknown_kind(given, at + error["loc"])
    if kind == "literal_error":
        near = difflib.get_close_matches(str(given), re.findall(r"'([^']*)'", context["expected"]), 1)
        return f"{_shown(given)} is none of {context['expected']}" + (f"; did you mean '{near[0]}'?" if near else "")
    message = error["msg"].replace("Input should be", "should be")
    for theirs, ours in _PLAIN_WORDS.items():
        message = message.replace(theirs, ours)
    return f"{message[:1].lower()}{message[1:]}, not {_shown(given)}"


_PLAIN_WORDS = {
    "a valid tuple": "a list",
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid string": "text in quotes",
    "a valid boolean": "true or false",
    "a valid dictionary": "a table",
    " or instance of": ", such as",
}


def _shown(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else repr(value)


def unknown_key(key: str, model: type[BaseModel] | None) -> str:
    """What is said of a key that a model does not have."""
    fields = model.model_fields.items() if model else ()
    keys = [field.alias or k for k, field in fields if k not in INNER_KEYS]
    near = difflib.get_close_matches(key, keys, 1)
    if near:
        return f"unknown key; did you mean '{near[0]}'?"
    return f"unknown key; there are {', '.join(keys)}" if keys else "unknown key; take it out"


def _unknown_kind(given: Any, loc: tuple) -> str:
    if loc[0] == "output":
        suffix = Path(str(given.get("path", "") if isinstance(given, Mapping) else given)).suffix
        told = f"unknown suffix '{suffix}'" if suffix else "has no path with a suffix"
        return f"{told}; known are {' '.join(suffixes())}"
    kinds = _members(loc)
    if not isinstance(given, Mapping) or "type" not in given:
        return f"says no type; there are {', '.join(kinds)}"
    near = difflib.get_close_matches(str(given["type"]), kinds, 1)
    hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(kinds)}"
    return f"unknown type '{given['type']}'; {hint}"


def _members(loc: tuple) -> list[str]:
    """The values of `type` that are allowed at a place."""
    annotation = _annotation_at(loc)
    opened = _opened(annotation)
    if opened is not None:
        return list(opened.names)
    return sorted(t for m in _models(annotation) for t in get_args(m.model_fields["type"].annotation))


def _opened(annotation: Any) -> Open | None:
    """What opens a union to plug-ins of installed packages, inside of lists and annotations."""
    if isinstance(annotation, Open):
        return annotation
    return next(filter(None, map(_opened, get_args(annotation))), None)


def _model_at(loc: tuple) -> type[BaseModel] | None:
    models = _models(_annotation_at(loc))
    return models[0] if len(models) == 1 else None


def _annotation_at(loc: tuple) -> Any:
    """The type of the scene's model at a place, member names of unions included in the place."""
    annotation: Any = Scene
    for part in loc:
        models = _models(annotation)
        tagged = [m for m in models if "type" in m.model_fields and part in get_args(m.model_fields["type"].annotation)]
        fields = [m.model_fields[part].rebuild_annotation() for m in models if part in m.model_fields]
        if tagged and len(models) > 1:
            annotation = tagged[0]
        elif fields:
            annotation = fields[0]
        elif get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
    return annotation


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models in a type, looked for inside of unions, lists and annotations."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if isinstance(annotation, Open):
        return list(annotation.imported)
    if get_origin(annotation) is dict:
        return []
    return [m for a in get_args(annotation) for m in _models(a)]
