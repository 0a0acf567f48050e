"""Flashes: counted as WCAG 2.3.1 says, told with the view, refused where that is asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from weightreel.render.command.cli import run
from weightreel.render.drawing.canvas import Frame, blank, parse_color
from weightreel.render.encoders.gif import Gif
from weightreel.render.errors import Finding, SceneError
from weightreel.render.frames.flashes import Flashes, cells_of
from weightreel.render.making.film import render
from weightreel.render.planning import plan
from weightreel.render.scene.file import load

SIZE = (320, 180)


def counted(paint: Callable[[Frame, float], None], fps: float = 60, size=SIZE, seconds: float = 3) -> Flashes:
    """The flashes of frames that are painted at their moments."""
    flashes = Flashes()
    for number in range(round(seconds * fps)):
        frame = blank(size, (0, 0, 0))
        paint(frame, number / fps)
        flashes.see(cells_of(frame), number / fps)
    return flashes


def square(one: str, other: str, hertz: float, part: slice = slice(None)) -> Callable[[Frame, float], None]:
    """A part of the columns in two colours by turns."""

    def paint(frame: Frame, seconds: float) -> None:
        frame[:, part] = parse_color((one, other)[int(2 * hertz * seconds + 1e-6) % 2])

    return paint


@pytest.mark.parametrize("fps", [8, 30, 60, 240])
def test_four_flashes_a_second_are_too_many(fps):
    flashes = counted(square("black", "white", 4), fps)
    assert flashes.general.count == 4
    assert flashes.red.count == 0
    [(begin, end)] = flashes.over
    assert begin < 0.2
    assert end > 2.8


@pytest.mark.parametrize(
    ("one", "other", "hertz", "general", "red"),
    [
        ("black", "white", 2, 2, 0),
        ("black", "white", 3, 3, 0),
        ("black", "#505050", 4, 0, 0),  # 8 % of the light
        ("black", "#606060", 4, 4, 0),
        ("white", "#e4e4e4", 4, 4, 0),  # the darker has 0.77
        ("white", "#e8e8e8", 4, 0, 0),  # 0.81
        ("red", "blue", 4, 4, 4),
        ("#ff0000", "#e00000", 4, 0, 4),
        ("#300000", "black", 4, 0, 0),  # a red that nobody sees
        ("#ff8080", "#8080ff", 4, 4, 0),  # no saturated one
    ],
)
def test_what_counts_as_a_flash(one, other, hertz, general, red):
    flashes = counted(square(one, other, hertz))
    assert (flashes.general.count, flashes.red.count) == (general, red)
    assert bool(flashes.over) == (max(general, red) > 3)


def test_the_area_that_flashes_matters():
    """More than a quarter of 341 × 256 pixels, of a screen that a frame fills."""
    assert counted(square("black", "white", 5, slice(0, 16))).general.count == 0
    assert counted(square("black", "white", 5, slice(100, 200))).general.count == 5
    assert counted(square("black", "white", 5), size=(320, 4)).general.count == 0


def test_fine_noise_does_not_flash():
    """It is exempt: all of it is as bright as before. Where samples meet single pixels, as at 960 × 540, it is not told
    from coarser noise, and a warning comes of it."""
    rng = np.random.default_rng(0)

    def noise(frame: Frame, seconds: float) -> None:
        frame[:] = rng.integers(0, 256, frame.shape, dtype=np.uint8)

    assert counted(noise, 30, (640, 360), seconds=1.5).general.count <= 2


def test_halves_that_flash_by_turns_flash():
    def paint(frame: Frame, seconds: float) -> None:
        frame[:, :160] = parse_color(("black", "white")[int(8 * seconds + 1e-6) % 2])
        frame[:, 160:] = parse_color(("white", "black")[int(8 * seconds + 1e-6) % 2])

    assert counted(paint).general.count == 4


@pytest.mark.parametrize("fps", [12.5, 60, 240])
def test_changes_over_many_frames_are_counted_from_their_ends(fps):
    """Waves: five a second are five flashes, though some parts are darker; a slow one is none to speak of."""

    def wave(hertz: float) -> Callable[[Frame, float], None]:
        def paint(frame: Frame, seconds: float) -> None:
            light = np.linspace(120, 255, SIZE[0]) * (0.5 - 0.5 * np.cos(2 * np.pi * hertz * seconds))
            frame[:] = light.astype(np.uint8)[None, :, None]

        return paint

    assert counted(wave(5), fps).general.count == 5
    assert counted(wave(0.5), fps, seconds=6).general.count == 1


def test_one_change_is_half_a_flash():
    assert counted(square("black", "white", 0.4), seconds=2).general.count == 0
    assert counted(square("black", "white", 1), seconds=1.2).general.count == 1


def test_gif_is_counted_at_the_moments_that_it_shows():
    """100 hundredths of a second are not three delays of 33."""
    gif = Gif(path="x.gif")
    assert [gif.moment(n, 30) for n in range(4)] == [0, 0.03, 0.07, 0.1]


def test_a_quiet_film_says_so(scene_file, capsys):
    assert run(["render", str(scene_file), "-o", "x.gif", "--json", "--strict"]) == 0
    said = capsys.readouterr()
    assert "\n  at most 0 flashes a second (limit 3)\n" in said.err
    assert json.loads(said.out)["outputs"][0]["flashes"] == {"general": 0, "red": 0}
    assert run(["render", str(scene_file), "-o", "poster.png", "--set", "output.0.at=end"]) == 0
    assert "flash" not in capsys.readouterr().err, "one frame cannot flash"


def blinking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles that are white in every other frame."""
    from weightreel.render.views._tiled import FittedTiles, TiledView

    def draw(self, canvas, recordings, moment):
        canvas[:] = 255 * (moment.index % 2)

    monkeypatch.setattr(FittedTiles, "draw", draw)
    monkeypatch.setattr(TiledView, "steady", False)  # it goes by the number of the frame


