"""The plan of the house, kept true: who imports whom, how long files and functions are."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

from weightreel.trainer.kinds import KINDS

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("render/**/*.py"), *ROOT.glob("trainer/**/*.py")])


@cache
def tree(path: Path) -> ast.Module:
    """What a file says."""
    return ast.parse(path.read_text())


def module(path: Path) -> str:
    return ".".join(("weightreel", *path.relative_to(ROOT).with_suffix("").parts))


def imports(path: Path) -> set[str]:
    """Modules that a file imports anywhere, "from a import b" counted as a and a.b."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
    return found


def test_no_file_is_long():
    assert [module(p) for p in FILES if len(p.read_text().splitlines()) > 400] == []


def test_every_file_says_what_it_is_for():
    assert [module(p) for p in FILES if not ast.get_docstring(tree(p))] == []


def test_public_functions_and_classes_are_documented():
    assert [
        f"{module(p)}.{node.name}"
        for p in FILES
        for node in tree(p).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_" and not ast.get_docstring(node)
    ] == []


def test_functions_are_short():
    assert [
        f"{module(p)}.{node.name}"
        for p in FILES
        for node in ast.walk(tree(p))
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= 60
    ] == []


def test_names_of_files_say_something():
    empty = {"utils", "helpers", "base", "common", "misc"}
    assert [module(p) for p in FILES if p.stem in empty] == []


def rooms_of(*floors: str) -> dict[str, int]:
    """The floor of each room, from the top down; those on one floor stand side by side."""
    return {room: floor for floor, rooms in enumerate(floors) for room in rooms.split()}


# Imports go down only, side by side never.
RENDER = rooms_of(
    "command", "showing proving", "making", "crews", "work", "planning", "check", "frames", "scene", "views encoders",
    "formats", "drawing", "errors",
)  # fmt: skip
TRAINER = rooms_of(
    "train gradient_check", "shards", "measure run", "validation", "network", "datasets optimizers layers",
    "mathematics", "capture", "recording", "streams plugins targets", "offers parts", "options", "messages paths",
    "fields errors kinds bounds memory values blas",
)  # fmt: skip
# What the rooms of render may take from the trainer, beside the ground that both stand on.
GROUND = {
    *("recording", "options", "plugins", "targets", "parts", "messages", "fields", "errors", "kinds"),
    *("bounds", "memory", "paths", "values", "blas"),
}
ABOVE_GROUND = {
    "scene": {"run"},
    "check": {"run"},
    "planning": {"run", "datasets"},
    "work": {"run", "train", "datasets"},
    "command": {"gradient_check", "run", "datasets", "mathematics"},
}
# Libraries that only some files know.
KNOWN_TO = {
    "cv2": ("weightreel.render.drawing.canvas",),
    "zarr": (),  # reads what we write, and would run what a stranger's recording says
    "numcodecs": ("weightreel.trainer.recording.older",),
    "matplotlib": (),
    "dask": ("weightreel.render.crews.distributed",),
    "distributed": ("weightreel.render.crews.distributed",),
    "fsspec": ("weightreel.render.crews.storage",),
}


def ours(path: Path) -> set[str]:
    """The modules of ours that a file imports, anywhere in it."""
    return {name for name in imports(path) if name in MODULES and place(name)[1]}


def place(name: str) -> tuple[str, str]:
    """The half and the room of a module."""
    half, _, rest = name.removeprefix("weightreel.").partition(".")
    return half, rest.partition(".")[0]


def uphill(own: str, other: str) -> bool:
    """Whether a module must not import another one."""
    (half, room), (other_half, other_room) = place(own), place(other)
    if not room:
        return other_half == half  # the halves themselves say what they are, and no more
    if half == other_half:
        floors = RENDER if half == "render" else TRAINER
        return room != other_room and floors[room] >= floors[other_room]
    return half == "trainer" or other_room not in GROUND | ABOVE_GROUND.get(room, set())


MODULES = {module(p).removesuffix(".__init__"): p for p in FILES if p.parts[-2] != "public"}


def test_imports_run_downhill():
    wrong = [f"{own} imports {other}" for own, path in MODULES.items() for other in ours(path) if uphill(own, other)]
    assert sorted(wrong) == []


def test_every_room_has_its_floor():
    rooms = {place(name) for name in MODULES} - {("render", ""), ("trainer", "")}
    assert rooms == {("render", r) for r in RENDER} | {("trainer", r) for r in TRAINER}


def test_no_imports_go_in_a_circle():
    below = {name: ours(path) - {name} for name, path in MODULES.items()}
    while leaves := {name for name, others in below.items() if not others & below.keys()}:
        below = {name: others for name, others in below.items() if name not in leaves}
    assert sorted(below) == [], "these import each other, or what does"


def test_plugins_of_a_kind_know_nothing_of_each_other():
    kinds = {kind.package for kind in KINDS.values()}
    wrong = [
        f"{own} imports {other}"
        for own, path in MODULES.items()
        for other in ours(path)
        if own.rpartition(".")[0] == (package := other.rpartition(".")[0]) in kinds and other[len(package) + 1] != "_"
    ]
    assert wrong == []


def test_some_libraries_are_known_to_few():
    wrong = [
        f"{own} imports {library}"
        for own, path in MODULES.items()
        for library, known in KNOWN_TO.items()
        if library in {name.partition(".")[0] for name in imports(path)} and own not in known
    ]
    assert wrong == []


def test_nothing_but_scripts_imports_the_public_surface():
    """It stands above all rooms; and the folders have no other name."""
    bad = {"weightreel", "weightreel.render.public", "render", "trainer"}
    assert [own for own, path in MODULES.items() if imports(path) & bad] == []


def test_every_room_is_in_the_wheel():
    """A room that pyproject.toml does not list works in a checkout, and is silently absent from a wheel."""
    said = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    there = {module(p).removesuffix(".__init__") for p in FILES if p.name == "__init__.py"}
    assert said == there - {"weightreel.render.public"} | {"weightreel", "weightreel.scenes"}


def test_top_level_holds_what_the_plan_names():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    allowed = {
        "pyproject.toml README.md render trainer scenes tests media Makefile LICENSE CHANGELOG.md",
        "CONTRIBUTING.md MANIFEST.in .gitignore .ci",
    }
    tops = {line.split("/")[0] for line in listed.splitlines()}
    assert tops <= set(" ".join(allowed).split())


def test_help_imports_nothing_heavy():
    code = "import sys; from weightreel.render.command.cli import run; run(['--help']); print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    loaded = set(out.split())
    assert not loaded & {"numpy", "cv2", "av", "pydantic", "PIL", "zarr", "cmap"}
