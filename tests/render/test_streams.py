"""What is only said never stops the work: streams that are closed, full, unread, or lack a sign."""

from __future__ import annotations

import io
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from weightreel.render.command.cli import run
from weightreel.render.command.streams import Words, lost, speaking

COMMAND = f"{sys.executable} -m weightreel"
NOWHERE = {"closed": "{n}>&-", "full": "{n}>/dev/full", "unread": "{n}> >(true)"}
CALLS = {  # what is called, and its status where standard output is full
    "render": ("render small.toml -o x.gif --frames 0:2 --json", 0),
    "train": ("train small.toml --recording kept --json", 0),
    "still": ("still small.toml -o x.png", 0),
    "check": ("check small.toml", 1),
    "list": ("list", 1),
    "help": ("help view", 1),
    "overview": ("--help", 1),
    "schema": ("schema", 1),
    "recipe": ("recipe clip.gif", 1),
}
ENCODINGS = ("utf-8", "ascii", "cp1252")


def shell(words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command of the shell; what nobody redirects is caught. Its last line is the exit status of ours."""
    words = f"{{ {COMMAND} {words}; }}; echo status $? >&9"
    call = ["bash", "-c", f"{{ {words}; }} 9>status"]
    environment = os.environ | variables
    return subprocess.run(
        call, capture_output=True, text=True, errors="replace", env=environment, timeout=60, check=False
    )


def status() -> int:
    return int(Path("status").read_text().split()[1])


class Broken(io.StringIO):
    """A stream that fails at every word."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error

    def flush(self) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BrokenPipeError(32, "Broken pipe"), ""),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError(9, "Bad file descriptor"), "Bad file descriptor"),
        (ValueError("I/O operation on closed file."), "I/O operation on closed file."),
    ],
)
def test_no_word_raises(error, told):
    words = Words(Broken(error))
    assert words.write("word") == 4
    words.flush()
    assert lost(words) == told
    assert not words.isatty()


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("obeyed", [False, True])
def test_signs_are_lost_and_no_words(encoding, obeyed):
    raw = io.BytesIO()
    words = Words(io.TextIOWrapper(raw, encoding), obeyed=obeyed)
    words.write("8×8 – дом \udcff\x1b[31m\u202e.gif\n")
    words.flush()
    written = raw.getvalue().decode(encoding)
    assert written.startswith("8") and written.endswith(".gif\n")
    assert "\\udcff" in written
    assert ("\x1b" in written) == obeyed
    assert ("дом" in written) == (encoding == "utf-8")


def test_foreign_words_hide_nothing(scene_file, capsys):
    """In names of files, of verbs and of keys, in titles and messages of libraries."""
    for call in (
        ["render", "a\x1b]0;b\x07.toml"],
        ["\x1b[2Jlist"],
        ["check", str(scene_file), "--set", "view.0.\x9b31m=1"],
        ["check", str(scene_file), "--set", 'title="\\u202e"', "--set", "theme=\u202ex"],
        ["recipe", "\x1b[31m.gif"],
    ):
        assert run(call) == 2
        told = capsys.readouterr().err
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(told)
        assert "\\x" in told or "\\u" in told


def test_standard_streams_are_as_before(capsys):
    before = sys.stdout, sys.stderr
    with pytest.raises(ZeroDivisionError), speaking():
        print(1 / 0)
    assert (sys.stdout, sys.stderr) == before


def test_programs_without_a_console_call_it_too(scene_file, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert run(["render", str(scene_file), "-o", "x.gif", "--json"]) == 0


def test_a_clip_is_whole_where_no_stream_is_open(scene_file):
    """Files that are opened take no number of a standard stream, where C libraries would print into them."""
    assert shell("render small.toml -o x.mp4 --json <&- >&- 2>&-").stdout == ""
    assert status() == 0
    assert run(["render", str(scene_file), "-o", "y.mp4", "-q"]) == 0
    assert len(Path("x.mp4").read_bytes()) == len(Path("y.mp4").read_bytes())


def test_words_that_were_asked_for_and_are_lost_are_a_failure(scene_file):
    done = shell("check small.toml > /dev/full")
    assert (status(), done.stderr) == (
        1,
        "standard output: No space left on device; what was to be printed there is lost\n",
    )


def test_a_reader_may_leave(scene_file):
    done = shell("schema | head -c 1; exit ${PIPESTATUS[0]}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "{", "")


@pytest.mark.slow
@pytest.mark.parametrize("verb", CALLS)
def test_words_stop_no_verb(verb, scene_file):
    assert run(["render", str(scene_file), "-o", "clip.gif", "--frames", "0:2", "-q"]) == 0
    words, where_full = CALLS[verb]
    for states, encoding in zip(
        itertools.product([None, *NOWHERE], repeat=2), itertools.cycle(ENCODINGS), strict=False
    ):
        nowhere = [NOWHERE[state].format(n=n + 1) for n, state in enumerate(states) if state]
        done = shell(" ".join([words, *nowhere]), PYTHONIOENCODING=encoding)
        assert status() == (where_full if states[0] == "full" else 0), (states, encoding, done.stderr)
        assert "Traceback" not in done.stderr and "Exception" not in done.stderr
        if states[0] is None and "--json" in words:
            assert json.loads(done.stdout)["scene"] == "small.toml"


@pytest.mark.slow
def test_surrogates_in_names_stop_nothing(scene_file):
    odd = os.fsdecode(b"\xff\x1bodd.toml")
    Path(odd).write_text(scene_file.read_text())
    for encoding in ENCODINGS:
        done = shell("render $'\\xff\\x1bodd.toml' -o x.gif --frames 0:2 --json", PYTHONIOENCODING=encoding)
        assert status() == 0
        assert json.loads(done.stdout)["scene"] == odd
