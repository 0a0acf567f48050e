"""What stands between two snapshots: the one before or, where a scene asks for it, weights between those of both."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainings import record_small, together
from weightreel.render.command.cli import run
from weightreel.render.drawing.canvas import Rect, blank, parse_color
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.moment import At
from weightreel.render.drawing.template import filled, values_at
from weightreel.render.drawing.theme import Style
from weightreel.render.drawing.tweened import Tweened
from weightreel.render.errors import SceneError
from weightreel.render.frames.course import Course
from weightreel.render.frames.tween import Tweens, evenly
from weightreel.render.making.film import record_to, render
from weightreel.render.scene.file import load
from weightreel.render.views.neuron_grid import NeuronGrid
from weightreel.render.views.progress import Progress

PLACES = np.array([0.0, 1.5, 3.0, 4.5, 6.0])


def course(places=PLACES, recorded=(0, 3, 6), *, linear=True) -> Course:
    """A film of a run through these places, over these of its steps."""
    wanted = {"run": np.asarray(places).round().astype(np.int64)}
    steps = {"run": np.array(recorded, np.int64)}
    return Course(10.0, (("film", 0, len(places)),), wanted, steps, np.asarray(places), linear=linear)


steps = st.sets(st.integers(0, 300), min_size=1, max_size=30).map(lambda s: np.array(sorted(s), np.int64))
places = st.lists(st.floats(0, 300), min_size=1, max_size=60).map(lambda p: np.array(sorted(p)))


@given(places, steps)
def test_frames_lie_between_the_steps_around_them(where, recorded):
    found = Tweens.of(where, recorded)
    assert ((found.shares >= 0) & (found.shares < 1)).all()
    assert (found.following >= found.steps).all()
    assert ((found.shares > 0) == (found.following > found.steps)).all()
    at = found.steps + found.shares * (found.following - found.steps)
    assert (np.diff(at) >= -1e-9).all()
    assert np.isin(found.steps, recorded).all()
    assert np.isin(found.following, recorded).all()


@given(steps, st.integers(2, 400))
def test_each_snapshot_is_seen_as_it_was_where_there_are_frames_for_it(recorded, frames):
    """The frame nearest to it shows it; of two snapshots within a frame, the nearer."""
    where = np.linspace(recorded[0], recorded[-1], frames)
    found = Tweens.of(where, recorded)
    measured = found.steps[found.shares == 0]
    assert {recorded[0], recorded[-1]} <= {*measured.tolist()}
    apart = (recorded[-1] - recorded[0]) / (frames - 1)
    if len(recorded) == 1 or np.diff(recorded).min() > apart:
        assert np.array_equal(np.unique(measured), recorded)


@given(steps, st.integers(2, 400))
def test_snapshots_at_an_even_pace_stand_as_long_as_each_other(recorded, frames):
    shown = evenly(np.linspace(0, 300, frames), recorded, hold=True)
    assert np.isin(shown, recorded).all()
    assert shown[-1] == recorded[-1]
    if frames >= len(recorded):
        times = np.unique(shown, return_counts=True)[1]
        assert len(times) == len(recorded)
        assert times.max() - times.min() <= 2
    passed = evenly(np.linspace(0, 300, len(recorded) * 4 - 3), recorded, hold=False)
    assert passed[::4] == pytest.approx(recorded)


def test_a_film_without_gaps_makes_nothing_up():
    assert course([0, 1, 2], (0, 1, 2)).tweens is False
    assert course(linear=False).tweens is False
    assert course().tweens is True


def test_the_course_names_both_steps():
    film = course()
    assert [film[i].at["run"] for i in range(5)] == [
        At(0, 0, 0.0),
        At(0, 3, 0.5),
        At(3, 3, 0.0),
        At(3, 6, 0.5),
        At(6, 6, 0.0),
    ]
    assert [film[i].place("run") for i in range(5)] == PLACES.tolist()
    assert [film[i].latest("run") for i in range(5)] == [0, 3, 3, 6, 6]
    assert film.tweened("run").tolist() == [False, True, False, True, False]
    assert film.shown("run").tolist() == [0, 3, 6]


def test_weights_lie_between_and_nothing_else_does():
    recording = record_small()
    seen = Tweened(recording, At(3, 6, 0.25))
    one, other = (recording.parameter("0/weights", step) for step in (3, 6))
    assert seen.parameter("0/weights", 3) == pytest.approx(one + 0.25 * (other - one))
    assert seen.parameter("0/weights", 3).dtype == one.dtype
    assert np.array_equal(seen.parameter("0/weights", 6), other)
    assert seen.latest("batch_loss", 3) == recording.latest("batch_loss", 3)
    assert seen.about is recording.about


def test_steps_and_epochs_between_have_a_sign_and_others_its_room():
    recording, film = record_small(), course()
    words = [filled("{step:3d}|{epoch:.3f}|{batch_loss:.3f}", values_at(recording, film[i], "run")) for i in (1, 2)]
    assert words[0].split("|")[:2] == ["\u2007\u2007~2", "~0.250"]
    assert words[1].split("|")[:2] == ["\u2007\u2007\u20073", "\u20070.500"]
    losses = [f"{recording.latest('batch_loss', step):.3f}" for step in (0, 3)]
    assert [w.split("|")[2] for w in words] == losses


def test_borders_are_quieter_around_what_is_made_up():
    recordings, film = together(record_small()), course()
    place = Place(Rect(0, 0, 240, 180), Style((640, 360)))
    red = np.array(parse_color("#ff0000"))
    for view in (NeuronGrid(), NeuronGrid(border={"inside": True})):
        fitted, counts = view.fit(recordings, place, film), []
        for index in (2, 3):
            canvas = blank((240, 180), (0, 0, 0))
            fitted.draw(canvas, recordings, film[index])
            counts.append(int((canvas == red).all(axis=2).sum()))
        assert counts[0] > 0 == counts[1]


def test_the_progress_line_has_a_tick_for_each_snapshot():
    recordings, film = together(record_small()), course()
    total = recordings["run"].about.length
    fitted = Progress(of="training").fit(recordings, Place(Rect(0, 0, 240, 180), Style((640, 360))), film)
    assert fitted.ticks == tuple(round(238 * step / total / 2) * 2 for step in (0, 3, 6))
    canvas = blank((240, 180), (0, 0, 0))
    fitted.draw(canvas, recordings, film[3])
    line = canvas[-1]
    done = (line == Style((640, 360)).color("muted")).all(axis=1)
    assert done[2 : fitted.ticks[1]].all()
    assert not done[fitted.ticks[1] : fitted.ticks[1] + 2].any()
    assert done[: round(4.5 / total * 240 / 2) * 2].sum() == round(4.5 / total * 240 / 2) * 2 - 4
    still = Progress().fit(recordings, Place(Rect(0, 0, 240, 180), Style((640, 360))), course(linear=False))
    assert still.ticks == ()


def test_the_progress_line_goes_with_the_film():
    """Up to the first of the frames that are held, whatever the steps are."""
    recordings, film = together(record_small()), course([0, 0.4, 1, 6, 6, 6], (0, 1, 2, 6), linear=False)
    fitted = Progress().fit(recordings, Place(Rect(0, 0, 240, 180), Style((640, 360))), film)
    done = []
    for moment in film:
        canvas = blank((240, 180), (0, 0, 0))
        fitted.draw(canvas, recordings, moment)
        done.append(int((canvas[-1] == Style((640, 360)).color("muted")).all(axis=1).sum()))
    assert done == [0, 80, 160, 240, 240, 240]
    tweened = Progress().fit(recordings, Place(Rect(0, 0, 240, 180), Style((640, 360))), course())
    assert tweened.ticks[0] == 0 and tweened.ticks[-1] == 238


SPARSE = ["timeline.seconds=0.5", "timeline.hold=0", "output.0.path=x.png"]


@pytest.fixture
def sparse(scene_file, tmp_path):
    """A recording of five steps of the small scene."""
    record_to(load(scene_file, settings=SPARSE), tmp_path / "kept")
    return tmp_path / "kept"


def test_the_report_says_how_much_is_made_up(scene_file, sparse, capsys):
    assert (
        run(["render", str(scene_file), "--recording", str(sparse), "--set", "timeline.between=linear", "--json"]) == 0
    )
    notes = json.loads(capsys.readouterr().out.splitlines()[-1])["notes"]
    assert "small.png: 5 snapshots, 15 frames, 47 % tweened" in notes
    assert not any("show the one before" in note for note in notes)


def test_a_frame_alone_equals_that_of_the_film(scene_file, sparse, tmp_path):
    for settings in (["timeline.between=linear"], ["timeline.pacing=snapshots"]):
        scene = load(scene_file, settings=settings)
        render(scene, recording=sparse)
        whole = (tmp_path / "small-00007.png").read_bytes()
        render(scene, recording=sparse, frames=slice(7, 8))
        assert (tmp_path / "small-00007.png").read_bytes() == whole


def test_a_pace_of_snapshots_needs_a_recording(scene_file, sparse):
    scene = load(scene_file, settings=["timeline.pacing=snapshots"])
    words = (
        r"timeline.pacing   'snapshots' needs a recording; without one, a step is recorded for each frame: write 'lin"
    )
    with pytest.raises(SceneError, match=words):
        render(scene)
    report = render(scene, recording=sparse)
    assert "notes" not in report
    early = ["timeline.pacing=snapshots", "run.early_stopping={patience=1}"]
    render(load(scene_file, settings=early))


def test_other_clips_of_a_training_change_nothing(scene_file, tmp_path):
    """More steps are recorded for them; a clip made again alone has none of those."""
    one = ["timeline={fps=10, seconds=3.7, pacing='log', between='linear'}", "run.epochs=6"]
    two = [*one, "output=[{path='small.png'}, {path='other.png', fps=31}]"]
    render(load(scene_file, settings=one))
    alone = [(tmp_path / f"small-{i:05d}.png").read_bytes() for i in range(37)]
    report = render(load(scene_file, settings=two))
    assert [(tmp_path / f"small-{i:05d}.png").read_bytes() for i in range(37)] == alone
    assert [note.partition(":")[0] for note in report["notes"]] == ["small.png", "other.png"]


def test_only_steps_that_a_film_asked_for_count_where_others_asked_for_more():
    recording = record_small()
    film = course([0.0, 5.6, 6.4, 7.5], (0,))
    assert film.over(together(recording), ["run"]).recorded["run"].tolist() == [0, 6, 8]
    assert film.over(together(recording)).recorded["run"].tolist() == recording.steps.tolist()
