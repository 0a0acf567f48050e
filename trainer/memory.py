"""How much memory this process may still take, and numbers of bytes in words."""

from __future__ import annotations

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def available_bytes() -> int:
    """Bytes of memory that this process may still take: what the machine has free, within the limits of a container
    (cgroup v1 and v2) and of the process (RLIMIT_AS), as far as the system tells them."""
    known = (_machine(), _of_cgroup("memory.max", "memory.current"), _of_cgroup(*_V1), _of_process())
    return max(0, min(count for count in known if count is not None))


_V1 = ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")


def _machine() -> int:
    """MemAvailable counts what caches would give back; without it, the pages that a system has count as free."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return 2**33


def _of_cgroup(limit: str, used: str) -> int | None:
    """What the limit of a container leaves; None where there is none, or nobody tells."""
    most, now = _number(CGROUP / limit), _number(CGROUP / used)
    return None if most is None or most >= 2**60 else most - (now or 0)


def _of_process() -> int | None:
    try:
        import resource

        soft = resource.getrlimit(resource.RLIMIT_AS)[0]
        if soft == resource.RLIM_INFINITY:
            return None
        return soft - int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (ImportError, OSError, ValueError):
        return None


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # "max" where there is no limit
        return None


def shown_bytes(count: float) -> str:
    """A number of bytes in words, such as 2.8 MB or 430 kB."""
    count = float(min(count, 10**30))
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= 0.9995 * size:
            return f"{count / size:,.1f} {unit}"
    if count < 1000:
        return f"{count:.0f} bytes"
    return f"{round(count / 1e3, 1 if count < 9950 else None):g} kB"
