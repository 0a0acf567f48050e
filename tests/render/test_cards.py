"""Title and end cards: when they stand, what they say, and that nothing of them stays behind."""

from __future__ import annotations

from typing import get_args

import imageio.v3 as iio
import numpy as np
import pytest

from trainings import filming, planned
from weightreel.render.drawing.canvas import rgb
from weightreel.render.drawing.lines import Anchor
from weightreel.render.drawing.moment import Moment
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import SceneError
from weightreel.render.frames.film import Film
from weightreel.render.making.film import render
from weightreel.render.scene.file import load
from weightreel.render.showing.still import still
from weightreel.render.views._card import Card
from weightreel.trainer.recording.store import Recordings

BOTH = ["title_card={seconds=0.5}", "end_card={seconds=1, text='loss {loss:.4f}'}"]
TITLE_SIGNS = "title   the typeface has no sign for 字; say title_card.heading, or use others"


def drawn(film: Film, index: int):
    frame = film.buffer()
    film.draw(frame, index)
    return frame


@pytest.mark.parametrize(
    ("settings", "frames"),
    [
        (BOTH, 5 + 15 + 10),
        (["title_card={}"], 20 + 15),
        (["end_card.text=the end"], 15 + 20),
        ([*BOTH, "output.0.fps=20"], 10 + 30 + 20),
        ([*BOTH, "timeline={fps=10, every=4}"], 5 + 4 + 10),
        ([*BOTH, "timeline={fps=10, every=4, hold=1}"], 5 + 4 + 10 + 10),
    ],
)
def test_a_film_is_as_long_as_its_timeline_and_its_cards(scene_file, settings, frames):
    composed = filming(load(scene_file, settings=settings))
    assert len(composed) == frames
    assert all(len(steps) == frames for steps in composed.course.wanted.values())


def test_cards_around_a_training_that_stops_early(scene_file):
    stopping = ["run.epochs=9", "run.early_stopping={patience=1, tolerance=9.0}"]
    scene = load(scene_file, settings=[*BOTH, *stopping, "end_card.text={step}"])
    report = render(scene)
    assert report["runs"]["run"]["steps"] < 54
    assert report["outputs"][0]["frames"] == 30
    same = load(scene_file, settings=[*BOTH, *stopping, f"end_card.text='{report['runs']['run']['steps']}'"])
    written = iio.imread("small-00029.png")
    still(same, "still.png")
    assert np.array_equal(iio.imread("still.png"), written)


def test_the_first_frames_are_the_title_and_the_last_the_end(scene_file):
    composed = filming(load(scene_file, settings=BOTH))
    plain = filming(load(scene_file))
    frames = [drawn(composed, i) for i in range(30)]
    for card in (frames[:5], frames[20:]):
        assert all(np.array_equal(f, card[0]) for f in card)
    assert not np.array_equal(frames[0], frames[29])
    for i in range(15):
        assert np.array_equal(frames[5 + i], drawn(plain, i))


@pytest.mark.parametrize("anchor", get_args(Anchor))
def test_frames_after_a_card_show_nothing_of_it(scene_file, anchor):
    """Wherever it stands: the rows above and below the views are painted by nobody else."""
    empty = ["layout.areas=['. . .', 'grid words loss', '. . .']", "view.0.rows=1", "view.0.columns=1"]
    words = rf'text="some\nlines of\n{{step}} {{loss:.4f}}", anchor="{anchor}"'
    cards = [f"title_card={{seconds=0.5, {words}}}", f"end_card={{seconds=1, {words}}}"]
    composed = filming(load(scene_file, settings=[*empty, *cards]))
    used = composed.buffer()
    for index in (0, 7, 29, 12, 3, 5, 20, 19):
        composed.draw(used, index)
        assert np.array_equal(used, drawn(composed, index))
    for index in (29, 7, 29):  # where a buffer was, another may be
        other = np.full_like(used, index)
        composed.draw(other, index)
        assert np.array_equal(other, drawn(composed, index))


def test_written_frames_and_stills_agree(scene_file, tmp_path):
    scene = load(scene_file, settings=BOTH)
    report = render(scene, frames=slice(3, 22))
    assert report["outputs"][0]["frames"] == 19
    composed = filming(scene)
    assert still(scene, tmp_path / "first.png", at=0) == 0
    assert still(scene, tmp_path / "last.png") == 29
    for name, index in (("small-00004.png", 4), ("small-00005.png", 5), ("first.png", 0), ("last.png", 29)):
        assert np.array_equal(iio.imread(tmp_path / name), rgb(drawn(composed, index)))


def test_each_output_counts_its_cards_at_its_own_rate(scene_file, tmp_path):
    settings = ["title_card.seconds=1", "end_card={seconds=2, text='the end'}", "output.1.fps=4"]
    report = render(load(scene_file, outputs=["a.png", "b.png"], settings=settings))
    assert [o["frames"] for o in report["outputs"]] == [10 + 15 + 20, 4 + 6 + 8]
    title, end = (iio.imread(tmp_path / f"a-{n:05d}.png").tobytes() for n in (0, 44))
    shown = [iio.imread(tmp_path / f"b-{n:05d}.png").tobytes() for n in range(18)]
    assert [s == title for s in shown] == [n < 4 for n in range(18)]
    assert [s == end for s in shown] == [n >= 10 for n in range(18)]


