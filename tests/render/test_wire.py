"""What goes over a pipe between processes comes out as it went in."""

from __future__ import annotations

import io
import json
import threading

import numpy as np
import pytest

from weightreel.render.crews.wire import Wire, as_error, as_plain
from weightreel.render.errors import (
    DataError,
    DivergedError,
    EncodeError,
    Finding,
    RecordingError,
    SceneError,
    SetupError,
    Unfit,
)
from weightreel.render.work.tasks import array_of, plain_of
from weightreel.trainer.errors import CaptureError


class Strange(Exception):
    """One that nobody else knows, and that cannot even be said."""

    def __str__(self) -> str:
        raise RuntimeError


ERRORS = [
    DataError("x.npz: is damaged"),
    RecordingError("run.zarr: is damaged"),
    EncodeError("x.gif: could not be written"),
    SetupError("install it"),
    SceneError("s.toml", [Finding("view[0].layer", "there is none"), Finding("", "note", "note")]),
    DivergedError(3, 1, "stopped at step 3"),
    Unfit("layer", "layer 9 is out of range"),
    OSError(28, "No space left on device", "x.gif"),
    OSError("nothing more is known"),
    MemoryError(),
    KeyError("key"),
    ValueError("wrong"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_are_raised_again_as_what_they_were(error):
    again = as_error(json.loads(json.dumps(as_plain(error))))
    assert (type(again).__name__, str(again)) == (type(error).__name__, str(error))
    for name in ("findings", "step", "layer", "key", "errno", "filename"):
        assert getattr(again, name, None) == getattr(error, name, None)
    if type(error).__module__ != "builtins":
        assert type(again) is type(error)


def test_what_nobody_knows_has_its_name_and_where_it_was_raised():
    def deep() -> None:
        raise Strange

    with pytest.raises(Strange) as caught:
        deep()
    again = as_error(as_plain(caught.value))
    assert (type(again).__name__, str(again)) == ("Strange", "")
    assert "in deep" in again.__notes__[0]


def test_the_nearest_of_ours_stands_for_what_derives_from_it():
    assert type(as_error(as_plain(CaptureError("it cannot be recorded")))) is RecordingError


def test_several_threads_say_whole_lines():
    said = io.BytesIO()
    wire = Wire(io.BytesIO(), said)
    threads = [
        threading.Thread(target=lambda n=n: [wire.say({"n": n, "x": "é" * 999}) for _ in range(50)]) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    back = Wire(io.BytesIO(said.getvalue()), io.BytesIO())
    assert sorted(back.hear()["n"] for _ in range(200)) == sorted([*range(4)] * 50)
    assert back.hear() is None


def test_half_a_line_is_the_end():
    assert Wire(io.BytesIO(b'{"n": 1'), io.BytesIO()).hear() is None


def test_arrays_come_back_as_they_were():
    for array in (np.arange(12, dtype=np.uint32).reshape(3, 4), np.empty(0, np.int64)):
        back = array_of(json.loads(json.dumps(plain_of(array))))
        assert back.dtype == array.dtype and np.array_equal(back, array)
