"""Animated WebP and APNG: exact pixels, time, repetitions, comments, and what happens when the disk is full."""

from __future__ import annotations

import struct
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from examples import saying
from weightreel.render.drawing.canvas import blank, rgb
from weightreel.render.encoders._encoder import write_all
from weightreel.render.encoders._output import Output
from weightreel.render.encoders.apng import Apng
from weightreel.render.encoders.png import Png, write_still
from weightreel.render.encoders.webp import WebP
from weightreel.render.errors import EncodeError
from weightreel.render.formats.patches import Changes
from weightreel.render.formats.png import chunks
from weightreel.render.formats.spec import Spec

SIZE = (96, 64)
COMMENT = "weightreel <1.0> & \"more\"\n\n[run]\r\n\ttitle = 'été → 字'\n" + "  lr = 0.1  # …\n" * 400
both = pytest.mark.parametrize("kind", [WebP, Apng])


def clip(kind: type[Output], folder: Path, **options) -> Output:
    return kind(path=str(folder / f"clip{kind.suffixes[0]}"), **options)


def shown(path: str) -> tuple[np.ndarray, list[float]]:
    """All frames (n, height, width, 3) in frame order, and their milliseconds."""
    with Image.open(path) as image:
        pictures, delays = [], []
        for i in range(image.n_frames):
            image.seek(i)
            pictures.append(rgb(np.asarray(image.convert("RGB"))))
            delays.append(image.info["duration"])
    return np.stack(pictures), delays


def noise(count: int, size: tuple[int, int] = SIZE) -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, 256, (count, size[1], size[0], 3), np.uint8))


@st.composite
def films(draw) -> list[np.ndarray]:
    """A few small frames: each new, the same again, with one pixel changed, or with a rectangle changed."""
    width, height = draw(st.integers(1, 13)), draw(st.integers(1, 13))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    frames = [rng.integers(0, 256, (height, width, 3), np.uint8)]
    for change in draw(st.lists(st.sampled_from(["all", "none", "pixel", "rectangle", "black"]), max_size=6)):
        frame = frames[-1].copy()
        y, x = rng.integers(height), rng.integers(width)
        if change == "all":
            frame = rng.integers(0, 256, frame.shape, np.uint8)
        elif change == "pixel":
            frame[y, x] ^= 1
        elif change == "rectangle":
            frame[y:, x:] = rng.integers(0, 2, frame[y:, x:].shape)
        elif change == "black":
            frame[y:, : x + 1] = 0
        frames.append(frame)
    return frames


@both
@settings(deadline=None, max_examples=60)
@given(frames=films())
def test_every_pixel_of_every_frame_comes_back(kind, frames, tmp_path_factory):
    output = clip(kind, tmp_path_factory.mktemp("exact"))
    height, width = frames[0].shape[:2]
    write_all(output, Spec((width, height), 25), frames)
    back, delays = shown(output.path)
    assert np.array_equal(back, frames)
    assert delays == [40] * len(frames)


@both
def test_a_frame_like_the_one_before_is_a_frame_of_its_own(kind, tmp_path):
    output = clip(kind, tmp_path)
    result = write_all(output, Spec(SIZE, 10), noise(1) * 5)
    assert result.frames == 5
    assert np.array_equal(shown(output.path)[0], noise(1) * 5)
    alone = write_all(clip(kind, tmp_path), Spec(SIZE, 10), noise(1))
    assert result.bytes - alone.bytes < 4 * 120


def test_what_changed_starts_on_even_coordinates():
    changes, frame = Changes(), blank((9, 7), (1, 2, 3))
    assert changes.patch(frame).pixels.shape == (7, 9, 4)
    frame[3, 5], frame[5, 7] = (7, 8, 9), (0, 0, 0)
    x, y, pixels = changes.patch(frame)
    assert (x, y, pixels.shape) == (4, 2, (4, 4, 4))
    assert pixels[1, 1].tolist() == [9, 8, 7, 255]
    assert pixels[3, 3].tolist() == [0, 0, 0, 255]
    assert np.count_nonzero(pixels[..., 3]) == 2


@pytest.mark.parametrize("fps", [60, 30000 / 1001, 24, 7, 0.5])
def test_webp_moments_are_rounded_not_delays(tmp_path, fps):
    output = clip(WebP, tmp_path)
    write_all(output, Spec(SIZE, fps), noise(2) * 15)
    delays = shown(output.path)[1]
    assert np.abs(np.cumsum(delays) - np.arange(1, 31) * 1000 / fps).max() <= 0.5
    assert min(delays) > 10, "browsers stretch what is shorter"


