"""What an output is for chooses what it does not say itself."""

from __future__ import annotations

import pytest

from weightreel.render.encoders._presets import PRESETS, fitted
from weightreel.render.encoders.h264 import H264
from weightreel.render.errors import SceneError
from weightreel.render.making.film import render
from weightreel.render.scene.file import load, parse
from weightreel.render.scene.scene import Scene

WIDE = ["layout.size=[1600, 900]", "timeline.fps=60", "output.0={path = 'x', for = '%s'}"]


def output(scene_file, purpose: str, *settings: str):
    given = [WIDE[0], WIDE[1], WIDE[2] % purpose, *settings]
    return load(scene_file, settings=given).output[0]


@pytest.mark.parametrize(
    ("purpose", "path", "codec", "size", "fps", "budget"),
    [
        ("slides", "x.mp4", "h264", (1920, 1080), 30, None),
        ("web", "x.mp4", "h264", (1280, 720), 30, 4_000_000),
        ("github", "x.gif", "gif", (960, 540), 12.5, 5_000_000),
        ("notebook", "x.mp4", "h264", (960, 540), 30, 2_000_000),
        ("story", "x.mp4", "h264", (1080, 1920), 30, None),
        ("square", "x.mp4", "h264", (1080, 1080), 30, None),
        ("master", "x.mkv", "ffv1", (1600, 900), 60, None),
    ],
)
def test_a_purpose_chooses(scene_file, purpose, path, codec, size, fps, budget):
    made = output(scene_file, purpose)
    assert (made.path, made.codec_name) == (path, codec)
    assert (made.size_in((1600, 900)), made.rate(60)) == (size, fps)
    assert getattr(made, "max_bytes", None) == budget
    assert made.rate(8) == 8, "never faster than the scene"


def test_every_purpose_is_tested():
    assert set(PRESETS) == {"slides", "web", "github", "notebook", "story", "square", "master"}


def test_explicit_keys_win(scene_file):
    made = output(scene_file, "github", "output.0.size=[320, 180]", "output.0.fps=5", "output.0.max_bytes=1 MB")
    assert (made.size_in((1600, 900)), made.rate(60), made.max_bytes) == ((320, 180), 5, 1_000_000)
    other = output(scene_file, "slides", "output.0.path=x.gif")
    assert (other.codec_name, other.rate(60)) == ("gif", 30)
    assert output(scene_file, "slides", "output.0.codec=mp4v").codec_name == "mp4v"


def test_an_output_that_says_only_its_purpose_is_named_after_the_scene(scene_file):
    scene = load(scene_file, settings=["output.0={for = 'notebook'}", "run.epochs=1"])
    assert scene.output[0].path == "small-notebook.mp4"
    report = render(scene)
    assert report["outputs"][0]["codec"] == "h264"


def test_from_python_it_is_named_just_scene():
    run = {"layers": [{"type": "dense", "units": 10, "activation": "softmax"}]}
    purposes = [purpose for purpose, preset in PRESETS.items() if preset.suffix]
    scene = Scene(run=run, output=[{"for": purpose} for purpose in purposes])
    assert [o.path for o in scene.output] == [f"scene-{p}{PRESETS[p].suffix}" for p in purposes]
    assert scene == parse({"run": run, "output": [{"for": purpose} for purpose in purposes]})
    assert scene.output[0] == H264(**{"for": purposes[0]})


@pytest.mark.parametrize("build", [lambda output: Scene(output=[output]), lambda output: H264(**output)])
def test_of_a_wrong_purpose_no_path_is_missed(build):
    with pytest.raises(SceneError) as caught:
        build({"for": "githup"})
    there = "'slides', 'web', 'github', 'notebook', 'story', 'square' or 'master'"
    told = f"'githup' is none of {there}; did you mean 'github'?"
    assert [f.message for f in caught.value.findings if f.key.endswith("for")] == [told]
    assert "path" not in str(caught.value)


def test_unknown_purposes_are_guessed(scene_file):
    with pytest.raises(SceneError) as caught:
        output(scene_file, "githup")
    assert "output[0].for" in str(caught.value)
    assert "did you mean 'github'?" in str(caught.value)


@pytest.mark.parametrize("size", [(224, 224), (1920, 1080), (1080, 1920), (333, 777)])
def test_sizes_fit_the_box_in_the_layouts_shape(size):
    width, height = fitted(size, (960, 540))
    assert width <= 960
    assert height <= 540
    assert width % 2 == height % 2 == 0
    assert abs(width / height - size[0] / size[1]) < 0.02
