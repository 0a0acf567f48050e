"""What is told of the flashes in a clip."""

from __future__ import annotations

from weightreel.render.encoders._encoder import FlashReport
from weightreel.render.errors import Finding
from weightreel.render.frames.film import Film
from weightreel.render.frames.flashes import LIMIT, Flashes, Worst
from weightreel.render.frames.take import Take

SHOWN_TIMES = 3
REMEDY = "make it slower with a lower fps or more seconds, or hold its colours with normalize = { over = 'clip' }"


def flashes_found(flashes: Flashes, film: Film, take: Take) -> tuple[FlashReport, tuple[Finding, ...]]:
    """How many flashes there are in the worst second of a take, and a warning where they are too many."""
    general, red = flashes.general, flashes.red
    found = FlashReport(general=general.count, red=red.count)
    worst = max(general, red, key=lambda kind: kind.count)
    if worst.count <= LIMIT or worst.cells is None:
        return found, ()
    kind = "red flashes" if worst is red else "flashes"
    told = f"{worst.count} {kind} a second, more than {LIMIT}, {_times(flashes)}, mostly of {_where(worst, film, take)}"
    told = f"{told}: they can cause seizures (WCAG 2.3.1); {REMEDY}"
    return found, (Finding("flashes", told, "warning"),)


def _where(worst: Worst, film: Film, take: Take) -> str:
    number = min(round(worst.end * take.rate), len(take.indices) - 1)
    assert worst.cells is not None
    return film.where(take.indices[number], worst.cells)


def _times(flashes: Flashes) -> str:
    shown = [f"{begin:.1f}–{end:.1f} s" for begin, end in flashes.over]
    more = [f"{len(shown) - SHOWN_TIMES} times more"] if len(shown) > SHOWN_TIMES else []
    return f"at {', '.join([*shown[:SHOWN_TIMES], *more])}"