@pytest.mark.parametrize("fps", [60, 60000 / 1001, 30000 / 1001, 24, 12.5, 7, 0.5])
def test_apng_delays_are_exact_fractions(tmp_path, fps):
    output, spec = clip(Apng, tmp_path), Spec(SIZE, fps)
    write_all(output, spec, noise(3))
    with Path(output.path).open("rb") as file:
        delays = [Fraction(*struct.unpack_from(">HH", file.read(n), 20)) for k, n in chunks(file) if k == b"fcTL"]
    assert delays == [1 / spec.rate] * 3


@both
def test_faster_scenes_are_slowed_to_what_browsers_show(kind, tmp_path):
    assert clip(kind, tmp_path).rate(120) == 60
    assert clip(kind, tmp_path, fps=50).rate(120) == 50


@both
@pytest.mark.parametrize("loop", [0, 1, 3])
def test_loops(kind, loop, tmp_path):
    output = clip(kind, tmp_path, loop=loop)
    write_all(output, Spec(SIZE, 10), noise(2))
    assert Image.open(output.path).info["loop"] == loop


def test_lossy_webp_is_smaller_the_lower_its_quality(tmp_path):
    ramp = np.linspace(0, 200, 96 * 64 * 3).reshape(64, 96, 3)
    frames = [(ramp + 5 * i + 3 * np.random.default_rng(i).normal(size=ramp.shape)).clip(0, 255) for i in range(4)]
    bytes_of, errors = {}, {}
    for quality in (None, 90, 20):
        output = clip(WebP, tmp_path, quality=quality)
        bytes_of[quality] = write_all(output, Spec(SIZE, 10), [f.astype(np.uint8) for f in frames]).bytes
        errors[quality] = np.abs(shown(output.path)[0] - np.stack(frames).astype(int)).mean()
    assert bytes_of[20] < bytes_of[90] < bytes_of[None]
    assert errors[None] < 1 < errors[90] < errors[20] < 10


@pytest.mark.parametrize("kind", [WebP, Apng, Png])
def test_comments_come_back_to_the_letter(kind, tmp_path):
    output = clip(kind, tmp_path)
    for comment in (COMMENT, ""):
        write_all(output, Spec(SIZE, 10, comment=saying(comment)), noise(3))
        files = sorted(file for file in tmp_path.iterdir() if file.suffix != ".json")
        assert [kind.comment(file) for file in files] == [comment or None] * len(files)


def test_pillow_shows_the_comments(tmp_path):
    """But that of an APNG, which stands behind its pictures."""
    write_all(clip(WebP, tmp_path), Spec(SIZE, 10, comment=saying(COMMENT)), noise(2))
    write_still(tmp_path / "still.png", noise(1)[0], COMMENT)
    assert Image.open(tmp_path / "still.png").text["Comment"] == COMMENT
    assert b"dc:description" in Image.open(tmp_path / "clip.webp").info["xmp"]
    write_still(tmp_path / "still.png", noise(1)[0])
    assert Png.comment(tmp_path / "still.png") is None


def test_comments_of_webp_hold_what_xml_can(tmp_path):
    write_all(clip(WebP, tmp_path), Spec(SIZE, 10, comment=saying("bell \a, null \0.")), noise(1))
    assert WebP.comment(tmp_path / "clip.webp") == "bell \ufffd, null \ufffd."


def test_a_poster_takes_one_frame(tmp_path):
    with pytest.raises(EncodeError, match="1 files instead of 2"):
        write_all(clip(Png, tmp_path, at="end"), Spec(SIZE, 10), noise(2))
    write_all(clip(Png, tmp_path, at="end"), Spec(SIZE, 10, start=7), noise(1))
    assert [p.name for p in tmp_path.iterdir()] == ["clip.png"]


def replaced(old: bytes, new: bytes):
    """A way to damage a file."""
    return lambda data: data.replace(old, new, 1)


