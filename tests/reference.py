"""Writes what is made from the types themselves: scenes/REFERENCE.md and the types of `import weightreel`.

python tests/reference.py
"""

from __future__ import annotations

from pathlib import Path

import weightreel
from weightreel.render.command.markdown import markdown

ROOT = Path(__file__).parents[1]


def stub() -> str:
    """What `import weightreel` offers, for type checkers, which cannot follow names that are imported on first use."""
    modules = weightreel._plugin_modules() | weightreel._NAMES
    imports = [f"from weightreel import {name} as {name}" for name in weightreel._ADAPTERS]
    imports += [
        f"from weightreel.{module} import {name} as {name}"
        for module, name in sorted((m, n) for n, m in modules.items())
    ]
    # Constants, classes, functions, each sorted: the order that ruff asks for.
    names = sorted(modules, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    listed = [f'    "{name}",' for name in names]
    return "\n".join([*imports, "", "__all__ = [", *listed, "]", ""])


def written() -> dict[Path, str]:
    """The text of each file that is made from the types."""
    return {ROOT / "scenes/REFERENCE.md": markdown(), ROOT / "render/public/__init__.pyi": stub()}


if __name__ == "__main__":
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
