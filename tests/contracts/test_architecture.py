"""The plan of the house, kept true: who imports whom, how long files and functions are."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from weightreel.trainer import plugins

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("render/**/*.py"), *ROOT.glob("trainer/**/*.py")])
PACKAGES = (
    "weightreel.render.views",
    "weightreel.render.encoders",
    "weightreel.trainer.layers",
    "weightreel.trainer.optimizers",
    "weightreel.trainer.datasets",
)


def module(path: Path) -> str:
    return ".".join(("weightreel", *path.relative_to(ROOT).with_suffix("").parts))


def imports(path: Path) -> set[str]:
    """Modules that a file imports anywhere, "from a import b" counted as a and a.b."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=module)
class TestEveryFile:
    def test_is_not_long(self, path):
        assert len(path.read_text().splitlines()) <= 400

    def test_says_what_it_is_for(self, path):
        assert ast.get_docstring(ast.parse(path.read_text()))

    def test_public_functions_and_classes_are_documented(self, path):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), node.name

    def test_functions_are_short(self, path):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 60, node.name

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

    def test_name_says_something(self, path):
        assert path.name not in ("utils.py", "helpers.py", "base.py", "common.py", "misc.py")


@pytest.mark.parametrize("package", PACKAGES)
def test_the_type_of_a_plugin_is_its_file_name(package):
    for name, options in plugins.options(package).items():
        assert options.model_fields["type"].default == name
        assert options.__module__ == f"{package}.{name}"


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