@pytest.mark.parametrize("name", ["x.gif", "x.mp4", "x.png"])
def test_what_flashes_too_often_is_told_and_refused(name, scene_file, monkeypatch, capsys):
    blinking(monkeypatch)
    assert run(["render", str(scene_file), "-o", name, "--json"]) == 0
    clip = json.loads(capsys.readouterr().out)["outputs"][0]
    assert clip["flashes"] == {"general": 5, "red": 0}
    assert clip["notes"] == [
        "5 flashes a second, more than 3, at 0.1–1.4 s, mostly of view[0] (neuron_grid): they can cause seizures "
        "(WCAG 2.3.1); make it slower with a lower fps or more seconds, or hold its colours with "
        "normalize = { over = 'clip' }"
    ]
    for path in Path().glob("x*"):
        path.unlink()
    assert run(["render", str(scene_file), "-o", name, "--strict"]) == 1
    said = capsys.readouterr().err
    assert f"{name}: 5 flashes a second, more than 3, at 0.1–1.4 s" in said
    assert "--strict leaves nothing of it" in said
    assert [path.name for path in Path().iterdir()] == [scene_file.name]


def test_what_flashes_keeps_nothing_else_from_being_written(scene_file, monkeypatch, capsys):
    blinking(monkeypatch)
    keys = ["--set", "table=runs.csv", "--set", "output.1.at=end"]
    assert run(["render", str(scene_file), "-o", "x.gif", "-o", "poster.png", *keys, "--strict"]) == 1
    assert {path.name for path in Path().iterdir()} == {scene_file.name, "poster.png", "runs.csv"}
    refused, *written = capsys.readouterr().err.splitlines()[-3:]
    assert refused.endswith("--strict leaves nothing of it")
    assert written == ["poster.png is written", "runs.csv is written"]


def test_strict_refuses_what_is_warned_of_before_training(scene_file, monkeypatch):
    warned = Finding("view[0]", "tiles will not come out crisp", "warning")
    monkeypatch.setattr(plan.whole, "findings", lambda *_, **__: (warned, warned._replace(level="note")))
    monkeypatch.setattr("weightreel.render.making.film.recordings_of", lambda *_: pytest.fail("it was trained"))
    with pytest.raises(SceneError) as caught:
        render(load(scene_file), strict=True)
    assert caught.value.findings == [warned]
