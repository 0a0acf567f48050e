"""Clusters for tests: a real scheduler and real workers, each a process of its own on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = ("--host", "127.0.0.1", "--no-dashboard")
PATIENCE = 120.0  # seconds; the machine may have other work


class Cluster:
    """A scheduler and its workers.

    Args:
        folder: where their files go.
        workers: how many, of one thread each.
        environment: for all of them, beside ours.
    """

    def __init__(self, folder: Path, workers: int = 2, environment: Mapping[str, str] | None = None) -> None:
        self.folder, self.environment = folder, {**os.environ, **(environment or {})}
        self.file, self.workers = folder / "scheduler.json", list[subprocess.Popen[bytes]]()
        script = "from distributed.cli.dask_scheduler import main; main()"
        self.scheduler = self._begun(script, "scheduler", ("--port", "0", "--scheduler-file", str(self.file)))
        waited_for(self.file.exists)
        for _ in range(workers):
            self.work()

    def work(self, path: Path | None = None) -> subprocess.Popen[bytes]:
        """Begin another worker; with a path, one that has nothing but what is there."""
        own = f"import sys; sys.path.insert(0, {str(path)!r}); " if path else ""
        script = f"{own}from distributed.cli.dask_worker import main; main()"
        flags = ("--nthreads", "1", "--no-nanny", "--local-directory", str(self.folder))
        process = self._begun(script, "worker", ("--scheduler-file", str(self.file), *flags), alone=path is not None)
        self.workers.append(process)
        return process

    def _begun(
        self, script: str, name: str, arguments: tuple[str, ...], alone: bool = False
    ) -> subprocess.Popen[bytes]:
        call = [sys.executable, *(("-I", "-S") if alone else ()), "-c", script, *arguments, *HERE]
        with open(self.folder / f"{name}-{len(self.workers)}.log", "wb") as log:
            return subprocess.Popen(call, stderr=log, stdout=log, cwd=self.folder, env=self.environment)

    def end(self) -> None:
        """End all of it."""
        for process in (*self.workers, self.scheduler):
            process.kill()
        for process in (*self.workers, self.scheduler):
            process.wait()


def waited_for(there: object, told: str = "") -> None:
    """Wait until something is so."""
    assert callable(there)
    until = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < until, told or "waited in vain"
        time.sleep(0.05)


def packages_without_weightreel(folder: Path) -> Path:
    """A folder of all packages that are installed but weightreel."""
    import numpy

    (site := folder / "site").mkdir(parents=True)
    for entry in Path(numpy.__file__).parents[1].iterdir():
        if "weightreel" not in entry.name and entry.suffix != ".pth":
            (site / entry.name).symlink_to(entry)
    return site


def packages_with_another_weightreel(folder: Path, version: str) -> Path:
    """The same, and in it weightreel, which says that it is of another version."""
    site = packages_without_weightreel(folder)
    (site / "weightreel").mkdir()
    for file in (ROOT / "render/public").iterdir():
        (site / "weightreel" / file.name).symlink_to(file)
    for package in ("render", "trainer", "scenes"):
        (site / "weightreel" / package).symlink_to(ROOT / package)
    (told := site / f"weightreel-{version}.dist-info").mkdir()
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: weightreel\nVersion: {version}\n")
    return site
