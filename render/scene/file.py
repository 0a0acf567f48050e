"""Reading scene files: TOML in, a Scene or all of its problems out."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from weightreel.render.encoders._presets import PRESETS
from weightreel.render.errors import Problem, SceneError
from weightreel.render.scene.scene import Scene, contradictions, suffixes

Document = dict[str, Any]
Loc = tuple[int | str, ...]  # where pydantic finds an error: keys, indices, and names of union members between them
INNER_KEYS = ("folder", "source", "ships")


def scenes_folder() -> Path:
    """Where the scenes that ship with weightreel are: in an installed wheel, or in a checkout."""
    return Path(__file__).parents[2] / "scenes"


def shipped_scenes() -> dict[str, Path]:
    """The scene files that ship with weightreel, by name."""
    return {p.stem: p for p in sorted(scenes_folder().glob("*.toml"))}


def find_scene(name: str) -> Path:
    """The file of a scene that is given by path or by the name of one that ships.

    Raises:
        SceneError: there is none.
    """
    path = Path(name)
    if path.is_file():
        return path
    shipped = shipped_scenes()
    if name in shipped:
        return shipped[name]
    if path.is_dir():
        raise SceneError(name, [Problem("", "is a folder; give a scene file")])
    near = difflib.get_close_matches(name, shipped, 1)
    hint = f"did you mean '{near[0]}'?" if near else "scenes that ship: " + ", ".join(shipped)
    raise SceneError(name, [Problem("", f"no such file, and no scene of that name; {hint}")])


def load(
    name: str | Path, *, outputs: Iterable[str] = (), settings: Iterable[str] = (), seed: int | None = None
) -> Scene:
    """A scene from a file or the name of one that ships.

    Args:
        name: path or name.
        outputs: paths that replace the scene's outputs.
        settings: "key.path=value" each, applied after that; values in TOML, bare words as strings.
        seed: replaces the scene's seed.

    Raises:
        SceneError: with every problem found.
    """
    path = find_scene(str(name))
    document = read_toml(path)
    outputs = list(outputs)
    if outputs:
        document["output"] = [{"path": p} for p in outputs]
    for setting in settings:
        assign(document, setting, str(path))
    _name_outputs(document, path.stem)
    if seed is not None:
        document["seed"] = seed
    return parse(document, source=str(path), folder=path.parent, ships=str(name) in shipped_scenes() and not outputs)


def _name_outputs(document: Document, stem: str) -> None:
    """Outputs that say only what they are for are named after the scene."""
    for output in document.get("output", ()) if isinstance(document.get("output"), list) else ():
        if isinstance(output, dict) and output.get("for") in PRESETS:
            output.setdefault("path", f"{stem}-{output['for']}")


def read_toml(path: Path) -> Document:
    """The document of a TOML file.

    Raises:
        SceneError: it is empty, not text, or not TOML.
    """
    try:
        words = path.read_text(encoding="utf-8")
        document = tomllib.loads(words)
    except UnicodeDecodeError:
        raise SceneError(str(path), [Problem("", "is not text in UTF-8; a scene is a TOML file")]) from None
    except OSError as error:
        raise SceneError(str(path), [Problem("", f"cannot be read ({error.strerror})")]) from None
    except tomllib.TOMLDecodeError as error:
        raise SceneError(str(path), [_syntax_problem(str(error))]) from None
    if not document:
        raise SceneError(
            str(path), [Problem("", "the file is empty; weightreel new PATH writes a scene to start from")]
        )
    return document


def _syntax_problem(message: str) -> Problem:
    place = re.search(r"\(at (line \d+, column \d+|end of document)\)", message)
    what = re.sub(r"\s*\(at .*\)$", "", message)
    return Problem(
        place.group(1) if place else "", f"not TOML: {what[:1].lower()}{what[1:]}; see toml.io for the syntax"
    )


def assign(document: Document, setting: str, source: str) -> None:
    """Apply one "key.path=value".

    Raises:
        SceneError: there is no '=', or the path leads through something that is not there.
    """
    key, equals, words = setting.partition("=")
    key = key.strip()
    if not equals or not key:
        raise SceneError(source, [Problem(f"--set {setting}", "write it as KEY=VALUE, such as run.epochs=1")])
    *parents, last = key.split(".")
    if parents and isinstance(document.get(parents[0]), str) and parents[0] == "theme":
        document["theme"] = {"name": document["theme"]}  # its short form
    node: Any = document
    for i, part in enumerate(parents):
        node = _child(node, part, ".".join(parents[: i + 1]), source)
    if isinstance(node, list):
        _child(node, last, key, source)
        node[int(last)] = _value(words)
    elif isinstance(node, dict):
        node[last] = _value(words)
    else:
        raise SceneError(source, [Problem(f"--set {key}", f"{'.'.join(parents)} is a value and has no keys")])


def _child(node: Any, part: str, path: str, source: str) -> Any:
    if isinstance(node, dict):
        return node.setdefault(part, {})
    if isinstance(node, list) and part.isdigit() and int(part) < len(node):
        return node[int(part)]
    there = f"there are {len(node)}, counted from 0" if isinstance(node, list) else "it has no keys"
    raise SceneError(source, [Problem(f"--set {path}", f"nothing of that number here; {there}")])


def _value(words: str) -> Any:
    try:
        return tomllib.loads(f"value = {words}")["value"]
    except tomllib.TOMLDecodeError:
        return words.strip()


def parse(document: Document, *, source: str = "scene", folder: Path | str = ".", ships: bool = False) -> Scene:
    """A scene from plain values, as TOML gives them.

    Raises:
        SceneError: with every problem found, in the order of the scene's keys.
    """
    problems = [Problem(k, _unknown(k, Scene)) for k in INNER_KEYS if k in document]
    inner = {k: v for k, v in document.items() if k not in INNER_KEYS}
    if not inner.get("run") and not inner.get("runs"):
        problems.append(Problem("run", "is missing; a scene needs a [run] table that says what is trained"))
    try:
        scene = Scene.model_validate({**inner, "folder": str(folder), "source": source, "ships": ships})
    except ValidationError as error:
        parts, found = _validated(inner)
        problems += found + contradictions(parts) or [Problem("", str(error))]
    if problems:
        order = {key: i for i, key in enumerate(Scene.model_fields)}
        problems.sort(key=lambda p: order.get(re.split(r"[.\[]", p.key)[0], len(order)))
        raise SceneError(source, list(dict.fromkeys(problems)))
    return scene


def _validated(document: Document) -> tuple[dict[str, Any], list[Problem]]:
    """Each part of a scene by itself, so that one wrong key hides no other problem."""
    parts: dict[str, Any] = {}
    problems = [Problem(key, _unknown(key, Scene)) for key in document if key not in Scene.model_fields]
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
    adapter: TypeAdapter[Any],
    value: Any,
    at: Loc,
    document: Document,
    into: dict[Any, Any],
    key: Any,
    problems: list[Problem],
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


def _walk(document: Any, loc: Loc) -> list[tuple[str | int, Any]]:
    """The parts of an error's place that are keys of the document, with the value at each; pydantic puts the
    names of union members between them."""
    node, steps = document, []
    for i, part in enumerate(loc):
        if _holds(node, part):
            node = node[part]
        elif i == len(loc) - 1 and isinstance(node, Mapping) and isinstance(part, str):
            node = None
        else:
            continue
        steps.append((part, node))
    return steps


def _holds(node: Any, part: int | str) -> bool:
    if isinstance(node, list):
        return isinstance(part, int) and part < len(node)
    return isinstance(node, Mapping) and part in node


def _place(error: ErrorDetails, document: Document, at: Loc) -> str:
    """The key path of an error; a wrong kind of plug-in is the fault of the key that names it."""
    path = _key_path(document, at + error["loc"])
    if error["type"].startswith("union_tag") and isinstance(error["input"], Mapping):
        path += ".path" if at[0] == "output" else ".type"
    return path


def _key_path(document: Document, loc: Loc) -> str:
    path = ""
    for part, _ in _walk(document, loc):
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _message(error: ErrorDetails, document: Document, at: Loc) -> str:
    kind, context = error["type"], error.get("ctx", {})
    given = error["input"]
    if kind == "extra_forbidden":
        model = _model_at(at + error["loc"][:-1])
        return _unknown(str(error["loc"][-1]), model)
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


def _unknown(key: str, model: type[BaseModel] | None) -> str:
    fields = model.model_fields.items() if model else ()
    keys = [field.alias or k for k, field in fields if k not in INNER_KEYS]
    near = difflib.get_close_matches(key, keys, 1)
    if near:
        return f"unknown key; did you mean '{near[0]}'?"
    return f"unknown key; there are {', '.join(keys)}" if keys else "unknown key; take it out"


def _unknown_kind(given: Any, loc: Loc) -> str:
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


def _members(loc: Loc) -> list[str]:
    """The values of `type` that are allowed at a place."""
    return sorted(t for m in _models(_annotation_at(loc)) for t in get_args(m.model_fields["type"].annotation))


def _model_at(loc: Loc) -> type[BaseModel] | None:
    models = _models(_annotation_at(loc))
    return models[0] if len(models) == 1 else None


def _annotation_at(loc: Loc) -> Any:
    """The type of the scene's model at a place, member names of unions included in the place."""
    annotation: Any = Scene
    for part in loc:
        models = _models(annotation)
        tagged = [m for m in models if "type" in m.model_fields and part in get_args(m.model_fields["type"].annotation)]
        fields = [m.model_fields[part].annotation for m in models if part in m.model_fields]
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
    if get_origin(annotation) is dict:
        return []
    return [m for a in get_args(annotation) for m in _models(a)]
