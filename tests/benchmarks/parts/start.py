"""What happens before any work: the command, and the package, begun anew; processor seconds."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.measuring import Lines, in_turns, median, rounds, summed

BEGINNINGS = {
    "weightreel --help": (["-m", "weightreel", "--help"], 0.25),
    "import weightreel": (["-c", "import weightreel"], None),
    "import of all that draws": (["-c", "import weightreel.render.work.write"], None),
}


def lines() -> Lines:
    """Of each, with those that passed beside them."""
    for what, (words, ceiling) in BEGINNINGS.items():

        def begin(words: list[str] = words) -> None:
            subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)

        begin()
        took = [turn[0] for turn in in_turns(rounds(9), begin)]
        yield summed(what, [t.cpu for t in took], "s", words=f"{median(took):.2f} s passed", ceiling=ceiling)
