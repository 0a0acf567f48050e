"""A clip proves itself: drawn again from its own recipe its frames are equal, and what differs is found."""

from __future__ import annotations

import json
import tomllib
import zlib
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from replaced import replace_comment

from examples import cases
from weightreel.render.command.cli import run
from weightreel.render.encoders import Encoder, Spec
from weightreel.render.encoders._output import Output
from weightreel.render.encoders.h264 import H264
from weightreel.render.errors import RecordingError, SceneError
from weightreel.render.frames.colors import counted_in, united
from weightreel.render.frames.fits import Fits
from weightreel.render.making.film import record_to, render
from weightreel.render.planning.recipe import read_recipe
from weightreel.render.proving import suspects
from weightreel.render.proving.reproduce import reproduce
from weightreel.render.scene.digests import PACKED_BYTES, Digests, digest, rolled, sharing, table
from weightreel.render.scene.file import load, parse
from weightreel.render.showing.session import film
from weightreel.render.showing.still import still


def codec_of(kind: type[Output], options: dict) -> dict[str, str]:
    """What to add to the options of an encoder, so that a scene's suffix chooses no other."""
    return {"codec": kind(path=f"x{kind.suffixes[0]}", **options).codec} if "codec" in kind.model_fields else {}


# One suffix of every encoder.
CLIPS = [
    pytest.param(example.suffix, codec_of(kind, example.options) | example.options, id=f"{name}{example.suffix}")
    for name, group in groupby(cases("encoder"), key=lambda case: case[0])
    for _, kind, example in [next(group)]
]
ONE = ["run.epochs=1", "timeline.seconds=0.8"]  # eight frames


def made(scene: Path, name: str, *settings: str, **how: object) -> dict:
    """A clip, and its report."""
    return render(load(scene, outputs=[name], settings=[*ONE, *settings]), **how)["outputs"][0]


def planted(path: Path, was: str, now: str) -> None:
    """Other words in the same place of a file."""
    replace_comment(path, was, now)


def digests_of(path: Path) -> Digests:
    return parse(tomllib.loads(read_recipe(path))).recipe.frames


@pytest.mark.parametrize(("suffix", "copies"), [(".mkv", 1), (".webm", 1), (".mp4", 1), (".mov", 2)])
def test_a_comment_is_in_the_file_as_it_is(suffix, copies, scene_file):
    """And Matroska guards it."""
    made(scene_file, f"x{suffix}", *(["output.0.codec=h264"] if suffix != ".webm" else []))
    data = Path(f"x{suffix}").read_bytes()
    assert data.count(b"[recipe.frames]") == data.count(read_recipe(Path(f"x{suffix}")).encode()) == copies
    if suffix == ".mkv":
        tags = data.rindex(b"\x12\x54\xc3\x67", 0, data.index(b"[recipe.frames]"))
        length = int.from_bytes(data[tags + 4 : tags + 6], "big") & 0x3FFF
        assert data[tags + 6 : tags + 8] == b"\xbf\x84"
        guarded = data[tags + 12 : tags + 6 + length]
        assert zlib.crc32(guarded) == int.from_bytes(data[tags + 8 : tags + 12], "little")


@pytest.mark.parametrize(("suffix", "options"), CLIPS)
def test_every_encoder_keeps_the_digests_of_what_was_drawn(suffix, options, scene_file, tmp_path):
    settings = [f"output.0.{k}={v}" for k, v in options.items()]
    made(scene_file, f"x{suffix}", *settings)
    files = sorted(tmp_path.glob(f"x*{suffix}"))
    session = film(load(scene_file, outputs=[f"x{suffix}"], settings=[*ONE, *settings]), output=0)
    drawn = [digest(session.frame(i)) for i in range(len(session))]
    found = [digests_of(file) for file in files]
    if len(files) > 1:  # numbered: each its own
        assert [f.number for f in found] == list(range(len(drawn)))
        assert [f.differing([d]) for f, d in zip(found, drawn, strict=True)] == [[]] * len(drawn)
    else:
        assert (found[0].count, found[0].each, found[0].differing(drawn)) == (len(drawn), 1, [])
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    proof = reproduce(files[-1])
    assert (proof.reproduced, proof.equal) == (True, proof.frames), list(proof.lines())
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before, "nothing is written"


