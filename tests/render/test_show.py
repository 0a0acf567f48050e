"""Films in notebooks: markup that fetches nothing, takes strangers' words as text, and is the same each time."""

from __future__ import annotations

import re
from base64 import b64decode
from html.parser import HTMLParser

import imageio.v3 as iio
import numpy as np
import pytest

import weightreel
from weightreel.render.making.film import record_to
from weightreel.render.scene.file import load
from weightreel.render.showing import markup, playing
from weightreel.render.work import progress

NASTY = """<script>alert('1')</script> & "quoted" \x1b[31m \u202e"""


class Tags(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def of(self, tag: str) -> dict[str, str | None]:
        return next(attributes for name, attributes in self.tags if name == tag)


def page(shown) -> Tags:
    return Tags(shown._repr_html_())


def data(url: str) -> tuple[str, bytes]:
    kind, _, rest = url.removeprefix("data:").partition(";base64,")
    return kind, b64decode(rest)


@pytest.fixture
def film(scene_file):
    return weightreel.film(str(scene_file))


def test_a_film_plays_within_the_page(film, tmp_path):
    shown = weightreel.show(film)
    tags = page(shown)
    assert [name for name, _ in tags.tags] == ["figure", "video", "source", "figcaption", "strong", "br"]
    video = tags.of("video")
    assert {"autoplay", "loop", "muted", "playsinline", "controls"} <= video.keys()
    assert (video["width"], video["height"], video["title"]) == ("320", "180", "small")
    assert video["aria-label"] == "small: a film of the training of a neural network, 12 steps; 15 frames, 1.5 s"
    kind, clip = data(tags.of("source")["src"])
    assert kind == tags.of("source")["type"] == "video/mp4"
    (tmp_path / "x.mp4").write_bytes(clip)
    assert len(iio.imread(tmp_path / "x.mp4", plugin="pyav")) == 15
    assert b"libx264" in clip or b"x264" in clip
    assert shown.path is None and shown.size == len(clip)
    assert shown._repr_html_() == weightreel.show(film)._repr_html_()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["small.toml", "x.mp4"], "nothing is left of it"


def test_it_stands_for_itself_in_a_console_and_where_there_is_no_html(film):
    shown = weightreel.show(film)
    assert re.fullmatch(r"<small: 15 frames, 1.5 s, [\d.]+ kB>", repr(shown))
    poster = iio.imread(shown._repr_png_())
    assert poster.shape == (180, 320, 3)
    assert np.abs(poster.astype(int) - film[-1]).mean() < 6, "the last frame, as the encoder leaves it"


def test_what_it_is_asked_of(scene_file, tmp_path, film):
    record_to(load(scene_file), tmp_path / "kept")
    whole = page(weightreel.show(film)).of("source")["src"]
    assert page(weightreel.show(scene_file)).of("source")["src"] == whole
    assert page(weightreel.show(load(scene_file), recording=tmp_path / "kept")).of("source")["src"] == whole
    assert weightreel.show(tmp_path / "kept")._repr_html_().count("<video") == 1, "a recording has a scene of its own"


def test_a_clip_is_kept_where_it_is_asked_for(film, tmp_path):
    shown = weightreel.show(film, "x.mp4", fps=5, crf=30)
    assert str(shown.path) == "x.mp4" and (tmp_path / "x.mp4").stat().st_size == shown.size
    assert shown.words[0].startswith("8 frames, 1.6 s")
    again = page(weightreel.show("x.mp4"))
    assert data(again.of("source")["src"])[1] == (tmp_path / "x.mp4").read_bytes()
    assert again.of("video")["title"] == "x.mp4" and "autoplay" in again.of("video")


@pytest.mark.parametrize(("name", "kind"), [("x.gif", "image/gif"), ("x.webp", "image/webp"), ("x.apng", "image/apng")])
def test_pictures_that_move_are_pictures(film, name, kind):
    made, there = page(weightreel.show(film, name)), page(weightreel.show(name))
    assert data(made.of("img")["src"])[0] == kind
    assert made.of("img")["alt"].startswith("small: a film of the training")
    assert there.of("img")["src"] == made.of("img")["src"]
    assert "1.5 s, 320 x 180" in there.text


def test_a_large_clip_is_a_picture_and_a_path(film, monkeypatch):
    monkeypatch.setattr(playing, "MOST", 2000)
    shown = weightreel.show(film, "x.mp4")
    tags = page(shown)
    assert [name for name, _ in tags.tags].count("video") == 0
    assert data(tags.of("img")["src"])[0] == "image/png"
    assert re.search(r"kB are more than the 2 kB that a notebook holds well; its file is x.mp4$", tags.text)
    passing = weightreel.show(film)
    assert passing.path.name == "small.mp4" and passing.path.stat().st_size == passing.size
    told = f"its file is {passing.path} while this session lasts; show(film, 'mine.mp4') keeps it, max_bytes='5 MB'"
    assert told in page(passing).text


def test_a_clip_that_browsers_do_not_play_is_a_picture(film):
    for name, keys in (("x.avi", {}), ("y.mp4", {"codec": "mp4v"})):
        film.save(name, **keys)
        tags = page(weightreel.show(name))
        assert tags.of("img")["alt"] == f"The clip {name}; its last picture"
        assert f"its file is {name}; browsers do not play it; they play H.264" in tags.text


def test_words_of_strangers_are_text(scene_file, tmp_path):
    scene = load(scene_file).model_copy(update={"title": NASTY})
    film = weightreel.film(scene)
    film.save("clip.gif")
    name = "<b onclick=x>&'.gif"
    (tmp_path / "clip.gif").rename(tmp_path / name)
    for words, title in ((film, NASTY), (weightreel.show(film), NASTY), (weightreel.show(name), name)):
        tags = page(words)
        assert {tag for tag, _ in tags.tags} <= {"figure", "video", "source", "img", "figcaption", "strong", "br"}
        seen = title.replace("\x1b", r"\x1b").replace("\u202e", r"\u202e")
        assert seen in tags.text and "\x1b" not in words._repr_html_()
        assert seen in [tags.of(tag).get("title") for tag, _ in tags.tags]
        assert "\x1b" not in repr(words)


def test_nothing_is_fetched_from_elsewhere(film):
    for words in (film, weightreel.show(film)):
        links = [value for _, found in page(words).tags for key, value in found.items() if key in ("src", "href")]
        assert links and all(link.startswith("data:") for link in links)
        assert "http" not in re.sub('base64,[^"]*', "", words._repr_html_())


def test_what_flashes_waits_to_be_started(film, monkeypatch):
    monkeypatch.setattr("weightreel.render.showing.show.LIMIT", -1)
    assert "autoplay" not in page(weightreel.show(film)).of("video")


def test_what_is_wrong_is_said(scene_file, film, tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    (tmp_path / "bad.gif").write_bytes(b"no picture")
    for ask, told in (
        (lambda: weightreel.show("none.mp4"), "none.mp4: 1 problem\n  cannot be shown: there is no such file"),
        (lambda: weightreel.show("bad.mp4"), "cannot be shown: it is damaged, or no file of the kind .mp4"),
        (lambda: weightreel.show("bad.gif"), "cannot be shown: it is damaged, or no file of the kind .gif"),
        (lambda: weightreel.show("bad.mp4", fps=3), "fps   is for films; this is a finished clip"),
        (lambda: weightreel.show(film, recording="x"), "recording   is for scenes; this film has"),
        (lambda: weightreel.show(film, fsp=3), f"{scene_file}: 1 problem\n  fsp   unknown key; did you mean 'fps'?"),
    ):
        with pytest.raises(weightreel.SceneError, match=re.escape(told)):
            ask()


def test_a_training_that_diverges_is_shown_as_far_as_it_came(scene_file):
    settings = ["run.layers.0.activation=relu", "run.optimizer={type='sgd', lr=1e30}"]
    shown = weightreel.show(load(scene_file, settings=settings))
    assert "<video" in shown._repr_html_()
    assert any("stopped at step 1: the loss is" in words for words in shown.words)


def test_a_large_film_is_drawn_for_the_width_of_a_page(scene_file):
    film = weightreel.film(load(scene_file, settings=["layout.size=[1920, 1080]", "timeline.seconds=0.4"]))
    assert page(weightreel.show(film)).of("video")["width"] == "960"
    assert page(weightreel.show(film, size=[1280, 720])).of("video")["width"] == "1280"
    one = weightreel.film(load(scene_file, settings=["output.0.size=[1280, 720]", "timeline.seconds=0.4"]), output=0)
    assert page(weightreel.show(one)).of("video")["width"] == "1280", "an output has a size of its own"


def test_a_film_shows_its_last_frame_and_says_what_it_is(film, scene_file):
    assert repr(film) == f"<film of {scene_file}: 15 frames, 1.5 s, 320 x 180 at 10 a second; not trained yet>"
    assert np.array_equal(iio.imread(film._repr_png_()), film[-1])
    assert repr(film) == f"<film of {scene_file}: 15 frames, 1.5 s, 320 x 180 at 10 a second>"
    tags = page(film)
    assert data(tags.of("img")["src"]) == ("image/png", film._repr_png_())
    assert tags.of("img")["alt"] == "small: a film of the training of a neural network, 12 steps; its last frame"
    assert tags.text.endswith("320 x 180 at 10 a second; weightreel.show(film) plays it")


def test_a_film_that_cannot_be_made_says_so_in_place_of_its_frame(scene_file):
    film = weightreel.film(load(scene_file, settings=["view.0.rows=90", "view.0.columns=90"]))
    assert repr(film) == f"<film of {scene_file}: something is wrong with it, film[0] says what>"
    assert film._repr_html_().startswith("<pre>") and "view[0]" in film._repr_html_()
    assert film._repr_png_() is None


def test_a_length_that_nobody_knows_is_not_trained_for(scene_file):
    stopping = ["run.epochs=9", "run.early_stopping={patience=1, tolerance=9.0}", "timeline={fps=10, every=4}"]
    assert "as long as its training turns out, 320 x 180" in repr(weightreel.film(load(scene_file, settings=stopping)))


def test_slices_are_lists_of_frames(film):
    frames = list(film)
    for chosen in (slice(2, 9, 3), slice(None, None, -5), slice(-2, None), slice(30, 40)):
        found = film[chosen]
        assert isinstance(found, list) and len(found) == len(frames[chosen])
        assert all(map(np.array_equal, found, frames[chosen]))


def test_bars_are_seen_in_notebooks_alone(monkeypatch, capsys):
    assert progress.seen() is progress.silent
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    assert progress.seen() is progress.in_cell
    with progress.in_cell("/tmp/x/film.mp4", 3, "frame") as advance:
        for _ in range(3):
            advance()
    assert capsys.readouterr().err == "", "what is done at once has no bar"
    with progress.bar("a\x1b[31m", 3, "frame") as advance:
        advance()
    assert r"a\x1b[31m:" in capsys.readouterr().err


def test_markup_is_escaped_in_attributes_and_text():
    made = markup.picture(b"", "image/png", (1, 2), "'>\"", "<&>")
    assert made == (
        '<img src="data:image/png;base64," width="1" height="2" style="max-width:100%;height:auto" '
        'title="&#x27;&gt;&quot;" alt="&lt;&amp;&gt;">'
    )
