"""The laws of encoders, over every plug-in: encode, decode, compare."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import av
import cv2
import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from examples import cases, plugins_of, saying
from weightreel.render.drawing.canvas import blank, rgb
from weightreel.render.encoders import Encoder, Output, Spec, write_all
from weightreel.render.errors import EncodeError, SceneError
from weightreel.render.formats.palette import count_colors

SIZE, FPS, COUNT = (96, 64), 20.0, 9
KINDS = plugins_of("encoder")
PARAMETERS = [
    pytest.param(kind, example.suffix, example.options, example.error, id=f"{name}{example.suffix}")
    for name, kind, example in cases("encoder")
]
each = pytest.mark.parametrize(("kind", "suffix", "options", "bound"), PARAMETERS)


def frames(size: tuple[int, int] = SIZE, count: int = COUNT) -> list[np.ndarray]:
    """A white square on a dark ground with a gray ramp, moving by 8 pixels a frame."""
    made = []
    for i in range(count):
        frame = blank(size, (23, 17, 13))
        frame[8:24, 8:72] = (np.arange(64) // 8 * 32)[None, :, None]
        frame[32:48, 8 * i % 64 : 8 * i % 64 + 16] = (255, 255, 255)
        made.append(frame)
    return made


def decoded(path: Path) -> np.ndarray:
    """All frames (n, height, width, 3), in frame order."""
    if not path.exists():
        return np.stack([iio.imread(p)[..., ::-1] for p in sorted(path.parent.glob(f"{path.stem}-*.png"))])
    if path.suffix in (".gif", ".apng", ".png", ".webp"):
        image = Image.open(path)
        return np.stack([_animation_frame(image, i) for i in range(image.n_frames)])
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="bgr24") for f in container.decode(video=0)])


def _animation_frame(image: Image.Image, index: int) -> np.ndarray:
    image.seek(index)
    return np.asarray(image.convert("RGB"))[..., ::-1]


def output(kind: type[Output], folder: Path, suffix: str, options: dict) -> Output:
    return kind(path=str(folder / f"clip{suffix}"), **options)


@each
def test_decodes_to_what_went_in(kind, suffix, options, bound, tmp_path):
    clip = output(kind, tmp_path, suffix, options)
    result = write_all(clip, Spec(SIZE, FPS, colors=count_colors(np.stack(frames()))), frames())
    back = decoded(Path(clip.path))
    assert back.shape == (COUNT, SIZE[1], SIZE[0], 3)
    assert np.abs(back.astype(int) - np.stack(frames()).astype(int)).mean() <= bound
    assert (result.frames, result.width, result.height, result.fps) == (COUNT, *SIZE, FPS)
    assert result.bytes == sum(p.stat().st_size for p in tmp_path.iterdir() if p.suffix != ".json")


@each
def test_says_whether_it_is_exact(kind, suffix, options, bound, tmp_path):
    """GIF is where the colours suffice, which it does not know before."""
    assert output(kind, tmp_path, suffix, options).exact == (bound == 0 and suffix != ".gif")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("suffix", ["", ".xyz", ".gif", ".mp4"])
def test_a_path_of_another_kind_is_refused_when_the_output_is_built(name, suffix):
    """In Python too, where it is the class that chooses; an encoder of somebody else's is no exception."""
    other = type("Other", (KINDS[name],), {"__module__": __name__})
    for kind in (KINDS[name], other):
        if suffix in kind.suffixes:
            assert kind(path=f"x{suffix.upper()}").path == f"x{suffix.upper()}"
            continue
        told = f"unknown suffix '{suffix}'" if suffix else "has no suffix"
        with pytest.raises(SceneError) as caught:
            kind(path=f"x{suffix}")
        assert [tuple(f) for f in caught.value.findings] == [
            ("path", f"{told}; known are {' '.join(kind.suffixes)}", "error")
        ]


@each
def test_keeps_time(kind, suffix, options, bound, tmp_path):
    clip = output(kind, tmp_path, suffix, options)
    write_all(clip, Spec(SIZE, FPS), frames())
    if kind is KINDS["png"]:
        assert len(list(tmp_path.glob("*.png"))) == COUNT
        return
    assert np.allclose(np.diff(times(Path(clip.path))), 1 / FPS, atol=0.002)


def times(path: Path) -> list[float]:
    """When the frames begin, in seconds; FFmpeg does not read animated WebP."""
    if path.suffix == ".webp":
        return [0, *np.cumsum(delays(path))[:-1] / 1000]
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return sorted(float(p.pts * p.time_base) for p in container.demux(stream) if p.size and p.pts is not None)


def delays(path: Path) -> list[float]:
    """How long the frames of an animated picture stand, in milliseconds."""
    found = []
    with Image.open(path) as image:
        for i in range(image.n_frames):
            image.seek(i)
            image.load()
            found.append(image.info["duration"])
    return found


