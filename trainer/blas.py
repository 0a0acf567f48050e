"""The library of matrix products (BLAS): kept to one thread a product, and its name.

It cuts a product up by its number of threads, and with it the order of some sums: the last digits would depend on how
many processors a machine has. On one thread each they depend on the library's kernels alone, which it chooses by the
kind of processor.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

import numpy as np
from threadpoolctl import LibController, ThreadpoolController

Libraries = tuple[LibController, ...]


@cache
def _libraries() -> tuple[Libraries, Libraries]:
    """The libraries that are loaded, which takes 3 ms to find out: those that have one setting for the process, and
    OpenBLAS on OpenMP (conda's), which has one for each thread."""
    found = ThreadpoolController().select(user_api="blas").lib_controllers
    own = [lib for lib in found if (lib.internal_api, getattr(lib, "threading_layer", "")) == ("openblas", "openmp")]
    return tuple(lib for lib in found if lib not in own), tuple(own)


class _Process:
    """The setting of the process: whoever comes first lowers it, whoever leaves last puts it back. Two that each put
    back what they found could leave products of the other on several threads."""

    def __init__(self) -> None:
        self._lock, self._within, self._before, self._allowed = Lock(), 0, dict[LibController, int](), 1

    def lower(self) -> None:
        with self._lock:
            if self._within == 0:
                self._allowed, self._before = _allowed(), _found(_libraries()[0])
                _set(dict.fromkeys(self._before, 1))
            self._within += 1

    def put_back(self) -> None:
        with self._lock:
            self._within -= 1
            if self._within == 0:
                _set(self._before)

    def allowed(self) -> int:
        with self._lock:
            return self._allowed if self._within else _allowed()


_process = _Process()


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep every product of the process to one thread; 30 µs, nested 2 µs. Afterwards all is as it was."""
    _process.lower()
    before = _found(_libraries()[1])
    try:
        keep_to_one_thread()
        yield
    finally:
        _set(before)
        _process.put_back()


def keep_to_one_thread() -> None:
    """Likewise, for a thread that was started within and ends soon, where each thread has a setting of its own."""
    _set(dict.fromkeys(_libraries()[1], 1))


def threads() -> int:
    """How many threads we may work on: processors given to the process, or fewer where the user holds BLAS to fewer, by
    OPENBLAS_NUM_THREADS and its like."""
    return _process.allowed()


def _allowed() -> int:
    given = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(given, max((count for libraries in _libraries() for count in _found(libraries).values()), default=given))


def _found(libraries: Libraries) -> dict[LibController, int]:
    """Their settings."""
    return {library: library.num_threads for library in libraries}


def _set(counts: Mapping[LibController, int]) -> None:
    for library, count in counts.items():
        _disown(library)
        library.set_num_threads(count)
        _disown(library)


def _disown(library: Any) -> None:
    """The first thread to set anything owns OpenBLAS; what others set would be passed over in silence."""
    if hasattr(library, "clear_controlling_thread"):
        library.clear_controlling_thread(force=True)


@cache
def kernels() -> str:
    """What decides on the last digits beside versions: BLAS with the kind of processor that its kernels are for, and
    the instructions that NumPy's own loops use, as in "openblas 0.3.31 Haswell, numpy X86_V3"."""
    libraries = [library.info() for group in _libraries() for library in group]
    numpys = [library for library in libraries if library["filepath"].startswith(os.path.dirname(np.__file__))]
    keys = ("internal_api", "version", "architecture")
    named = [" ".join(str(library[key]) for key in keys if library.get(key)) for library in numpys or libraries]
    simd = np.show_config("dicts")["SIMD Extensions"]
    return ", ".join([*named, " ".join(["numpy", *(simd["found"] or simd["baseline"])[-1:]])])
