"""Signs that Source Sans lacks, drawn with the typefaces of the extra "signs"."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import pytest
from everybodys import STAND_INS

from weightreel.render.drawing import text, typeface

pytest.importorskip("manimgx_fonts", reason="the extra signs is not installed")
pytest.importorskip("manimgx_fonts_cjk", reason="the extra signs is not installed")
DIGESTS = {
    "NotoSans[wght].ttf": "fb53504de62e767a54695416123d68d67f71c9b69722175184ad56e7dd13547b",
    "NotoSansSymbols[wght].ttf": "63724daeff6755a45933b9a5e3a3b41df5df8fe925c0f4c991f2f68c08a4182d",
    "NotoEmoji[wght].ttf": "de6c18832938afc99caf132b39d6a30a19bac7f2e812e28db2535b4608d27551",
    "NotoSansArmenian[wght].ttf": "e979dfaed56ddb4bfd05121958b25425eb7593253d64b6b3654c77c11c5cda94",
    "NotoSansGeorgian[wght].ttf": "42f4a8bf4fe0af8afd91ee3c19e81e14f1bc74ddbd9b6a59a4182f67a596adb4",
    "NotoSansEthiopic[wght].ttf": "93f223089e300b983dbfd693c7be619e0e76565a70d639e71a4fe0bfd72cf66f",
    "NotoSansCJK-VF.otf.ttc": "d3d8256cdec8dbcb3552284bc6b20c734dd60c2ee9df83b5758e34807c4bac32",
}
SHOWN = "字한あ★🎉ა♥⚙"
REFUSED = "אاकไ\u0001\t\u200d"


def forget() -> None:
    for remembered in (typeface.stand_ins, typeface.face, typeface.parts, text.highest, text._advance, text._piece):
        remembered.cache_clear()
    for remembered in (text._pens, text._colored, typeface.extent):
        remembered.cache_clear()


@pytest.fixture(autouse=True)
def installed(monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(typeface, "STAND_INS", STAND_INS)
    forget()
    yield
    monkeypatch.undo()
    forget()


def box(words: str, size: int, weight: str) -> np.ndarray:
    ascent, descent, _ = text.metrics(size, weight)
    canvas = np.zeros((ascent + descent, text.width(words, size, weight), 3), np.uint8)
    text.draw(canvas, (0, 0), words, size=size, color=(255, 255, 255), background=(0, 0, 0), weight=weight)
    return canvas.any(axis=2)


def test_files_are_those_that_pictures_were_drawn_with():
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in typeface.stand_ins()}
    assert found == DIGESTS


def test_which_signs_are_shown():
    assert text.missing(SHOWN + REFUSED + "aα") == REFUSED
    assert all(typeface.face(sign) == 0 for sign in "aαж0→✓")


@pytest.mark.parametrize("weight", ["light", "regular", "semibold"])
@pytest.mark.parametrize("size", [12, 25, 52])
def test_they_have_ink_and_none_on_the_edge(size, weight):
    for words in (*SHOWN, "猫 cat 2", f"f{SHOWN}j"):
        mask = box(words, size, weight)
        assert mask.any()
        assert not mask[[0, -1]].any()
        assert not mask[:, [0, -1]].any()


def test_words_of_two_typefaces_stand_beside_each_other():
    alone = [text.width(part, 25) for part in ("猫 ", "cat")]
    assert abs(text.width("猫 cat", 25) - sum(alone)) <= 4
    assert text.width("1猫2", 25) == text.width("3猫4", 25)


def test_heavier_words_are_heavier():
    light, heavy = (box("字", 52, weight).sum() for weight in ("light", "semibold"))
    assert heavy > 1.1 * light


@pytest.mark.parametrize(("signs", "told"), [("字", True), ("\u0001", False), ("א", False)])
def test_what_is_told_where_they_are_not_installed(signs, told, monkeypatch):
    monkeypatch.setattr(typeface, "STAND_INS", (("no_such_package", "x.ttf"),))
    forget()
    assert text.missing(signs) == signs
    way_out = 'use others, or pip install "weightreel[signs]", which has more'
    assert text.instead(signs) == (way_out if told else "use others")