@each
def test_frames_may_be_overwritten_after_write(kind, suffix, options, bound, tmp_path):
    one, two = (output(kind, tmp_path / name, suffix, options) for name in ("a", "b"))
    for clip in (one, two):
        Path(clip.path).parent.mkdir()
    write_all(one, Spec(SIZE, FPS), frames())
    buffer = blank(SIZE, (0, 0, 0))
    with Encoder(two, Spec(SIZE, FPS)) as encoder:
        for frame in frames():
            buffer[:] = frame
            encoder.write(buffer)
            buffer[:] = 77
    assert np.array_equal(decoded(Path(one.path)), decoded(Path(two.path)))


@each
@pytest.mark.parametrize(
    "wrong", [np.zeros((64, 98, 3), np.uint8), np.zeros((64, 96), np.uint8), np.zeros((64, 96, 3), np.float32)]
)
def test_wrong_frames_raise_with_both_sides(kind, suffix, options, bound, wrong, tmp_path):
    clip = output(kind, tmp_path, suffix, options)
    with pytest.raises(EncodeError, match=r"frame 1 is .*; the clip takes \(64, 96, 3\) uint8"):
        write_all(clip, Spec(SIZE, FPS), [frames()[0], wrong])
    assert list(tmp_path.iterdir()) == []


@each
def test_nothing_is_left_after_an_exception(kind, suffix, options, bound, tmp_path):
    clip = output(kind, tmp_path, suffix, options)
    with pytest.raises(ZeroDivisionError), Encoder(clip, Spec(SIZE, FPS)) as encoder:
        for frame in frames():
            encoder.write(frame)
        _ = 1 / 0
    assert list(tmp_path.iterdir()) == []


@each
def test_a_clip_that_stood_there_stays(kind, suffix, options, bound, tmp_path):
    clip = output(kind, tmp_path, suffix, options)
    write_all(clip, Spec(SIZE, FPS), frames())
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with pytest.raises(KeyboardInterrupt), Encoder(clip, Spec(SIZE, FPS)) as encoder:
        encoder.write(frames()[3])
        raise KeyboardInterrupt
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


@each
def test_zero_frames_are_an_error(kind, suffix, options, bound, tmp_path):
    clip = output(kind, tmp_path, suffix, options)
    with pytest.raises(EncodeError, match="no frame was written"):
        write_all(clip, Spec(SIZE, FPS), [])
    assert list(tmp_path.iterdir()) == []


@each
def test_a_missing_folder_says_how_to_make_it(kind, suffix, options, bound, tmp_path):
    clip = output(kind, tmp_path / "nowhere", suffix, options)
    with pytest.raises(EncodeError, match=r"there is no folder '.*nowhere'; make it: mkdir -p"):
        write_all(clip, Spec(SIZE, FPS), frames())


@each
def test_a_file_cut_short_is_refused(kind, suffix, options, bound, tmp_path, monkeypatch):
    """What is read back counts, not what the library said: the part is cut before it is checked."""
    verify = kind.verify

    def verify_cut(clip, part, *asked) -> None:
        if part.is_dir():
            sorted(part.iterdir())[3].unlink()
        else:
            os.truncate(part, part.stat().st_size // 3)
        verify(clip, part, *asked)

    monkeypatch.setattr(kind, "verify", verify_cut)
    with pytest.raises(EncodeError):
        write_all(output(kind, tmp_path, suffix, options), Spec(SIZE, FPS), frames(count=40))
    assert list(tmp_path.iterdir()) == []


def test_two_runs_may_write_one_name(tmp_path):
    path, code = tmp_path / "x.mp4", "import sys; sys.path.insert(0, {!r});import numpy as np;"
    code = code.format(str(Path(__file__).parents[2])) + (
        "from weightreel.render.encoders import Spec, write_all; from weightreel.render.encoders.h264 import H264;"
        f"write_all(H264(path={str(path)!r}), Spec((320, 180), 20),"
        "(np.full((180, 320, 3), i, np.uint8) for i in range(200)))"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [run.wait() for run in runs] == [0, 0]
    assert len(decoded(path)) == 200
    assert [p.name for p in tmp_path.iterdir()] == ["x.mp4"]


def test_h264_keeps_borders_red_and_says_its_colours(tmp_path):
    frame = blank((128, 128), (40, 40, 40))
    cv2.rectangle(frame, (32, 32), (95, 95), (0, 0, 255), -1)
    frame[34:94, 34:94] = 120
    path = tmp_path / "x.mp4"
    write_all(KINDS["h264"](path=str(path)), Spec((128, 128), FPS), [frame] * 12)
    border = rgb(decoded(path)[-1])[32:34, 40:90].astype(int)
    assert np.abs(border - (255, 0, 0)).max() <= 8
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt, int(context.colorspace)) == ("h264", "yuv420p", 1)
    assert path.read_bytes().index(b"moov") < path.read_bytes().index(b"mdat"), "starts before it is all there"


@each
def test_the_same_frames_give_the_same_bytes(kind, suffix, options, bound, tmp_path):
    written = []
    for comment in ("", "", "words", "words"):
        write_all(output(kind, tmp_path, suffix, options), Spec(SIZE, FPS, comment=saying(comment)), frames())
        written.append({p.name: p.read_bytes() for p in tmp_path.iterdir()})
    assert written[0] == written[1] != written[2] == written[3]


@pytest.mark.parametrize(("codec", "suffix"), [("h264", ".mp4"), ("av1", ".mp4")])
def test_odd_sizes_are_padded_by_who_draws_not_by_the_encoder(tmp_path, codec, suffix):
    clip = KINDS[codec](path=str(tmp_path / f"x{suffix}"))
    assert clip.padded((97, 64)) == (98, 64)
    with pytest.raises(EncodeError, match=r"width 97 is odd; .* needs even sizes, such as 98"):
        write_all(clip, Spec((97, 64), FPS), frames((97, 64)))


def test_opencv_refuses_odd_sizes(tmp_path):
    with pytest.raises(EncodeError, match="width 97 is odd; video needs even sizes, such as 98"):
        write_all(KINDS["opencv"](path=str(tmp_path / "x.mp4")), Spec((97, 64), FPS), frames((97, 64)))


def test_opencv_says_which_codec_it_lacks(tmp_path):
    with pytest.raises(EncodeError, match=r"cannot write 'ZZZZ' into \.mp4; use codec 'h264'"):
        write_all(KINDS["opencv"](path=str(tmp_path / "x.mp4"), codec="ZZZZ"), Spec(SIZE, FPS), frames())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("loop", "shown"), [(0, 0), (1, None), (3, 2)])
