"""Clips carry the scene that makes them again, and nothing personal."""

from __future__ import annotations

import getpass
import socket
from itertools import groupby
from pathlib import Path

import av
import imageio.v3 as iio
import numpy as np
import pytest

from examples import cases
from weightreel.render.command.cli import run
from weightreel.render.encoders import Output
from weightreel.render.errors import SceneError
from weightreel.render.making.film import record_to, render
from weightreel.render.planning.recipe import read_recipe
from weightreel.render.scene.file import load, parse, read_toml


def codec_of(kind: type[Output], options: dict) -> dict[str, str]:
    """What to add to the options of an encoder, so that a scene's suffix chooses no other."""
    return {"codec": kind(path=f"x{kind.suffixes[0]}", **options).codec} if "codec" in kind.model_fields else {}


# Every encoder's examples; of numbered frames one, a poster.
CLIPS = [
    pytest.param(
        example.suffix,
        codec_of(kind, example.options) | example.options,
        id=f"{name}{example.suffix}",
        marks=pytest.mark.slow if number else (),  # of an encoder's examples the first at once, the others now and then
    )
    for name, group in groupby(cases("encoder"), key=lambda case: case[0])
    for number, (_, kind, example) in enumerate(group)
    if name != "png"
]
CLIPS.append(pytest.param(".png", {"at": "end"}, id="png.png"))


def frames(path: Path) -> np.ndarray:
    if path.suffix in (".webp", ".apng", ".png"):
        return iio.imread(path, index=..., plugin="pillow", mode="RGB")
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


@pytest.mark.parametrize(("suffix", "options"), CLIPS)
def test_a_recipe_renders_the_same_frames(suffix, options, scene_file, tmp_path, capsys):
    name, settings = f"x{suffix}", [f"output.0.{k}={v}" for k, v in options.items()]
    render(load(scene_file, outputs=[name], settings=[*settings, "run.epochs=1"], seed=5))
    assert run(["recipe", name]) == 0
    (tmp_path / "again").mkdir()
    again = tmp_path / "again" / "recipe.toml"
    again.write_text(capsys.readouterr().out)
    assert read_toml(again)["seed"] == 5
    first = frames(tmp_path / name)
    assert run(["render", str(again), "-q"]) == 0, "the recipe's output is a name in the working directory"
    assert np.array_equal(frames(tmp_path / name), first)
    assert read_recipe(tmp_path / name) == again.read_text()


def test_a_clip_does_not_depend_on_the_other_outputs(scene_file, tmp_path, capsys):
    """What else was recorded moves no axis and no range."""
    given = ["output.1.fps=4", "view.1.x=step", "view.1.x_scale=log", "view.0.normalize={over='clip'}"]
    render(load(scene_file, outputs=["one.gif", "two.gif"], settings=[*given, "timeline.pacing=log"]))
    for name in ("one.gif", "two.gif"):
        first = frames(tmp_path / name)
        (tmp_path / "again.toml").write_text(read_recipe(tmp_path / name))
        render(load(tmp_path / "again.toml"))
        assert np.array_equal(frames(tmp_path / name), first)


def test_the_recipe_is_the_complete_scene(scene_file, tmp_path):
    render(load(scene_file, outputs=["x.gif"], settings=["output.0.loop=3"]))
    document = read_toml_text(read_recipe(tmp_path / "x.gif"))
    versions, digests = document["recipe"]["versions"], document["recipe"]["data"]
    assert {"weightreel", "numpy", "pillow", "av"} <= set(versions)
    assert len(digests["run"]) == 64
    given = ["output.0.loop=3", "output.0.size=[320, 180]", "output.0.fps=10.0"]
    scene = load(scene_file, outputs=["x.gif"], settings=given)
    document.pop("recipe")
    assert parse(document).model_dump() == scene.model_dump()


def read_toml_text(text: str) -> dict:
    import tomllib

    return tomllib.loads(text)


