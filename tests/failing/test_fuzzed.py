"""10,000 odd inputs: never a traceback, another status than 0 or 2, more than ten seconds or a gigabyte."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SCENE

from weightreel.render.command.cli import run

CLIPS = ("a.mp4", "b.gif", "c.webp", "d.png", "e.mkv", "f.apng", "g.webm")
PARTS, COUNT = 4, 2_500


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_odd_inputs_get_words(part, tmp_path):
    scene = tmp_path / "s.toml"
    scene.write_text(SCENE)
    (tmp_path / "clips").mkdir()
    outputs = [word for name in CLIPS for word in ("-o", str(tmp_path / "clips" / name))]
    assert run(["render", str(scene), "-q", "--frames", "0:5", *outputs]) == 0
    script, first = Path(__file__).with_name("fuzzed.py"), part * COUNT
    done = subprocess.run([sys.executable, script, str(first), str(COUNT), tmp_path], capture_output=True, text=True)
    *faults, last = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert not faults, "\n".join(faults)
    tried, megabytes = map(int, re.findall(r"\d+", last))
    assert tried == COUNT
    assert megabytes < 1000