def test_gif_loops(tmp_path, loop, shown):
    path = tmp_path / "x.gif"
    write_all(KINDS["gif"](path=str(path), loop=loop), Spec(SIZE, FPS), frames())
    assert Image.open(path).info.get("loop") == shown


@pytest.mark.parametrize("fps", [50, 33.3, 30, 24, 15, 7])
def test_gif_moments_are_rounded_not_delays(tmp_path, fps):
    path = tmp_path / "x.gif"
    write_all(KINDS["gif"](path=str(path)), Spec(SIZE, fps), frames(count=31))
    assert min(delays(path)) >= 20
    assert abs(sum(delays(path)) - 31 * 1000 / fps) <= 10


@pytest.mark.parametrize("kind", ["gif", "webp", "apng"])
def test_tolerance_bounds_the_error(tmp_path, kind):
    rng = np.random.default_rng(0)
    drifting = [np.clip(rng.normal(120, 3, (64, 96, 1)) + i, 0, 255).astype(np.uint8).repeat(3, 2) for i in range(12)]
    sizes = {}
    for tolerance in (0, 2):
        path = tmp_path / f"{tolerance}.{kind}"
        colors = np.arange(256, dtype=np.uint8).repeat(3).reshape(-1, 3)
        spec = Spec(SIZE, FPS, colors=(colors[:255], np.ones(255, np.int64)))
        result = write_all(KINDS[kind](path=str(path), tolerance=tolerance), spec, drifting)
        error = np.abs(decoded(path).astype(int) - np.stack(drifting))
        assert error.max() <= tolerance
        sizes[tolerance] = result.bytes
    assert sizes[2] < sizes[0]


def test_opencv_writer_needs_even_red_borders_to_stay_red(tmp_path):
    """Why tiles stand on even coordinates: a border of 2 px on even ones decodes to red within 8."""
    frame = blank((128, 128), (40, 40, 40))
    cv2.rectangle(frame, (32, 32), (95, 95), (0, 0, 255), -1)
    frame[34:94, 34:94] = 120
    path = tmp_path / "x.mp4"
    write_all(KINDS["opencv"](path=str(path)), Spec((128, 128), FPS), [frame] * 12)
    border = rgb(decoded(path)[-1])[32:34, 40:90]
    assert np.abs(border.reshape(-1, 3).mean(axis=0) - (255, 0, 0)).max() <= 8


class Inking:
    """A sink that draws on what it takes."""

    def add(self, frame: np.ndarray) -> None:
        frame[:4] = 0

    def abort(self) -> None:
        pass


class InkingGif(KINDS["gif"]):  # type: ignore[misc]
    """An encoder of somebody's who knows of no film behind its frames."""

    def open(self, part, spec):
        return Inking()


def test_an_encoder_that_draws_on_its_frames_is_told(tmp_path):
    """What stands on a film's buffer is not all drawn again."""
    with pytest.raises(EncodeError, match=r"changes the frame that it takes, .* can change a copy"):
        write_all(InkingGif(path=str(tmp_path / "x.gif")), Spec(SIZE, FPS), frames())
    assert not [*tmp_path.iterdir()]
