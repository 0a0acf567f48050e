"""A frame of every scene that ships, drawn from a recording that is kept with the tests.

With the versions of tests/constraints.txt, which `make test` installs, its digest is that of digests.json; with others
no pixel is off by more than a rounding. `make golden` accepts today's frames: a change of pictures is a change of
digests.json.
"""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from google_crc32c import value as crc32c
from packaging.requirements import Requirement

from kept import FOLDER, SAME, drawn
from pictures import compare
from weightreel.render.drawing.canvas import Frame, rgb
from weightreel.render.scene.file import shipped_scenes

SCENES = sorted(shipped_scenes())
DIGESTS = FOLDER / "digests.json"
CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"


def installed(package: str) -> str | None:
    """The version of a package, None where it is not there."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def others() -> list[str]:
    """The packages that are there in another version than the one that digests are for."""
    lines = (line.partition("#")[0].strip() for line in CONSTRAINTS.read_text().splitlines())
    pins = [pin for pin in map(Requirement, filter(None, lines)) if not pin.marker or pin.marker.evaluate()]
    found = {pin: there for pin in pins if (there := installed(pin.name))}  # one of OpenCV's two builds
    return [f"{pin.name} {there}, not {pin.specifier}" for pin, there in found.items() if there not in pin.specifier]


def digest(frame: Frame) -> str:
    """The CRC-32C of a frame as it is in memory, in hexadecimal."""
    return f"{crc32c(np.ascontiguousarray(frame).tobytes()):08x}"


def accepted(name: str, frame: Frame) -> None:
    """Write down the digest of a frame."""
    assert not others(), f"digests are for the versions of {CONSTRAINTS.name}; here are {', '.join(others())}"
    known = json.loads(DIGESTS.read_text()) if DIGESTS.exists() else {}
    known = {scene: known[scene] for scene in SCENES if scene in known} | {name: digest(frame)}
    DIGESTS.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")


@pytest.mark.parametrize("name", SCENES)
def test_frame(name, request):
    assert (FOLDER / f"{SAME.get(name, name)}.npz").exists(), (
        f"run PYTHONPATH=tests python tests/reference/make.py {name}"
    )
    frame, accept = drawn(name), request.config.getoption("--accept-golden")
    if accept:
        accepted(name, frame)
    compare(rgb(frame), FOLDER / f"{name}.png", accept=accept, apart=1 if others() else 0)
    assert others() or digest(frame) == json.loads(DIGESTS.read_text())[name], (
        f"{name}.png is not that of {DIGESTS.name}"
    )


def test_pictures_and_digests_are_of_one_change():
    known = json.loads(DIGESTS.read_text())
    assert sorted(known) == SCENES == sorted(path.stem for path in FOLDER.glob("*.png"))
    assert {path.stem for path in FOLDER.glob("*.npz")} == {*SCENES} - SAME.keys()
    for name, expected in known.items():
        assert digest(iio.imread(FOLDER / f"{name}.png")[..., ::-1]) == expected, (
            f"{name}.png; `make golden` writes both"
        )


def test_recordings_are_small():
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 1_400_000
