"""Reading scene files: TOML in, a Scene or all of its problems out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from weightreel.render.drawing.layout import Layout
from weightreel.render.encoders._presets import PRESETS
from weightreel.render.errors import Finding, SceneError
from weightreel.render.scene import asked
from weightreel.render.scene.landing import land, notes
from weightreel.render.scene.scene import Scene
from weightreel.render.scene.timeline import Timeline
from weightreel.render.scene.toml import loads
from weightreel.render.scene.written import called, is_stream, words_of
from weightreel.trainer.bounds import MOST_DEPTH
from weightreel.trainer.messages import nearest
from weightreel.trainer.paths import located
from weightreel.trainer.run import Run

Document = dict[str, Any]
_PART = re.compile(r"""\s*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^.="']*)\s*([.=])""")
_NUMBERED = re.compile(r"([^\[\]]+)((?:\[\d+\])+)\s*")  # output[1], as messages name a place


def scenes_folder() -> Path:
    """Where the scenes that ship with weightreel are: in an installed wheel, or in a checkout."""
    return Path(__file__).parents[2] / "scenes"


def shipped_scenes() -> dict[str, Path]:
    """The scene files that ship with weightreel, by name."""
    return {p.stem: p for p in sorted(scenes_folder().glob("*.toml"))}


def find_scene(name: str) -> Path:
    """The file of a scene that is given by path, or by the name of one that ships; - is standard input.

    Raises:
        SceneError: there is none.
    """
    path = located(name)
    if is_stream(path) or path.is_file():
        return path
    shipped = shipped_scenes()
    if name in shipped:
        return shipped[name]
    if path.is_dir():
        raise SceneError(name, [Finding("", "is a folder; give a scene file, or a recording")])
    near = nearest(name, shipped)
    hint = f"did you mean '{near}'?" if near else "scenes that ship: " + ", ".join(shipped)
    raise SceneError(name, [Finding("", f"no such file, and no scene of that name; {hint}")])


def load(
    name: str | Path,
    *,
    outputs: str | Path | Iterable[str | Path] = (),
    keys: Mapping[str, object] | None = None,
    settings: str | Iterable[str] = (),
    seed: int | None = None,
    recording: str | Path | None = None,
) -> Scene:
    """A scene from a file or the name of one that ships.

    Args:
        name: path or name; - for standard input, where paths within the scene start at the working directory.
        outputs: paths that replace the scene's outputs, see `asked.replaced`; their folders are made.
        keys: what every output is given, such as fps.
        settings: "key.path=value" each, applied after that; values in TOML, bare words as strings.
        seed: replaces the scene's seed.
        recording: what the scene will be drawn from: one that says neither what is trained nor what is filmed is
            about this.

    Raises:
        SceneError: with every problem found.
    """
    path = find_scene(str(name))
    ours = path == shipped_scenes().get(str(name))
    source = called(path if ours else Path(name))  # as it was written: ~ is not what it stands for
    document = document_of(words_of(path), source)
    if recording is not None and not {"run", "runs", "recording"} & document.keys():
        document["recording"] = {}
    ships = _written(document) if ours else frozenset()
    stem, folder = ("scene", Path.cwd()) if is_stream(path) else (path.stem, path.parent)
    return made(
        document,
        source,
        stem=stem,
        folder=folder,
        ships=ships,
        outputs=outputs,
        keys=keys,
        settings=settings,
        seed=seed,
    )


def made(
    document: Document,
    source: str,
    *,
    stem: str = "scene",
    folder: Path | str = ".",
    ships: frozenset[str] = frozenset(),
    outputs: str | Path | Iterable[str | Path] = (),
    keys: Mapping[str, object] | None = None,
    settings: str | Iterable[str] = (),
    seed: int | None = None,
) -> Scene:
    """A scene from a document, which is changed for it: with other outputs, settings or seed, see `load`.

    Args:
        document: as TOML gives it.
        source: what messages call it.
        stem: what outputs without a name are named after.
        folder: where relative paths start.
        ships: the paths that one of ours writes.
        outputs: see `load`.
        keys: likewise.
        settings: likewise.
        seed: likewise.

    Raises:
        SceneError: with every problem found.
    """
    landed = land(document) if "recipe" in document else {}
    outputs, settings, keys = _all(outputs), _all(settings), keys or {}
    of_outputs = [setting for setting in settings if _parts(setting)[0][:1] == ["output"]]
    for setting in (setting for setting in settings if setting not in of_outputs):
        assign(document, setting, source)  # before outputs are made of others, whose size may be the layout's
    if outputs:
        document["output"] = asked.replaced(document, outputs)
    asked.give(document, keys)
    for setting in of_outputs:
        assign(document, setting, source)
    _name_outputs(document, stem)
    if seed is not None:
        document["seed"] = seed
    try:
        scene = parse(document, source=source, folder=folder)
    except SceneError as error:
        raise SceneError(source, asked.told(error.findings, document, keys)) from None
    makes = ships | frozenset(outputs)
    return scene.located(folder=folder, source=source, makes=makes, notes=notes(document, landed))


def _all(given: str | Path | Iterable[str | Path]) -> list[str]:
    """Words or paths; of a single one a list too, and not its letters."""
    return [str(given)] if isinstance(given, str | Path) else [str(one) for one in given]


def _written(document: Document) -> frozenset[str]:
    """The paths that a scene of ours writes; those that are named in its place are not among them."""
    return frozenset([*(output.get("path", "") for output in document.get("output", ())), document.get("table", "")])


