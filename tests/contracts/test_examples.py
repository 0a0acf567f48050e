"""Every plug-in is held to the laws of its kind: what the table of examples must say, and that it says no more."""

from __future__ import annotations

from collections import Counter

import pytest
from pydantic import create_model

import examples
from examples import KINDS, cases, examples_of, pictures, plugins_of
from weightreel.trainer import kinds


def test_every_kind_has_its_table():
    assert KINDS.keys() == kinds.KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_every_plugin_is_tried(kind):
    lacking = [name for name in plugins_of(kind) if not examples_of(kind, name)]
    lines = "\n".join(f'    "{name}": {KINDS[kind].line},' for name in lacking)
    assert not lacking, f"{kind}: its laws need examples; add to {KINDS[kind].named} in tests/examples.py:\n{lines}"


@pytest.mark.parametrize("kind", KINDS)
def test_one_with_a_required_key_is_asked_for_an_entry(kind, monkeypatch):
    """And stops nothing: its laws are collected before that is said."""
    one = next(iter(plugins_of(kind).values()))
    monkeypatch.setattr(examples, "plugins_of", lambda kind: {"needy": create_model("Needy", __base__=one, need=int)})
    assert examples_of(kind, "needy") == [] and list(cases(kind)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_entry_is_of_a_plugin(kind):
    left = set(KINDS[kind].table) - set(plugins_of(kind))
    assert not left, f"no {kind} has this name; take it out of {KINDS[kind].named} in tests/examples.py: {left}"


def test_no_two_pictures_have_one_name():
    assert [n for n, count in Counter(name for name, *_ in pictures()).items() if count > 1] == []
