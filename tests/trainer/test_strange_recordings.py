"""A stranger's recording: whatever it says, it is refused in one line, before memory is taken or anything is run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zarr
from slots import recorded, rows, writing, wrong

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.attributes import digest
from weightreel.trainer.recording.folders import arrays_of
from weightreel.trainer.recording.slots import Plan, Stored
from weightreel.trainer.recording.store import open_recordings, verify
from weightreel.trainer.recording.writing import Writing

OLDER = Path(__file__).parents[1] / "data" / "recording"
WEIGHTS = "run/parameters/a.b%2Fc/weights"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    recorded(tmp_path / "r")
    return tmp_path / "r"


def changed(folder: Path, change: Callable[[dict], None]) -> None:
    """Another `zarr.json`, with the digest that belongs to it."""
    file = folder / "zarr.json"
    told = json.loads(file.read_text())
    change(told)
    if "digest" in told.get("attributes", {}):
        told["attributes"]["digest"] = digest(told["attributes"])
    file.write_text(json.dumps(told))


def refused(path: Path, words: str) -> None:
    """All of it is read, and one line says what is wrong; most of the memory stays free."""
    with pytest.raises(RecordingError) as caught:
        for recording in open_recordings(path).values():
            for key in recording.keys:
                recording.array(key, 0)
            _ = [recording.metric(name) for name in recording.metric_names]
    assert words in str(caught.value) and "\n" not in str(caught.value) and str(path) in str(caught.value)


@pytest.mark.parametrize("lost", ["history_check", "history"])
def test_measurements_whose_files_were_never_begun(lost, tmp_path):
    """So it is where a training is killed at once."""
    made = writing(tmp_path / "r")
    made.measure("loss", [(0, 1.0)])
    made.put(0, 0.0, rows(0))
    changed(tmp_path / "r/run", lambda told: told["attributes"]["history"]["loss"].update(used=0))
    (tmp_path / "r/run" / lost / "loss" / {"history": "c.0.0"}.get(lost, "c.0")).unlink()
    steps, values = open_recordings(tmp_path / "r")["run"].metric("loss")
    assert steps.size == values.size == 0 and list(verify(tmp_path / "r")) == []
    made.close()


def test_a_checksum_whose_measurement_was_never_written_is_no_damage(tmp_path):
    """It comes first: so it is where the disk was full between the two, and the training was stopped."""
    made = writing(tmp_path / "r")
    made.measure("loss", [(0, 1.0)])
    made.put(0, 0.0, rows(0))
    made.close(state="stopped", stopped="the disk is full")
    with (tmp_path / "r/run/history_check/loss/c.0").open("r+b") as file:
        file.seek(4)
        file.write(b"\1\2\3\4")
    assert list(verify(tmp_path / "r")) == []


def attributes(**values) -> Callable[[dict], None]:
    return lambda told: told["attributes"].update(values)


def array(key: str, **values) -> Callable[[dict], None]:
    return lambda told: told["attributes"]["arrays"][key].update(values)


KEY = "parameters/a.b/c/weights"
HUGE = 2**40


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (attributes(weightreel=3), "is of format 3, and this weightreel reads up to 2; update it"),
        (attributes(weightreel=10**300), "is of format 10000000000000000000, and this weightreel reads up to 2"),
        (attributes(name="\x1b[31m\n"), r"run '\x1b[31m\n' has the folder '%1B%5B31m%0A', not 'run'"),
        (attributes(weightreel=-1), "not a recording of this version"),
        (attributes(weightreel="2"), "not a recording of this version"),
        (attributes(weightreel=True), "not a recording of this version"),
        (attributes(name=".."), "run '..' has the folder '%2E%2E', not 'run'"),
        (attributes(name="/etc"), "has the folder '%2Fetc', not 'run'"),
        (attributes(name=7), "it has no name"),
        (attributes(name="x" * 20_000), "it has no name"),
        (attributes(more=1), "more unknown key"),
        (attributes(capacity=HUGE), "capacity should be less than or equal to 2,097,152"),
        (attributes(capacity=10**30), "capacity should be less than or equal to"),
        (attributes(capacity=4.5), "capacity should be a whole number"),
        (attributes(capacity=9), "run/steps/zarr.json: chunk_grid is"),
        (attributes(description={}), "description: lacks or mistakes 'layers'"),
        (attributes(description={"layers": [{"type": []}]}), "description"),
        (attributes(description=[]), "description should be a table"),
        (attributes(final={"loss": "x"}), "final.loss should be a number"),
        (lambda told: told["attributes"]["description"].update(run={"data": None}), "run holds a null, which no scene"),
        (attributes(state="gone"), "state 'gone' is none of"),
        (array(KEY, folder="../../../etc"), f"'{KEY}' stands in a folder that is not its own"),
        (array(KEY, folder="parameters/other/weights"), f"'{KEY}' stands in a folder that is not its own"),
        (array(KEY, shape=[HUGE, HUGE]), f"a snapshot of '{KEY}' takes"),
        (array(KEY, shape=[HUGE] * 33), "shape is too long a list"),
        (array(KEY, shape=[-1, 4]), "shape[0] should be greater than or equal to 0"),
        (array(KEY, dtype="object"), "dtype 'object' is none of"),
        (array(KEY, dtype="float64"), f"{WEIGHTS}/zarr.json: data_type is float32, where a recording says float64"),
        (array(KEY, axes=["input"]), f"'{KEY}' has 2 axes, and 1 are named"),
        (array(KEY, shape=[40, 60]), "layer 'a.b/c' has weights of (40, 60), its array is (40, 60)"),
        (
            lambda told: told["attributes"]["arrays"].update({"x/y": told["attributes"]["arrays"][KEY]}),
            "'x/y' is no array",
        ),
        (lambda told: told["attributes"]["history"]["loss"].update(room=HUGE), "history.loss.room should be less"),
        (
            lambda told: told["attributes"]["history"]["loss"].update(folder="../x"),
            "stands in a folder that is not its own",
        ),
        (lambda told: told.update(node_type="array"), "is no group of Zarr format 3"),
        (lambda told: told.update(zarr_format=2), "is no group of Zarr format 3"),
    ],
)
def test_what_a_run_says_of_itself(path, change, words):
    changed(path / "run", change)
    refused(path, words)
    assert any(words in line for line in verify(path))


def test_a_capacity_that_is_another_for_all_needs_the_files_to_be_so_long(path):
    changed(path / "run", attributes(capacity=2_000_000))
    for file in (path / "run").rglob("zarr.json"):
        if json.loads(file.read_text())["node_type"] == "array":
            changed(file.parent, lambda told: told["shape"].__setitem__(0, 2_000_000))
    refused(path, "chunk_grid is")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"codecs": [{"name": "bytes"}, {"name": "numcodecs.pickle"}]}, "codecs is [{'name': 'bytes'}, {'name': 'num"),
        ({"codecs": [{"name": "zstd"}]}, "codecs is"),
        ({"shape": [HUGE, 60, 40]}, "shape is"),
        ({"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [HUGE, 60, 40]}}}, "chunk_grid is"),
        ({"data_type": "string"}, "data_type is string, where a recording says float32"),
        ({"attributes": {"x": 1}}, "attributes is {'x': 1}"),
        ({"must_understand": False}, "has an unknown key 'must_understand'"),
        ({"storage_transformers": [{"name": "evil"}]}, "storage_transformers is"),
        ({"zarr_format": 2}, "zarr_format is 2"),
    ],
)
def test_what_an_array_says_of_itself(path, change, words):
    changed(path / WEIGHTS, lambda told: told.update(change))
    refused(path, f"{WEIGHTS}/zarr.json: {words}")


@pytest.mark.parametrize("where", ["", "run", WEIGHTS])
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no JSON"),
        (b"[]", "describes nothing"),
        (b"{" * 100_000, "no JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "no JSON"),
        (b'{"a":' + b"9" * 10_000 + b"}", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b" " * 5_000_000, "5.0 MB; what describes a recording has at most 4.2 MB"),
    ],
)
def test_descriptions_that_are_none(path, where, data, words):
    (path / where / "zarr.json").write_bytes(data)
    refused(path, words)


def a_pipe(target: Path, outside: Path) -> None:
    os.mkfifo(target)


def a_link(target: Path, outside: Path) -> None:
    target.symlink_to(outside)


def a_device(target: Path, outside: Path) -> None:
    target.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    "name", ["zarr.json", "run/zarr.json", f"{WEIGHTS}/zarr.json", f"{WEIGHTS}/c.0.0.0", "run/steps/c.0"]
)
@pytest.mark.parametrize("make", [a_pipe, a_link, a_device])
def test_what_is_no_plain_file(path, tmp_path, name, make):
    """Nothing is waited for, and nothing outside is read."""
    outside = tmp_path / "outside"
    shutil.copy(path / name, outside)
    (path / name).unlink()
    make(path / name, outside)
    refused(path, "a recording is made of plain files")


@pytest.mark.parametrize("name", ["run", WEIGHTS, "run/parameters", "run/parameters/a.b%2Fc"])
def test_folders_that_are_links(path, tmp_path, name):
    (path / name).rename(tmp_path / "outside")
    (path / name).symlink_to(tmp_path / "outside")
    refused(path, "a recording is made of plain files and folders only")


def test_the_recording_itself_may_be_a_link(path, tmp_path):
    (tmp_path / "link").symlink_to(path)
    assert not wrong(open_recordings(tmp_path / "link")["run"])


def test_a_run_that_was_copied_is_not_taken_for_another(path):
    shutil.copytree(path / "run", path / "run~2")
    refused(path, "is run 'run', and so is")


def test_a_run_is_no_recording(path):
    with pytest.raises(RecordingError, match=r"r/run: is one run of a recording; open the recording, r$"):
        open_recordings(path / "run")


def test_a_root_with_more_to_say(path):
    changed(path, attributes(runs=["../../x"]))
    refused(path, "has an unknown key 'runs'")


def test_a_folder_that_cannot_be_read(path, monkeypatch):
    def forbidden(*_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", forbidden)
    refused(path, "cannot be read: Permission denied")


@pytest.fixture
def older(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OLDER, tmp_path / "old"))


def test_the_committed_one_opens(older):
    assert list(open_recordings(older)) == ["convnet", "decayed", "run"] and list(verify(older)) == []


OLD = "run/parameters/0/weights"


@pytest.mark.parametrize(
    ("where", "change", "words"),
    [
        ("", attributes(runs=["../x"]), "lists runs that are not there"),
        ("", attributes(runs=[7]), "lists runs that are not there"),
        ("", attributes(runs=7), "lists runs that are not there"),
        ("", attributes(weightreel=3), "is of format 3, and this weightreel reads up to 2"),
        ("", attributes(more=1), "has an unknown key 'more'"),
        ("run", attributes(more=1), "has an unknown key 'more'"),
        ("run", attributes(weightreel=2), "not a recording of this version"),
        ("run", attributes(description=None), "its description lacks"),
        ("run", attributes(final=[]), "its final values are no numbers"),
        (OLD, lambda t: t.update(codecs=[{"name": "numcodecs.pickle"}]), "codecs [{'name': 'numcodecs.pickle'}]"),
        (OLD, lambda t: t["codecs"][1]["configuration"].update(cname="zstd"), "a recording is packed by none"),
        (OLD, lambda t: t.update(shape=[HUGE, 64, 6]), ""),
        (OLD, lambda t: t.update(shape=[13, HUGE, 6]), "rows of"),
        (OLD, lambda t: t.update(data_type="object"), "data_type object; a recording holds numbers"),
        (OLD, lambda t: t.update(data_type={"name": "struct"}), "a recording holds numbers"),
        (OLD, lambda t: t["chunk_grid"]["configuration"].update(chunk_shape=[2**30, 64, 6]), "chunks of"),
        (OLD, lambda t: t.update(fill_value=1e9), "fill_value is"),
        (OLD, lambda t: t.update(extra=1), "the keys extra are missing or unknown"),
        (OLD, lambda t: t.pop("shape"), "the keys shape are missing or unknown"),
        ("run/steps", lambda t: t.update(shape=[HUGE]), "84,577,817,522 chunks; a recording has fewer"),
        ("run/steps", lambda t: t.update(shape=[14]), ""),
        ("run/history/loss", lambda t: t.update(shape=[2**20, 200]), "chunks; a recording has fewer"),
    ],
)
def test_what_an_older_recording_says_of_itself(older, where, change, words):
    changed(older / where, change)
    if words:
        refused(older, words)
    else:
        with pytest.raises(RecordingError):
            for key in (recording := open_recordings(older)["run"]).keys:
                recording.array(key, 0)


@pytest.mark.parametrize("data", [b"", b"garbage", b"\x02\x01\x21\x04" + b"\xff" * 12, bytes(100_000)])
def test_chunks_of_an_older_recording_that_cannot_be_unpacked(older, data):
    (older / OLD / "c/0/0/0").write_bytes(data)
    refused(older, f"{OLD}/c/0/0/0: is damaged")


def test_a_chunk_that_unpacks_into_more_than_it_says(older):
    from numcodecs.blosc import Blosc
    from numcodecs.zstd import Zstd

    (older / OLD / "c/0/0/0").write_bytes(Blosc(cname="lz4").encode(np.zeros(10**8, np.uint8)))
    refused(older, "is damaged (its header says 100,000,000 bytes")
    shutil.copytree(OLDER / OLD, older / OLD, dirs_exist_ok=True)
    (older / "run/steps/c/0").write_bytes(Zstd().encode(np.zeros(10**8, np.uint8)))
    refused(older, "run/steps/c/0: is damaged")


@pytest.mark.parametrize("name", [f"{OLD}/c/0/0/0", f"{OLD}/c", "run/parameters", "run/steps/c/0"])
def test_links_in_an_older_recording(older, tmp_path, name):
    (older / name).rename(tmp_path / "outside")
    (older / name).symlink_to(tmp_path / "outside")
    refused(older, "a recording is made of plain files")


def test_zarr_never_sees_a_recording():
    """It runs whatever codec is named in one."""
    code = "import sys; from pathlib import Path; from weightreel.trainer.recording.store import open_recordings as o;"
    code += f"o(Path({str(OLDER)!r}))['run'].parameter('0/weights', 3); assert 'zarr' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_hostile_recording_takes_little_memory(path):
    """Files that are long and take no room on the disk, and what says that they are to be read."""
    changed(path / "run", array("probes/predictions/validation", shape=[2**37]))
    for name in ("steps", "epochs"):
        os.truncate(path / f"run/{name}/c.0", 2**40)
    code = "import sys; from pathlib import Path; from weightreel.trainer.errors import RecordingError\n"
    code += "from weightreel.trainer.recording.store import open_recordings\n"
    code += f"try: open_recordings(Path({str(path)!r}))\nexcept RecordingError as error: print(error)\n"
    code += "print([line for line in open('/proc/self/status') if 'VmHWM' in line][0])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    first, peak = done.stdout.split("\n")[:2]
    assert "takes 549.8 GB" in first or "a snapshot of" in first
    assert int(peak.split()[1]) < 500_000


@pytest.mark.slow
def test_many_slots_of_many_arrays_take_little_memory(tmp_path):
    """Of every slot, only what is asked for is kept."""
    count = 400_000
    arrays = {f"probes/{number}": Stored((), np.dtype(np.float32)) for number in range(200)}
    made = Writing(tmp_path / "r", "run", About(layers=()), arrays, count)
    made.put(0, 0.0, dict.fromkeys(arrays, 1.0))
    made.close()
    for slots in Plan.of(arrays, arrays_of(arrays), count).all[1:4]:
        for number in range(slots.files):
            file = tmp_path / "r/run" / slots.name(number)
            file.touch()
            os.truncate(file, slots.file_bytes)
    np.arange(count, dtype="<i8").tofile(tmp_path / "r/run/steps/c.0")
    code = "import sys; from pathlib import Path; from weightreel.trainer.recording.slotted import Run\n"
    code += f"import numpy as np; run = Run(Path({str(tmp_path / 'r')!r}), 'run'); every = np.arange({count})\n"
    code += "for read in (run.index, lambda: run.spans(every, every, 7)):\n"
    code += "    try: read()\n    except Exception as error: print(error)\n"
    code += "print([line for line in open('/proc/self/status') if 'VmHWM' in line][0])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    first, second, peak = done.stdout.split("\n")[:3]
    assert "step 1, its epoch or the checksum of both is damaged" in first and "step 1 is damaged" in second
    assert int(peak.split()[1]) < 300_000


def test_an_array_of_zarr_is_no_recording(tmp_path):
    zarr.create_array(tmp_path / "x", data=np.ones(3))
    refused(tmp_path / "x", "not a recording")
