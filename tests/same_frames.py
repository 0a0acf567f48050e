"""Did a change move a pixel? Hashes of frames of every scene, to be taken before and after on one machine.

    python tests/same_frames.py /tmp/before.json     # writes the file, or compares with the one that is there

Every scene is trained once, for an epoch on few images with one thread; three frames are drawn of it at two sizes. The
sums of a matrix product differ between machines: hashes of one say nothing of another.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["WEIGHTREEL_CACHE"] = "off"  # what was trained before the change is no answer

import imageio.v3 as iio

import before_and_after
from weightreel.render.command.cli import run
from weightreel.render.scene.file import load, shipped_scenes

SIZES = ("640x360", "640x640", "360x640", "640x480", "960x540", "1080x1080", "1280x720", "1920x1080")
MOMENTS = ("0", "0.4", "1")
SHORT = ("epochs=1", "data.train=400", "data.validation=100", "data.test=100")
# Cards, other themes, early stopping, a frame every few batches: what no scene that ships has.
VARIANTS = {
    "hidden_grid cards": ("hidden_grid", ["title_card={}", "end_card={heading='{loss:.3f}', anchor='top left'}"]),
    "hidden_grid light": ("hidden_grid", ["theme=light", "view.0.normalize={over='clip', range='symmetric'}"]),
    "hidden_grid every": ("hidden_grid", ["timeline={fps=7, every=2, hold=1}", "theme=print"]),
    "mlp_40 stopped": ("mlp_40", ["run.epochs=6", "run.early_stopping={patience=1, tolerance=0.5}"]),
}


def cut_short(name: str, more: list[str]) -> list[str]:
    """Arguments that train every run of a scene for an epoch on 400 images."""
    scene = load(name)
    keys = ["run"] if scene.run else [f"runs.{n}" for n in scene.runs]
    return [w for s in [*(f"{k}.{s}" for k in keys for s in SHORT), *more] for w in ("--set", s)]


def hashes(name: str, scene: str, more: list[str], folder: Path) -> Iterator[tuple[str, str]]:
    """The hash of each frame, by what it is of; sizes that the scene does not fit are passed over."""
    settings, recording = cut_short(scene, more), str(folder / "recording")
    assert run(["train", scene, *settings, "--recording", recording, "-q"]) == 0
    fitting = 0
    for size in SIZES:
        at_size = [*settings, "--set", f"layout.size=[{size.replace('x', ', ')}]"]
        for at in MOMENTS:
            path = str(folder / "frame.png")
            if run(["still", scene, *at_size, "--at", at, "-o", path, "--recording", recording]) != 0:
                break
            yield f"{name} {size} {at}", hashlib.sha256(iio.imread(path).tobytes()).hexdigest()[:16]
        else:
            fitting += 1
        if fitting == 2:
            return


def main() -> int:
    """Write the hashes, or compare them with those of a file."""
    found: dict[str, str] = {}
    every = {name: (name, []) for name in shipped_scenes()} | VARIANTS
    for name, (scene, more) in every.items():
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(None):
            found |= dict(hashes(name, scene, more, Path(folder)))
        print(name, file=sys.stderr)
    return before_and_after.main(found, "frames")


if __name__ == "__main__":
    sys.exit(main())
