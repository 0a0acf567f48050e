"""Which steps of a training stay, when there is room for so many and nobody knows how long it will be.

Steps lie on a ruler that is cut into pieces of one length; the first step in each piece stays. When the room is full
the pieces are taken two by two, and what is not the first in its piece any more goes, the oldest first, one for each
that comes: the room stays full, and a newcomer that is not the first in its piece is not taken. On an even ruler a
piece is so many steps; on a logarithmic one steps grow by a factor from piece to piece, so that the beginning is dense.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Literal, get_args

Spacing = Literal["auto", "even", "log", "all"]
SPACINGS: tuple[str, ...] = get_args(Spacing)
# The parts of the room that go to each ruler.
SHARES: dict[str, dict[str, float]] = {
    "auto": {"even": 2 / 3, "log": 1 / 3},
    "even": {"even": 1.0},
    "log": {"log": 1.0},
    "all": {"even": 1.0},
}
# Where a step lies on each, and the other way round.
PLACES: dict[str, tuple[Callable[[int], float], Callable[[float], float]]] = {
    "even": (float, float),
    "log": (lambda step: math.log2(1 + step), lambda place: 2 ** min(place, 64.0) - 1),
}
FINEST = 2.0**-20  # of a logarithmic ruler: every step is in a piece of its own, up to the millionth


class Ruler:
    """Pieces of one length, and the steps that are the first in theirs.

    Args:
        place: where a step lies, counted from the first.
        back: which step lies at a place, about.
        share: the part of the room that it should take.
        piece: the length of its pieces at the beginning.

    Attributes:
        firsts: the steps that are the first in their pieces.
        next: the next step that will be.
    """

    def __init__(
        self, place: Callable[[int], float], back: Callable[[float], float], share: float, piece: float
    ) -> None:
        self._place, self._back, self.share, self.piece = place, back, share, piece
        self.firsts: set[int] = set()
        self._latest, self.next = -1, 0.0

    def take(self, step: int) -> None:
        """Let a step count that comes after all others."""
        if step >= self.next:
            self._latest = math.floor(self._place(step) / self.piece)
            self.firsts.add(step)
            self.next = self._following()

    def _following(self) -> float:
        """The first step in the next piece that has one."""
        step = math.floor(self._back((self._latest + 1) * self.piece))
        while step > 0 and self._beyond(step - 1):
            step -= 1
        while not self._beyond(step):
            step += 1
        return step

    def _beyond(self, step: int) -> bool:
        return math.floor(self._place(step) / self.piece) > self._latest

    def coarsen(self) -> None:
        """Make one piece of two."""
        self.piece *= 2
        steps, self.firsts, self._latest = sorted(self.firsts), set(), -1
        for step in steps:
            if self._beyond(step):
                self._latest = math.floor(self._place(step) / self.piece)
                self.firsts.add(step)
        self.next = self._following()


class Chosen:
    """The steps that stay, at most `room` of them; they come in rising order.

    Args:
        room: how many there may be, 1 or more.
        spacing: "even" in steps; "log", dense at the beginning; "auto", two thirds even and one third log; "all",
            every step until there is no room, then "even".
        total_steps: the last step, where it is known: what would go again is then not taken in the first place.

    Attributes:
        next: the next step that is wanted.
    """

    def __init__(self, room: int, spacing: Spacing, total_steps: int | None = None) -> None:
        self._room, self._begin = room, 0
        self.next = -math.inf
        self._steps: dict[int, None] = {}
        self._leaving: deque[int] = deque()
        pieces = {name: _piece(name, room * share, total_steps) for name, share in SHARES[spacing].items()}
        if spacing == "all":
            pieces = {"even": 1.0}
        self.rulers = {name: Ruler(*PLACES[name], share, pieces[name]) for name, share in SHARES[spacing].items()}
        self.thinned = False  # whether a step has had to go

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def steps(self) -> list[int]:
        """Those that stay, rising."""
        return list(self._steps)

    @property
    def full(self) -> bool:
        """Whether from now on one goes for each that comes."""
        return len(self._steps) >= self._room

    def wants(self, step: int) -> bool:
        """Whether a step would be taken that comes after all others."""
        return step >= self.next

    def take(self, step: int) -> int | None:
        """Keep a step that is wanted; the step that has to go for it, if any."""
        if not self._steps:
            self._begin = step
        gone = self._leaving.popleft() if self.full else None
        if gone is not None:
            del self._steps[gone]
            self.thinned = True
        self._steps[step] = None
        for ruler in self.rulers.values():
            ruler.take(step - self._begin)
        if self.full and not self._leaving:
            self._coarsen()
        self.next = self._begin + min(ruler.next for ruler in self.rulers.values())
        return gone

    def _coarsen(self) -> None:
        """Find steps that can go: of the ruler that has most in relation to its share, until there is one."""
        rulers = list(self.rulers.values())
        if self._room < 2:  # the first step stays, whatever comes
            for ruler in rulers:
                ruler.next = math.inf
            return
        while not self._leaving:
            max(rulers, key=lambda ruler: len(ruler.firsts) / ruler.share).coarsen()
            firsts = set().union(*(ruler.firsts for ruler in rulers))
            self._leaving.extend(step for step in self._steps if step - self._begin not in firsts)


def _piece(ruler: str, room: float, total_steps: int | None) -> float:
    """The length of a ruler's pieces at the beginning: the shortest, or that with which a training of known length
    fits, or nearly so: whole steps, and as many as there is room for."""
    if total_steps is None or room < 3:
        return 1.0 if ruler == "even" else FINEST
    if ruler == "even":
        return max(1.0, total_steps // (room - 2))
    low, high = FINEST, 64.0
    while high / low > 1.001:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if _pieces(middle, total_steps) <= room - 2 else (middle, high)
    return high if _pieces(FINEST, total_steps) > room - 2 else FINEST


def _pieces(piece: float, steps: int) -> float:
    """About how many pieces of a logarithmic ruler have a step: at first each step has its own."""
    alone = 1 / (piece * math.log(2))
    return steps if alone >= steps else alone * (1 + math.log(steps / alone))
