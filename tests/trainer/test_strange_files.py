"""Data files that would fill the memory, never end, run programs, or say what cannot be: each told by its own words."""

import gzip
import io
import os
import socket
import struct
import threading
import time
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightreel.trainer import memory
from weightreel.trainer.datasets import _files
from weightreel.trainer.datasets.idx import Idx
from weightreel.trainer.datasets.npz import Npz
from weightreel.trainer.errors import DataError

N = 12
X = np.random.default_rng(0).integers(0, 256, (N, 4, 3), dtype=np.uint8)
Y = np.arange(N) % 3


def npy(array):
    file = io.BytesIO()
    np.lib.format.write_array(file, array)
    return file.getvalue()


def headed(header, values=b"", version=(1, 0)):
    """An array in NumPy's format with a header of one's own."""
    text = header.encode("latin1")
    length = len(text).to_bytes(2 if version == (1, 0) else 4, "little")
    return b"\x93NUMPY" + bytes(version) + length + text + values


def said(dtype="|u1", shape=X.shape, fortran=False):
    return f"{{'descr': {dtype!r}, 'fortran_order': {fortran}, 'shape': {shape!r}, }}\n"


def npz(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def load(folder, dataset, **options):
    """Load, within the time and the memory that a check may take; the error's words where there are some."""
    tracemalloc.start()
    begun = time.process_time()
    try:
        return dataset(validation=0, **options).load(folder, 0)
    except DataError as error:
        return str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 3e8 and time.process_time() - begun < 5


def load_npz(folder, x=None, y=None, **more):
    members = {"x.npy": npy(X) if x is None else x, "y.npy": npy(Y) if y is None else y}
    npz(folder / "own.npz", members | more)
    return load(folder, Npz, path="own.npz")


def idx(array, code=8, dtype=">u1"):
    return bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.astype(dtype).tobytes()


def load_idx(folder, **files):
    for name, content in ({"images": idx(X), "labels": idx(Y)} | files).items():
        (folder / name).write_bytes(content)
    return load(folder, Idx, path=".")


class TestHeadersOfNumpy:
    HUGE = (60_000, 40_000, 40_000)

    @pytest.mark.parametrize(
        ("x", "words"),
        [
            (headed(said("|O")), "x holds Python objects, which are refused"),
            (headed(said([("a", "<i4")])), "x has the dtype [('a', '<i4')]; it must be plain numbers or words"),
            (headed(said("<i4,<f8")), "x has the dtype <i4,<f8; it must be plain numbers or words"),
            (headed(said("(1000000000,)<f8")), "x has the dtype (1000000000,)<f8; it must be"),
            (headed(said("<U0")), "x has the dtype <U0; it must be plain numbers or words"),
            (headed(said("|V9")), "x has the dtype |V9; it must be plain numbers or words"),
            (headed(said("no dtype")), "x has the dtype no dtype; it must be plain numbers or words"),
            (headed(said(shape=(-1, 4, 3))), "x has a header with the shape (-1, 4, 3); lengths are whole numbers"),
            (headed(said(shape=(12.0, 4, 3))), "x has a header with the shape (12.0, 4, 3); lengths are"),
            (headed(said(shape=12)), "x has a header with the shape 12; lengths are whole numbers from 0"),
            (headed(said(shape=(1,) * 33)), "x has 33 axes; images have at most 4, labels 2"),
            (headed(said(), X.tobytes(), (9, 1)), "x is of version 9.1 of NumPy's format; save it as 1.0"),
            (headed("{" * 9000, X.tobytes()), "x has a header that cannot be read; save it again"),
            (headed("{'descr': '|u1'}", X.tobytes()), "x has a header that cannot be read; save it again"),
            (headed(" " * 20_000), "x has a header of 20000 bytes; it may have 10000"),
            (headed("", b"", (2, 0))[:8] + b"\xff" * 4, "x has a header of 4294967295 bytes; it may have 10000"),
            (b"hello, world", "x is no NumPy array (it starts with 68 65 6c 6c)"),
            (b"", "x is no NumPy array (it starts with nothing)"),
            (headed(said(), X.tobytes()[:-5]), "x is uint8 of 12 × 4 × 3, 144 bytes, but 139 bytes follow"),
            (headed(said(), X.tobytes() + b"!"), "x is uint8 of 12 × 4 × 3, 144 bytes, but 145 bytes follow"),
            (headed(said(shape=HUGE)), "x is uint8 of 60000 × 40000 × 40000, 96.0 TB, but 0 bytes follow"),
            (headed(said("<f8", (10**300,))), ", 1,000,000,000,000,000,000.0 TB, but 0 bytes follow"),
            (headed(said("<f8", (0, 2**62, 8))), "x has the impossible shape (0, 4611686018427387904, 8)"),
            (headed(said(shape=())[:-1], b"7"), "images have shape (); expected (n, height, width)"),
            (headed(said("<f4", ()), np.float32(np.nan).tobytes()), "images have shape (); expected"),
            (headed(said("<M8[s]"), bytes(8 * X.size)), "images have dtype datetime64[s]; they must be numbers"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_odd_ones_are_refused_by_name(self, tmp_path, x, words):
        told = load_npz(tmp_path, x=x)
        assert isinstance(told, str) and told.startswith("own.npz: ") and words in told

    @pytest.mark.parametrize(
        "x",
        [
            headed(said(), X.tobytes()),
            headed(said(), X.tobytes(), (2, 0)),
            headed(said(), X.tobytes(), (3, 0)),
            headed(said(fortran=True), X.tobytes(order="F")),
            headed(said(">u2"), X.astype(">u2").tobytes()),
            headed(said().replace("12", "12L"), X.tobytes()),
        ],
        ids=["1.0", "2.0", "3.0", "Fortran", "big-endian", "Python 2"],
    )
    def test_all_that_numpy_writes_or_wrote_is_read(self, tmp_path, x):
        images = load_npz(tmp_path, x=x).train.images
        assert images.dtype.isnative and images.flags.c_contiguous
        assert sorted(map(bytes, images.astype(np.uint8))) == sorted(map(bytes, X))

    @settings(deadline=None, max_examples=150)
    @given(st.binary(max_size=200) | st.text(max_size=60).map(lambda text: headed(text.encode().decode("latin1"))))
    def test_any_bytes_are_refused(self, tmp_path_factory, x):
        assert load_npz(tmp_path_factory.mktemp("any"), x=x).startswith("own.npz: x ")


class TestMembersOfAnArchive:
    def test_what_nobody_asked_for_is_left_alone(self, tmp_path):
        class Trap:
            def __reduce__(self):
                return (tmp_path.joinpath("sprung").write_text, ("!",))

        np.savez(tmp_path / "own.npz", x=X, y=Y, about=np.array({"made": Trap()}), x_test=np.array(None))
        assert len(load(tmp_path, Npz, path="own.npz").train) == N
        assert not tmp_path.joinpath("sprung").exists()
        bomb = headed(said(shape=TestHeadersOfNumpy.HUGE))
        assert len(load_npz(tmp_path, **{"huge.npy": bomb, "notes.txt": b"by hand"}).train) == N

    def test_names_of_members_are_shown_without_control_signs(self, tmp_path):
        npz(tmp_path / "own.npz", {"\x1b[2Jx": b"", "long" * 99: b""})
        assert r"own.npz: holds \x1b[2Jx, longlonglonglonglonglonglonglonglonglong; needs x and y" in load(
            tmp_path, Npz, path="own.npz"
        )

    def test_a_bomb(self, tmp_path):
        x = headed(said(shape=(100, 1000, 1000)), bytes(100_000_000))
        npz(tmp_path / "own.npz", {"x.npy": x, "y.npy": npy(np.arange(100) % 3)})
        told = load(tmp_path, Npz, path="own.npz")
        assert "x and y would swell from 9" in told and "to 100.0 MB, as no images do; store it unpacked if" in told

    def test_a_bomb_of_tiny_images(self, tmp_path):
        """Their rows and labels take more than their pixels: 64 kB took 1.8 GB and ten seconds."""
        x, y = (headed(said(shape=shape), bytes(4_000_000)) for shape in ((4_000_000, 1, 1), (4_000_000,)))
        npz(tmp_path / "own.npz", {"x.npy": x, "y.npy": y})
        told = load(tmp_path, Npz, path="own.npz")
        assert "x and y would swell from 7." in told and "to 136.0 MB, as no images do" in told

    def test_labels_of_more_columns_than_there_can_be_classes(self, tmp_path):
        y = headed(said(shape=(N, 4_000_000)), bytes(48_000_000))
        told = "own.npz: labels of shape (12, 4000000) are of more classes than images"
        assert load_npz(tmp_path, y=y) == told

    def test_a_directory_that_says_less_than_there_is(self, tmp_path):
        """The array then ends before its bytes do, and the checksum is another."""
        npz(tmp_path / "own.npz", {"x.npy": npy(X), "y.npy": npy(Y)}, zipfile.ZIP_STORED)
        raw = (tmp_path / "own.npz").read_bytes()
        whole, less = (struct.pack("<I", len(npy(X)) - i) for i in (0, 12))
        (tmp_path / "own.npz").write_bytes(raw.replace(whole, less))
        assert "not a whole .npz file (Bad CRC-32 for file 'x.npy')" in load(tmp_path, Npz, path="own.npz")

    def test_a_directory_too_large_to_be_one(self, tmp_path):
        size = 900_000_000
        with (tmp_path / "own.npz").open("wb") as file:
            file.truncate(size)
            file.seek(size)
            file.write(struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, size, 0, 0))
        assert "not a whole .npz file (a directory of 900000000 bytes)" in load(tmp_path, Npz, path="own.npz")

    def test_encrypted(self, tmp_path):
        npz(tmp_path / "own.npz", {"x.npy": npy(X), "y.npy": npy(Y)})
        raw = bytearray((tmp_path / "own.npz").read_bytes())
        raw[raw.index(b"PK\1\2") + 8] |= 1
        (tmp_path / "own.npz").write_bytes(raw)
        assert load(tmp_path, Npz, path="own.npz") == "own.npz: x is encrypted; store it without a password"

    @pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
    def test_another_method(self, tmp_path, method):
        npz(tmp_path / "own.npz", {"x.npy": npy(X), "y.npy": npy(Y)}, method)
        assert "x is packed by another method than NumPy's" in load(tmp_path, Npz, path="own.npz")

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_an_array_twice(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "own.npz", "w") as archive:
            for name, array in (("x", X), ("x", X + 1), ("y", Y)):
                archive.writestr(f"{name}.npy", npy(array))
        assert load(tmp_path, Npz, path="own.npz") == "own.npz: holds x twice; write the file anew"


class TestPathsThatAreNoFiles:
    def wanted(self, folder, words):
        for dataset, path in ((Npz, "own.npz"), (Idx, ".")):
            told = load(folder, dataset, path=path)
            assert words in told, told

    def put(self, folder, make):
        for name in ("own.npz", "train-images"):
            make(folder / name)
        (folder / "train-labels").write_bytes(idx(Y))

    def test_a_pipe_is_not_waited_for(self, tmp_path):
        self.put(tmp_path, os.mkfifo)
        self.wanted(tmp_path, "is a pipe; give ")

    def test_devices(self, tmp_path):
        self.put(tmp_path, lambda path: path.symlink_to("/dev/zero"))
        self.wanted(tmp_path, "is a device; give ")

    def test_a_socket(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)  # names of sockets are short
        self.put(tmp_path, lambda path: socket.socket(socket.AF_UNIX).bind(path.name))
        self.wanted(tmp_path, "is a socket; give ")

    def test_links_to_nowhere_and_in_a_circle(self, tmp_path):
        self.put(tmp_path, lambda path: path.symlink_to("nowhere"))
        self.wanted(tmp_path, "no such file")
        circle = tmp_path / "circle"
        circle.mkdir()
        self.put(circle, lambda path: path.symlink_to(path))
        self.wanted(circle, "cannot be read (Too many levels of symbolic links)")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_what_may_not_be_read(self, tmp_path):
        self.put(tmp_path, lambda path: (path.write_bytes(b"?"), path.chmod(0)))
        self.wanted(tmp_path, "may not be read; allow it, as with chmod u+r")

    def test_what_the_system_does_not_let_read(self, tmp_path, monkeypatch):
        def refuse(*_, **__):
            raise PermissionError(13, "Permission denied")

        self.put(tmp_path, lambda path: path.write_bytes(b"?"))
        monkeypatch.setattr(_files.os, "open", refuse)
        self.wanted(tmp_path, "may not be read; allow it, as with chmod u+r")

    def test_names_that_no_file_has(self, tmp_path):
        assert load(tmp_path, Npz, path="own.npz/x").endswith("own.npz/x: no such file")


class TestIdx:
    def test_a_header_that_claims_too_much(self, tmp_path):
        header = b"\0\0\x0e\3" + np.array([2**32 - 1] * 3, ">u4").tobytes()
        assert "bytes, but 0 follow" in load_idx(tmp_path, images=header)
        told = load_idx(tmp_path, images=gzip.compress(header))
        assert "the array would take 633,825,299" in told and "are free, so store fewer or smaller images" in told

    def test_bombs(self, tmp_path):
        zeros = gzip.compress(bytes(100_000_000), 1)
        images = gzip.compress(b"\0\0\x08\3" + np.array([100, 1000, 1000], ">u4").tobytes()) + zeros
        told = load_idx(tmp_path, images=images)
        assert "images: the array would swell from 436 kB to 100.0 MB, as no images do" in told
        told = load_idx(tmp_path, images=idx(X), labels=gzip.compress(idx(Y)) + zeros)
        assert told == "labels: header says (12,), 12 bytes, but more follow"

    @pytest.mark.parametrize(
        ("images", "words"),
        [
            (b"\0\0\x0d\0" + np.float32(np.nan).tobytes(), ".: images have shape (); expected (n, height, width)"),
            (b"\0\0\x08\x21" + b"\0\0\0\1" * 33 + b"7", "images: header says 33 axes; images have at most 4"),
            (b"\0\0\x08\3" + b"\0" * 4 + b"\xff" * 8, "images: header says (0, 4294967295, 4294967295), which no"),
            (gzip.compress(idx(X))[:-8] + bytes(8), "images: the gzip file is damaged or cut short (CRC check"),
            (gzip.compress(idx(X))[:-4], "images: the gzip file is damaged or cut short"),
            (gzip.compress(idx(X)[:-5]), "images: header says (12, 4, 3), 144 bytes, but 139 follow"),
        ],
    )
    def test_odd_headers(self, tmp_path, images, words):
        assert words in load_idx(tmp_path, images=images)

    def test_packed_beside_unpacked(self, tmp_path):
        both = {"images.gz": gzip.compress(idx(X)), "labels.gz": gzip.compress(idx(Y))}
        assert len(load_idx(tmp_path, **both).train) == N
        told = load_idx(tmp_path, **{"images.gz": gzip.compress(idx(X[::-1]))})
        assert told == ".: two files called images hold different train images; leave one of them"

    def test_folders_of_the_files_names(self, tmp_path):
        """As archives unpack: in a folder of its own name, beside a file of that name with a dot, or alone."""
        for name, array in (("train-images-idx3-ubyte", X), ("train-labels-idx1-ubyte", Y)):
            (tmp_path / name).mkdir()
            (tmp_path / name / name).write_bytes(idx(array))
            (tmp_path / name / ".DS_Store").write_bytes(b"?")
        assert len(load(tmp_path, Idx, path=".").train) == N
        (tmp_path / "train-images.idx3-ubyte").write_bytes(idx(X))
        (tmp_path / "._train-images-idx3-ubyte").write_bytes(b"left by a file manager")
        assert len(load(tmp_path, Idx, path=".").train) == N


class TestMemory:
    def test_is_counted_before_bytes_are_read(self, tmp_path, monkeypatch):
        monkeypatch.setattr(_files, "available_bytes", lambda: 500)
        told = "would take 624 bytes, and 1.9 kB while dealt out; 500 bytes are free, so store fewer or smaller"
        assert f"own.npz: x and y {told}" in load_npz(tmp_path)
        monkeypatch.setattr(_files, "available_bytes", lambda: 1872)
        assert len(load_npz(tmp_path).train) == N

    def test_of_this_machine(self):
        assert 2**20 < memory.available_bytes() < 2**50


def test_a_file_that_grows_while_it_is_read_or_is_cut(tmp_path):
    """What is read is what the header says, or a message; never a wait."""
    np.savez(tmp_path / "own.npz", x=X, y=Y)
    whole = (tmp_path / "own.npz").read_bytes()
    stop = threading.Event()

    def rewrite(path=Path(tmp_path / "own.npz")):
        while not stop.is_set():
            path.write_bytes(whole[: len(whole) // 2])
            path.write_bytes(whole)

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        found = [load(tmp_path, Npz, path="own.npz") for _ in range(30)]
    finally:
        stop.set()
        writer.join()
    assert all(isinstance(f, str) or len(f.train) == N for f in found)
