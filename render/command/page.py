"""A page of the reference: what it says, whatever it is shown as."""

from __future__ import annotations

import re
from dataclasses import dataclass

from weightreel.render.command.keys import Key


@dataclass(frozen=True)
class Page:
    """A page of the reference.

    Attributes:
        name: what it is asked for by; a topic, or one of its plug-ins.
        place: how it stands in a scene, such as "[timeline]".
        words: paragraphs.
        keys: with types and defaults; of mere words (purposes, losses …) with neither.
        example: lines of TOML that a scene may hold.
        tables: pages of the small tables that its keys hold, with the defaults that they have there.
        pages: one for each plug-in.
        see: topics that its keys lead to.
        aliases: other names of it.
    """

    name: str
    place: str
    words: tuple[str, ...]
    keys: tuple[Key, ...] = ()
    example: str = ""
    tables: tuple[Page, ...] = ()
    pages: tuple[Page, ...] = ()
    see: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """Its first sentence."""
        return re.split(r"(?<=[.!?])\s", self.words[0], maxsplit=1)[0] if self.words else ""
