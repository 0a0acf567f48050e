"""What lies in a folder, as digests that can be compared."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

_SECONDS = re.compile(rb'"seconds": [0-9.e+-]+|"digest": "[0-9a-f]*"')


def contents(folder: Path) -> dict[str, str]:
    """A digest of every file below a folder, by its path there; how long a training took is left out, and the digest of
    what says so."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"link to {os.readlink(path)}"
        elif path.is_file():
            found[name] = hashlib.sha256(_SECONDS.sub(b"", path.read_bytes())).hexdigest()[:16]
        elif path.is_dir() and not any(path.iterdir()):
            found[name] = "folder"
    return found
