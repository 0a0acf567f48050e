"""The reference as Markdown: scenes/REFERENCE.md, which `make reference` writes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import replace

from weightreel.render.command.keys import ENDS, THEIR_OWN, Key
from weightreel.render.command.page import Page
from weightreel.render.command.reference import SMALL, topics, topics_of

HEAD = """# Reference

Every key of a scene file. `weightreel help TOPIC` shows a topic in a terminal. Lists, tables, text and numbers are
TOML's. This page is made from the types themselves by `make reference`.
"""


def markdown() -> str:
    """The whole reference."""
    parts = [HEAD, textwrap.fill(ENDS, 120), "## Contents\n\n" + "\n".join(_contents())]
    for page in topics().values():
        parts += _section(page, "##")
        shared = page if page.keys or not page.see else topics()[page.see[0]]
        for member in page.pages:
            parts += _section(_without(member, shared), "###")
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _contents() -> Iterator[str]:
    for page in topics().values():
        yield f"- [{page.name}](#{page.name}): {page.summary}"
        if page.pages:
            yield f"  - {' · '.join(f'[{member.name}](#{member.name})' for member in page.pages)}"


def _without(page: Page, shared: Page) -> Page:
    """A page that tells of its own keys, and leads to those that all of its kind have."""
    own = tuple(key for key in page.keys if key not in shared.keys)
    if len(own) == len(page.keys):
        return page
    leads = f"Beside {'its own keys' if own else 'its type'} it has [those of {shared.name}](#{shared.name})."
    return replace(page, keys=own, words=(*page.words, leads))


def _section(page: Page, mark: str) -> Iterator[str]:
    yield f"{mark} {page.name}"
    yield f"`{page.place}`" if {*"[="} & {*page.place} else f"{page.place[0].upper()}{page.place[1:]}."
    yield from page.words
    if page.keys:
        yield "\n".join(_table(page.keys))
    for table in page.tables:
        if table.name not in SMALL:
            yield f"Keys in `{table.name}`:"
            yield "\n".join(_table(table.keys))
    if page.example:
        yield f"```toml\n{page.example}\n```"


def _table(keys: Iterable[Key]) -> Iterator[str]:
    keys = list(keys)
    if not any(key.takes for key in keys):
        yield from ("| name | meaning |", "| --- | --- |")
        yield from (f"| `{key.name}` | {_cell(key.meaning)} |" for key in keys)
        return
    yield from ("| key | type | default | meaning |", "| --- | --- | --- | --- |")
    for key in keys:
        yield f"| `{key.name}` | {_type(key)} | {_default(key)} | {_cell(key.meaning)} |"


def _type(key: Key) -> str:
    """The type, with a link to the topic that tells of it."""
    words = _cell(key.takes)
    for topic in topics_of(key)[:1]:
        names = (f"{topic}s", topic, "colour map", "table", "one of")
        named = next((name for name in names if name in words), words)
        words = words.replace(named, f"[{named}](#{topic})", 1)
    return words


def _default(key: Key) -> str:
    said = _cell(key.default)
    return said if key.found or said in ("none", "required", THEIR_OWN) else f"`{said}`"


def _cell(words: str) -> str:
    return words.replace("|", "\\|").replace("\n", "\\n")
