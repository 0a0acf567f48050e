"""The README keeps its word: its Python runs, its scenes validate, its links lead somewhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from weightreel.render.command.cli import run
from weightreel.render.scene.file import load, parse, read_toml, scenes_folder
from weightreel.trainer.blas import one_thread
from weightreel.trainer.recording.store import open_recordings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code in fences of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.M | re.S)


@pytest.mark.parametrize("code", [code for code in blocks("python") if "Recorder" not in code])
def test_python_runs(code, tmp_path, monkeypatch):
    """As it stands, but for fewer images, epochs and frames."""
    monkeypatch.chdir(tmp_path)
    quick = 'epochs=1, data={"type": "mnist", "train": 400, "validation": 100, "test": 100}'
    names: dict[str, object] = {}
    exec(
        code.replace("run=Run(", f"run=Run({quick}, ").replace("seconds=6", "seconds=0.5").replace("[100]", "[9]"),
        names,
    )
    assert names["frame"].shape == (720, 720, 3)
    assert [o["frames"] for o in names["report"]["outputs"]] == [15]
    assert {"mine.mp4", "mine.gif"} <= {p.name for p in tmp_path.iterdir()}


def test_its_loop_is_recorded(tmp_path, monkeypatch):
    """With a few of its steps."""
    monkeypatch.chdir(tmp_path)
    (code,) = (code for code in blocks("python") if "Recorder" in code)
    assert "range(1001)" in code
    with one_thread():  # or those of two tests at once wait for each other
        exec(code.replace("range(1001)", "range(41)"), {})
    recording = open_recordings(tmp_path / "run.zarr")["run"]
    assert recording.steps[0] == 0 and recording.steps[-1] > 30
    assert [(layer.name, layer.input_shape) for layer in recording.about.layers] == [("W1", (28, 28)), ("W2", (64,))]
    steps, values = recording.metric("loss")
    assert len(steps) == 41 and values[-1] < values[0]


@pytest.mark.parametrize("block", range(len(blocks("toml"))))
def test_toml_is_valid_in_a_scene(block):
    """Each piece, in a scene with what it leaves out."""
    said = tomllib.loads(blocks("toml")[block])
    whole = read_toml(scenes_folder() / "hidden_grid.toml")
    if "run" in said and "layers" not in said["run"]:
        said["run"] = whole["run"] | said["run"]
    if "grid" in said:
        whole.pop("runs", None)
    for output in said.get("output", []):
        output.setdefault("path", "named-after-the-scene")
    parse(whole | said)


def test_its_scene_is_that_of_the_film():
    """Shortened, and nothing in it differs from the file."""
    said, whole = tomllib.loads(blocks("toml")[0]), read_toml(scenes_folder() / "hidden_grid.toml")
    for key in ("title", "seed", "run", "timeline"):
        assert holds(whole[key], said[key]), key
    ours, files = ([(Path(o["path"]).name, o.get("codec")) for o in scene["output"]] for scene in (said, whole))
    assert ours == files


def test_its_scene_works_as_printed(tmp_path, monkeypatch, capsys):
    """In an empty folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(blocks("toml")[0])
    assert run(["check", "mine.toml"]) == 0, capsys.readouterr()


def holds(whole: object, part: object) -> bool:
    """Whether a value has all that a part of it says."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and holds(whole[key], value) for key, value in part.items())
    if isinstance(whole, list) and isinstance(part, list):
        return len(whole) == len(part) and all(map(holds, whole, part))
    return whole == part


def test_links_lead_somewhere():
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("verb", sorted(set(re.findall(r"`weightreel (\w+)", README))))
def test_verbs_are_there(verb, capsys):
    assert run([verb, "--help"]) == 0
    assert capsys.readouterr().out.startswith("Usage: weightreel")


def test_the_scene_of_the_demo_is_checked():
    assert load("hidden_grid").output
