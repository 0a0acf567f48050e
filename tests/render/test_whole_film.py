"""The README's film, in full: run by `make test-slow`."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from render.compositor import compose
from render.film import prepare, render
from render.scene_file import load
from trainer.recordings import open_recordings

pytestmark = pytest.mark.slow


def test_hidden_grid(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("media").mkdir()
    scene = load("hidden_grid")
    report = render(scene)
    assert report["runs"]["run"]["metrics"]["validation_accuracy"] >= 0.96
    with av.open("media/hidden_grid.mp4") as container:
        frames = [f.to_ndarray(format="bgr24") for f in container.decode(video=0)][::719]
        assert container.streams.video[0].frames == 720
    gif = Image.open("media/hidden_grid.gif")
    assert gif.n_frames == 96
    assert Path("media/hidden_grid.gif").stat().st_size < 10e6
    from render.film import record_to

    record_to(scene, "kept")
    recordings, plan = open_recordings(Path("kept")), prepare(scene)
    film = compose(scene, (1920, 1080), plan.steps[0], recordings)
    drawn = film.buffer()
    for index, decoded in zip((0, 719), frames, strict=True):
        film.draw(drawn, recordings, index)
        assert np.abs(drawn.astype(int) - decoded).mean() < 4
    small = compose(scene, (1024, 576), plan.steps[1], recordings)
    exact = small.buffer()
    for index in (0, 48, 95):
        gif.seek(index)
        small.draw(exact, recordings, index)
        shown = np.asarray(gif.convert("RGB"))[..., ::-1].astype(int)
        x, y, width, height = small.parts[0].rect
        tiles = (slice(y, y + height), slice(x, x + width))
        assert np.abs(shown[tiles] - exact[tiles]).max() <= 1
