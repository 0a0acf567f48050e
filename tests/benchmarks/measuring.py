"""How speed is measured: as a ratio of two that take turns, because machines are shared and noisy; each where nothing
of the other is left, in a process of its own where memory or state matters.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
LIBRARIES = ("numpy", "opencv-python", "opencv-python-headless", "av", "pillow", "zarr", "torch", "scikit-learn")


@dataclass(frozen=True)
class Figure:
    """One line of the table: the median of some rounds, their quartiles, and what is to be reached, at least (`floor`)
    or at most (`ceiling`). `words` are the numbers behind a ratio; `more` goes into the JSON alone."""

    what: str
    value: float
    unit: str = "×"
    low: float | None = None
    high: float | None = None
    rounds: int = 1
    floor: float | None = None
    ceiling: float | None = None
    words: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def goal(self) -> str:
        """What is to be reached, as the table has it."""
        if self.floor is not None:
            return f"≥ {self.floor:g}"
        return "" if self.ceiling is None else f"≤ {self.ceiling:g}"

    @property
    def reached(self) -> bool | None:
        """Whether it is; None where nothing is to be reached."""
        if self.floor is not None:
            return self.value >= self.floor
        return None if self.ceiling is None else self.value <= self.ceiling

    def as_dict(self) -> dict[str, Any]:
        """For the JSON."""
        return asdict(self) | {"reached": self.reached}


@dataclass(frozen=True)
class Skipped:
    """A line that is left out, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Spent:
    """What something took: seconds that passed, and those of processors, of this process and of those it waited for."""

    wall: float
    cpu: float


Timed = Callable[[], object]
Lines = Iterator[Figure | Skipped]


def rounds(usual: int) -> int:
    """How many rounds there are, unless ROUNDS says otherwise."""
    return int(os.environ.get("ROUNDS") or usual)


def spent(work: Timed) -> Spent:
    """Do something, once. A callable that gives a `Spent` has measured itself."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    found = work()
    return found if isinstance(found, Spent) else Spent(time.perf_counter() - wall, cpu_seconds() - cpu)


def cpu_seconds() -> float:
    """Of processors, of this process and of those that it waited for."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(r.ru_utime + r.ru_stime for r in map(resource.getrusage, kinds))


def in_turns(count: int, *works: Timed) -> list[tuple[Spent, ...]]:
    """What each of several took in each round; they begin in another order every time."""
    found = []
    for number in range(count):
        order = sorted(range(len(works)), reverse=bool(number % 2))
        took = {index: spent(works[index]) for index in order}
        found.append(tuple(took[index] for index in range(len(works))))
    return found


def ratio(what: str, over: Sequence[Spent], under: Sequence[Spent], words: str = "", **goal: float) -> Figure:
    """The seconds of `over` to those of `under`, round by round."""
    wall = [a.wall / b.wall for a, b in zip(over, under, strict=True)]
    cpu = statistics.median(a.cpu / b.cpu if b.cpu else 0.0 for a, b in zip(over, under, strict=True))
    more = {"over": [asdict(s) for s in over], "under": [asdict(s) for s in under]}
    said = f"{words}; processor time {cpu:.2f} ×".removeprefix("; ")
    return summed(what, wall, words=said, more=more, **goal)


def summed(what: str, values: Sequence[float], unit: str = "×", **rest: Any) -> Figure:
    """The median and the quartiles of some values."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3
    return Figure(what, middle, unit, low, high, len(values), **rest)


def seconds(what: str, times: Sequence[Spent], words: str = "", **goal: Any) -> Figure:
    """The seconds that passed, with those of processors beside them."""
    cpu = statistics.median(t.cpu for t in times)
    more = {"times": [asdict(t) for t in times]}
    said = f"{cpu:.1f} s of processors{f'; {words}' if words else ''}"
    return summed(what, [t.wall for t in times], "s", words=said, more=more, **goal)


def median(times: Sequence[Spent]) -> float:
    """The seconds that passed."""
    return statistics.median(t.wall for t in times)


def per_second(count: int, times: Sequence[Spent]) -> float:
    """How many a second."""
    return count / median(times)


def alone(function: Callable[..., Any], *arguments: Any, **environment: str) -> Any:
    """Call a function of a module in a process of its own; arguments and result as JSON has them."""
    call = json.dumps([function.__module__, function.__name__, arguments])
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.measuring", call],
        env=os.environ | {"PYTHONPATH": str(TESTS)} | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def weightreel(*words: object, folder: Path | None = None, **environment: str) -> dict[str, Any]:
    """Run the command; what `--json` printed, where it was asked for."""
    done = subprocess.run(
        [sys.executable, "-m", "weightreel", *map(str, words)],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"weightreel {' '.join(map(str, words))}: {done.stderr}")
    return json.loads(done.stdout) if "--json" in words else {}


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Whatever library counts, on one thread a product."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


def machine() -> dict[str, Any]:
    """What was measured on: libraries, processors, Python."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = {name: found for name in LIBRARIES if (found := _version(name))}
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "processors": processors,
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else [],
        "versions": {"weightreel": _version("weightreel")} | versions,
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.exists() else []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())


def peak_mebibytes() -> float:
    """The most memory that this process, or one that it waited for, ever had. Linux counts for `ru_maxrss` what the
    process had that began this one: what it had itself is told elsewhere."""
    own, waited = (resource.getrusage(kind).ru_maxrss for kind in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    status = Path("/proc/self/status")
    for line in status.read_text().splitlines() if status.exists() else ():
        if line.startswith("VmHWM:"):
            own = int(line.split()[1])
    return max(own, waited) / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    module, name, arguments = json.loads(sys.argv[1])
    print(json.dumps(getattr(importlib.import_module(module), name)(*arguments)))
