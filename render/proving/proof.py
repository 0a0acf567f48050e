"""What came of drawing a clip again, in words and as JSON has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypedDict

SHOWN_RANGES = 5


@dataclass(frozen=True)
class Worst:
    """The frame that differs most: its number in the clip, when it is shown in seconds, how far the clip's pixels are
    off on average and at most, of 255, and in which view most."""

    frame: int
    seconds: float
    mean: float
    most: int
    view: str

    @property
    def words(self) -> str:
        """For people."""
        off = f"off by {self.mean:.3g} of 255 on average and {self.most} at most"
        return f"frame {self.frame} ({self.seconds:.2f} s), {off}, mostly in {self.view}"


class ProofReport(TypedDict):
    """A `Proof` as `--json` has it; `differ` holds [first, end] of frames."""

    clip: str
    reproduced: bool
    frames: int
    equal: int
    differ: list[list[int]]
    usual: float | None
    worst: dict[str, object] | None
    problems: list[str]
    suspects: list[str]


@dataclass(frozen=True)
class Proof:
    """What came of drawing a clip again.

    Attributes:
        clip: the file.
        frames: how many frames its recipe has digests of.
        equal: how many of them are drawn to the bit.
        differ: those that are not, as ranges of frames of the clip; the digests are of `each` frames together.
        usual: how far, of 255 on average, the clip's pixels are from frames that are equal; None where none was
            decoded. That is its encoder's doing, and 0 with one that is `exact`.
        worst: of the frames that differ, the one that is farthest from the clip's pixels.
        problems: what is wrong with the file itself.
        suspects: why the frames may differ.
    """

    clip: str
    frames: int
    equal: int
    differ: tuple[range, ...]
    each: int
    usual: float | None
    exact: bool
    worst: Worst | None
    problems: tuple[str, ...]
    suspects: tuple[str, ...]

    @property
    def reproduced(self) -> bool:
        """Whether every frame is equal, and the file as it was written."""
        return not self.differ and not self.problems

    def as_dict(self) -> ProofReport:
        """As JSON has it."""
        return ProofReport(
            clip=self.clip,
            reproduced=self.reproduced,
            frames=self.frames,
            equal=self.equal,
            differ=[[some.start, some.stop] for some in self.differ],
            usual=None if self.usual is None else round(self.usual, 3),
            worst=None if self.worst is None else dict(vars(self.worst)),
            problems=list(self.problems),
            suspects=list(self.suspects),
        )

    def lines(self) -> Iterator[str]:
        """For people."""
        but = ", but the file is not as it was written" if self.problems and not self.differ else ""
        yield f"{self.clip}: {self.equal} of {self.frames} {'frame' if self.frames == 1 else 'frames'} equal{but}"
        for problem in self.problems:
            yield f"  {problem}"
        if self.differ:
            together = f" (a digest is of {self.each} frames together)" if self.each > 1 else ""
            yield f"  {_ranges(self.differ)} {'differ' if _many(self.differ) else 'differs'}{together}"
        if self.worst is not None:
            yield f"  the worst is {self.worst.words}{self._codec()}"
        for suspect in self.suspects:
            yield f"  suspect: {suspect}"

    def _codec(self) -> str:
        """What part of a difference is the encoder's."""
        if self.exact or self.worst is None:
            return ""
        if not self.equal or self.usual is None:
            return "; with no equal frame to judge by, some of that is the encoder's"
        seen = "" if self.worst.mean > 2 * self.usual else ", so the difference is too small to be seen in this clip"
        return f"; its encoder is off by {self.usual:.3g} in frames that are equal{seen}"


def _many(differ: tuple[range, ...]) -> bool:
    return sum(map(len, differ)) > 1


def _ranges(differ: tuple[range, ...]) -> str:
    shown = [f"{some.start}" if len(some) == 1 else f"{some.start} to {some.stop - 1}" for some in differ]
    more = [f"{len(shown) - SHOWN_RANGES} stretches more"] if len(shown) > SHOWN_RANGES else []
    return f"{'frames' if _many(differ) else 'frame'} {', '.join([*shown[:SHOWN_RANGES], *more])}"
