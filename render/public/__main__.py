"""`python -m weightreel` and the console script."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command and exit with its status."""
    from weightreel.render.command.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
