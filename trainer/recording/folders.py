"""Folders for runs: a run may have any name, a folder on any system may not.

What a file system could refuse, change or mistake is written as the bytes of its UTF-8 in hexadecimal, %2F for a slash:
letters beyond ASCII too, which some systems store in another form than they were given. Names of every day stay as
they are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

LONGEST = 120  # bytes: within what encrypted file systems take, with room for a mark
_DIGITS = 16
_UNSAFE = re.compile(r"[^\w .,=+()@-]", re.ASCII)
# Of Windows: its devices, whatever suffix they have; of Zarr: its own file, and what begins with two underscores.
_TAKEN = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?|zarr\.json|__.*|[. ].*", re.IGNORECASE)


def folder_of(name: str, others: Iterable[str] = ()) -> str:
    """The folder of a run, beside those of `others`, which differ from it in more than upper and lower case.

    Names that are alike to a file system are told apart by a number; one that is long ends in a digest of all of it.
    """
    folder = _UNSAFE.sub(lambda found: _hexadecimal(found[0]), name) or "%"
    if _TAKEN.fullmatch(folder):
        folder = _hexadecimal(folder[0]) + folder[1:]
    if folder[-1] in ". ":
        folder = folder[:-1] + _hexadecimal(folder[-1])
    if len(folder) > LONGEST:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
        folder = f"{folder[: LONGEST - _DIGITS - 1]}~{digest}"
    taken, alone, number = {other.lower() for other in others}, folder, 1
    while folder.lower() in taken:
        number += 1
        folder = f"{alone}~{number}"
    return folder


def arrays_of(keys: Iterable[str]) -> dict[str, str]:
    """A folder for the array of each key, such as "parameters/0/weights": its kind, what it belongs to, what it is.

    No two are the same, and none is in another.
    """
    taken: dict[str, list[str]] = {}
    owners: dict[tuple[str, str], str] = {}
    found = {}
    for key in keys:
        kind, _, rest = key.partition("/")
        owner, _, leaf = rest.rpartition("/")
        if owner and (kind, owner) not in owners:
            owners[kind, owner] = f"{kind}/{_taking(owner, taken.setdefault(kind, []))}"
        inside = owners[kind, owner] if owner else kind
        found[key] = f"{inside}/{_taking(leaf, taken.setdefault(inside, []))}"
    return found


def _taking(name: str, taken: list[str]) -> str:
    taken.append(folder_of(name, taken))
    return taken[-1]


def _hexadecimal(sign: str) -> str:
    return "".join(f"%{byte:02X}" for byte in sign.encode("utf-8", "surrogatepass"))
