"""`python -m weightreel` and the console script."""

from __future__ import annotations

import os
import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command and exit with its status."""
    status = INTERRUPTED
    _open_standard_streams()
    if sys.argv[1:] == ["--worker"]:  # as `weightreel.render.crews.pool` calls it
        return work()
    try:
        from weightreel.render.command.signals import deafen, heed

        heed()
        from weightreel.render.command.cli import run
        from weightreel.render.command.unforeseen import hush

        hush()

        status = run(sys.argv[1:])
        deafen()
    except KeyboardInterrupt:  # before there was anything to interrupt, or after it
        from weightreel.render.command.signals import deafen

        deafen()
    sys.exit(status)


def work() -> None:
    """Be a worker of another process, which feeds it over a pipe."""
    from weightreel.render.command.unforeseen import hush
    from weightreel.render.crews.worker import main as serve

    hush()
    serve()


def _open_standard_streams() -> None:
    """Where one of the three is closed, the next file that is opened takes its number, and what C libraries print on
    standard error would stand in a clip."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest number that is free
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))


if __name__ == "__main__":
    main()
