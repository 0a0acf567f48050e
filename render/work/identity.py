"""What a training depends on, as a key: two of one key have the same numbers at every step.

Names, labels, paths and what is filmed of it have no part in it. How it is computed has: the version, the modules that
compute, and what ten steps come to on this machine, so that a new NumPy or another processor that computes the same
changes nothing, and one that does not is found out.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from weightreel.render.errors import DivergedError
from weightreel.trainer import train as training
from weightreel.trainer.blas import kernels
from weightreel.trainer.datasets import Data
from weightreel.trainer.options import Options
from weightreel.trainer.recording.attributes import canonical
from weightreel.trainer.recording.cache import Cache
from weightreel.trainer.run import Run, describe
from weightreel.trainer.train import train

FORMAT = 1
TEN = 10
LETTERS = 40
# Of the trainer's folder, what computes nothing.
ELSEWHERE = ("capture", "recording", "gradient_check.py")
OURS = "weightreel."
# What the machine's libraries are told from outside, beside what they are.
TOLD = (
    "NPY_DISABLE_CPU_FEATURES",
    "NPY_ENABLE_CPU_FEATURES",
    "OPENBLAS_CORETYPE",
    "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS",
)


class Unknown(Exception):
    """Nobody can say of what a training depends on."""


def key_of(run: Run, data: Data, seed: int, notes: Cache) -> str | None:
    """The key of a training, 40 hexadecimal letters; None where nobody can say on what it depends, as with layers whose
    source is not to be had.

    Args:
        run: what is trained.
        data: what on.
        seed: of the scene.
        notes: where it is noted what ten steps came to, which takes as long as ten steps take.
    """
    try:
        foreign: set[Path] = set()
        document = _plain(run.model_copy(update={"data": None}), foreign)
        sources = sorted(_digest(path.read_bytes()) for path in foreign)
    except (Unknown, OSError):
        return None
    depends = {
        "format": FORMAT,
        "version": _version(),
        "modules": _modules(),
        "foreign": sources,
        "run": document,
        "seed": seed,
        "data": _data(data),
    }
    question = _key(depends | {"machine": _machine()})
    answer = "" if foreign else notes.known(question)
    if not answer:
        answer = _ten(run, data, seed)
        notes.note(question, answer)
    return _key(depends | {"steps": answer})


def _key(values: Mapping[str, Any]) -> str:
    return _digest(canonical(values))[:LETTERS]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@cache
def _version() -> str:
    try:
        return metadata.version("weightreel")
    except metadata.PackageNotFoundError:
        return ""


@cache
def _modules() -> str:
    """A digest of the modules that compute."""
    folder, found = Path(training.__file__).parent, hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        there = path.relative_to(folder)
        if there.parts[0] not in ELSEWHERE:
            found.update(f"{there.as_posix()} {_digest(path.read_bytes())} ".encode())
    return found.hexdigest()


@cache
def _machine() -> list[str]:
    """All on which it may depend what ten steps come to; more than that does no harm."""
    told = [f"{name}={os.environ[name]}" for name in TOLD if name in os.environ]
    return [platform.node(), platform.platform(), platform.processor(), np.__version__, sys.version, kernels(), *told]


def _data(data: Data) -> list[object]:
    """The numbers that are learned from: pixels, labels, how they are scaled."""
    found: list[object] = [data.digest, len(data.classes)]
    for split in (data.train, data.validation, data.test):
        found += [split.images.dtype.str, list(split.images.shape)]
        found += [_digest(np.ascontiguousarray(part).tobytes()) for part in (split.offset, split.factor)]
    return found


def _ten(run: Run, data: Data, seed: int) -> str:
    """A digest of the parameters after ten steps, and of what was measured until then."""
    found = hashlib.sha256()
    last = min(TEN, describe(run, data, seed).length)
    try:
        snapshot = next(iter(train(run, data, steps={last}, seed=seed)))
    except DivergedError as error:
        return f"stopped at {error.step}"
    for name, array in sorted(snapshot.arrays.items()):
        found.update(f"{name} {array.dtype.str} {array.shape} ".encode() + array.tobytes())
    for name, pairs in sorted(snapshot.measured.items()):
        found.update(f"{name} {pairs} ".encode())
    return found.hexdigest()


def _plain(value: object, foreign: set[Path], without: Collection[str] = ()) -> Any:
    """Options as plain values, with the classes that they are of and but for some keys; of classes that are not ours,
    the files go to `foreign`.

    Raises:
        Unknown: there is more to them than that.
    """
    if isinstance(value, Options):
        _refuse_hidden(value)
        foreign |= {file for kind in type(value).__mro__ for file in _files_of(kind)}
        said = {key: _plain(there, foreign, _unsaid(value, key)) for key, there in vars(value).items()}
        said = {key: there for key, there in said.items() if key not in without}
        return {"class": f"{type(value).__module__}.{type(value).__qualname__}", "keys": said}
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _plain(there, foreign) for key, there in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(there, foreign, without) for there in value]
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise Unknown


def _unsaid(options: Options, key: str) -> Collection[str]:
    """Keys of what stands at a key that decide on nothing: layers have names."""
    return ("name",) if isinstance(options, Run) and key == "layers" else ()


def _refuse_hidden(options: Options) -> None:
    """Private attributes may hold anything."""
    if options.__pydantic_private__ or options.__pydantic_extra__:
        raise Unknown


def _files_of(kind: type) -> Iterator[Path]:
    """The files that a class comes from which is not ours: its module, and what was imported beside it."""
    if kind.__module__.startswith((OURS, "pydantic")) or kind in (object,):
        return
    module = sys.modules.get(kind.__module__)
    if kind.__module__ in sys.stdlib_module_names and kind.__module__ != "__main__":
        return
    own = _file(module)
    if own is None:
        raise Unknown
    package = kind.__module__.partition(".")[0]
    inside = "." in kind.__module__ or hasattr(module, "__path__")
    for name, other in list(sys.modules.items()):
        path = _file(other)
        if path and (name.partition(".")[0] == package if inside else path.parent == own.parent):
            yield path
    yield own


def _file(module: ModuleType | None) -> Path | None:
    """The source of a module; None where there is none, as of a cell in a notebook."""
    name = getattr(module, "__file__", None)
    path = Path(name) if isinstance(name, str) and name.endswith(".py") else None
    return path.resolve() if path and path.is_file() else None
