"""Whether a change has moved anything: hashes written to a file before it, and compared with that after it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path


def main(found: Mapping[str, object], what: str) -> int:
    """Write the hashes to the file that was named, or compare them with those that it has; the exit status."""
    path = Path(sys.argv[1])
    if not path.exists():
        path.write_text(json.dumps(found, indent=1) + "\n")
        return 0
    before = json.loads(path.read_text())
    changed = [key for key in sorted(before.keys() | found.keys()) if before.get(key) != found.get(key)]
    print(f"{len(changed)} of {len(before)} {what} differ", *changed, sep="\n  ")
    return 1 if changed else 0