def test_digests_are_the_same_for_all_codecs_of_one_size(scene_file, tmp_path):
    scene = load(scene_file, outputs=["a.mp4", "b.gif", "c.mkv", "d.webp"], settings=ONE)
    render(scene)
    assert len({digests_of(Path(output.path)).crc32c for output in scene.output}) == 1


@pytest.mark.parametrize(
    ("name", "settings", "frames"),
    [
        ("x.gif", ["output.0.max_bytes=12 kB"], slice(None)),
        ("x.gif", ["output.0.thin=3", "output.0.fps=10"], slice(None)),
        ("x.mp4", [], slice(2, 6)),
        ("x.png", ["output.0.at=0.5"], slice(None)),
        ("x.mkv", ["output.0.codec=ffv1", "title_card={text='a', seconds=0.3}", "end_card={text='b'}"], slice(None)),
        ("x.mp4", ["output.0.codec=h264", "layout.size=[321,181]"], slice(None)),
        ("x.webp", ["run.early_stopping={patience=1}", "run.epochs=6", "timeline={fps=10, every=2}"], slice(None)),
        ("x.mp4", ["run.early_stopping={patience=1}", "run.epochs=6"], slice(None)),
        ("x.mp4", ["grid={l2=[0.0, 0.1]}", "view.0.run=l2_0.1", "table=t.csv"], slice(None)),
    ],
    ids=["budget", "thin", "cut", "poster", "cards", "padded", "every", "stopped", "grid"],
)
def test_every_kind_of_film_is_reproduced(name, settings, frames, scene_file, tmp_path):
    if any(setting.startswith("grid") for setting in settings):
        settings = [s for s in settings if not s.startswith("view")]
    clip = made(scene_file, name, *settings, frames=frames)
    Path("t.csv").unlink(missing_ok=True)
    proof = reproduce(name)
    assert (proof.reproduced, proof.frames) == (True, clip["frames"]), list(proof.lines())
    assert not Path("t.csv").exists()


def test_a_still_is_reproduced(scene_file):
    assert still(load(scene_file, settings=ONE), "still.png", at=0.4) == 3
    assert digests_of(Path("still.png")).number == 3
    assert reproduce("still.png").reproduced


def test_a_numbered_frame_is_the_same_file_whatever_is_written_beside_it(scene_file):
    made(scene_file, "x.png")
    whole = Path("x-00005.png").read_bytes()
    made(scene_file, "x.png", frames=slice(5, 6))
    assert Path("x-00005.png").read_bytes() == whole


@pytest.mark.parametrize(("name", "first"), [("x.png", "x-00000.png"), ("x_%04d.png", "x_0000.png")])
@pytest.mark.parametrize("verb", ["recipe", "reproduce"])
def test_of_numbered_frames_one_is_asked_for(name, first, verb, scene_file, capsys):
    made(scene_file, name)
    assert run([verb, name]) == 2
    assert f"no such file; of its 8 numbered frames give one, such as {first}\n" in capsys.readouterr().err
    assert run([verb, first]) == 0
    assert run([verb, "y.png"]) == run([verb, "x.gif"]) == 2
    assert capsys.readouterr().err.count("no such file\n") == 2


