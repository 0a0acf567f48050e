"""Films in HTML, for notebooks: whole in itself, with nothing fetched from anywhere. Words are strangers' and stand as
text; the same film gives the same markup."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from html import escape

from weightreel.render.planning.signs import shown

FIT = "max-width:100%;height:auto"


def figure(media: str, title: str, words: Iterable[str] = ()) -> str:
    """A picture or a video with its title below, and a line for each of some words."""
    lines = [f"<strong>{text(title)}</strong>", *map(text, words)]
    return f'<figure style="margin:0">{media}<figcaption>{"<br>".join(lines)}</figcaption></figure>'


def picture(data: bytes, kind: str, size: tuple[int, int], title: str, alt: str) -> str:
    """A picture, its bytes within; `kind` is its media type, `size` (width, height) in pixels."""
    return f'<img src="{_data(data, kind)}" {_said(size, title)} alt="{text(alt)}">'


def video(data: bytes, kind: str, size: tuple[int, int], title: str, alt: str, *, begins: bool = True) -> str:
    """A video, its bytes within, silent, in a loop, with controls; it `begins` by itself unless told otherwise."""
    alone = "autoplay " if begins else ""
    return (
        f'<video {alone}loop muted playsinline controls {_said(size, title)} aria-label="{text(alt)}">'
        f'<source src="{_data(data, kind)}" type="{kind}">{text(alt)}</video>'
    )


def refusal(words: str) -> str:
    """What is wrong, as it was said."""
    return f"<pre>{text(words)}</pre>"


def text(words: str) -> str:
    """Words as nothing but text, hidden signs as escapes."""
    return escape(shown(words))


def _said(size: tuple[int, int], title: str) -> str:
    return f'width="{size[0]}" height="{size[1]}" style="{FIT}" title="{text(title)}"'


def _data(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{b64encode(data).decode('ascii')}"