def _name_outputs(document: Document, stem: str) -> None:
    """Outputs that say only what they are for are named after the scene."""
    for output in document.get("output", ()) if isinstance(document.get("output"), list) else ():
        if isinstance(output, dict) and str(output.get("for")) in PRESETS:
            output.setdefault("path", f"{stem}-{output['for']}")


def read_toml(path: Path) -> Document:
    """The document of a TOML file.

    Raises:
        SceneError: it is empty, not text, or not TOML.
    """
    return document_of(words_of(path), called(path))


def document_of(words: str, source: str) -> Document:
    """The document in the words of a TOML file; `source` is what messages call it.

    Raises:
        SceneError: it is empty, or not TOML.
    """
    try:
        document = loads(words)
    except tomllib.TOMLDecodeError as error:
        raise SceneError(source, [_syntax_problem(str(error))]) from None
    except ValueError as error:
        raise SceneError(source, [Finding("", str(error))]) from None
    if not document:
        told = "the file is empty; weightreel new PATH writes a scene to start from"
        raise SceneError(source, [Finding("", told)])
    return document


def _syntax_problem(message: str) -> Finding:
    place = re.search(r"\(at (line \d+, column \d+|end of document)\)", message)
    what = re.sub(r"\s*\(at .*\)$", "", message)
    hint = "see toml.io for the syntax"
    if "Unescaped" in what or "hex value" in what:
        hint = "write a path with backslashes in single quotes, such as 'C:\\films\\x.gif'"
    return Finding(place.group(1) if place else "", f"not TOML: {what[:1].lower()}{what[1:]}; {hint}")


def assign(document: Document, setting: str, source: str) -> None:
    """Apply one "key.path=value"; a part with dots or blanks stands in quotes, as in TOML.

    Raises:
        SceneError: there is no '=', or the path leads through something that is not there.
    """
    parts, words = _parts(setting)
    if not any(parts):
        raise SceneError(source, [Finding(f"--set {setting}", "write it as KEY=VALUE, such as run.epochs=1")])
    key, (*parents, last) = ".".join(parts), parts
    if len(parents) > MOST_DEPTH:
        raise SceneError(source, [Finding(f"--set {key}", f"has more than {MOST_DEPTH} parts; a scene needs 5")])
    if parents and isinstance(document.get(parents[0]), str) and parents[0] == "theme":
        document["theme"] = {"name": document["theme"]}  # its short form
    node: object = document
    for i, part in enumerate(parents):
        node = _child(node, part, ".".join(parents[: i + 1]), source)
    if isinstance(node, list):
        _child(node, last, key, source)
        node[int(last)] = _value(words, key, source)
    elif isinstance(node, dict):
        node[last] = _value(words, key, source)
    else:
        raise SceneError(source, [Finding(f"--set {key}", f"{'.'.join(parents)} is a value and has no keys")])


def _parts(setting: str) -> tuple[list[str], str]:
    """The parts of a setting's key, and its value; no parts where it has no value."""
    parts: list[str] = []
    at = 0
    while found := _PART.match(setting, at):
        try:
            parts += _named(found[1].strip())
        except tomllib.TOMLDecodeError:
            break
        at = found.end()
        if found[2] == "=":
            return parts, setting[at:]
    return [], ""


def _named(part: str) -> list[str]:
    """What one part of a key names: itself, without its quotes, or with numbers in brackets those too."""
    if part[:1] in ('"', "'"):
        return [str(tomllib.loads(f"part = {part}")["part"])]
    numbered = _NUMBERED.fullmatch(part)
    return [numbered[1].strip(), *numbered[2][1:-1].split("][")] if numbered else [part]


def _child(node: object, part: str, path: str, source: str) -> object:
    if isinstance(node, dict):
        return node.setdefault(part, {})
    if isinstance(node, list) and part.isdecimal() and len(part) < 10 and int(part) < len(node):
        return node[int(part)]
    wrong, there = "nothing of that number here", "it has no keys"
    if isinstance(node, list):
        there = f"there {'is' if len(node) == 1 else 'are'} {len(node)}, counted from 0"
        if node and not part.isdecimal():
            wrong = f"say which by its number, such as {path.removesuffix(part)}0.{part}"
    raise SceneError(source, [Finding(f"--set {path}", f"{wrong}; {there}")])


def _deeper(finding: Finding) -> Finding:
    """An unknown key at the top, said with where it belongs when one of the tables has it."""
    tables = (("run", Run), ("timeline", Timeline), ("layout", Layout))
    there = [f"{name}.{finding.key}" for name, table in tables if finding.key in table.model_fields]
    if not there or not finding.message.startswith("unknown key; there are"):
        return finding
    return finding._replace(message=f"unknown key; did you mean '{there[0]}'?")


def _value(words: str, key: str, source: str) -> object:
    try:
        return loads(f"value = {words}", keyed="{" in words)["value"]
    except tomllib.TOMLDecodeError:
        return words.strip()
    except ValueError as error:
        raise SceneError(source, [Finding(f"--set {key}", str(error))]) from None


def parse(document: Document, *, source: str = "scene", folder: Path | str = ".") -> Scene:
    """A scene from plain values, as TOML gives them.

    Raises:
        SceneError: with every problem found, in the order of the scene's keys.
    """
    try:
        scene = Scene.model_validate(document)
    except SceneError as error:
        raise SceneError(source, [_deeper(finding) for finding in error.findings]) from None
    return scene.located(folder=folder, source=source)
