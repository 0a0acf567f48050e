"""Several scenes in one call of the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from weightreel.render.command.cli import run


@pytest.fixture
def scenes(scene_file) -> list[str]:
    """Two small ones, which write files of their own."""
    words = scene_file.read_text()
    names = ["one.toml", "two.toml"]
    for name in names:
        Path(name).write_text(words.replace("small.png", f"{Path(name).stem}.gif"))
    return names


def test_scenes_are_rendered_one_after_the_other(scenes, capsys):
    assert run(["render", *scenes, "--frames", "0:3", "--json", "-q"]) == 0
    reports = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(report["scene"], report["outputs"][0]["path"]) for report in reports] == [
        ("one.toml", "one.gif"),
        ("two.toml", "two.gif"),
    ]


def test_one_that_fails_stops_no_other_and_makes_the_status(scenes, capsys):
    """Its loss stops being finite, which nobody knows before."""
    wide = 'units = 9, activation = "relu"'
    words = Path("one.toml").read_text().replace('units = 9, activation = "sigmoid"', wide)
    words = words.replace(
        "epochs = 2", 'epochs = 2\noptimizer = { type = "sgd", lr = 1e30 }\nloss = "mean_squared_error"'
    )
    Path("one.toml").write_text(words.replace("softmax", "linear"))
    assert run(["render", *scenes, "--frames", "0:3", "--json", "-q"]) == 1
    told = capsys.readouterr()
    assert [json.loads(line)["scene"] for line in told.out.splitlines()] == scenes
    assert "stopped at step 1" in told.err and "two" not in told.err
    assert Path("two.gif").is_file()


def test_a_wrong_scene_is_found_before_another_is_made(scenes, capsys):
    Path("wrong.toml").write_text("[run]\nlayer = 1")
    assert run(["render", "one.toml", "wrong.toml"]) == 2
    assert not Path("one.gif").exists()


def test_no_film_takes_the_place_of_another(scenes, capsys):
    assert run(["render", "one.toml", "./two.toml", "--set", "output.0.path=x.gif"]) == 2
    told = "two.toml: 1 problem\n  output[0].path   x.gif is what one.toml writes too; name another file\n"
    assert capsys.readouterr().err == told
    assert run(["render", "one.toml", "two.toml", "-o", "x.gif"]) == 2
    assert "-o names the files of one scene" in capsys.readouterr().err
    assert not Path("x.gif").exists()


@pytest.mark.parametrize(
    ("one", "two"), [("x_%04d.png", "x_0003.png"), ("x_%04d.png", "x_%d.png"), ("x.gif", "./x.gif")]
)
def test_nor_does_a_frame_of_one_or_a_picture_of_it(scenes, capsys, one, two):
    words = Path("one.toml").read_text()
    Path("one.toml").write_text(words.replace("one.gif", one))
    Path("two.toml").write_text(words.replace("one.gif", two) + 'at = "end"\n' * (two == "x_0003.png"))
    assert run(["render", "one.toml", "two.toml"]) == 2
    assert f"output[0].path   {two} is what one.toml writes too" in capsys.readouterr().err
    assert list(Path().glob("x*")) == []
