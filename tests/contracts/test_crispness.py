"""Crispness, over every scene: whole scales, even coordinates, no resampling, borders that keep their colour."""

from __future__ import annotations

import av
import numpy as np
import pytest

from trainings import filmed
from weightreel.render.check.crispness import findings
from weightreel.render.command.cli import run
from weightreel.render.drawing.canvas import READABLE, contrast
from weightreel.render.drawing.theme import SERIES_ROLES, SMALLEST_TEXT_PX, SPLIT_ROLES, THEMES, Style, Theme
from weightreel.render.encoders import write_all
from weightreel.render.encoders.h264 import H264
from weightreel.render.encoders.opencv import OpenCV
from weightreel.render.formats.spec import Spec
from weightreel.render.frames.film import Film
from weightreel.render.frames.fits import Fits
from weightreel.render.frames.take import Take
from weightreel.render.scene.file import shipped_scenes
from weightreel.render.scene.sections import FILM

SCENES = sorted(shipped_scenes())
# The document that it comes from has borders of 1 px, in both outputs.
NOT_CRISP = {"lesson_9": ["view[0].border.thickness"]}
# Scene by scene, so that each is trained once, by one of several processes.
each_scene = pytest.mark.parametrize("name", SCENES, scope="module")


def shot(name: str, output) -> Film:
    scene, plan, recordings = filmed(name)
    return Fits(scene, recordings).film(Take.of(scene, output, plan.sources.about).over(recordings))


def end(film: Film) -> int:
    """The last frame with views; a card may follow."""
    return next(end for key, _, end in film.course.sections if key == FILM) - 1


def tiled(film) -> list:
    return [p for p in film.sections["film"] if hasattr(p.fitted, "grid")]


@each_scene
def test_only_what_is_known_is_not_crisp(name):
    scene, plan, _ = filmed(name)
    assert [w.key for w in findings(scene, plan.sources.about, plan.takes)] == NOT_CRISP.get(name, [])


@each_scene
def test_tiles_stand_on_even_coordinates_and_on_blocks_where_they_fit(name):
    for output in filmed(name)[0].output:
        for number, part in enumerate(tiled(shot(name, output))):
            grid = part.fitted.grid
            x, y = part.rect.x + grid.origin[0], part.rect.y + grid.origin[1]
            assert grid.scale == int(grid.scale) >= 1
            assert x % 2 == y % 2 == grid.pitch[0] % 2 == grid.pitch[1] % 2 == 0
            assert name in NOT_CRISP or grid.border.thickness % 2 == 0
            if number == 0:
                assert x % 8 == y % 8 == 0


@each_scene
def test_tiles_are_never_resampled_but_by_whole_pixels(name):
    """Every weight is one square of one colour."""
    for output in filmed(name)[0].output:
        film = shot(name, output)
        frame = film.buffer()
        film.draw(frame, end(film))
        for part in tiled(film):
            grid, (th, tw) = part.fitted.grid, part.fitted.grid.tile
            view = part.fitted.view
            covered = view.border.inside or getattr(view, "numbers", False) or view.type == "samples"
            for number in range(0 if covered else min(part.fitted.count, 12)):
                x, y = grid.corner(number)
                s = grid.scale
                tile = part.rect.of(frame)[y : y + th * s, x : x + tw * s].reshape(th, s, tw, s, 3)
                assert (tile == tile[:, :1, :, :1]).all()


@pytest.mark.parametrize("codec", ["h264", pytest.param("mp4v", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", [n for n in SCENES if n not in NOT_CRISP], scope="module")
def test_borders_keep_their_colour_in_video(name, codec, tmp_path):
    kind = {"h264": H264, "mp4v": OpenCV}[codec]
    output = kind(path=str(tmp_path / "x.mp4"), codec=codec)
    film = shot(name, output)
    frames = []
    for index in np.linspace(0, end(film), 3).round().astype(int):
        frames.append(film.buffer())
        film.draw(frames[-1], int(index))
    write_all(output, Spec(film.size, 30), frames)
    with av.open(output.path) as container:
        decoded = [f.to_ndarray(format="bgr24") for f in container.decode(video=0)]
    for part in tiled(film):
        border = part.fitted.grid.border
        if not border.thickness:
            continue
        color = np.array(part.fitted.style.color(border.color))
        for drawn, shown in zip(frames[1:], decoded[1:], strict=True):
            here = (part.rect.of(drawn) == color).all(axis=2)
            found = part.rect.of(shown)[here].astype(int)
            if not len(found):
                continue  # of samples that are all wrong, whose borders are another's
            assert np.abs(found.mean(axis=0) - color).max() <= 8
            # OpenCV's mp4v has a coarse quantiser that nobody can set: its borders are right on average only.
            # Of several grids only the first is sure to begin on the blocks of H.264.
            assert codec == "mp4v" or (np.abs(found - color).max(axis=1) <= 8).mean() >= 0.98


@pytest.mark.parametrize("size", [(1920, 1080), (960, 540), (360, 640), (224, 224)])
@pytest.mark.parametrize("theme", THEMES)
def test_text_is_large_enough_and_has_contrast(theme, size):
    style = Style(size, Theme(name=theme))
    assert min(style.body_px, style.title_px, style.figure_px) >= SMALLEST_TEXT_PX
    for role in ("text", "muted", *SERIES_ROLES, *SPLIT_ROLES):
        assert contrast(style.color(role), style.background) >= READABLE


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            ["view.0.border={thickness=3}", "output.0={path='x.mp4'}"],
            "view[0].border.thickness   output[0] at 320 × 180: 3 px mixes with its neighbours in 4:2:0 video; take 4, "
            'or write codec = "h264_444"',
        ),
        (
            ["view.0.gap=3", "output.0={path='x.mp4'}"],
            "view[0].gap   output[0] at 320 × 180: tiles begin on odd pixels and mix with their borders in 4:2:0 "
            'video; leave out gap, or write codec = "h264_444"',
        ),
        (
            ["view.2.color=#333333"],
            "view[2].color   '#333333' has a contrast of 1.5 : 1 on the background; text needs 4.5 : 1",
        ),
        (["theme.muted=#333333"], "theme.muted   has a contrast of 1.5 : 1 on the background; text needs 4.5 : 1"),
        (
            ["view.0.colormap=viridis", "output.0={path='x.mp4'}"],
            "view[0].area   output[0] at 320 × 180: tiles at scale 1 mix their colours in 4:2:0 video; give more room "
            'or less, or write codec = "h264_444"',
        ),
    ],
)
def test_check_warns(scene_file, capsys, settings, words):
    assert run(["check", str(scene_file), *[w for s in settings for w in ("--set", s)]]) == 0
    assert f"warning: {words}\n" in capsys.readouterr().out


def test_check_does_not_warn_without_reason(scene_file, capsys):
    settings = ["--set", "output.0={path='x.mp4', codec='h264_444'}", "--set", "view.0.border={thickness=3}"]
    assert run(["check", str(scene_file), *settings]) == 0
    assert "warning" not in capsys.readouterr().out
