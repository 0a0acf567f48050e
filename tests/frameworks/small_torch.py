"""Whether pip would take the small build of PyTorch, for the processor alone: it asks the index and downloads nothing.

python tests/frameworks/small_torch.py

Elsewhere a plain `pip install torch` brings three gigabytes for a GPU, which nobody should get unasked.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

PINNED = Path(__file__).with_name("constraints.txt")
GIGABYTES = 3


def pinned() -> str:
    """The version of torch that the tests are made for."""
    found = re.search(r"^torch==(\S+)$", PINNED.read_text(), re.MULTILINE)
    assert found, PINNED
    return found[1]


def offered() -> set[str]:
    """The versions that pip finds, each with the name of its build."""
    asked = [sys.executable, "-m", "pip", "index", "versions", "torch"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    listed = re.search(r"^Available versions: (.*)$", said, re.MULTILINE)
    return set(listed[1].split(", ")) if listed else set()


def small(version: str, versions: set[str], platform: str) -> bool:
    """Whether the build that pip takes of a version is a small one: it takes "+cpu" before the plain one, which is
    large on Linux alone."""
    return f"{version}+cpu" in versions or (platform != "linux" and version in versions)


def refusal(version: str) -> str:
    """What to do where it is not."""
    return (
        f"torch {version}: pip would take the build for GPUs, about {GIGABYTES} GB, or found none; "
        "nothing was installed.\n"
        f"Give pip an index that has {version}+cpu (PyTorch's own has), or take the large one: "
        "make test-frameworks FRAMEWORKS=1"
    )


def main() -> None:
    """Say nothing, or what to do."""
    if os.environ.get("FRAMEWORKS") == "1" or importlib.util.find_spec("torch") is not None:
        return
    if not small(pinned(), offered(), sys.platform):
        sys.exit(refusal(pinned()))


if __name__ == "__main__":
    main()
