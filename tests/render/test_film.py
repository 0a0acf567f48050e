"""Whole films: frames alone and in sequence, twice the same, from a recording, cut, interrupted."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from trainings import filming, planned
from weightreel.render.command.cli import run
from weightreel.render.drawing.canvas import blank
from weightreel.render.encoders._encoder import Encoder
from weightreel.render.encoders.png import Png
from weightreel.render.errors import EncodeError, Finding, SceneError
from weightreel.render.formats.spec import Spec
from weightreel.render.frames.film import Film
from weightreel.render.frames.pump import RING, pump
from weightreel.render.making.draft import draft
from weightreel.render.making.film import record_to, render
from weightreel.render.making.record import record
from weightreel.render.scene.file import load
from weightreel.render.showing.still import still


def pictures(folder: Path, stem: str = "small") -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.glob(f"{stem}-*.png"))}


def pixels(path: Path) -> bytes:
    """The picture without its recipe; that of a poster names the poster."""
    return iio.imread(path).tobytes()


def test_the_same_seed_gives_the_same_frames(scene_file, tmp_path):
    render(load(scene_file))
    first = pictures(tmp_path)
    render(load(scene_file))
    assert len(first) == 15
    assert pictures(tmp_path) == first
    render(load(scene_file, seed=1))
    assert pictures(tmp_path) != first


def test_frames_alone_equal_frames_of_the_film(scene_file, tmp_path):
    render(load(scene_file))
    whole = pictures(tmp_path)
    record_to(load(scene_file), tmp_path / "kept")
    for index in (0, 3, 7, 14):
        still(load(scene_file), tmp_path / "one.png", index=index, recording=tmp_path / "kept")
        assert (tmp_path / "one.png").read_bytes() == whole[f"small-{index:05d}.png"]
    still(load(scene_file), tmp_path / "trained.png", index=7)
    assert (tmp_path / "trained.png").read_bytes() == whole["small-00007.png"]


def test_a_recording_draws_the_same_film_without_training(scene_file, tmp_path, monkeypatch):
    render(load(scene_file))
    whole = pictures(tmp_path)
    report = record_to(load(scene_file), tmp_path / "kept")
    assert report["outputs"] == []
    monkeypatch.setattr("weightreel.render.work.trained.train", None)
    render(load(scene_file), recording=tmp_path / "kept")
    assert pictures(tmp_path) == whole


def test_a_recording_for_another_film_is_said(scene_file, tmp_path, capsys):
    record_to(load(scene_file, settings=["timeline.fps=4"]), tmp_path / "kept")
    assert run(["render", str(scene_file), "--recording", str(tmp_path / "kept")]) == 0
    told = r"run: the recording has [456] of the 1[123] steps that this film shows; the others show the one before"
    assert re.search(told, capsys.readouterr().err)
    assert "notes" not in render(load(scene_file, settings=["timeline.fps=4"]), recording=tmp_path / "kept")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"seed": 5}, "seed = 0, not 5"),
        ({"settings": ["run.optimizer={type='sgd', lr=9.5}"]}, "optimizer.lr = 0.1, not 9.5"),
        ({"settings": ["run.optimizer={type='adam'}"]}, 'optimizer.type = "sgd", not "adam"'),
        ({"settings": ["run.l2=0.1", "run.epochs=3"]}, "epochs = 2, not 3 and l2 = 0, not 0.1"),
        ({"settings": ["run.data.train=200"]}, "data.train = 300, not 200"),
        ({"settings": ["run.layers.0.init={type='he'}"]}, 'layers[0].init = none, not { type = "he" }'),
    ],
)
def test_a_recording_of_other_settings_is_said(scene_file, kept_small, settings, told):
    report = render(load(scene_file, **settings), recording=kept_small)
    assert f"run: the recording was trained with {told}; train anew without --recording" in report["notes"]


def test_a_recording_of_the_same_settings_is_not_spoken_of(scene_file, kept_small):
    assert not [note for note in render(load(scene_file), recording=kept_small).get("notes", ()) if "trained" in note]


@pytest.fixture
def kept_small(scene_file, tmp_path):
    """A kept recording of the small scene."""
    record_to(load(scene_file), tmp_path / "kept")
    return tmp_path / "kept"


def test_outputs_share_one_training_at_their_own_size_and_rate(scene_file, tmp_path):
    scene = load(
        scene_file,
        outputs=["a.mp4", "b.gif", "c.png"],
        settings=["output.1.size=[640, 360]", "output.1.fps=5"],
    )
    report = render(scene)
    assert [(o["format"], o["width"], o["fps"], o["frames"]) for o in report["outputs"]] == [
        ("mp4", 320, 10, 15),
        ("gif", 640, 5, 8),
        ("png", 320, 10, 15),
    ]
    assert list(report["runs"]) == ["run"]
    assert report["runs"]["run"]["steps"] == 12
    assert report["runs"]["run"]["epochs"] == 2
    assert set(report["runs"]["run"]["metrics"]) >= {
        "loss", "accuracy", "validation_loss", "validation_accuracy", "test_accuracy",
    }  # fmt: skip
    assert list(report["seconds"]) == ["train", "fit", "draw", "encode", "join", "verify", "render", "total"]


@pytest.mark.parametrize(("at", "index"), [("start", 0), ("end", 14), ("0.5", 7), ("0", 0), ("1", 14)])
def test_a_poster_is_one_frame_under_its_own_name(scene_file, tmp_path, at, index):
    render(load(scene_file))
    report = render(load(scene_file, outputs=["one.png"], settings=[f"output.0.at={at}"]))
    poster = tmp_path / "one.png"
    assert pixels(poster) == pixels(tmp_path / f"small-{index:05d}.png")
    assert not pictures(tmp_path, "one")
    assert [(o["path"], o["frames"], o["bytes"]) for o in report["outputs"]] == [
        ("one.png", 1, poster.stat().st_size),
    ]


def test_a_poster_is_of_the_frames_that_are_asked_for(scene_file, tmp_path):
    render(load(scene_file))
    scene = load(scene_file, outputs=["one.png"], settings=["output.0.at=end"])
    render(scene, frames=slice(3, 6))
    assert pixels(tmp_path / "one.png") == pixels(tmp_path / "small-00005.png")


def test_png_is_a_sequence_unless_an_animation_is_asked_for(scene_file, tmp_path):
    scene = load(
        scene_file,
        outputs=["a.png", "b.png", "c.png", "d.apng", "e.webp"],
        settings=["output.1.codec=apng", "output.2.type=apng"],
    )
    assert [o.codec_name for o in scene.output] == ["png", "apng", "apng", "apng", "webp"]
    report = render(scene)
    assert [(o["format"], o["frames"]) for o in report["outputs"]] == [
        ("png", 15), ("png", 15), ("png", 15), ("apng", 15), ("webp", 15),
    ]  # fmt: skip
    for name in ("b.png", "c.png", "d.apng", "e.webp"):
        frames = iio.imread(tmp_path / name, index=..., plugin="pillow", mode="RGB")
        assert np.array_equal(frames, [iio.imread(p) for p in sorted(tmp_path.glob("a-*.png"))])


def test_first_frame_is_untrained_and_last_trained(scene_file):
    plan = planned(load(scene_file))
    recordings = record(plan)
    steps = plan.takes[0].course.wanted["run"]
    assert (steps[0], steps[-1]) == (0, 12)
    recorded = recordings["run"].steps.tolist()
    assert recorded == sorted({0, 12, *steps.tolist()}), "the timeline's steps and no others"


def test_frames_are_cut_and_keep_their_numbers(scene_file, tmp_path):
    render(load(scene_file))
    whole = pictures(tmp_path)
    for path in tmp_path.glob("*.png"):
        path.unlink()
    render(load(scene_file), frames=slice(3, 5))
    assert pictures(tmp_path) == {k: whole[k] for k in ("small-00003.png", "small-00004.png")}
    with pytest.raises(SceneError, match="chooses none of the 15 frames"):
        render(load(scene_file), frames=slice(20, 30))


def test_a_draft_is_half_the_size_where_tiles_fit(scene_file):
    told = []
    assert draft(load(scene_file), tell=told.append).output[0].size is None
    assert [(note.key, note.level) for note in told] == [("--draft", "note")]
    assert told[0].message.startswith("small.png keeps its size, 320 × 180: at half of it, view[0].area: ")
    report = render(draft(load(scene_file, settings=["timeline.fps=60", "view.0.rows=1", "view.0.columns=1"])))
    assert (report["outputs"][0]["width"], report["outputs"][0]["height"], report["outputs"][0]["fps"]) == (160, 90, 15)


def test_a_draft_halves_what_can_be_halved(scene_file):
    told, small = [], "{path='a.gif'}, {path='b.gif', size=[640, 360]}, {path='c.png', size=[322, 182], fps=5}"
    made = draft(load(scene_file, settings=[f"output=[{small}]"]), tell=told.append)
    assert [(output.size, output.fps) for output in made.output] == [(None, 10), ((320, 180), 10), ((322, 182), 5)]
    assert [note.message.partition(",")[0] for note in told] == ["a.gif keeps its size", "c.png keeps its size"]


def test_a_draft_of_a_wrong_scene_says_what_is_wrong(scene_file):
    told = []
    with pytest.raises(SceneError, match="9 units, but the data has 10 classes"):
        draft(load(scene_file, settings=["run.layers[1].units=9"]), tell=told.append)
    assert not told


def test_buffers_are_few_and_errors_cross_threads(tmp_path):
    made = []

    def buffer():
        made.append(blank((8, 8), (0, 0, 0)))
        return made[-1]

    def draw(frame, index):
        if index == 50:
            raise RuntimeError("drawing failed")
        frame[:] = index

    with (
        pytest.raises(RuntimeError, match="drawing failed"),
        Encoder(Png(path=str(tmp_path / "x.png")), Spec((8, 8), 1)) as e,
    ):
        pump(e.write, range(100), draw, buffer)
    assert len(made) == RING
    with (
        pytest.raises(EncodeError, match="the clip takes"),
        Encoder(Png(path=str(tmp_path / "x.png")), Spec((9, 8), 1)) as e,
    ):
        pump(e.write, range(100), lambda frame, i: None, buffer)
    assert not any(t.name == "encoder" for t in threading.enumerate())
    assert list(tmp_path.iterdir()) == []


def test_a_film_is_a_pure_function_of_its_index(scene_file):
    scene = load("hidden_grid", settings=["run.epochs=1", "run.data.train=640", "run.data.validation=100"])
    made = filming(scene, 1)
    frames = list(np.random.default_rng(0).permutation(len(made))[:20])
    used = made.buffer()
    for index in frames:
        made.draw(used, int(index))
        fresh = made.buffer()
        made.draw(fresh, int(index))
        assert np.array_equal(used, fresh)


class TestCommand:
    """Exit statuses and what is printed."""

    def test_a_verb_that_finds_something_wrong_ends_with_its_status(self, scene_file, monkeypatch):
        assert run(["check", str(scene_file), "--gradients", "--set", "run.data.train=60"]) == 0
        monkeypatch.setattr("weightreel.trainer.gradient_check.LIMIT", 0)
        assert run(["check", str(scene_file), "--gradients", "--set", "run.data.train=60"]) == 1

    def test_render_reports_json_on_the_last_line(self, scene_file, capsys):
        assert run(["render", str(scene_file), "--json", "--set", "run.epochs=1"]) == 0
        report = json.loads(capsys.readouterr().out.strip().split("\n")[-1])
        assert report["outputs"][0] == {
            "path": "small.png", "format": "png", "codec": "png", "width": 320, "height": 180,
            "fps": 10.0, "frames": 15, "bytes": report["outputs"][0]["bytes"],
            "flashes": {"general": 0, "red": 0},
        }  # fmt: skip
        assert report["runs"]["run"]["epochs"] == 1

    def test_quiet_prints_nothing(self, scene_file, capsys):
        assert run(["render", str(scene_file), "-q"]) == 0
        assert capsys.readouterr() == ("", "")

    def test_train_then_render(self, scene_file, tmp_path, capsys):
        assert run(["train", str(scene_file), "--recording", "kept", "--json"]) == 0
        assert json.loads(capsys.readouterr().out.strip().split("\n")[-1])["runs"]["run"]["steps"] == 12
        assert run(["render", str(scene_file), "--recording", "kept", "-q"]) == 0
        assert len(pictures(tmp_path)) == 15
        assert run(["render", str(scene_file), "--recording", "nothing"]) == 2
        assert "not a recording; make one with: weightreel train" in capsys.readouterr().err

    @pytest.mark.parametrize("at", [float("nan"), float("inf"), -0.1, 1.1])
    def test_no_such_moment(self, scene_file, at):
        with pytest.raises(SceneError) as caught:
            still(load(scene_file), "a.png", at=at)
        assert caught.value.findings == [Finding("--at", f"should be a fraction of the film, from 0 to 1, not {at}")]

    def test_nan_is_no_moment(self, scene_file, capsys):
        assert run(["still", str(scene_file), "--at", "nan", "-o", "a.png"]) == 2
        assert "'nan' is no place in the film; write it as 0.5 or 50%, from 0 to 1" in capsys.readouterr().err

    def test_still(self, scene_file, tmp_path):
        assert run(["still", str(scene_file), "--at", "0.5", "-o", "a.png"]) == 0
        assert iio.imread(tmp_path / "a.png").shape == (180, 320, 3)
        assert run(["still", str(scene_file), "--frame", "99", "-o", "a.png"]) == 2
        assert run(["still", str(scene_file), "-o", "a.gif"]) == 2

    def test_check(self, scene_file, capsys):
        assert run(["check", str(scene_file)]) == 0
        out = capsys.readouterr().out
        assert "run: 28×28-9-10, 12 steps" in out
        assert "small.png: 320x180, 15 frames, 10 fps, 1.50 s" in out
        assert list(scene_file.parent.iterdir()) == [scene_file]

    def test_wrong_calls(self, scene_file, capsys):
        assert run(["render"]) == 2
        assert run(["render", str(scene_file), "--frames", "3"]) == 2
        assert run(["nonsense"]) == 2
        assert run(["render", "no_such_scene"]) == 2
        assert "Traceback" not in capsys.readouterr().err

    def test_new_where_nothing_can_be_written(self, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(
            "weightreel.trainer.targets.trial", lambda _: (_ for _ in ()).throw(PermissionError(13, "No"))
        )
        assert run(["new", "mine.toml"]) == 2
        assert f"mine.toml: nothing can be written to '{tmp_path}': No" in capsys.readouterr().err

    def test_new_writes_a_scene_that_renders(self, scene_file, tmp_path, capsys):
        assert run(["new", "mine.toml"]) == 0
        assert run(["check", "mine.toml"]) == 0
        assert run(["new", "mine.toml"]) == 2
        assert "exists already" in capsys.readouterr().err
        assert run(["new", "copy.toml", "--from", "lesson_9"]) == 0
        assert load("copy.toml").output[0].size == (224, 224)

    @pytest.mark.parametrize(
        "name",
        ['q"u.toml', "b\\c.toml", "a b.toml", "it's.toml", "{x}.toml", "a\nb.toml", "字.toml", "@NAME@.toml", "ü"],
    )
    def test_new_writes_a_scene_of_any_name(self, name, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        assert run(["new", name]) == 0
        few = ["run.data.train=100", "run.data.validation=20", "run.data.scale=unit"]
        assert run(["check", name, *[word for key in few for word in ("--set", key)]]) == 0
        assert "error" not in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("content", "words"),
        [(b"\xff\xfa", "is not text in UTF-8; a scene is a TOML file"), (b"title = ", "not TOML: "), (b"", "is empty")],
    )
    def test_new_starts_from_no_file_that_is_no_scene(self, content, words, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        Path("from.toml").write_bytes(content)
        assert run(["new", "mine.toml", "--from", "from.toml"]) == 2
        assert words in capsys.readouterr().err
        assert [p.name for p in tmp_path.iterdir()] == ["from.toml"]

    def test_schema_is_json_schema(self, capsys):
        assert run(["schema"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert {"run", "timeline", "layout", "view", "output"} <= set(document["properties"])
        assert "folder" not in document["properties"]

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ("scenes", "hidden_grid"), ("views", "neuron_grid"), ("encoders", "opencv"), ("datasets", "mnist"),
            ("layers", "dense"), ("optimizers", "adam"), ("colormaps", "viridis"),
        ],
    )  # fmt: skip
    def test_list(self, kind, expected, capsys):
        assert run(["list", kind]) == 0
        assert expected in capsys.readouterr().out
        assert run(["list"]) == 0

    def test_ctrl_c_leaves_nothing(self, scene_file, tmp_path, monkeypatch, capsys):
        def interrupt(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr(Film, "draw", interrupt)
        assert run(["render", str(scene_file), "-o", "x.mp4"]) == 130
        assert "interrupted" in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == [scene_file]

    def test_without_opencv_two_lines_say_what_to_do(self, scene_file):
        code = (
            "import sys; sys.modules['cv2'] = None; from weightreel.render.command.cli import run;"
            f"sys.exit(run(['render', {str(scene_file)!r}]))"
        )
        root = Path(__file__).parents[2]
        done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
        lines = done.stderr.strip().split("\n")
        assert done.returncode == 1
        assert len(lines) == 2
        assert "apt-get install libgl1" in lines[0]
        assert "opencv-python-headless" in lines[1]

    def test_python_m_weightreel_is_the_same_command(self):
        root = Path(__file__).parents[2]
        done = subprocess.run(
            [sys.executable, "-m", "weightreel", "list", "scenes"], cwd=root, capture_output=True, check=True
        )
        assert b"hidden_grid" in done.stdout
