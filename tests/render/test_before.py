"""Known before training: rates, sizes and codecs that encoders refuse, folders, room on the disk."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import pytest

import weightreel
from trainings import planned
from weightreel.render.check import disk, trial
from weightreel.render.encoders._encoder import Encoder
from weightreel.render.errors import EncodeError, SceneError
from weightreel.render.making.film import render
from weightreel.render.scene.file import load


def refused(scene_file: Path, *settings: str, output: str = "a.mp4") -> list[tuple[str, str]]:
    """What stops a scene, before anything is trained."""
    try:
        planned(load(scene_file, outputs=[output], settings=list(settings)))
    except SceneError as error:
        return [(finding.key, finding.message) for finding in error.findings]
    return []


TOO_FEW = "0.0001 frames a second are too few; at least 0.001 can be written"
RATES = [
    ("a.mp4", ["timeline={fps=0.0001, seconds=50000}"], "timeline.fps", TOO_FEW),
    ("a.mp4", ["output.0.fps=0.0001", "timeline.seconds=50000"], "output[0].fps", TOO_FEW),
    ("a.webm", ["timeline.fps=1000"], "timeline.fps", "1000 frames a second are too many; AV1 takes at most 240"),
    ("a.webm", ["output.0.fps=241"], "output[0].fps", "241 frames a second are too many; AV1 takes at most 240"),
    (
        "a.gif",
        ["timeline={fps=0.001, seconds=5000}"],
        "timeline.fps",
        "0.001 frames a second are too few; a frame of a GIF stands for 655 seconds at most",
    ),
]


@pytest.mark.parametrize(("output", "settings", "key", "told"), RATES)
def test_rates_that_no_clip_can_have(scene_file, output, settings, key, told):
    assert refused(scene_file, *settings, output=output) == [(key, told)]


@pytest.mark.parametrize("output", ["a.mp4", "a.mov", "a.mkv", "a.webm", "a.gif", "a.webp", "a.apng", "a.png"])
@pytest.mark.parametrize("fps", [0.3, 7.777, 23.976, 29.97, 59.94, 240])
def test_rates_that_clips_keep(scene_file, output, fps):
    if fps <= 60 or output in ("a.mp4", "a.mov", "a.mkv", "a.webm"):
        settings = [f"output.0.fps={min(fps, 50) if output == 'a.gif' else fps}", "timeline.seconds=4"]
        scene = load(scene_file, outputs=[output], settings=settings)
        (clip,) = render(scene, frames=slice(3))["outputs"]
        assert clip["frames"] == min(3, round(4 * clip["fps"]))


class Refusal(NamedTuple):
    """What an encoder of a test takes."""

    codec: bool = True
    most_pixels: int = 10**9
    fastest: float = 10**9


@pytest.fixture
def refusing(monkeypatch):
    """Makes every encoder refuse as it is told."""

    def refuse(refusal: Refusal) -> None:
        def enter(self):
            width, height = self.spec.size
            wrong = width * height > refusal.most_pixels or self.spec.fps > refusal.fastest or not refusal.codec
            if wrong:
                raise EncodeError(f"{self.output.path}: the library says no; nothing half-written was left")
            return entered(self)

        entered = Encoder.__enter__
        monkeypatch.setattr(Encoder, "__enter__", enter)
        monkeypatch.setattr(trial, "_ANSWERS", {})

    return refuse


REFUSALS = [
    (Refusal(codec=False), "output[0].codec", "'h264' cannot be written into .mp4 here: the library says no"),
    (
        Refusal(most_pixels=20_000),
        "layout.size",
        "'h264' in .mp4 takes no frames of 320 × 180: the library says no; choose another size",
    ),
    (
        Refusal(fastest=40),
        "timeline.fps",
        "'h264' in .mp4 takes no 57 frames a second: the library says no; choose another rate, such as 30",
    ),
]


@pytest.mark.parametrize(("refusal", "key", "told"), REFUSALS)
def test_an_encoder_is_asked_before_training(scene_file, refusing, refusal, key, told):
    refusing(refusal)
    assert refused(scene_file, "timeline.fps=57") == [(key, told)]


def test_a_size_of_its_own_is_the_outputs(scene_file, refusing):
    refusing(Refusal(most_pixels=20_000))
    ((key, _),) = refused(scene_file, "layout.size=[150, 130]", "output.0.size=[320, 180]", "view=[{type='progress'}]")
    assert key == "output[0].size"


def test_nothing_is_asked_twice_and_nothing_is_left(scene_file, refusing, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    Path(tempfile.gettempdir()).mkdir()
    refusing(Refusal())
    assert refused(scene_file) == []
    asked = len(trial._ANSWERS)
    assert refused(scene_file) == [] and asked == len(trial._ANSWERS) == 1
    assert list(Path(tempfile.gettempdir()).iterdir()) == []
    assert not (tmp_path / "a.mp4").exists()


def test_the_frames_of_large_outputs_are_asked_about_at_4k(scene_file):
    assert trial._within((7680, 4320)) == (3840, 2160) == trial._within((3840, 2160))
    assert trial._within((320, 181)) == (320, 181)
    begun = time.process_time()
    size = ["layout={size=[7680, 4320]}", "view=[{type='progress'}]"]
    outputs = ["a.mkv", "b.webm", "c.gif", "d.webp", "e.apng", "f.png", "g.mp4", "h.avi"]
    planned(load(scene_file, outputs=outputs, settings=[*size, "output.0.codec=ffv1", "output.7.codec=MJPG"]))
    assert time.process_time() - begun < 5, "1 s of work, however busy the machine"


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def room(scene_file: Path, monkeypatch: pytest.MonkeyPatch, free: int, output: str = "a.mp4") -> list[tuple[str, ...]]:
    """What is said of a disk with so many bytes free."""
    plan = planned(load(scene_file, outputs=[output]))
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda folder: Usage(10**12, 0, free))
        found = list(disk.findings(plan.takes))
    return [(f.key, f.level, f.message.replace(str(scene_file.parent), "HERE")) for f in found]


def test_room_on_the_disk(scene_file, monkeypatch):
    assert room(scene_file, monkeypatch, 10**9) == []
    advice = "are free in 'HERE'; make room or write elsewhere"
    told = f"about 4.3 kB may be needed, 3 kB {advice}"
    assert room(scene_file, monkeypatch, 3000) == [("output[0].path", "warning", told)]
    told = f"512 bytes are the least that is needed, 100 bytes {advice}"
    assert room(scene_file, monkeypatch, 100) == [("output[0].path", "error", told)]
    told = f"7.7 kB are the least that is needed, 5 kB {advice}"
    assert room(scene_file, monkeypatch, 5000, "a.png") == [("output[0].path", "error", told)]


def test_folders_of_people_are_theirs_to_make(scene_file):
    assert refused(scene_file, "table=there/runs.csv", "output.0.path=here/a.gif") == [
        ("output[0].path", "there is no folder 'here'; make it: mkdir -p here"),
        ("table", "there is no folder 'there'; make it: mkdir -p there"),
    ]


def test_folders_of_scenes_that_ship_are_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    short = ["run.epochs=1", "run.data.train=200", "run.data.validation=50", "run.data.test=50", "table=t.csv"]
    scene = load("hidden_grid", settings=[*short, "output.0.size=[640, 360]", "timeline={fps=5, seconds=1}"])
    render(scene, frames=slice(2))
    assert (tmp_path / "media" / "hidden_grid.gif").exists()
    with pytest.raises(SceneError, match="there is no folder 'there'; make it: mkdir -p there"):
        planned(load("hidden_grid", settings=["table=there/t.csv"]))
    with pytest.raises(SceneError, match="there is no folder 'there'; make it: mkdir -p there"):
        weightreel.film("hidden_grid").save("there/x.gif")


def test_an_area_beyond_the_frame_is_refused(scene_file):
    both = ["layout={size=[36, 36], areas=['a', 'b']}", "theme=light", "view=[%s, %s]"]
    views = [f"{{type='confusion_matrix', area='{area}'}}" for area in "ab"]
    found = refused(scene_file, *both[:2], both[2] % tuple(views), output="a.png")
    assert [key for key, _ in found] == ["view[1].area"]
    advice = "do not fit into the frame of 36 × 36; enlarge the frame, or show less in this area or beside it"
    assert all(told.startswith("output[0] at 36 × 36: its ") and told.endswith(advice) for _, told in found)
