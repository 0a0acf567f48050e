"""Odd inputs of all kinds, by seed: scenes, settings, captions, arguments, data files, clips. Each is tried with a verb
that reads it; what comes must be words and a status, within ten seconds."""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from weightreel.render.command.cli import run
from weightreel.render.command.unforeseen import REPORT
from weightreel.render.scene.file import shipped_scenes

SECONDS, BYTES = 10, 10**9
ODD = (
    *(
        "0",
        "-1",
        "1",
        "2",
        "3.5",
        "1e308",
        "-1e308",
        "nan",
        "inf",
        "-inf",
        "9" * 400,
        "true",
        "false",
        '""',
        '"x"',
        "[]",
    ),
    *(
        "[1]",
        "[0, 0]",
        "[1, 2, 3]",
        "[[1]]",
        "{}",
        "{ a = 1 }",
        '{ type = "dense" }',
        '"é\\u0000"',
        '"#ff0000"',
        "16384",
    ),
    *("1979-05-27", "0x7fffffffffffffff", '"' + "a" * 5000 + '"', '"{loss:.4f}"', '"{step:>9999}"', "[1e999]", "0.1"),
    *('"gray"', '"../x"', '"/dev/zero"', '"~/x"', '"x.mp4"', '"x.gif"', '"\\u202e"', "[true]", '["a", "a"]', "1_000"),
)
TEMPLATES = (
    "{",
    "}",
    "{{",
    "{}",
    "{0}",
    "{loss",
    "{loss:",
    "{loss:d}",
    "{loss!r}",
    "{loss.real}",
    "{loss[0]}",
    "{epoch:%}",
)
TEMPLATES += (
    "{step:09d}",
    "{step:,}",
    "{title}",
    "{run}",
    "{nope}",
    "{loss:{step}}",
    "\n\n\n",
    "é漢😀",
    "\x1b[31m",
    "{loss:e}",
)
WORDS = (
    "render",
    "check",
    "still",
    "recipe",
    "list",
    "help",
    "new",
    "schema",
    "reproduce",
    "train",
    "nowhere",
    "--set",
)
WORDS += (
    "a=b",
    "=",
    "-o",
    "x.mp4",
    "--frames",
    "1:",
    "9:1",
    "--at",
    "2",
    "--json",
    "-q",
    "--help",
    "views",
    "-",
    "",
    "\x00",
)
WORDS += (
    "--seed",
    "-5",
    "--recording",
    "/nowhere",
    "layers",
    "dense",
    "é",
    "--draft",
    "--strict",
    "--version",
    "\udcff",
)


