"""Budgets of bytes: kept, at little cost, and what was given up is said."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from weightreel.render.command.cli import run
from weightreel.render.encoders._budgeted import TooLarge
from weightreel.render.encoders.gif import Gif
from weightreel.render.encoders.h264 import H264
from weightreel.render.errors import EncodeError, SceneError
from weightreel.render.formats.hold import AHEAD, Hold
from weightreel.render.making.budget import ladder, search
from weightreel.render.making.film import render
from weightreel.render.scene.file import load
from weightreel.trainer.memory import parse_bytes


@pytest.mark.parametrize(
    ("words", "count"),
    [("3 MB", 3_000_000), ("200kB", 200_000), ("1.5 MiB", 1_572_864), (77, 77), ("12", 12), ("0.5 mb", 500_000)],
)
def test_bytes_are_read_as_people_write_them(words, count):
    assert parse_bytes(words) == count
    assert Gif(path="x.gif", max_bytes=words).max_bytes == count


@pytest.mark.parametrize("words", ["abc", "3 XB", "", "-3 MB", "0 kB", "1.2.3 MB"])
def test_other_words_are_refused(words, scene_file):
    with pytest.raises(SceneError) as caught:
        load(scene_file, outputs=["x.gif"], settings=[f"output.0.max_bytes='{words}'"])
    told = f'output[0].max_bytes   \'{words}\' is no number of bytes; write it as "3 MB" or "200 kB"'
    assert told in str(caught.value)


def test_unknown_economies_are_refused(scene_file):
    with pytest.raises(SceneError) as caught:
        load(scene_file, outputs=["x.gif"], settings=["output.0.give_up=['fps', 'colours']"])
    assert "output[0].give_up   'colours' is none of fps, tolerance, colors, size" in str(caught.value)


LIMITS = [("x.gif", "30 kB"), ("x.gif", "9 kB"), ("x.mp4", "12 kB"), ("x.webp", "25 kB"), ("x.apng", "40 kB")]
MORE = [("x.gif", "12 kB"), ("x.mp4", "30 kB"), ("x.mp4", "9 kB"), ("x.webp", "40 kB"), ("x.apng", "25 kB")]


@pytest.mark.parametrize(("name", "limit"), [*LIMITS, *(pytest.param(*m, marks=pytest.mark.slow) for m in MORE)])
def test_budgets_are_kept_and_what_they_cost_is_said(scene_file, tmp_path, capsys, name, limit):
    given = ["timeline.seconds=3", f"output.0.max_bytes={limit}"]
    given += ["output.0.codec=h264"] if name == "x.mp4" else []
    assert run(["render", str(scene_file), "-o", name, "--json", *[w for s in given for w in ("--set", s)]]) == 0
    out, err = capsys.readouterr()
    clip = json.loads(out.strip().split("\n")[-1])["outputs"][0]
    assert (tmp_path / name).stat().st_size == clip["bytes"] <= parse_bytes(limit)
    if "gave_up" in clip:
        assert f"gave up to stay within {limit}: " in err
        assert ("; it has " in err) == (clip["bytes"] < 0.7 * parse_bytes(limit))
        for before, after in clip["gave_up"].values():
            assert before != after
    assert [p.name for p in tmp_path.iterdir() if ".part" in p.name] == []


def test_a_budget_that_is_no_trouble_changes_nothing(scene_file, tmp_path):
    plain = render(load(scene_file, outputs=["a.gif"]), recipe=False)
    given = render(load(scene_file, outputs=["b.gif"], settings=["output.0.max_bytes=1 MB"]), recipe=False)
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()
    assert "gave_up" not in given["outputs"][0]
    assert plain["outputs"][0]["bytes"] == given["outputs"][0]["bytes"]


def test_only_what_may_be_given_up_is(scene_file):
    settings_ = ["timeline.seconds=6", "run.batch_size=5", "output.0.max_bytes=120 kB", "output.0.give_up=['fps']"]
    clip = render(load(scene_file, outputs=["x.gif"], settings=settings_))["outputs"][0]
    assert set(clip["gave_up"]) == {"fps"}
    before, after = clip["gave_up"]["fps"]
    assert before == 10
    assert clip["fps"] == pytest.approx(after, abs=1e-3)
    assert clip["frames"] == pytest.approx(6 * after, abs=1)
    shown = Image.open("x.gif")
    delays = []
    for i in range(shown.n_frames):
        shown.seek(i)
        delays.append(shown.info["duration"])
    assert abs(sum(delays) - 6000) <= 1000 / after, "it plays as long as before"


def test_what_cannot_be_kept_is_an_error(scene_file, tmp_path):
    (tmp_path / "x.gif").write_bytes(b"before")
    with pytest.raises(
        EncodeError, match=r"about .* is the least this film takes, more than max_bytes, 900 bytes; raise"
    ):
        render(load(scene_file, outputs=["x.gif"], settings=["output.0.max_bytes=900"]))
    assert (tmp_path / "x.gif").read_bytes() == b"before"


def test_a_ladder_goes_down_in_the_order_that_is_asked_for():
    def fits(size: tuple[int, int]) -> bool:
        return size[0] >= 300

    states = ladder(Gif(path="x.gif"), 50.0, (640, 360), fits)
    assert states[0] == {}
    assert states[1] == {"thin": 2}
    assert min(s.get("size", (640, 360))[0] for s in states) >= 300
    assert states[-1]["tolerance"] == 32
    assert states[-1]["thin"] == 25
    assert all(set(a) <= set(b) for a, b in pairwise(states))
    first = ladder(Gif(path="x.gif", give_up=("colors", "fps"), colors=100), 50.0, (640, 360), fits)
    assert first[1] == {"thin": 2}, "100 colours are fewer than the first round takes away"
    assert ladder(H264(path="x.mp4"), 60.0, (640, 360), fits)[1] == {"crf": 18}


@settings(max_examples=60, deadline=None)
@given(
    st.floats(1e3, 1e7), st.floats(1.05, 1.6), st.floats(0.4, 2.5), st.floats(0.7, 1.4), st.floats(1e2, 1e7), st.data()
)
def test_a_search_keeps_the_limit_whatever_the_predictions(largest, ratio, bias, power, limit, data):
    """Sizes that fall by any ratio, predictions that are wrong by a factor and a power: few clips are written."""
    states = [{"n": i} for i in range(25)]
    sizes = [max(1, int(largest / ratio**i)) for i in range(25)]
    written = []

    def write(state: dict) -> int:
        written.append(state["n"])
        if sizes[state["n"]] > limit:
            share = data.draw(st.sampled_from([0.3, 0.9, 1.0]))
            raise TooLarge("x", int(sizes[state["n"]] * share), share)
        return sizes[state["n"]]

    def probe(state: dict) -> float:
        return bias * sizes[state["n"]] ** power * largest ** (1 - power)

    if sizes[-1] > limit:
        with pytest.raises(EncodeError):
            search("x", int(limit), states, write, probe)
        return
    found = search("x", int(limit), states, write, probe)
    assert sizes[found["n"]] <= limit
    assert found["n"] in written
    assert len(written) <= 12


def test_settings_of_the_same_frames_are_tried_before_others_are_drawn():
    states = [{}, {"colors": 128}, {"colors": 96}, {"colors": 96, "size": (64, 36)}, {"colors": 96, "size": (32, 18)}]
    sizes, probed = [2000, 1500, 990, 400, 100], []

    def probe(state: dict) -> float:
        probed.append(state)
        return sizes[states.index(state)]

    found = search("x", 1000, states, lambda state: sizes[states.index(state)], probe)
    assert found == {"colors": 96}, "the limit is used, though little is left of it"
    assert all("size" not in state for state in probed)


@pytest.mark.parametrize("share", [0.6, 1.0])
def test_what_leaves_much_of_the_limit_is_bettered_more_than_once(share):
    """Where the first that is tried for it turns out too large, another may not be."""
    sizes = [9000, 2200, 1050, 960, 900, 500, 450, 400]
    predicted = {0: 9000, 1: 2900, 2: 1200, 3: 1180, 4: 1160}
    tried = []

    def write(state: dict) -> int:
        tried.append(state["n"])
        if sizes[state["n"]] > 1000:
            raise TooLarge("x", int(sizes[state["n"]] * share), share)
        return sizes[state["n"]]

    states = [{"n": i} for i in range(len(sizes))]
    found = search("x", 1000, states, write, lambda state: predicted.get(state["n"], 1.8 * sizes[state["n"]]))
    assert sizes[found["n"]] >= 700, tried
    assert tried.count(found["n"]) == 1


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 9), st.sampled_from([1, 3, AHEAD]), st.integers(1, 20), st.integers(0, 10**6))
def test_held_pixels_are_off_by_no_more_than_the_tolerance(tolerance, ahead, count, seed):
    rng = np.random.default_rng(seed)
    steps = rng.integers(-3, 4, (count, 7, 5, 3))
    frames = np.clip(rng.integers(0, 256, (1, 7, 5, 3)) + steps.cumsum(axis=0), 0, 255).astype(np.uint8)
    hold, buffer, shown = Hold(tolerance, ahead), np.empty_like(frames[0]), []
    for frame in frames:
        buffer[:] = frame
        shown += [held.copy() for held in hold.add(buffer)]
        buffer[:] = 99
    shown += [held.copy() for held in hold.rest()]
    assert len(shown) == count
    assert np.abs(np.stack(shown).astype(int) - frames).max() <= tolerance


def test_every_nth_frame_is_as_it_came():
    frames = np.arange(12, dtype=np.uint8)[:, None, None, None] + np.zeros((1, 4, 4, 3), np.uint8)
    hold = Hold(3, ahead=1, exact=4)
    shown = [held.copy() for frame in frames for held in hold.add(frame)]
    assert [int(s[0, 0, 0]) for s in shown] == [0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8]


def test_looking_ahead_changes_less():
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(0, 2, (60, 40, 40)), axis=0) + 128
    frames = np.clip(walk, 0, 255).astype(np.uint8)[..., None].repeat(3, -1)
    changes = {}
    for ahead in (1, AHEAD):
        hold = Hold(4, ahead)
        shown = [held.copy() for f in frames for held in hold.add(f)] + [h.copy() for h in hold.rest()]
        changes[ahead] = sum(int((a != b).any(axis=2).sum()) for a, b in pairwise(shown))
    assert changes[AHEAD] < 0.7 * changes[1]
