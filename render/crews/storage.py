"""Storage that several machines share: a folder which all of them see under one path, or an address, such as
s3://bucket/films, that fsspec opens and Zarr with it. Files and folders are copied there and from there as they are."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weightreel.render.errors import SetupError, WeightreelError

BRINGS = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "sftp": "paramiko"}


@dataclass(frozen=True)
class Storage:
    """A place that is shared.

    Args:
        where: an absolute path, or an address.
    """

    where: str

    @classmethod
    def at(cls, asked: str) -> Storage:
        """A place as a person writes it.

        Raises:
            SetupError: nothing is installed that opens such addresses.
            WeightreelError: there is no such storage, or nothing can be written there.
        """
        storage = cls(asked if "://" in asked else str(Path(asked).expanduser().resolve()))
        if storage.folder is not None and not storage.folder.is_dir():
            raise WeightreelError(f"{asked}: is no folder; make it where all machines see it, under this same path")
        storage.leave_mark(mark := f"weightreel-{uuid.uuid4().hex}")
        storage._tried(lambda files: files.rm_file(storage._path(mark)))
        return storage

    @property
    def folder(self) -> Path | None:
        """The folder that it is; None where it is an address."""
        return None if "://" in self.where else Path(self.where)

    def below(self, name: str) -> Storage:
        """A part of it."""
        return Storage(f"{self.where.rstrip('/')}/{name}")

    def put(self, source: Path, name: str) -> None:
        """Copy a file, or a folder with all that is in it, to a name that is free.

        Raises:
            WeightreelError: it cannot be copied.
        """
        names = [""] if source.is_file() else files_below(source)
        here = [str(source / one) for one in names]
        there = [self._path(name, one) for one in names]
        self._tried(lambda files: _copied(files, "put", here, there))

    def get(self, name: str, target: Path) -> None:
        """Copy a file or a folder from there; `target` is made.

        Raises:
            WeightreelError: it is not there, or cannot be copied.
        """
        self._tried(lambda files: self._got(files, name, target))

    def leave_mark(self, name: str) -> None:
        """Put an empty file there, for others to see.

        Raises:
            WeightreelError: it cannot be written.
        """
        self._tried(lambda files: files.pipe_file(self._path(name), b""))

    def has(self, name: str) -> bool:
        """Whether something of that name is there."""
        return bool(self._tried(lambda files: files.exists(self._path(name))))

    def remove(self) -> None:
        """Remove all of it.

        Raises:
            WeightreelError: it cannot be removed.
        """
        self._tried(lambda files: files.exists(self.where) and files.rm(self.where, recursive=True))

    def _got(self, files: Any, name: str, target: Path) -> None:
        root = self._path(name)
        found = files.find(root)
        if not found:
            raise FileNotFoundError(f"{root} is not there")
        # What `find` says has no protocol, and a leading slash or none, as the kind of storage has it.
        cut = len(files._strip_protocol(root).rstrip("/"))
        here = [str(target / one[cut:].lstrip("/")) if one[cut:] else str(target) for one in found]
        _copied(files, "get", found, here)

    def _path(self, *names: str) -> str:
        return "/".join([self.where.rstrip("/"), *(name for name in names if name)])

    def _tried(self, does: Callable[[Any], Any]) -> Any:
        """What is done there; whatever goes wrong, and the libraries of storages raise all kinds, in one word."""
        try:
            return does(_opened(self.where))
        except ImportError as error:
            protocol = self.where.partition("://")[0]
            package = BRINGS.get(protocol, "a package for it")
            told = (
                f"{self.where}: {protocol}:// needs {package}, here and where every worker runs: pip install {package}"
            )
            raise SetupError(told) from error
        except Exception as error:
            words = " ".join(str(error).split()) or type(error).__name__
            raise WeightreelError(f"{self.where}: cannot be used as storage ({words})") from error


def files_below(folder: Path) -> list[str]:
    """The plain files of a folder and of those below it, as names that have slashes, in their order."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def _opened(where: str) -> Any:
    import fsspec

    return fsspec.core.url_to_fs(where, auto_mkdir=True)[0] if "://" not in where else fsspec.core.url_to_fs(where)[0]


def _copied(files: Any, how: str, sources: Sequence[str], targets: Sequence[str]) -> None:
    """Several at once, where the storage can."""
    if how == "get":
        for folder in {str(Path(target).parent) for target in targets}:
            Path(folder).mkdir(parents=True, exist_ok=True)
    if type(files).__name__ == "LocalFileSystem":
        for source, target in zip(sources, targets, strict=True):
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    else:
        getattr(files, how)(list(sources), list(targets))
