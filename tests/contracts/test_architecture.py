"""The plan of the house, kept true: who imports whom, how long files and functions are."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from weightreel.trainer import plugins

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


@pytest.mark.parametrize("path", FILES, ids=module)
class TestEveryFile:
    def test_imports_run_downhill(self, path):
        names, own = imports(path), module(path)
        if own.startswith("weightreel.trainer"):
            assert not any(n == "render" or n.startswith("render.") for n in names)
        if own.startswith("weightreel.render.views."):
            others = {f"weightreel.render.views.{n}" for n in plugins.names("weightreel.render.views")}
            assert not names & (others - {own})
        if own.startswith("weightreel.render.encoders"):
            assert not names & {
                "weightreel.render.scene.scene",
                "weightreel.render.scene.file",
                "weightreel.render.making.plan",
                "weightreel.render.frames.film",
                "weightreel.render.views",
            }
        if own.startswith("weightreel.render.views"):
            assert not names & {
                "weightreel.render.scene.scene",
                "weightreel.render.making.plan",
                "weightreel.render.frames.film",
                "weightreel.render.encoders",
            }
        if own not in ("weightreel.render.command.cli", "weightreel.render.__main__", "weightreel.render.__init__"):
            assert "weightreel.render.making.plan" not in names or own == "weightreel.render.distributed"
        assert "matplotlib" not in names
        assert "dask" not in {n.split(".")[0] for n in names} or own == "weightreel.render.distributed"


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
