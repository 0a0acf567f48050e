"""Axes of a plot: round ticks, and where a value falls between two edges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.numbers import grouped

STEPS = (1, 2, 2.5, 5, 10)
FEW = 4
MANY = 8  # decades, from which on not each has a label
SMALL, LARGE_POWER = 1e-4, 1e6  # what has more digits is written as 2e−5; large ones on logarithmic axes only
AROUND = 0.1  # of a value that is all there is, on either side of it
LARGE = 1e9  # from here on a number is written as 2.5e30: losses of a training that diverges go up to 1e38


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high`, linear or logarithmic, with labelled ticks."""

    low: float
    high: float
    log: bool
    ticks: tuple[float, ...]
    labels: tuple[str, ...]

    def place(self, values: NDArray[np.number], start: float, stop: float, *, cut: bool = True) -> NDArray[np.float64]:
        """Pixel of each value, where `low` is at `start` and `high` at `stop`. Values outside stay at the ends; without
        `cut` they lie beyond, up to ten times the length."""
        v = np.asarray(values, np.float64)
        far = 0.0 if cut else 10.0
        low, high = self.low, self.high
        if self.log:
            # A loss of 0 has no logarithm; nine decades below the axis it is out of sight.
            v, low, high = np.log10(np.maximum(v, low * 1e-9)), log10(low), log10(high)
        share = np.clip((v - low) / (high - low), -far, 1.0 + far)
        return start + share * (stop - start)


def linear_axis(low: float, high: float, count: int, *, widen: bool) -> Axis:
    """An axis with about `count` round ticks, but two at the least, for one tells no distance; with `widen`, its ends
    are moved out to ticks, as around a single value."""
    if not high > low:
        around, widen = AROUND * abs(low) or 0.5, True
        low, high = low - around, low + around
    finer = [_round_step((high - low) / n) for n in (max(1, count - 1), 2, 3, 4)]
    step = next((s for s in finer if widen or len(_between(low, high, s)) > 1), finer[0])
    # Ticks within a rounding error of an end are at it: 0.3 / 0.1 is a little under 3.
    first, last = (floor(low / step + 1e-9), ceil(high / step - 1e-9)) if widen else _inner(low, high, step)
    ticks = tuple(i * step for i in range(first, last + 1))
    if widen:
        low, high = first * step, last * step
    if not ticks:
        return _bare(low, high, log=False)
    decimals = _decimals(step)
    most = max(abs(low), abs(high))
    brief = LARGE <= most < 1000 * step or most < SMALL
    return Axis(low, high, False, ticks, tuple(short(t) if brief else _rounded(t, decimals) for t in ticks))


def _rounded(value: float, decimals: int) -> str:
    return grouped(f"{value:.{decimals}f}".replace("-", "−"))


def short(value: float) -> str:
    """A number too long to be written out, such as 2.5e30."""
    digits, _, power = f"{value:.4g}".partition("e")
    return f"{digits}e{int(power)}".replace("-", "−") if power else digits.replace("-", "−")


def _between(low: float, high: float, step: float) -> range:
    first, last = _inner(low, high, step)
    return range(first, last + 1)


def _inner(low: float, high: float, step: float) -> tuple[int, int]:
    return ceil(low / step - 1e-9), floor(high / step + 1e-9)


def _round_step(rough: float) -> float:
    power = 10.0 ** floor(log10(rough))
    return next(s * power for s in STEPS if s * power >= rough * (1 - 1e-9))


def _decimals(step: float) -> int:
    """Of a round number, so many that it is written in full."""
    return next((d for d in range(12) if abs(round(step, d) - step) < 1e-9 * step), 12)


def log_axis(low: float, high: float, *, widen: bool) -> Axis:
    """A logarithmic axis with a tick at each power of ten, at every other where there are many, and at 2 and 5 and
    others where there are few; all are written in one way."""
    if widen:
        low, high = _round_log(low, down=True), _round_log(high, down=False)
    if high <= low:
        low, high = (_round_log(low * (1 + way * AROUND), down=way < 0) for way in (-1, 1))
    ticks = _log_ticks(low, high, FEW - 2 if widen else FEW - 1)
    if widen and len(ticks) < FEW and high / low >= 200:
        ticks = _with_ends(ticks, low, high)
    if len(ticks) < 2:  # within a part of a decade, where round numbers lie evenly
        even = linear_axis(low, high, FEW, widen=False)
        return replace(even, log=True)
    return Axis(low, high, True, ticks, _alike(ticks)) if ticks else _bare(low, high, log=True)


def _log_ticks(low: float, high: float, few: int) -> tuple[float, ...]:
    """Of the coarsest kind that gives at least so many."""
    decades = range(floor(log10(low) + 1e-9), ceil(log10(high) - 1e-9) + 1)
    apart = ceil((len(decades) - 1) / MANY)
    if apart > 1:
        decades = range(decades.start + -decades.start % apart, decades.stop, apart)
    found: tuple[float, ...] = ()
    for factors in ((1,), (1, 2, 5), (1, 1.5, 2, 2.5, 3, 4, 5, 7))[high / low < 200 :]:
        every = (f * 10.0**d for d in decades for f in factors)
        found = tuple(t for t in every if low * (1 - 1e-9) <= t <= high * (1 + 1e-9))
        if len(found) >= few:
            break
    return found


def _with_ends(ticks: tuple[float, ...], low: float, high: float) -> tuple[float, ...]:
    """The ticks and those ends of the axis that are far enough from them for a label."""
    room = (high / low) ** 0.15
    ends = [e for e in (low, high) if all(max(e / t, t / e) > room for t in ticks)]
    return tuple(sorted({*ticks, *ends}))


def _bare(low: float, high: float, *, log: bool) -> Axis:
    """An axis too narrow for a round tick: its ends are the ticks."""
    return Axis(low, high, log, (low, high), (f"{low:.4g}", f"{high:.4g}"))


def _round_log(value: float, *, down: bool) -> float:
    power = 10.0 ** floor(log10(value) + 1e-12)
    marks = [m * power for m in (1, 2, 5, 10)]
    return (
        max(m for m in marks if m <= value * (1 + 1e-9)) if down else min(m for m in marks if m >= value * (1 - 1e-9))
    )


def _alike(ticks: tuple[float, ...]) -> tuple[str, ...]:
    """Ticks of a logarithmic axis in one notation: written out, or all with a power of ten."""
    if ticks[0] < SMALL or ticks[-1] >= LARGE_POWER:
        parts = (f"{t:.1e}".split("e") for t in ticks)
        return tuple(f"{float(digits):g}e{int(power)}".replace("-", "−") for digits, power in parts)
    return tuple(grouped(f"{t:.{_decimals(t)}f}") for t in ticks)