def test_a_long_film_rolls_its_digests_up(scene_file, capsys):
    small = ["layout={size=[64, 64]}", "view=[{type='progress'}]"]
    made(scene_file, "x.mp4", "timeline.fps=100", "timeline.seconds=4.5", *small)
    found = digests_of(Path("x.mp4"))
    assert (found.count, found.each, len(found.crc32c)) == (450, 2, 5 * 225)
    assert run(["reproduce", "x.mp4"]) == 0
    assert capsys.readouterr().out == "x.mp4: 450 of 450 frames equal\n"
    other = found.crc32c[:50] + ("0" if found.crc32c[50] != "0" else "1") + found.crc32c[51:]
    planted(Path("x.mp4"), found.crc32c, other)
    assert run(["reproduce", "x.mp4"]) == 1
    out = capsys.readouterr().out
    assert out.startswith(
        "x.mp4: 448 of 450 frames equal\n  frames 20 to 21 differ (a digest is of 2 frames together)\n"
    )


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=1300), st.data())
def test_a_digest_that_differs_is_found_in_its_group(drawn, data):
    words = "title = 'x'\n"
    found = Digests.model_validate(tomllib.loads(words + table(words, drawn))["recipe"]["frames"])
    assert len(found.crc32c) <= PACKED_BYTES
    assert found.each == sharing(len(drawn)) == -(-len(drawn) // (PACKED_BYTES // 5))
    assert found.differing(drawn) == []
    changed = data.draw(st.integers(0, len(drawn) - 1))
    other = [*drawn[:changed], drawn[changed] ^ 1, *drawn[changed + 1 :]]
    [some] = found.differing(other)
    assert changed in some
    assert len(some) <= found.each
    assert rolled(drawn[: found.each * 3], found.each) == rolled(drawn, found.each)[:3], "segments are made apart"
    assert len(table(words, drawn)) == len(table(words, [0] * len(drawn))), "a draft has as many bytes"


def test_an_edited_recipe_is_found_out(scene_file, capsys):
    made(scene_file, "x.mkv", "output.0.codec=ffv1", "view.0.colormap=gray")
    planted(Path("x.mkv"), 'colormap = "gray"', 'colormap = "bone"')
    assert run(["reproduce", "x.mkv", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["reproduced"], said["frames"], said["equal"], said["differ"]) == (False, 8, 0, [[0, 8]])
    assert said["worst"]["view"] == "view[0] (neuron_grid)"
    assert said["worst"]["most"] > 10
    assert said["suspects"] == [
        "the recipe, which was edited after the clip was written",
        "or the clip was drawn from a kept recording with other steps; give it with --recording",
    ]
    assert run(["reproduce", "x.mkv", "-q"]) == 1
    first, differ, worst, *suspected = capsys.readouterr().out.splitlines()
    assert (first, differ) == ("x.mkv: 0 of 8 frames equal", "  frames 0 to 7 differ")
    assert worst.startswith("  the worst is frame ")
    assert worst.endswith("at most, mostly in view[0] (neuron_grid)"), "an exact encoder has no part in it"
    assert suspected == [f"  suspect: {suspect}" for suspect in said["suspects"]]


def test_one_digit_of_a_digest_is_found(scene_file, monkeypatch):
    """In a clip whose encoder is not exact; here somebody has other versions."""
    monkeypatch.setattr(suspects, "versions", lambda: {"weightreel": "0.1.0", "numpy": "1.0"})
    made(scene_file, "x.mp4")
    found = digests_of(Path("x.mp4")).crc32c
    planted(Path("x.mp4"), found, found[:15] + ("0" if found[15] != "0" else "1") + found[16:])
    proof = reproduce("x.mp4")
    assert (proof.equal, proof.differ) == (7, (range(3, 4),))
    lines = list(proof.lines())
    assert lines[1] == "  frame 3 differs"
    assert "so the difference is too small to be seen in this clip" in lines[2]
    assert any(line.startswith("  suspect: numpy ") and line.endswith(" then, 1.0 now") for line in lines)


def test_other_data_are_suspected(scene_file, tmp_path):
    arrays = {"x": np.arange(300 * 64, dtype=np.uint8).reshape(300, 8, 8), "y": np.arange(300) % 10}
    np.savez("mine.npz", **arrays)
    made(scene_file, "x.gif", "run.data={type='npz', path='mine.npz', validation=50}")
    assert reproduce("x.gif").reproduced
    np.savez("mine.npz", x=arrays["x"][::-1], y=arrays["y"])
    proof = reproduce("x.gif")
    assert not proof.reproduced
    assert "the data of run, which are not those of the recipe" in proof.suspects
    Path("mine.npz").unlink()
    with pytest.raises(SceneError, match="bring the data that the clip was made from, or a recording of it with"):
        reproduce("x.gif")
    assert run(["reproduce", "x.gif"]) == 2


def test_a_clip_of_a_recording_is_drawn_from_it(scene_file, capsys):
    settings = [*ONE, "timeline.seconds=0.3", "timeline.hold=0"]
    record_to(load(scene_file, settings=settings), "kept")
    made(scene_file, "x.mp4", recording="kept")
    assert reproduce("x.mp4", recording="kept").reproduced
    without = reproduce("x.mp4")
    assert not without.reproduced
    assert without.suspects[-1].endswith("give it with --recording")
    record_to(load(scene_file, settings=settings, seed=3), "other")
    other = reproduce("x.mp4", recording="other")
    assert not other.reproduced
    assert any("the recording was trained with seed = 3, not 0" in suspect for suspect in other.suspects)
    with pytest.raises(RecordingError):
        reproduce("x.mp4", recording="none")


def test_clips_that_cannot_be_reproduced_say_why(scene_file, capsys):
    made(scene_file, "x.gif", recipe=False)
    assert run(["reproduce", "x.gif"]) == 2
    assert "carries no recipe" in capsys.readouterr().err
    assert run(["reproduce", "none.gif"]) == 2
    made(scene_file, "x.mp4")
    words = read_recipe(Path("x.mp4"))
    planted(Path("x.mp4"), words[words.index("[recipe.frames]") :], "#" * len(words[words.index("[recipe.frames]") :]))
    assert run(["reproduce", "x.mp4"]) == 2
    assert "recipe.frames   its recipe has no digests of frames, as weightreel wrote them before" in (
        capsys.readouterr().err
    )
    planted(Path("x.mp4"), "[run]", "[run[")
    assert run(["reproduce", "x.mp4"]) == 2
    assert "the recipe in it is no scene: 1 problem" in capsys.readouterr().err


def test_digests_that_are_none_are_refused(scene_file):
    for wrong in ({"crc32c": "00"}, {"count": 2}, {"crc32c": "00\\00"}, {"each": 0}, {"crc32c": "~~~~~"}):
        with pytest.raises(SceneError):
            Digests(**{"count": 1, "crc32c": "00000"} | wrong)


def test_a_file_of_an_unknown_codec_is_no_proof(scene_file, capsys):
    made(scene_file, "x.mp4", "output.0.codec=h264")
    Path("x.mp4").write_bytes(Path("x.mp4").read_bytes().replace(b"avc1", b"zzzz"))
    assert run(["reproduce", "x.mp4", "-q"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "x.mp4: 8 of 8 frames equal, but the file is not as it was written",
        "  it cannot be decoded after 0 of its frames (its codec is unknown)",
    ]


@pytest.mark.parametrize("name", ["x.mp4", "x.avi", "x.gif", "x.webp"])
def test_a_damaged_file_is_no_proof(name, scene_file, capsys):
    """Whatever became of it: a message, and no traceback."""
    made(scene_file, name)
    data = bytearray(Path(name).read_bytes())
    middle = len(data) // 2
    seen = set()
    for begin in (middle - 400, middle, middle + 600):
        broken = bytearray(data)
        broken[begin : begin + 300] = bytes(300)
        Path(name).write_bytes(broken)
        seen.add(run(["reproduce", name, "-q"]))
    assert seen <= {1, 2}, capsys.readouterr()


def test_another_film_under_a_true_recipe_is_noticed(scene_file):
    """All frames are off alike: there is nothing usual to judge by."""
    made(scene_file, "x.mp4", "output.0.codec=h264")
    words = read_recipe(Path("x.mp4"))
    scene = load(scene_file, outputs=["x.mp4"], settings=[*ONE, "output.0.codec=h264", "theme=light"])
    session = film(scene, output=0)
    with Encoder(scene.output[0], Spec(session.size, 10, comment=lambda number=None: words)) as encoder:
        for number in range(8):
            encoder.write(session.frame(number))
    [problem] = reproduce("x.mp4").problems
    assert problem.startswith("8 frames are not what its recipe draws: it was changed or damaged; the worst is frame ")


def test_an_edited_recipe_is_noticed_though_it_draws_the_same(scene_file):
    made(scene_file, "x.mkv", "title=ours")
    words = read_recipe(Path("x.mkv"))
    planted(Path("x.mkv"), words, words.replace('title = "ours"', 'title = "mine"'))
    proof = reproduce("x.mkv")
    assert proof.problems == ("it carries a recipe which was edited after the clip was written",)
    assert next(proof.lines()) == "x.mkv: 8 of 8 frames equal, but the file is not as it was written"
    assert not proof.reproduced


LOSSY = [
    ("x.mp4", "mp4v"), ("x.mp4", "h264"), ("x.webm", "av1"), ("x.avi", "MJPG"), ("x.webp", ""), ("x.gif", "")
]  # fmt: skip


def again(scene_file: Path, name: str, codec: str, seed: int = 0, patch: int = 0) -> None:
    """The clip of a scene with pixels of another training, or with a patch in one frame, under its own recipe."""
    lossy = {"x.webp": ["output.0.quality=60"], "x.gif": ["output.0.tolerance=8"]}
    keys = [*lossy.get(name, ()), *([f"output.0.codec={codec}"] if codec else [])]
    made(scene_file, name, *keys)
    words = read_recipe(Path(name))
    scene = load(scene_file, outputs=[name], settings=[*ONE, *keys], seed=seed or None)
    fits = Fits(scene, filmed := film(scene, output=0).recordings)
    take = film(scene, output=0).take.over(filmed)
    spec = Spec(take.padded, take.rate, comment=lambda number=None: words)
    if take.output.needs_colors:
        drawn = fits.film(take)
        spec = replace(spec, colors=united([counted_in(drawn, take.indices, range(len(take.indices)), every=False)]))
    frame = fits.film(take).buffer()
    with Encoder(scene.output[0], spec) as encoder:
        for number in take.indices:
            fits.film(take).draw(frame, number)
            shown = frame.copy()
            if number == 4:
                shown[40 : 40 + patch, 40 : 40 + patch] = 255 - shown[40 : 40 + patch, 40 : 40 + patch]
            encoder.write(shown)


@pytest.mark.parametrize(("name", "codec"), LOSSY)
def test_another_training_under_a_true_recipe_is_noticed(name, codec, scene_file):
    """All its frames look alike, and all are off by much."""
    again(scene_file, name, codec)
    assert reproduce(name).reproduced
    again(scene_file, name, codec, seed=5)
    [problem] = reproduce(name).problems
    assert problem.startswith("8 frames are not what its recipe draws: it was changed or damaged; the worst is frame ")


@pytest.mark.parametrize(("name", "codec"), LOSSY)
def test_a_small_patch_is_noticed(name, codec, scene_file):
    """On average over the frame it is less than what an encoder does."""
    again(scene_file, name, codec, patch=16)
    [problem] = reproduce(name).problems
    assert "not what its recipe draws" in problem and "the worst is frame 4 (" in problem


def test_without_its_encoder_nothing_is_proved(scene_file, monkeypatch, capsys):
    made(scene_file, "x.mp4", "output.0.codec=h264")
    monkeypatch.setattr(H264, "open", lambda *_: (_ for _ in ()).throw(OSError("no such encoder")))
    assert run(["reproduce", "x.mp4", "-q"]) == 1
    told = "its encoder, h264, is needed to judge its pixels: could not be written (no such encoder)"
    assert capsys.readouterr().err.startswith(f"x.mp4: {told}")


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_other_pixels_under_a_true_recipe_are_noticed(suffix, scene_file, capsys):
    codec = "output.0.codec=" + ("ffv1" if suffix == ".mkv" else "h264")
    made(scene_file, f"x{suffix}", codec)
    words = read_recipe(Path(f"x{suffix}"))
    scene = load(scene_file, outputs=[f"x{suffix}"], settings=[*ONE, codec])
    session = film(scene, output=0)
    with Encoder(scene.output[0], Spec(session.size, 10, comment=lambda number=None: words)) as encoder:
        for number in range(7):
            frame = session.frame(number)
            frame[:90] = 255 - frame[:90] if number == 4 else frame[:90]
            encoder.write(frame)
    assert run(["reproduce", f"x{suffix}"]) == 1
    equal, count, strange = capsys.readouterr().out.splitlines()
    assert equal == f"x{suffix}: 8 of 8 frames equal, but the file is not as it was written"
    assert count == "  it has 7 frames, its recipe 8: it was cut or damaged"
    assert strange.startswith(
        "  1 frame is not what its recipe draws: it was changed or damaged; the worst is frame 4 ("
    )
