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
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # which libraries keep to, ours too
WITHIN = 3  # epochs that a process trains, of which the median is one round


def lines() -> Lines:
    """784-64-10, then the convolutional network; each library in processes of its own, in turns, on as many threads as
    ours. Ours shares the work of a large batch alone: that of 784-64-10 it does on one."""
    yield from _against("dense", EPOCH, "784-64-10", "the products and the gather", networks.products, 1, 1.5)
    yield from _frameworks("dense", EPOCH, "784-64-10")
    if find_spec("sklearn"):
        yield from _against("dense", EPOCH, "784-64-10", "scikit-learn", networks.scikit_learn, 1, 1.0)
    else:
        yield Skipped("784-64-10 ÷ scikit-learn", "it is not installed; make bench installs it")
    yield from _frameworks("conv", CONV_STEPS, "convnet")
    yield from _recorded()


def _frameworks(network: str, steps: int, name: str) -> Lines:
    if not find_spec("torch"):
        yield Skipped(f"{name} ÷ PyTorch", "it is not installed; make bench installs it")
        return
    for threads in (1, 2):
        yield from _against(network, steps, name, "PyTorch", networks.pytorch, threads, 1.0, threads)


def _against(
    network: str,
    steps: int,
    name: str,
    said: str,
    other: Callable[..., Any],
    threads: int,
    goal: float,
    *more: int,
) -> Lines:
    environment = dict.fromkeys(THREADS, str(threads))
    took = _in_turns((networks.ours, network, steps, WITHIN), (other, network, steps, WITHIN, *more), **environment)
    words = f"{1000 * median(took[0]) / steps:.2f} ms a step, {1000 * median(took[1]) / steps:.2f}"
    yield ratio(f"{name} ÷ {said}, {threads} thread{'s'[: threads - 1]}", *took, words, ceiling=goal)


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


def _in_turns(*calls: tuple[Any, ...], **environment: str) -> list[list[Spent]]:
    """What each call took in each round: the median of what its process gives."""
    found: list[list[Spent]] = [[] for _ in calls]
    for number in range(rounds(5)):
        order = list(enumerate(calls))
        for index, (function, *given) in order[:: -1 if number % 2 else 1]:
            pairs = sorted(alone(function, *given, **environment))
            found[index].append(Spent(*pairs[len(pairs) // 2]))
    return found
