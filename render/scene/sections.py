"""The sections of a film, in their order: a title card, the training, an end card."""

from __future__ import annotations

from typing import NamedTuple

from weightreel.render.views._card import Card

FILM = "film"


class Section(NamedTuple):
    """A stretch of a film: a card that stands still at one end of the training, or the training under the views."""

    key: str
    card: Card | None = None
    at_end: bool = False


def sections_of(title: str, title_card: Card | None, end_card: Card | None) -> tuple[Section, ...]:
    """The sections that a scene has; a title card says the scene's title where it says no heading."""
    found = [Section(FILM)]
    if title_card is not None:
        heading = title.replace("{", "{{").replace("}", "}}") if title_card.heading is None else title_card.heading
        found.insert(0, Section("title_card", title_card.model_copy(update={"heading": heading})))
    if end_card is not None:
        found.append(Section("end_card", end_card, at_end=True))
    return tuple(found)
