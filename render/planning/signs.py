"""Signs that people do not see and terminals obey: what is shown in their place."""

from __future__ import annotations

import re
from collections.abc import Callable

# Controls but for the ends of lines and tabs, halves of signs that names of files have where they are no text, ends of
# lines that are not shown as such, marks of direction, invisible signs. Joiners stay: words of some scripts need them.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0001\U000e0020-\U000e007f]"
)


def shown(words: str) -> str:
    """Words for a terminal: hidden signs stand as \\x1b or \\u202e."""
    return HIDDEN.sub(_by(lambda sign: sign.encode("unicode_escape").decode()), words)


def in_toml(words: str, *, ascii_only: bool = False) -> str:
    """A TOML document whose texts all stand in double quotes, with hidden signs as \\u001b, so that it says the same;
    on demand all that is not ASCII."""
    pattern = re.compile("[^\n\t -~]") if ascii_only else HIDDEN
    return pattern.sub(_by(lambda sign: f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"), words)


def _by(written: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
    return lambda found: written(found[0])
