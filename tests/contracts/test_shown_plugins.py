"""The files that CONTRIBUTING.md shows are complete: they make a film."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from installed import calls, install, processes, scene

__all__ = ["processes"]  # a fixture


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    """A folder with a package of the files that CONTRIBUTING.md shows, its entry points, and the script."""
    site, text = tmp_path_factory.mktemp("page"), (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()
    files = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", text, re.DOTALL))
    entries = re.search(r"```toml\n(\[project.entry-points.*?)```", text, re.DOTALL)
    assert files.keys() == {"histogram.py", "spirals.py", "prores.py", "script.py"} and entries
    (site / "my_films").mkdir()
    for folder in (site, site / "my_films"):
        for name, source in files.items():
            (folder / name).write_text(source)
    groups = tomllib.loads(entries[1])["project"]["entry-points"]
    install(site, "my-films", {group.removeprefix("weightreel."): made for group, made in groups.items()})
    return site


PAGE_SCENE = """
[run]
layers = [{ type = "flatten" }, { type = "dense", units = 3, activation = "softmax" }]
data = { type = "spirals", noise = 0.1 }
epochs = 1
[timeline]
seconds = 0.2
[layout]
size = [96, 64]
[[view]]
type = "histogram"
layer = 1
[[output]]
path = "film.mov"
codec = "prores"
"""


def test_the_files_that_contributing_shows_make_a_film(page, tmp_path):
    good = scene(tmp_path, "good.toml", PAGE_SCENE)
    wrong = scene(tmp_path, "wrong.toml", PAGE_SCENE.replace("layer = 1", "layer = 0"))
    rendered, told, listed = calls(page, tmp_path, ["render", good, "--json"], ["check", wrong], ["list", "views"])
    assert rendered[0] == 0, rendered[2]
    assert json.loads(rendered[1].splitlines()[-1])["outputs"][0]["codec"] == "prores"
    assert told[2].endswith("view[0].layer   layer 0, flatten, has no weights; choose another\n")
    assert "How many weights of a layer have which value. (from package my-films)" in listed[1]


def test_the_script_that_contributing_shows(page, tmp_path):
    done = subprocess.run(
        [sys.executable, str(page / "script.py")], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "film.mp4").stat().st_size > 0
