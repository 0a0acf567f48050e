"""Clips that must not be larger than a number of bytes: what is given up, in which order, and how it is found.

The ladder of settings goes down in four rounds, each through all economies in the order asked for, so that none is
driven to its end while another is untouched. Some frames encoded at a setting predict the size of the whole; a clip
that was written corrects the prediction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator

from render.errors import EncodeError
from trainer.options import Count, Names, Options

State = dict[str, Any]
UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
# The values of each economy in each round; fps are the lowest rates, sizes shares of the frame.
ROUNDS: Mapping[str, tuple[tuple[float, ...], ...]] = {
    "fps": ((10,), (6,), (4,), (2,)),
    "tolerance": ((1, 2, 3, 4, 5), (6, 8), (11, 16), (24, 32)),
    "colors": ((192, 128, 96), (64, 48), (32, 16), (8, 4)),
    "size": ((0.84, 0.75, 0.66), (0.58, 0.5), (0.42, 0.36, 0.31), (0.28, 0.25, 0.2)),
    "crf": ((18, 20, 22, 24, 26, 28), (30, 32, 34), (37, 40), (44, 48)),
}
MOST_THINNED = 32
AIM, ENOUGH, ATTEMPTS = 0.98, 0.85, 3


def parse_bytes(value: Any) -> Any:
    """A number of bytes from "3 MB", "200 kB", "1.5 MiB" or a number.

    Raises:
        ValueError: it is neither.
    """
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"\s*([\d._]+)\s*([a-zA-Z]*)\s*", value)
    try:
        count = int(float(match[1]) * UNITS[match[2].lower()]) if match else 0
    except (ValueError, KeyError):
        count = 0
    if count < 1:
        raise ValueError(f'\'{value}\' is no number of bytes; write it as "3 MB" or "200 kB"')
    return count


def shown_bytes(count: float) -> str:
    """A number of bytes for people."""
    return f"{count / 1e6:.1f} MB" if count >= 999_500 else f"{count / 1e3:.0f} kB"


Bytes = Annotated[
    int, Field(gt=0), BeforeValidator(parse_bytes), WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]})
]


class Budgeted(Options):
    """The keys of an output that can be kept within a number of bytes."""

    economies: ClassVar[tuple[str, ...]] = ()

    max_bytes: Bytes | None = Field(
        default=None, description='such as "3 MB": the clip is made smaller until it is within'
    )
    give_up: Names | None = Field(
        default=None, description="what may be given up for max_bytes, in this order; default: all that the format has"
    )
    thin: Count = Field(default=1, description="show every n-th frame of the film only")

    @field_validator("give_up")
    @classmethod
    def _known(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name in names or ():
            if name not in cls.economies:
                raise ValueError(f"'{name}' is none of {', '.join(cls.economies)}")
        return names


def ladder(output: Any, fps: float, size: tuple[int, int], fits: Callable[[tuple[int, int]], bool]) -> list[State]:
    """Settings from the output's own downward, each as the keys to change; `fits` says which sizes can be laid out."""
    states: list[State] = [{}]
    for number in range(4):
        for name in output.economies if output.give_up is None else output.give_up:
            for change in _changes(name, number, output, fps, size):
                if "size" not in change or fits(change["size"]):
                    states.append({**states[-1], **change})
    return states


def _changes(name: str, number: int, output: Any, fps: float, size: tuple[int, int]) -> Iterator[State]:
    values = ROUNDS[name][number]
    if name == "fps":
        highest = ROUNDS[name][number - 1][0] if number else float("inf")
        for thin in range(output.thin + 1, MOST_THINNED * output.thin):
            if values[0] <= fps / thin < max(highest, values[0] + 1e-9):
                yield {"thin": thin}
    elif name == "size":
        for share in values:
            yield {"size": (round(size[0] * share / 2) * 2, round(size[1] * share / 2) * 2)}
    else:
        for value in values:
            own = getattr(output, name) or 0
            if value < own if name == "colors" else value > own:
                yield {name: int(value)}


class TooLarge(EncodeError):
    """A clip went over its limit: `bytes` after `share` (0…1) of its frames; nothing was left."""

    def __init__(self, path: str, count: int, share: float) -> None:
        self.bytes, self.share = count, share
        super().__init__(f"{path}: {shown_bytes(count)} are more than allowed; nothing was left there")

    @property
    def expected(self) -> float:
        """Bytes of the whole clip."""
        return self.bytes / max(self.share, 0.01)


def search(
    path: str, limit: int, states: Sequence[State], write: Callable[[State], int], probe: Callable[[State], float]
) -> State:
    """Write the clip at the first setting, or one nearly so, that keeps within `limit` bytes; return that setting.

    Args:
        path: the file, for messages.
        limit: bytes.
        states: settings, each smaller than the one before.
        write: writes the clip, returns its bytes or raises TooLarge.
        probe: bytes of the clip as some of its frames predict them.

    Raises:
        EncodeError: not even the last setting is small enough.
    """
    return _Search(path, limit, states, write, probe).run()


class _Search:
    def __init__(self, path: str, limit: int, states: Sequence[State], write: Any, probe: Any) -> None:
        self.path, self.limit, self.states, self.write, self._probe = path, limit, states, write, probe
        self.factor, self.too_large, self.smallest = 1.0, -1, float("inf")
        self.probed: dict[int, float] = {}

    def run(self) -> State:
        number, count = self._descend(0)
        for _ in range(ATTEMPTS - 1):
            if count >= ENOUGH * self.limit:
                break
            better = self._predicted(self.too_large + 1, number)
            if better >= number:
                break
            written = self._try(better)
            if written is not None:
                number, count = better, written
        return self.states[number]

    def _descend(self, number: int) -> tuple[int, int]:
        """The first setting tried that is small enough."""
        while (count := self._try(number)) is None:
            if number == len(self.states) - 1:
                raise EncodeError(
                    f"{self.path}: about {shown_bytes(self.smallest)} is the least this film takes, more than "
                    f"max_bytes, {shown_bytes(self.limit)}; raise it, shorten the film or let more be given up"
                )
            number = self._predicted(number + 1, len(self.states) - 1)
        return number, count

    def _try(self, number: int) -> int | None:
        """The bytes of the clip written at a setting; None where that was too large."""
        try:
            count = self.write(self.states[number])
        except TooLarge as error:
            self.too_large = max(self.too_large, number)
            self.smallest = min(self.smallest, error.expected)
            self._learn(number, error.expected)
            return None
        self._learn(number, count)
        return count

    def _learn(self, number: int, count: float) -> None:
        if len(self.states) > 1:
            self.factor = count / self._probe_of(number)

    def _probe_of(self, number: int) -> float:
        if number not in self.probed:
            self.probed[number] = self._probe(self.states[number])
        return self.probed[number]

    def _predicted(self, low: int, high: int) -> int:
        """The first setting from `low` on that is predicted to be small enough; `high` where none is."""
        while low < high:
            middle = (low + high) // 2
            if self.factor * self._probe_of(middle) <= AIM * self.limit:
                high = middle
            else:
                low = middle + 1
        return high
