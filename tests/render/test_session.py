"""A film from Python: frames by their numbers, clips, reports, and one training for all of them."""

from __future__ import annotations

import imageio.v3 as iio
import numpy as np
import pytest

import weightreel
from weightreel.render.making.film import record_to, render
from weightreel.render.scene.file import load
from weightreel.render.showing.still import still


@pytest.fixture
def trainings(monkeypatch):
    """How many runs were trained."""
    from weightreel.render.work import trained

    counted, train = [], trained.train
    monkeypatch.setattr(trained, "train", lambda *args, **keys: (counted.append(1), train(*args, **keys))[1])
    return counted


def test_frames_are_those_of_the_clips(scene_file, tmp_path, trainings):
    film = weightreel.film(str(scene_file))
    assert (len(film), film.size, film.fps) == (15, (320, 180), 10)
    assert trainings == [], "what can be known before needs no training"
    frames = list(film)
    assert frames[3].shape == (180, 320, 3) and frames[3].dtype == np.uint8
    report = film.render()
    for number in (0, 7, 14):
        assert np.array_equal(iio.imread(tmp_path / f"small-{number:05d}.png"), frames[number])
    assert trainings == [1]
    assert report["outputs"][0]["frames"] == 15
    assert {k: v for k, v in report.items() if k != "seconds"}.keys() == {"scene", "outputs", "runs"}


def test_frames_can_be_asked_for_in_any_order(scene_file):
    film = weightreel.film(load(scene_file))
    alone = film[9]
    assert np.array_equal(film[-6], alone)
    assert not np.array_equal(film[0], alone)
    assert np.array_equal(film[9], alone)
    alone[:] = 0
    assert film[9].any(), "a frame is the caller's own"
    for number in (15, -16):
        with pytest.raises(IndexError, match=f"no frame {number}; the film has 0 to 14"):
            film[number]
    with pytest.raises(TypeError):
        film[1.5]


def test_frames_of_an_output_have_its_size_and_rate(scene_file, tmp_path):
    settings = ["output.0.size=[640, 360]", "output.0.fps=4"]
    film = weightreel.film(load(scene_file, settings=settings), output=0)
    assert (len(film), film.size, film.fps) == (6, (640, 360), 4)
    render(load(scene_file, settings=settings))
    assert np.array_equal(iio.imread(tmp_path / "small-00003.png"), film[3])
    with pytest.raises(weightreel.SceneError, match="there is no output 1; the scene has 1, counted from 0"):
        weightreel.film(load(scene_file), output=1)


def test_a_kept_recording_trains_nothing(scene_file, tmp_path, trainings):
    record_to(load(scene_file), tmp_path / "kept")
    film = weightreel.film(load(scene_file), recording=tmp_path / "kept")
    still(load(scene_file), tmp_path / "one.png", index=6, recording=tmp_path / "kept")
    assert np.array_equal(iio.imread(tmp_path / "one.png"), film[6])
    film.save("x.gif", fps=5)
    assert trainings == [1], "only for the recording"


def test_clips_are_saved_with_keys_of_an_output(scene_file, tmp_path, trainings):
    film = weightreel.film(load(scene_file))
    first = film[0]
    clip = film.save("x.webp")
    assert (clip["path"], clip["frames"], clip["width"], clip["fps"]) == ("x.webp", 15, 320, 10)
    assert np.array_equal(iio.imread("x.webp", index=0, plugin="pillow", mode="RGB"), first)
    assert trainings == [1]
    clip = film.save(tmp_path / "y.mp4", codec="h264", fps=20, size=[640, 360])
    assert (clip["frames"], clip["width"], clip["fps"], clip["codec"]) == (30, 640, 20, "h264")
    assert trainings == [1, 1], "at another rate other steps are shown"
    assert np.array_equal(film[0], first)
    film.save("z.gif", fps=20)
    assert trainings == [1, 1]


def test_what_is_wrong_with_a_clip_is_said_before_training(scene_file, trainings):
    film = weightreel.film(load(scene_file))
    with pytest.raises(weightreel.SceneError, match=r"x.gif: 1 problem\n  path   there is no folder 'nowhere'"):
        film.save("nowhere/x.gif")
    with pytest.raises(weightreel.SceneError, match=r"fsp   unknown key; did you mean 'fps'?"):
        film.save("x.gif", fsp=3)
    assert trainings == []


def test_a_length_that_is_not_known_before_is_trained_for(scene_file, trainings):
    stopping = ["run.epochs=9", "run.early_stopping={patience=1, tolerance=9.0}", "timeline={fps=10, every=4}"]
    film = weightreel.film(load(scene_file, settings=stopping))
    count = len(film)
    assert trainings == [1]
    assert count == len(list(film)) < 9 * 6 / 4


def test_frames_of_a_training_that_stops_early_do_not_depend_on_other_clips(scene_file, tmp_path, trainings):
    """What is kept of such a training follows from the scene alone."""
    stopping = [
        "run.epochs=100", "run.early_stopping={patience=90, tolerance=9.0}", "run.data.train=100", "run.batch_size=50",
        "timeline.seconds=1",
    ]  # fmt: skip
    outputs = ["a.png", "b.gif", "c.webp"]
    more = ["output.1.fps=50", "output.2.fps=33"]
    render(load(scene_file, settings=stopping, outputs=["one.png"]))
    render(load(scene_file, settings=[*stopping, *more], outputs=outputs))
    film = weightreel.film(load(scene_file, settings=[*stopping, *more], outputs=outputs))
    film.save("d.gif", fps=40)
    for number in (0, 4, 9):
        alone = iio.imread(tmp_path / f"one-{number:05d}.png")
        assert np.array_equal(iio.imread(tmp_path / f"a-{number:05d}.png"), alone)
        assert np.array_equal(film[number], alone)
    assert trainings == [1, 1, 1]


def test_a_saved_clip_shows_the_frames_of_the_session(scene_file, tmp_path):
    settings = ["output.0.frames=[4, 12]", "output.0.thin=3", "output.1.at=0.5"]
    scene = load(scene_file, settings=settings, outputs=["a.png", "poster.png"])
    film, poster = weightreel.film(scene, output=0), weightreel.film(scene, output=1)
    assert (len(film), len(poster)) == (3, 1)
    assert film.save("o.webp")["frames"] == 3
    shown = iio.imread("o.webp", index=..., plugin="pillow", mode="RGB")
    assert all(np.array_equal(shown[i], film[i]) for i in range(3))
    assert poster.save("p.webp")["frames"] == 1
    assert np.array_equal(iio.imread("p.webp", plugin="pillow", mode="RGB"), poster[0])


def test_saving_says_what_the_command_would_and_writes_nothing_else(scene_file, tmp_path):
    settings = ["view.0.border={thickness=3}", "table=runs.csv", "output.0={path='x.png'}"]
    film = weightreel.film(load(scene_file, settings=settings))
    clip = film.save("y.mp4", codec="h264")
    assert [f["key"] for f in clip["findings"]] == ["view[0].border.thickness"]
    assert not (tmp_path / "runs.csv").exists()
    record_to(load(scene_file, settings=["timeline.fps=4"]), tmp_path / "kept")
    clip = weightreel.film(load(scene_file), recording=tmp_path / "kept").save("z.gif")
    assert "the others show the one before" in clip["notes"][0]


def test_no_output_is_named_by_other_than_its_number(scene_file):
    for output in (True, "0", 1.5, -1):
        with pytest.raises(weightreel.SceneError, match="there is no output"):
            weightreel.film(load(scene_file), output=output)
