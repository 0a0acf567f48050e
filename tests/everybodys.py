"""Tests draw with the typeface that everybody has; those that stand in are for the tests of them."""

from __future__ import annotations

from weightreel.render.drawing import typeface

STAND_INS = typeface.STAND_INS
typeface.STAND_INS = ()
