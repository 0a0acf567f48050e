"""The law of the house: what `check` accepts is rendered; what it refuses, it refuses with a key.

A scene by chance that is accepted ends with every clip whole, or, where the loss stopped being finite, with the clips
of what was recorded until then.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import av
import pytest
from generated import scene_text, write_data
from PIL import Image

from weightreel.render.errors import DivergedError, SceneError
from weightreel.render.making.film import render
from weightreel.render.planning.plan import prepare
from weightreel.render.planning.sources import sources_of
from weightreel.render.scene.file import load

AT_ONCE, IN_ALL = 12, 500
LEAST_ACCEPTED = 0.4  # or the law would say little


def outcome(seed: int) -> str:
    """What came of a scene: "refused", "rendered" or "diverged"; AssertionError where the law is broken."""
    try:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            return _outcome(seed, Path(folder))
    except Exception as error:
        raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}") from error


def _outcome(seed: int, folder: Path) -> str:
    before = os.getcwd()
    os.chdir(folder)
    try:
        write_data(folder)
        path = folder / "scene.toml"
        path.write_text(scene_text(seed), encoding="utf-8")
        try:
            scene = load(path)
            plan = prepare(scene, sources_of(scene))
        except SceneError as error:
            assert all(finding.key and finding.message for finding in error.findings), error
            return "refused"
        try:
            report, end = render(scene), "rendered"
        except DivergedError as error:
            assert error.report is not None
            report, end = error.report, "diverged"
        _whole(plan, report, ended_early=end == "diverged" or plan.length_is_open)
        return end
    finally:
        os.chdir(before)


def _whole(plan, report, *, ended_early: bool) -> None:
    """Every clip is there, with as many frames as were planned and as it says of itself."""
    lacking = [take.key for take in plan.takes if f"{take.key}.frames: chooses none" in str(report.get("notes"))]
    assert not lacking or ended_early
    takes = [take for take in plan.takes if take.key not in lacking]
    for take, clip in zip(takes, report["outputs"], strict=True):
        assert clip["frames"] == _decoded(Path(clip["path"])), clip
        thinner = "fps" in clip.get("gave_up", {})
        assert ended_early or thinner or clip["frames"] == len(take.indices), clip
    assert plan.scene.table is None or Path(plan.scene.table).read_text().startswith("run,")


def _decoded(path: Path) -> int:
    if path.suffix == ".png" and not path.exists():
        return len(list(path.parent.glob(f"{path.stem}-*.png")))
    if path.suffix in (".png", ".apng", ".webp", ".gif"):
        with Image.open(path) as image:
            return _pictures(image)
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def _pictures(image: Image.Image) -> int:
    count = getattr(image, "n_frames", 1)
    for number in range(count):
        image.seek(number)
        image.load()
    return count


def test_what_is_accepted_is_rendered():
    found = Counter(outcome(seed) for seed in range(AT_ONCE))
    assert found["rendered"] + found["diverged"] >= LEAST_ACCEPTED * AT_ONCE


@pytest.mark.slow
def test_what_is_accepted_is_rendered_of_many():
    with ProcessPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        found = Counter(pool.map(outcome, range(AT_ONCE, AT_ONCE + IN_ALL), chunksize=10))
    assert found["rendered"] + found["diverged"] >= LEAST_ACCEPTED * IN_ALL
    assert found["diverged"] and found["refused"]


def test_the_same_seed_gives_the_same_scene():
    assert scene_text(7) == scene_text(7) != scene_text(8)
