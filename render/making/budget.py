"""Clips that must not be larger than a number of bytes: what is given up, in which order, and how it is found.

The ladder of settings goes down in rounds, each through all economies in the order asked for, so that none is
driven to its end while another is untouched. Some frames encoded at a setting predict the size of the whole; a clip
that was written corrects the prediction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import log
from typing import Any

from weightreel.render.encoders._budgeted import TooLarge
from weightreel.render.errors import EncodeError
from weightreel.trainer.memory import shown_bytes

State = dict[str, Any]
Writes = Callable[[State], int]
Predicts = Callable[[State], float]
# The values of each economy in each round; fps are the lowest rates, sizes shares of the frame. What is seen least is
# first: a tolerance of 4 and 128 colours leave films of tiles 45 dB, a smaller scale changes every tile.
ROUNDS: Mapping[str, tuple[tuple[float, ...], ...]] = {
    "fps": ((10,), (), (), (6,), (4,), (2,)),
    "tolerance": ((1, 2, 3, 4), (5,), (6,), (8,), (11, 16), (24, 32)),
    "colors": ((192, 128), (), (96,), (64, 48), (32, 16), (8, 4)),
    "size": ((), (), (0.84, 0.75, 0.66), (0.58, 0.5), (0.42, 0.36, 0.31), (0.28, 0.25, 0.2)),
    "crf": ((18, 20, 22), (24, 26), (28,), (30, 32, 34), (37, 40), (44, 48)),
}
DRAWN = ("thin", "size")  # what decides which frames there are, and how they look
MOST_THINNED = 32
MOST_BETTER = 3  # clips that are written once more, where one has left much of the limit
AIM, ENOUGH, HOPELESS = 0.96, 0.7, 1.4


def ladder(output: Any, fps: float, size: tuple[int, int], fits: Callable[[tuple[int, int]], bool]) -> list[State]:
    """Settings from the output's own downward, each as the keys to change; `fits` says which sizes can be laid out."""
    states: list[State] = [{}]
    for number in range(len(ROUNDS["fps"])):
        for name in output.economies if output.give_up is None else output.give_up:
            for change in _changes(name, number, output, fps, size):
                if "size" not in change or fits(change["size"]):
                    states.append({**states[-1], **change})
    return states


def _changes(name: str, number: int, output: Any, fps: float, size: tuple[int, int]) -> Iterator[State]:
    values = ROUNDS[name][number]
    if name == "fps":
        highest = min((v[0] for v in ROUNDS[name][:number] if v), default=float("inf"))
        for thin in range(output.thin + 1, MOST_THINNED * output.thin) if values else ():
            if values[0] <= fps / thin < highest:
                yield {"thin": thin}
    elif name == "size":
        for share in values:
            yield {"size": (round(size[0] * share / 2) * 2, round(size[1] * share / 2) * 2)}
    else:
        for value in values:
            own = getattr(output, name) or 0
            if value < own if name == "colors" else value > own:
                yield {name: int(value)}


def search(path: str, limit: int, states: Sequence[State], write: Writes, probe: Predicts) -> State:
    """Write the clip at the first setting, or one soon after, that keeps within `limit` bytes; return that setting.

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
    """Predictions are corrected by what was written: by a factor, and by a power once two clips are known."""

    def __init__(self, path: str, limit: int, states: Sequence[State], write: Writes, probe: Predicts) -> None:
        self.path, self.limit, self.states, self.write, self._probe = path, limit, states, write, probe
        self.too_large, self.smallest = -1, float("inf")
        self.probed: dict[int, float] = {}
        self.known: dict[int, float] = {}  # settings that were written, with the bytes of all frames
        self.least = 1.0  # bytes are at least so many times what was predicted, where writing was broken off

    def run(self) -> State:
        number = self._descend()
        for _ in range(MOST_BETTER):
            better = self._predicted(self.too_large + 1, number)
            if self.known[number] >= ENOUGH * self.limit or better >= number:
                break
            number = better if self._try(better) else number
        return self.states[number]

    def _descend(self) -> int:
        """The first setting tried that is small enough. The output's own is not tried where it is far too large."""
        number, last = 0, len(self.states) - 1
        if last and self._probe_of(0) > HOPELESS * self.limit:
            number = self._chosen(1)
        while not self._try(number):
            if number == len(self.states) - 1:
                raise EncodeError(
                    f"{self.path}: about {shown_bytes(self.smallest)} is the least this film takes, more than "
                    f"max_bytes, {shown_bytes(self.limit)}; raise it, shorten the film or let more be given up"
                )
            number = self._chosen(number + 1)
        return number

    def _chosen(self, low: int) -> int:
        """The setting to try next, from `low` on: of those that show the same frames, where the last of them may be
        small enough. Others have to be drawn before they can be predicted, and leave much of the limit at once."""
        last = high = len(self.states) - 1
        shown = [tuple(state.get(key) for key in DRAWN) for state in self.states]
        same = next((n for n in range(low, last) if shown[n + 1] != shown[low]), last)
        if self._expected(same) <= self.limit:
            high = same
        return self._predicted(low, high)

    def _try(self, number: int) -> bool:
        """Write the clip at a setting; whether it was small enough."""
        try:
            self.known[number] = self.write(self.states[number])
            return True
        except TooLarge as error:
            self.too_large = max(self.too_large, number)
            self.smallest = min(self.smallest, error.expected)
            if error.share == 1.0:
                self.known[number] = error.bytes
            elif len(self.states) > 1:
                self.least = max(self.least, 1.05 * self.limit / self._probe_of(number))
            return False

    def _probe_of(self, number: int) -> float:
        if number not in self.probed:
            self.probed[number] = self._probe(self.states[number])
        return self.probed[number]

    def _expected(self, number: int) -> float:
        """Bytes at a setting: a power law through the two written clips with the most different predictions."""
        here = self._probe_of(number)
        if not self.known:
            return self.least * here
        near = min(self.known, key=lambda n: abs(n - number))
        far = max(self.known, key=lambda n: abs(log(self._probe_of(n) / self._probe_of(near))))
        span = log(self._probe_of(far) / self._probe_of(near))
        power = log(self.known[far] / self.known[near]) / span if abs(span) > 0.05 else 1.0
        factor: float = (here / self._probe_of(near)) ** min(2.0, max(0.5, power))
        return self.known[near] * factor

    def _predicted(self, low: int, high: int) -> int:
        """The first setting from `low` on that is predicted to be small enough; `high` where none is. It is looked for
        where a straight line through the logarithms at both ends crosses the limit: few settings are probed."""
        goal = AIM * self.limit
        while low < high:
            before, after = self._expected(max(0, low - 1)), self._expected(high)
            share = log(before / goal) / log(before / after) if before > after else 0.5
            middle = low + min(high - low - 1, max(0, int(share * (high - low + 1))))
            if self._expected(middle) <= goal:
                high = middle
            else:
                low = middle + 1
        return high