def test_frames_and_budgets_are_in_the_recipe(scene_file, tmp_path, capsys):
    settings = ["output.0.max_bytes=15 kB", "timeline.seconds=2"]
    report = render(load(scene_file, outputs=["x.gif"], settings=settings), frames=slice(3, 18))
    clip = report["outputs"][0]
    assert clip["bytes"] <= 15_000
    assert clip["gave_up"]
    document = read_toml_text(read_recipe(tmp_path / "x.gif"))
    assert document["output"][0]["frames"] == [3, 18]
    assert "max_bytes" not in document["output"][0], "the recipe says what came of it"
    first = (tmp_path / "x.gif").read_bytes()
    (tmp_path / "again.toml").write_text(read_recipe(tmp_path / "x.gif"))
    render(load(tmp_path / "again.toml"))
    assert np.array_equal(frames(tmp_path / "x.gif"), frames_of(first, tmp_path))


def frames_of(data: bytes, folder: Path) -> np.ndarray:
    path = folder / "first.gif"
    path.write_bytes(data)
    return frames(path)


def test_a_recipe_of_a_recording_says_what_was_trained(scene_file, tmp_path):
    record_to(load(scene_file, settings=["run.l2=0.25"], seed=3), tmp_path / "kept")
    render(load(scene_file, outputs=["x.gif"]), recording=tmp_path / "kept")
    document = read_toml_text(read_recipe(tmp_path / "x.gif"))
    assert (document["run"]["l2"], document["seed"]) == (0.25, 3)


def test_nothing_personal_is_in_a_recipe(scene_file, tmp_path):
    data = tmp_path / "private" / "mine.npz"
    data.parent.mkdir()
    rng = np.random.default_rng(0)
    np.savez(data, x=rng.integers(0, 256, (300, 8, 8), dtype=np.uint8), y=np.arange(300) % 10)
    settings = [f"run.data={{type='npz', path='{data}', validation=50}}", "table=" + str(tmp_path / "t.csv")]
    render(load(scene_file, outputs=[str(tmp_path / "x.gif")], settings=settings))
    recipe = read_recipe(tmp_path / "x.gif")
    for word in (str(tmp_path), "private", getpass.getuser() + "/", socket.gethostname()):
        assert word not in recipe
    assert 'path = "mine.npz"' in recipe
    assert 'path = "x.gif"' in recipe
    assert str(tmp_path).encode() not in (tmp_path / "x.gif").read_bytes()


def test_no_recipe_leaves_it_out(scene_file, tmp_path, capsys):
    for name in ("x.gif", "x.mp4"):
        assert run(["render", str(scene_file), "-o", name, "--no-recipe", "-q"]) == 0
        assert run(["recipe", name]) == 2
        assert capsys.readouterr().err.strip() == (
            f"{name}: 1 problem\n  carries no recipe; it was written with --no-recipe, or by something else"
        )


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.gif", None, "no such file"),
        ("x.txt", b"words", "unknown suffix '.txt'; known are"),
        ("x.gif", b"no picture", "cannot be read as gif (is no GIF)"),
        ("y.gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00", "cannot be read as gif (ends before its trailer)"),
        ("x.mp4", b"no film", "cannot be read as mp4"),
        ("x.webp", b"no picture", "cannot be read as webp (not a WebP file)"),
        ("y.webp", b"RIFF\x10\0\0\0WEBPVP8X", "cannot be read as webp (the file ends before the length"),
        ("x.apng", b"no picture", "cannot be read as apng"),
    ],
)
def test_files_without_recipes(tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SceneError) as caught:
        read_recipe(tmp_path / name)
    assert words in str(caught.value)


def test_other_data_are_noticed(scene_file, tmp_path, capsys):
    render(load(scene_file, outputs=["x.gif"]))
    recipe = read_recipe(tmp_path / "x.gif")
    (tmp_path / "again.toml").write_text(recipe)
    assert run(["render", "again.toml", "--set", "run.data.train=200"]) == 0
    assert "run: the data are not those of the recipe, so the frames differ" in capsys.readouterr().err
