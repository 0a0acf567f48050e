"""Outputs that the encoders refuse: each is asked with one frame, before anything is trained.

What an encoder takes depends on the build of its library: no table knows it. One frame is enough, for what containers
refuse or round, sizes and rates, does not depend on how many there are.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from math import log
from pathlib import Path

from weightreel.render.drawing.canvas import blank, even
from weightreel.render.encoders._encoder import Encoder
from weightreel.render.encoders._output import Output
from weightreel.render.errors import EncodeError, Finding
from weightreel.render.formats.spec import Spec
from weightreel.render.frames.take import Take

LARGEST = 3840 * 2160  # pixels of a frame: larger ones, which take seconds, are asked about at this many
ENOUGH_SECONDS = 1.5  # then the outputs that are left are asked about at SMALL
SMALL, USUAL_RATE = (64, 64), 25.0
RATES = (240.0, 120.0, 60.0, 50.0, 30.0, 25.0, 10.0, 1.0, 0.1)
ROOM = 2**26  # bytes: with less, a refusal may be the disk's
_ANSWERS: dict[tuple[str, tuple[int, int], float], str | None] = {}  # by output, size and rate


def findings(takes: Iterable[Take], wrong: Iterable[str]) -> Iterator[Finding]:
    """What is refused, under the key that says it: the codec, the size or the rate. Outputs in which something is
    `wrong` already, by their keys, are passed over."""
    begun, passed = time.perf_counter(), {key.partition(".")[0] for key in wrong}
    for take in takes:
        if take.key not in passed and (take.output.fps or "timeline" not in passed):
            late = time.perf_counter() - begun > ENOUGH_SECONDS
            told = _refused(_bare(take.output), SMALL if late else _within(take.padded), take.rate)
            if told:
                yield _at(take, told)


def _at(take: Take, told: Finding) -> Finding:
    """Under the key that says it: what an output does not say is the scene's."""
    if told.key == "size" and not take.output.size:
        return told.under("layout")
    return told.under("timeline" if told.key == "fps" and not take.output.fps else take.key)


def _bare(output: Output) -> Output:
    """The output as far as an encoder sees it: of one kind, two that differ in their names are one trial."""
    return output.model_copy(update={"path": f"trial{Path(output.path).suffix}", "size": None, "frames": None})


def _within(size: tuple[int, int]) -> tuple[int, int]:
    """A size of the same shape with no more than the most pixels."""
    share = min(1.0, (LARGEST / (size[0] * size[1])) ** 0.5)
    return size if share == 1.0 else (max(2, even(size[0] * share)), max(2, even(size[1] * share)))


def _refused(output: Output, size: tuple[int, int], rate: float) -> Finding | None:
    """Why an encoder refuses, if it does: whether it is the codec, the rate or the size is found by asking again."""
    told = _asked(output, size, rate)
    if told is None:
        return None
    suffix = Path(output.path).suffix
    if _asked(output, SMALL, USUAL_RATE) is not None:
        return Finding("codec", f"'{output.codec_name}' cannot be written into {suffix} here: {told}")
    if _asked(output, SMALL, rate) is None:
        told = f"'{output.codec_name}' in {suffix} takes no frames of {size[0]} × {size[1]}: {told}"
        return Finding("size", f"{told}; choose another size")
    near = sorted(RATES, key=lambda other: abs(log(other / rate)))
    taken = next((f"{other:g}" for other in near if _asked(output, SMALL, other) is None), f"{USUAL_RATE:g}")
    told = f"'{output.codec_name}' in {suffix} takes no {rate:g} frames a second: {told}; choose another rate, such as"
    return Finding("fps", f"{told} {taken}")


def _asked(output: Output, size: tuple[int, int], rate: float) -> str | None:
    """What the encoder says against frames of a size at a rate; asked once a process."""
    question = repr(output), size, rate
    if question not in _ANSWERS:
        _ANSWERS[question] = _tried(output, size, rate)
    return _ANSWERS[question]


def _tried(output: Output, size: tuple[int, int], rate: float) -> str | None:
    """Write a frame where nobody sees it; why that failed."""
    with tempfile.TemporaryDirectory(prefix="weightreel-trial-") as folder:
        if shutil.disk_usage(folder).free < ROOM:
            return None
        trial = output.model_copy(update={"path": str(Path(folder) / output.path)})
        try:
            with Encoder(trial, Spec(size, rate), trial=True) as encoder:
                encoder.write(blank(size, (210, 120, 30)))
        except EncodeError as error:
            return _reason(error, trial.path)
    return None


def _reason(error: EncodeError, path: str) -> str:
    """What the library said, without our words on the file."""
    cause = error.__cause__
    told = getattr(cause, "strerror", None) or str(error if cause is None else cause)
    return told.removeprefix(f"{path}: ").partition("; ")[0]
