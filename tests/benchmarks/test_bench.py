"""That the table can still be made: its parts are run on next to nothing, and no speed is asserted."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest

from benchmarks import filmed, networks
from benchmarks.__main__ import PARTS, _row
from benchmarks.bare import BARE, bare_seconds
from benchmarks.measuring import Figure, Skipped, Spent, alone, in_turns, ratio, seconds
from benchmarks.parts import curve, cutting, neighbours
from weightreel.render.encoders.gif import Gif
from weightreel.render.encoders.h264 import H264
from weightreel.trainer.recording.store import Recordings

HERE = Path(__file__).parent


def test_every_part_is_in_the_table():
    assert sorted(PARTS) == sorted(path.stem for path in (HERE / "parts").glob("*.py"))
    for name in PARTS:
        part = importlib.import_module(f"benchmarks.parts.{name}")
        assert part.__doc__ and inspect.isgeneratorfunction(part.lines)


def test_a_ratio_is_one_of_each_round():
    figure = ratio("a ÷ b", [Spent(w, 2.0) for w in (2, 4, 9)], [Spent(1, 1.0), Spent(1, 1.0), Spent(3, 1.0)], floor=3)
    assert (figure.value, figure.low, figure.high, figure.rounds) == (3, 2.5, 3.5, 3)
    assert figure.reached and figure.words == "processor time 2.00 ×"
    assert figure.as_dict()["more"]["over"][0] == {"wall": 2, "cpu": 2.0}


def test_rows_say_what_is_short():
    short = seconds("a still", [Spent(3.0, 1.0)], ceiling=2.0)
    assert short.reached is False and _row(short).split() == [
        "a",
        "still",
        "3",
        "s",
        "1",
        "≤",
        "2",
        "SHORT",
        *_row(short).split()[8:],
    ]
    assert _row(Figure("b", 1.5)).split() == ["b", "1.5", "×", "1"]
    assert _row(Skipped("c", "it is not there")).endswith("left out: it is not there")


def test_they_take_turns_and_begin_in_another_order():
    order = []
    in_turns(2, lambda: order.append("a"), lambda: order.append("b"))
    assert order == ["a", "b", "b", "a"]


def test_a_process_of_its_own_gives_its_result():
    assert alone(networks.products, "dense", 1, 2)[0][0] > 0


@pytest.mark.parametrize("network", ["dense", "conv"])
def test_networks_are_trained(network):
    for train in (networks.ours, networks.bare):
        assert len(train(network, 1, 2)) == 2
    assert len(networks.recorded("dense", 2, 2, 1)) == 2


def test_bare_encoders_take_every_frame(tmp_path):
    recordings = Recordings({"run": filmed.recording(8)})
    film = filmed.hero_film(recordings)
    for kind in BARE:
        assert bare_seconds(kind, film, list(range(8)), tmp_path / "bare.mp4").wall > 0
        assert (tmp_path / "bare.mp4").stat().st_size > 1000


def test_a_curve_is_drawn_after_many_steps():
    film, _ = curve.film_after(700)
    frame = film.buffer()
    before = frame.copy()
    film.draw(frame, len(film) - 1)
    assert (frame != before).any()


def test_many_runs_are_files_under_other_names(tmp_path, monkeypatch):
    monkeypatch.setattr(curve, "RUNS", 3)
    curve.record_many(tmp_path / "runs.zarr")
    assert curve.open_many(str(tmp_path / "runs.zarr")) > 0


def test_nothing_is_cut_in_one_piece():
    cuts = [output.cuts(5000, 60.0) for output in (H264(path="x.mp4"), Gif(path="x.gif"))]
    with cutting.in_one_piece():
        assert all(len(output.cuts(5000, 60.0)) == 1 for output in (H264(path="x.mp4"), Gif(path="x.gif")))
    assert [output.cuts(5000, 60.0) for output in (H264(path="x.mp4"), Gif(path="x.gif"))] == cuts
    assert all(len(cut) > 1 for cut in cuts)


def test_the_grid_is_made_as_people_make_it():
    for make in (neighbours.ours, neighbours.by_pillow):
        assert make(neighbours.SMALL, 4)[0] > 0
