"""The library of matrix products (BLAS): kept to one thread a product, and its name.

It cuts a product up by its number of threads, and with it the order of some sums: the last digits would depend on how
many processors a machine has. On one thread each they depend on the library's kernels alone, which it chooses by the
kind of processor.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock

import numpy as np
from threadpoolctl import ThreadpoolController


@cache
def _libraries() -> ThreadpoolController:
    """The libraries that are loaded; looking for them takes 3 ms."""
    return ThreadpoolController().select(user_api="blas")


class _Products:
    """The process's setting: whoever comes first lowers it, whoever leaves last puts it back. Two that each put back
    what they found could leave products of the other on several threads."""

    def __init__(self) -> None:
        self._lock, self._within, self._before = Lock(), 0, 1

    def lower(self) -> None:
        with self._lock:
            if self._within == 0:
                self._before = _allowed()
                self._limit = _libraries().limit(limits=1)
            self._within += 1

    def put_back(self) -> None:
        with self._lock:
            self._within -= 1
            if self._within == 0:
                self._limit.restore_original_limits()

    def allowed(self) -> int:
        with self._lock:
            return self._before if self._within else _allowed()


_products = _Products()


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep every product of the process to one thread; 30 µs, nested 1 µs. Afterwards all is as it was."""
    _products.lower()
    try:
        yield
    finally:
        _products.put_back()


def threads() -> int:
    """How many threads we may work on: processors given to the process, or fewer where the user holds BLAS to fewer, by
    OPENBLAS_NUM_THREADS and its like."""
    return _products.allowed()


def _allowed() -> int:
    given = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(given, max((int(library["num_threads"]) for library in _libraries().info()), default=given))


@cache
def kernels() -> str:
    """What decides on the last digits beside versions: BLAS with the kind of processor that its kernels are for, and
    the instructions that NumPy's own loops use, as in "openblas 0.3.31 Haswell, numpy X86_V3"."""
    libraries = _libraries().info()
    numpys = [library for library in libraries if library["filepath"].startswith(os.path.dirname(np.__file__))]
    keys = ("internal_api", "version", "architecture")
    named = [" ".join(str(library[key]) for key in keys if library.get(key)) for library in numpys or libraries]
    simd = np.show_config("dicts")["SIMD Extensions"]
    return ", ".join([*named, " ".join(["numpy", *(simd["found"] or simd["baseline"])[-1:]])])
