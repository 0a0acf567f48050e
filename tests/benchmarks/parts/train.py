"""Training, ÷ the matrix products alone, PyTorch and scikit-learn; metrics of each batch included."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from benchmarks import networks
from benchmarks.measuring import Lines, Skipped, Spent, alone, median, ratio, rounds

EPOCH = 469  # steps of 128 images in 60,000
CONV_STEPS = 27  # a tenth of an epoch of 54,000 in batches of 200
EVERY, SOME = 5, 465  # a snapshot for each frame of a film of six seconds an epoch
WITHIN = 3  # epochs that a process trains, of which the median is one round


def lines() -> Lines:
    """784-64-10, then the convolutional network; each library in processes of its own, in turns."""
    yield from _against("dense", EPOCH, "784-64-10", "the products and the gather, 1 thread", networks.products, 1.5)
    yield from _frameworks("dense", EPOCH, "784-64-10")
    if find_spec("sklearn"):
        yield from _against("dense", EPOCH, "784-64-10", "scikit-learn", networks.scikit_learn, 1.0)
    else:
        yield Skipped("784-64-10 ÷ scikit-learn", "it is not installed; make bench installs it")
    yield from _frameworks("conv", CONV_STEPS, "convnet")
    yield from _recorded()


def _frameworks(network: str, steps: int, name: str) -> Lines:
    if not find_spec("torch"):
        yield Skipped(f"{name} ÷ PyTorch", "it is not installed; make bench installs it")
        return
    for threads, said in ((0, "PyTorch, its own threads"), (1, "PyTorch, 1 thread")):
        goal = 1.0 if threads == 0 else None
        yield from _against(network, steps, name, said, networks.pytorch, goal, threads)


def _against(
    network: str, steps: int, name: str, said: str, other: Callable[..., Any], goal: float | None, *more: int
) -> Lines:
    took = _in_turns((networks.ours, network, steps, WITHIN), (other, network, steps, WITHIN, *more))
    words = f"{1000 * median(took[0]) / steps:.2f} ms a step, {1000 * median(took[1]) / steps:.2f}"
    yield ratio(f"{name} ÷ {said}", *took, words, **({"ceiling": goal} if goal else {}))


def _recorded() -> Lines:
    """What metrics and snapshots cost, over the plainest loop of the same layers."""
    plain, measured, kept = _in_turns(
        (networks.bare, "dense", SOME, WITHIN),
        (networks.ours, "dense", SOME, WITHIN),
        (networks.recorded, "dense", SOME, WITHIN, EVERY),
    )
    yield ratio("784-64-10 with the metrics of each batch ÷ without", measured, plain)
    what = f"784-64-10 with metrics, and a snapshot every {EVERY} steps ÷ without"
    yield ratio(what, kept, plain, ceiling=1.1)


def _in_turns(*calls: tuple[Any, ...]) -> list[list[Spent]]:
    """What each call took in each round: the median of what its process gives."""
    found: list[list[Spent]] = [[] for _ in calls]
    for number in range(rounds(5)):
        order = list(enumerate(calls))
        for index, (function, *given) in order[:: -1 if number % 2 else 1]:
            pairs = sorted(alone(function, *given))
            found[index].append(Spent(*pairs[len(pairs) // 2]))
    return found
