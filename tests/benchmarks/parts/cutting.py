"""What cutting costs: bytes of a clip in segments ÷ those of the same clip in one piece.

AV1's one piece has the pictures that stand alone where the encoder sets them by itself, as x264's has: segments begin
with one, so a segment's own encoding sets none.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measuring import Figure, Lines, Skipped, weightreel
from weightreel.render.encoders import Output, av1
from weightreel.render.making.film import render
from weightreel.render.scene.file import load
from weightreel.trainer import plugins

GIF = "film.gif max_bytes=900000000"  # the scenes' own have fewer
PATHS = ("film.mp4 codec=mp4v", "film.mp4", GIF, "film.webp", "film.apng", "film.webm", "film.mkv codec=ffv1")
SHORT = ("run.data.train=5000", "run.data.validation=500", "run.data.test=500", "timeline.seconds=12")
SCENES = {"hidden_grid": ("run.epochs=4",), "mlp_40": ("run.epochs=8",), "convnet": ("run.epochs=1",)}


def lines() -> Lines:
    """Films of three scenes, 1280 × 720 as far as they fit that, in every format."""
    for scene, keys in SCENES.items():
        with tempfile.TemporaryDirectory() as folder:
            settings = [*SHORT, *keys]
            kept = Path(folder) / "kept.zarr"
            weightreel("train", scene, "--recording", kept, "-q", *(w for s in settings for w in ("--set", s)))
            for words in PATHS:
                yield _of(scene, words, settings, Path(folder), kept)


def _of(scene: str, words: str, settings: list[str], folder: Path, kept: Path) -> Figure | Skipped:
    path, *keys = words.split()
    more = [f"output.0.{key}" for key in keys] + ["output.0.size=[1280, 720]"]
    made = load(scene, outputs=[str(folder / path)], settings=[*settings, *more])
    cut = render(made, recording=kept)["outputs"][0]
    with in_one_piece():
        whole = render(made, recording=kept)["outputs"][0]
    count, said = cut["bytes"] / whole["bytes"], f"{cut['frames']} frames, {cut['bytes']:,} bytes"
    return Figure(f"{scene}, {cut['format']} ({cut['codec']})", count, ceiling=1.02, words=said)


@contextmanager
def in_one_piece() -> Iterator[None]:
    """No clip is cut, and every encoder sets pictures that stand alone by itself."""
    own = av1.SVT
    assert "keyint=-1" in own
    kinds = {Output, *plugins.options("weightreel.render.encoders").values()}
    kinds |= {base for kind in kinds for base in kind.__mro__}
    before = [(kind, kind.__dict__["cuts"]) for kind in kinds if "cuts" in kind.__dict__]
    try:
        for kind, _ in before:
            kind.cuts = lambda self, frames, rate: [range(frames)]
        av1.SVT = own.replace("keyint=-1", "keyint=-2")
        yield
    finally:
        av1.SVT = own
        for kind, cuts in before:
            kind.cuts = cuts