def test_cards_tell_the_numbers_of_their_ends(scene_file):
    """A card in braces and one that says the recording's numbers itself are the same picture."""
    words = "{step} of {steps}, {epoch:.1f}, {loss:.3f}"
    composed = filming(load(scene_file, settings=[f"title_card.text={words}", f"end_card.text={words}"]))
    cards = [composed.sections[key][0].fitted for key in ("title_card", "end_card")]
    for card, step in zip(cards, (0, 12), strict=True):
        loss = composed.recordings["run"].latest("loss", step)
        told = "–" if np.isnan(loss) else f"{loss:.3f}"
        assert [line.words for line in card.text] == [f"{step} of 12, {step / 6:.1f}, {told}"]
    assert [line.words for line in cards[0].heading] == ["small"]
    assert cards[1].heading == ()


def test_cards_choose_among_runs(scene_file):
    layers = '[{ type = "dense", units = 10, activation = "softmax" }]'
    data = '{ type = "mnist", train = 300, validation = 100, test = 100 }'
    text = scene_file.read_text()
    begin, end = text.index("[run]"), text.index("[timeline]")
    keys = f"layers = {layers}\nbatch_size = 50\ndata = {data}\n"
    scene_file.write_text(f"{text[:begin]}[runs.a]\n{keys}epochs = 1\n[runs.b]\n{keys}epochs = 2\n{text[end:]}")
    settings = ["end_card={text='{steps} steps', run='b'}", "title_card={text='{run}: {steps} steps'}"]
    composed = filming(load(scene_file, settings=settings))
    cards = [composed.sections[key][0].fitted for key in ("title_card", "end_card")]
    assert [card.text[0].words for card in cards] == ["a: 6 steps", "12 steps"]
    silent = r"title_card.run   the numbers are those of 'a', the first of 2 runs, and nothing says so"
    with pytest.raises(SceneError, match=silent):
        planned(load(scene_file, settings=[settings[0], "title_card={text='{steps} steps'}"]))
    with pytest.raises(SceneError, match=r"end_card.run   no run 'c'; there are a, b"):
        load(scene_file, settings=["end_card={text='x', run='c'}"])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            ["end_card.text={los:.4f}"],
            "end_card.text   unknown name {los}; there are data, run, layers, activation, optimizer, "
            "lr, batch_size, parameters, epoch, step, steps, loss, accuracy, batch_loss, batch_accuracy, "
            "validation_loss, validation_accuracy, test_loss, test_accuracy, "
            "final_loss, final_accuracy, final_validation_loss, final_validation_accuracy",
        ),
        (["title_card.text=字"], "title_card.text   the typeface has no sign for 字; use others"),
        (
            ["title=字", "title_card={}"],
            TITLE_SIGNS,
        ),
        (["end_card={}"], "end_card   shows nothing; give it a heading or a text"),
        (["title=''", "title_card={}"], "title_card   shows nothing; give it a heading or a text"),
        (["end_card.text=x", "end_card.seconds=0"], "end_card.seconds   should be greater than 0, not 0"),
        (["end_card.txt=x"], "end_card.txt   unknown key; did you mean 'text'?"),
        (
            ["end_card.text=x", "end_card.anchor=middle"],
            "end_card.anchor   'middle' is none of 'top left', 'top', 'top right', 'left', 'center', 'right', "
            "'bottom left', 'bottom' or 'bottom right'",
        ),
        (
            ["title_card.text=" + "manywords" * 6],
            "title_card.text   output[0] at 320 × 180: 'manywordsmanywordsmanywordsmanywordsmanywordsmanywords' "
            "is 368 pixels wide even in type of 12 pixels and has 286; shorten it",
        ),
        (
            ["title_card.text='''" + "\n".join("abcdefghijkl") + "'''"],
            "title_card   output[0] at 320 × 180: its 13 lines are 239 pixels high even in type of 12 "
            "pixels and have 146; take some out",
        ),
    ],
)
def test_wrong_cards(scene_file, settings, words):
    with pytest.raises(SceneError) as caught:
        planned(load(scene_file, settings=settings))
    assert str(caught.value) == f"{scene_file}: 1 problem\n  {words}"


def test_each_output_has_room_for_its_cards(scene_file):
    settings = ["title=a_title_that_is_a_little_too_long", "title_card={}", "output.0.size=[160, 160]"]
    with pytest.raises(SceneError, match="and has 130;"):
        planned(load(scene_file, settings=[*settings, "view.0.rows=1", "view.0.columns=1"]))


def test_a_title_is_words_not_a_template(scene_file):
    composed = filming(load(scene_file, settings=["title={loss} {x", "title_card={}"]))
    assert composed.sections["title_card"][0].fitted.heading[0].words == "{loss} {x"


@pytest.mark.parametrize("align", ["left", "center", "right"])
@pytest.mark.parametrize("anchor", ["top left", "top right", "center", "bottom"])
def test_cards_stand_where_they_are_told(anchor, align):
    style = Style((640, 360))
    card = Card(heading="A heading", text="text", anchor=anchor, align=align).fit(style, lambda name: 0.0)
    frame = np.zeros((360, 640, 3), np.uint8)
    card.draw(frame, Recordings(), Moment(0, 0.0, "title_card", 0.0, {}))
    ink = (frame != style.background).any(axis=2)
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    margin = style.px(100)
    near = {"top": rows[0] - margin, "bottom": 360 - margin - rows[-1], "left": columns[0] - margin}
    near["right"] = 640 - margin - columns[-1]
    assert min(near.values()) > -style.px(12)
    for word in anchor.split():
        if word != "center":
            assert near[word] < style.px(12)
    words = np.flatnonzero(ink[rows[-1] - 2 * style.body_px // 3 : rows[-1]].any(axis=0))
    sides = {"left": words[0] - columns[0], "right": columns[-1] - words[-1]}
    sides["center"] = abs(sides["left"] - sides["right"])
    assert sides[align] <= 4
    assert max(sides.values()) > 20
