"""The notebook among the scenes: it runs from top to bottom, and what stands in it is what it shows.

`make golden` writes its outputs anew.
"""

from __future__ import annotations

import copy
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

PAGE = Path(__file__).parents[2] / "scenes" / "in_a_notebook.ipynb"
MOST = 300_000  # bytes of a notebook that everybody who clones this fetches


@pytest.fixture(scope="module")
def stored():
    return nbformat.read(PAGE, as_version=4)


@pytest.fixture(scope="module")
def executed(stored, tmp_path_factory):
    """The same, run in an empty folder, with nothing of whoever runs it."""
    folder = tmp_path_factory.mktemp("notebook")
    page = copy.deepcopy(stored)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
            patch.setenv(name, str(folder / name.lower()))
        patch.setenv("PYTHONWARNINGS", "")
        NotebookClient(page, timeout=120, record_timing=False, resources={"metadata": {"path": str(folder)}}).execute()
    page.metadata = stored.metadata
    for cell in code(page):
        cell.outputs = [o for o in cell.outputs if not is_bar(o)]
    return page


def test_it_shows_what_stands_in_it(stored, executed, request):
    if request.config.getoption("--accept-golden"):
        nbformat.write(executed, PAGE)
        return
    nbformat.validate(executed)
    assert [kinds(cell) for cell in executed.cells] == [kinds(cell) for cell in stored.cells]
    assert printed(executed) == printed(stored)


def test_nothing_is_said_beside(executed):
    """Such as that there are no widgets for the bars."""
    assert [o for cell in code(executed) for o in cell.outputs if o.get("name") == "stderr"] == []


def test_it_is_small_and_fetches_nothing(stored):
    assert PAGE.stat().st_size < MOST
    pages = [o.data["text/html"] for cell in code(stored) for o in cell.outputs if "text/html" in o.get("data", {})]
    assert len(pages) == 2
    for words in pages:
        assert "://" not in words
    assert "<video autoplay loop muted playsinline controls" in pages[1]


def code(page):
    return [cell for cell in page.cells if cell.cell_type == "code"]


def is_bar(output):
    """A bar of text, which a machine that is busy takes long enough to show."""
    return output.get("name") == "stderr" and output.text.startswith("\r") and "\n" not in output.text


def kinds(cell):
    """What a cell shows: the names of its streams, the media of its pictures."""
    outputs = cell.get("outputs", [])
    return [sorted(o["data"]) if "data" in o else o.name for o in outputs]


def printed(page):
    return [o.text for cell in code(page) for o in cell.outputs if o.output_type == "stream"]
