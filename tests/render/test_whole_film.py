"""The README's film, in full: run by `make test-slow`."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from trainings import filming
from weightreel.render.frames.fits import Fits
from weightreel.render.making.film import record_to, render
from weightreel.render.scene.file import load
from weightreel.render.showing.session import Session
from weightreel.trainer.recording.store import open_recordings

pytestmark = pytest.mark.slow


def test_hidden_grid(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("media").mkdir()
    scene = load("hidden_grid")
    report = render(scene)
    assert report["runs"]["run"]["metrics"]["validation_accuracy"] >= 0.96
    with av.open("media/hidden_grid.mp4") as container:
        frames = [f.to_ndarray(format="bgr24") for f in container.decode(video=0)][:720:719]
        assert container.streams.video[0].frames == 840, "12 seconds, and 2 of the card after them"
    gif = Image.open("media/hidden_grid.gif")
    assert gif.n_frames == 175
    assert Path("media/hidden_grid.gif").stat().st_size <= 3e6
    record_to(scene, "kept")
    recordings = open_recordings(Path("kept"))
    film = filming(scene, 0, recordings)
    drawn = film.buffer()
    for index, decoded in zip((0, 719), frames, strict=True):
        film.draw(drawn, index)
        assert np.abs(drawn.astype(int) - decoded).mean() < 4
    small = filming(scene, 2, recordings)
    exact = small.buffer()
    for index in (0, 75, 149):
        gif.seek(index)
        small.draw(exact, index)
        shown = np.asarray(gif.convert("RGB"))[..., ::-1].astype(int)
        red = (exact == (0, 0, 255)).all(axis=2)
        assert (shown[red] == (0, 0, 255)).all()
        assert 10 * np.log10(255**2 / ((shown - exact) ** 2).mean()) >= 40


def test_h264_of_hidden_grid_is_close_to_what_was_drawn(tmp_path, monkeypatch):
    """38 dB over RGB at the default quality, and every pixel of a border within 8 of red."""
    monkeypatch.chdir(tmp_path)
    scene = load("hidden_grid", outputs=["x.mp4"], settings=["output.0.codec=h264", "timeline.seconds=3"])
    session = Session(scene, 0)
    session.render()
    film = Fits(scene, session.recordings).film(session.take)
    frame, errors = film.buffer(), []
    with av.open("x.mp4") as container:
        for index, decoded in enumerate(container.decode(video=0)):
            if index % 20 == 0:
                film.draw(frame, index)
                off = np.abs(decoded.to_ndarray(format="bgr24").astype(int) - frame)
                errors.append((off**2).mean())
                assert off[(frame == (0, 0, 255)).all(axis=2)].max(initial=0) <= 9  # none on the card
    assert 10 * np.log10(255**2 / np.mean(errors)) >= 40
