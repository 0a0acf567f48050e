"""The typeface is the one that the golden pictures were drawn with."""

from __future__ import annotations

import hashlib
from pathlib import Path

import font_source_sans_pro
import pytest

FOLDER = Path(font_source_sans_pro.__file__).parent / "files"
DIGESTS = {
    "SourceSansPro-Light.otf": "4b3250ffc8182e93d79221c36b8f6a214600f7082b843142ef9c252581e13bb6",
    "SourceSansPro-Regular.otf": "6b096b47206d8f78a2c49af2f2ae46b35d93b0e3cf105a9febef59144aa2eae2",
    "SourceSansPro-Semibold.otf": "ee3ba5c88400b22b880d85202ce82143dc5e19861bf7880b7f4c32d4263e96d5",
}


@pytest.mark.parametrize("name", DIGESTS)
def test_outlines_are_those_of_the_golden_pictures(name):
    digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
    assert digest == DIGESTS[name], (
        f"{name} is not the file that all text was measured and drawn with: layouts and golden pictures will differ.\n"
        "Install font-source-sans-pro == 0.0.1 again; or, where another release is wanted, look at what `make golden` "
        "draws and write its digests here."
    )


def test_the_licence_comes_with_it():
    assert "SIL Open Font License, Version 1.1" in (FOLDER / "LICENSE.txt").read_text(
        encoding="utf-8", errors="replace"
    )
