"""Reading scene files: TOML in, a Scene or all of its problems out."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from weightreel.render.encoders._presets import PRESETS
from weightreel.render.errors import Finding, SceneError
from weightreel.render.scene.scene import Scene

Document = dict[str, Any]


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
        raise SceneError(name, [Finding("", "is a folder; give a scene file")])
    near = difflib.get_close_matches(name, shipped, 1)
    hint = f"did you mean '{near[0]}'?" if near else "scenes that ship: " + ", ".join(shipped)
    raise SceneError(name, [Finding("", f"no such file, and no scene of that name; {hint}")])


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
    ships = _written(document) if str(name) in shipped_scenes() else frozenset()
    outputs = list(outputs)
    if outputs:
        document["output"] = [{"path": p} for p in outputs]
    for setting in settings:
        assign(document, setting, str(path))
    _name_outputs(document, path.stem)
    if seed is not None:
        document["seed"] = seed
    return parse(document, source=str(path), folder=path.parent, ships=ships)


def _written(document: Document) -> frozenset[str]:
    """The paths that a scene of ours writes; those that are named in its place are not among them."""
    return frozenset([*(output.get("path", "") for output in document.get("output", ())), document.get("table", "")])


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
        raise SceneError(str(path), [Finding("", "is not text in UTF-8; a scene is a TOML file")]) from None
    except OSError as error:
        raise SceneError(str(path), [Finding("", f"cannot be read ({error.strerror})")]) from None
    except tomllib.TOMLDecodeError as error:
        raise SceneError(str(path), [_syntax_problem(str(error))]) from None
    if not document:
        raise SceneError(
            str(path), [Finding("", "the file is empty; weightreel new PATH writes a scene to start from")]
        )
    return document


def _syntax_problem(message: str) -> Finding:
    place = re.search(r"\(at (line \d+, column \d+|end of document)\)", message)
    what = re.sub(r"\s*\(at .*\)$", "", message)
    return Finding(
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
        raise SceneError(source, [Finding(f"--set {setting}", "write it as KEY=VALUE, such as run.epochs=1")])
    *parents, last = key.split(".")
    if parents and isinstance(document.get(parents[0]), str) and parents[0] == "theme":
        document["theme"] = {"name": document["theme"]}  # its short form
    node: object = document
    for i, part in enumerate(parents):
        node = _child(node, part, ".".join(parents[: i + 1]), source)
    if isinstance(node, list):
        _child(node, last, key, source)
        node[int(last)] = _value(words)
    elif isinstance(node, dict):
        node[last] = _value(words)
    else:
        raise SceneError(source, [Finding(f"--set {key}", f"{'.'.join(parents)} is a value and has no keys")])


def _child(node: object, part: str, path: str, source: str) -> object:
    if isinstance(node, dict):
        return node.setdefault(part, {})
    if isinstance(node, list) and part.isdigit() and int(part) < len(node):
        return node[int(part)]
    there = "it has no keys"
    if isinstance(node, list):
        there = f"there {'is' if len(node) == 1 else 'are'} {len(node)}, counted from 0"
    raise SceneError(source, [Finding(f"--set {path}", f"nothing of that number here; {there}")])


def _value(words: str) -> object:
    try:
        return tomllib.loads(f"value = {words}")["value"]
    except tomllib.TOMLDecodeError:
        return words.strip()


def parse(
    document: Document, *, source: str = "scene", folder: Path | str = ".", ships: frozenset[str] = frozenset()
) -> Scene:
    """A scene from plain values, as TOML gives them; `ships` as in `Scene.located`.

    Raises:
        SceneError: with every problem found, in the order of the scene's keys.
    """
    try:
        scene = Scene.model_validate(document)
    except SceneError as error:
        raise SceneError(source, error.findings) from None
    return scene.located(folder=folder, source=source, ships=ships)