def changed(rng: random.Random, data: bytes) -> bytes:
    """Bytes with some of them changed, taken out, doubled or cut off."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5, 30])):
        at = rng.randrange(len(data) or 1)
        match rng.randrange(5):
            case 0:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del data[at : at + rng.randrange(1, 40)]
            case 2:
                data[at:at] = data[at : at + rng.randrange(1, 40)]
            case 3:
                data[at:at] = rng.randbytes(rng.randrange(1, 9))
            case _:
                if rng.random() < 0.2:
                    del data[at:]
    return bytes(data)


def scene(rng: random.Random, folder: Path) -> list[str]:
    """A scene that ships, with bytes, lines or values changed."""
    words = rng.choice(list(shipped_scenes().values())).read_text()
    if rng.random() < 0.3:
        data = changed(rng, words.encode())
    else:
        lines = words.splitlines()
        for _ in range(rng.choice([1, 1, 2, 4])):
            at = rng.randrange(len(lines))
            value = rng.choice(ODD)
            match rng.randrange(4):
                case 0:
                    lines[at] = re.sub(r"=.*", lambda _, v=value: f"= {v}", lines[at], count=1)
                case 1:
                    lines[at : at + 1] = [lines[at]] * 2
                case 2:
                    del lines[at]
                    lines = lines or [""]
                case _:
                    lines[at] = re.sub(r"-?\d+(\.\d+)?", lambda _, v=value: v, lines[at], count=1)
        data = "\n".join(lines).encode()
    (folder / "scene.toml").write_bytes(data)
    return ["check", "scene.toml"]


def settings(rng: random.Random, folder: Path) -> list[str]:
    """Keys of a scene that ships set to odd values."""
    parts = ["run", "timeline", "layout", "view", "output", "0", "1", "size", "fps", "layers", "units", "data", "type"]
    parts += ["text", "epochs", "optimizer", "lr", "normalize", "range", "border", "thickness", "path", "areas", "seed"]
    chosen = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        key = ".".join(rng.choices(parts, k=rng.choice([1, 2, 2, 3, 4])))
        chosen += ["--set", f"{key}={rng.choice(ODD)}"]
    return ["check", rng.choice(list(shipped_scenes())), *chosen]


def captions(rng: random.Random, folder: Path) -> list[str]:
    """Texts of views made of pieces of templates."""
    text = "".join(rng.choices([*TEMPLATES, "a", " ", "{loss:.3f}"], k=rng.randrange(1, 6)))
    where = rng.choice(["title_card.heading", "title", "view.0.title", "view.2.text", "view.1.title", "end_card.text"])
    return ["check", rng.choice(list(shipped_scenes())), "--set", f"{where}={text}"]


def arguments(rng: random.Random, folder: Path) -> list[str]:
    """Words of the command in any order."""
    return rng.choices(WORDS, k=rng.randrange(6))


def npz(rng: random.Random, folder: Path) -> list[str]:
    """Arrays of all types and shapes, or a file whose bytes were changed."""
    numbers = np.random.default_rng(rng.randrange(2**32))
    n = rng.choice([0, 1, 3, 40, 200])
    shapes = [(n, 6, 6), (n, 36), (n,), (n, 6, 6, 3), (n, 0, 4), (n, 6, 6, 1), (n, 2, 2, 2, 2), ()]
    types = ["u1", "i1", "u2", "i4", "i8", "f2", "f4", "f8", "?", "c8", "S3", "U3", ">f4", "M8[s]", "V4"]
    images = (numbers.random(rng.choice(shapes[:3] * 3 + shapes)) * rng.choice([1, 2, 16, 255, 1e4, -5, 1e38])).astype(
        "f8"
    )
    labels = numbers.integers(rng.choice([0, 0, 0, 1, -1]), rng.choice([2, 3, 10, 2000]), n)
    with contextlib.suppress(ValueError, TypeError), np.errstate(all="ignore"):
        images = images.astype(rng.choice(types))
        labels = labels.astype(rng.choice(types))
    names = rng.choice([("x", "y"), ("x", "y"), ("x", "y"), ("x_train", "y_train"), ("a", "b")])
    rng.choice([np.savez, np.savez_compressed])(folder / "d.npz", **{names[0]: images, names[1]: labels})
    if rng.random() < 0.4:
        (folder / "d.npz").write_bytes(changed(rng, (folder / "d.npz").read_bytes()))
    return _about('{ type = "npz", path = "d.npz" }', folder, rng)


def idx(rng: random.Random, folder: Path) -> list[str]:
    """Files with headers that lie, or whose bytes were changed."""
    for kind, shape in (("images", (30, 6, 6)), ("labels", (30,))):
        claimed = shape if rng.random() < 0.6 else tuple(rng.choice([0, 1, 30, 2**31, 6]) for _ in shape)
        data = bytes([0, 0, rng.choice([8, 8, 8, 9, 11, 13, 14, 7]), len(shape)]) + np.array(claimed, ">u4").tobytes()
        data += rng.randbytes(int(np.prod(shape))) if kind == "images" else bytes(i % 3 for i in range(30))
        (folder / f"train-{kind}").write_bytes(changed(rng, data) if rng.random() < 0.5 else data)
    return _about('{ type = "idx", path = "." }', folder, rng)


def _about(data: str, folder: Path, rng: random.Random) -> list[str]:
    scale = rng.choice(["unit", "standard", "minmax"])
    words = shipped_scenes()["hidden_grid"].read_text()
    words = re.sub(r"(?ms)^\[run\.data\]\n.*?(?=^\[)", "", words).replace("[run]", f"[run]\ndata = {data}", 1)
    (folder / "scene.toml").write_text(words)
    return ["check", "scene.toml", "--set", f"run.data.scale={scale}"]


def clips(rng: random.Random, folder: Path) -> list[str]:
    """A clip with bytes changed or cut off, or under another's suffix."""
    clip = rng.choice(sorted((folder / "clips").iterdir()))
    suffix = clip.suffix if rng.random() < 0.9 else rng.choice([".mp4", ".gif", ".png", ".webp", ".mkv"])
    (folder / f"x{suffix}").write_bytes(changed(rng, clip.read_bytes()))
    return ["recipe", f"x{suffix}"]


KINDS: tuple[Callable[[random.Random, Path], list[str]], ...] = (
    scene, settings, captions, arguments, npz, idx, clips,
)  # fmt: skip


def attempt(seed: int, folder: Path) -> str | None:
    """What is wrong with what came of one input; None where all is well. The working folder is `folder`."""
    rng = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    words = kind(rng, folder)
    begun = time.monotonic()
    out, err = io.StringIO(), io.StringIO()
    signal.signal(signal.SIGALRM, _late)
    signal.alarm(3 * SECONDS)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _nothing_to_read():
            status = run(words)
    except BaseException as error:
        return f"{seed} {kind.__name__} {words!r}: {type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    took = time.monotonic() - begun
    said = out.getvalue() + err.getvalue()
    wrong = [f"status {status}"] if status not in (0, 2) else []
    wrong += ["a traceback"] if "Traceback" in said or REPORT in said else []
    wrong += [f"{took:.0f} s"] if took > SECONDS else []
    wrong += ["no words"] if status and not said.strip() else []
    return f"{seed} {kind.__name__} {words!r}: {', '.join(wrong)}\n{said[-600:]}" if wrong else None


@contextlib.contextmanager
def _nothing_to_read():
    """Standard input that ends at once."""
    kept, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO())
    nothing, old = os.open(os.devnull, os.O_RDONLY), os.dup(0)
    os.dup2(nothing, 0)
    try:
        yield
    finally:
        os.dup2(old, 0)
        os.close(nothing)
        os.close(old)
        sys.stdin = kept


def _late(*_: object) -> None:
    raise TimeoutError(f"more than {3 * SECONDS} s")


def main(first: int, count: int, folder: Path) -> None:
    """Try seeds in a row, and print what is wrong; the last line says how many were tried, in how much memory."""
    os.chdir(folder)
    for seed in range(first, first + count):
        wrong = attempt(seed, folder)
        if wrong:
            print(wrong, flush=True)
    # Not getrusage: of a process that was forked it counts what its parent had, too.
    known = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    most = int(known["VmHWM"].split()[0]) * 1024
    print(f"{count} tried, {most / 1e6:.0f} MB", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