@pytest.mark.parametrize(
    ("kind", "damage", "words"),
    [
        (Apng, lambda data: data[:-1000], "does not read back"),
        (Apng, lambda data: data[:60], "does not read back"),
        (Apng, replaced(b"acTL", b"acTX"), "does not read back"),
        (WebP, replaced(b"ANIM\6\0\0\0\0\0\0\0\0\0", b"ANIM\6\0\0\0\0\0\0\0\3\0"), "loop 3 instead of 0"),
        (WebP, replaced(b"\x64\0\0\2", b"\1\0\0\2"), "milliseconds 401 instead of 500"),
        (WebP, replaced(b"VP8L", b"VP8Q"), "does not read back"),
        (WebP, lambda data: data[:-1000], "does not read back"),
        (WebP, lambda data: b"RIFF", "does not read back"),
    ],
)
def test_damage_is_found(kind, damage, words, tmp_path, monkeypatch):
    verify = kind.verify

    def verify_damaged(output, part, *asked) -> None:
        part.write_bytes(damage(part.read_bytes()))
        verify(output, part, *asked)

    monkeypatch.setattr(kind, "verify", verify_damaged)
    with pytest.raises(EncodeError, match=words):
        write_all(clip(kind, tmp_path), Spec(SIZE, 10), noise(5))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "asked", "options", "words"),
    [
        (Apng, {"fps": 9}, {}, "seconds 5/9 instead of 1/2"),
        (Apng, {}, {"loop": 3}, "loop 3 instead of 0"),
        (WebP, {"comment": saying("other")}, {}, "comment other instead of weightreel"),
        (WebP, {"fps": 20}, {}, "milliseconds 250 instead of 500"),
    ],
)
def test_what_was_not_asked_is_found(kind, asked, options, words, tmp_path, monkeypatch):
    output, begin, join = clip(kind, tmp_path), kind.open, kind.join
    monkeypatch.setattr(kind, "open", lambda clip, part, spec: begin(clip, part, replace(spec, **asked)))
    other = output.model_copy(update=options)
    monkeypatch.setattr(kind, "join", lambda _, of, part, spec, n: join(other, of, part, replace(spec, **asked), n))
    with pytest.raises(EncodeError, match=words):
        write_all(output, Spec(SIZE, 10, comment=saying("weightreel")), noise(5))
    assert list(tmp_path.iterdir()) == []


def test_frames_that_are_not_there_are_found(tmp_path, monkeypatch):
    join = Apng.join
    monkeypatch.setattr(Apng, "join", lambda clip, paths, part, spec, n: join(clip, paths, part, spec, n + 3))
    with pytest.raises(EncodeError, match="announced frames 8 instead of 5"):
        write_all(clip(Apng, tmp_path), Spec(SIZE, 10), noise(5))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [WebP, Apng, Png])
@pytest.mark.parametrize("limit", [pytest.param(40, marks=pytest.mark.slow), 50_000])
def test_a_full_disk_leaves_nothing_and_says_so(kind, limit, tmp_path):
    output = clip(kind, tmp_path)
    code = (
        "import resource, numpy as np;"
        f"from {kind.__module__} import {kind.__name__} as K; from weightreel.render.encoders import Spec, write_all;"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}));"
        "frames = np.random.default_rng(0).integers(0, 256, (20, 256, 256, 3), np.uint8);"
        f"write_all(K(path={output.path!r}), Spec((256, 256), 10), frames)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    last = done.stderr.strip().split("\n")[-1]
    told = f"no file may be larger than {limit:,} bytes here (ulimit -f, or the file system); write fewer frames or"
    assert last.endswith(
        f"EncodeError: {output.path}: could not be written ({told} elsewhere); nothing half-written was left"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@both
def test_memory_does_not_grow_with_the_film(kind, tmp_path):
    """A film of 30 MB is written in less than a third of that."""
    code = (
        "import resource, numpy as np;"
        f"from {kind.__module__} import {kind.__name__} as K; from weightreel.render.encoders import Encoder, Spec;"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024;"
        "rng = np.random.default_rng(0);"
        f"e = Encoder(K(path={str(tmp_path / 'x')!r} + K.suffixes[0]), Spec((256, 256), 10)); e.__enter__();"
        "[e.write(rng.integers(0, 256, (256, 256, 3), np.uint8)) for _ in range(20)]; before = peak();"
        "[e.write(rng.integers(0, 256, (256, 256, 3), np.uint8)) for _ in range(130)];"
        "e.__exit__(None, None, None); print(e.result.bytes / 1e6, peak() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    written, grown = map(float, done.stdout.split())
    assert written > 29
    assert grown < 9
