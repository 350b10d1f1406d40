"""Files that were made to harm: a model file is numbers and text, or it is refused in one sentence."""

import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from csfgeno.errors import InputError
from csfgeno.io import model_file
from csfgeno.io.model_file import ModelFile, read_model_file, write_model_file

HEADER = np.frombuffer(b"{}", np.uint8)


def npy(array: npt.NDArray[Any], *, pickled: bool = False) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=pickled)
    return stream.getvalue()


def stating(shape: tuple[int, ...], dtype: str = "<f8") -> bytes:
    """Return an NPY file whose header states more than it holds."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": dtype, "fortran_order": False, "shape": shape})
    return stream.getvalue() + b"12345678"


def archive(path: Path, *members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as out:
        for name, content in members:
            out.writestr(name, content)
    return path


class Trap:
    """Unpickling it would leave a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.mark,)


def test_arrays_of_every_plain_type_come_back(tmp_path: Path) -> None:
    arrays: dict[str, npt.NDArray[Any]] = {
        "a": np.arange(6, dtype=np.int16).reshape(2, 3),
        "b": np.zeros((0, 4)),
        "c": np.array([True, False]),
        "d": np.asfortranarray(np.ones((2, 3))),
    }
    write_model_file(tmp_path / "x.model", ModelFile({"k": 1}, arrays))
    again = read_model_file(tmp_path / "x.model")
    assert again.header == {"k": 1}
    for name, array in arrays.items():
        assert again.arrays[name].dtype == array.dtype
        assert (again.arrays[name] == array).all()


def test_an_object_array_is_refused_and_not_executed(tmp_path: Path) -> None:
    trap = np.array([Trap(tmp_path / "executed")], object)
    for members in (
        (("header.npy", npy(trap, pickled=True)),),
        (("header.npy", npy(HEADER)), ("a.npy", npy(trap, pickled=True))),
    ):
        path = archive(tmp_path / "x.model", *members)
        with pytest.raises(InputError, match=r"x\.model is no error model .* or it is damaged"):
            read_model_file(path)
    assert not (tmp_path / "executed").exists()


def test_a_bare_pickle_is_refused_and_not_executed(tmp_path: Path) -> None:
    np.save(tmp_path / "trap.npy", np.array([Trap(tmp_path / "executed")], object), allow_pickle=True)
    with pytest.raises(InputError, match="is no error model"):
        read_model_file(tmp_path / "trap.npy")
    assert not (tmp_path / "executed").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.model", ("header.npy", npy(HEADER)), ("header.npy", npy(HEADER)))
    with pytest.raises(InputError, match="damaged"):
        read_model_file(path)


@pytest.mark.parametrize("shape", [(2,), (10**9,), (10**15,), (2**62, 2**62), (-1,)])
def test_an_array_smaller_than_it_states_makes_no_room_for_itself(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = archive(tmp_path / "x.model", ("header.npy", npy(HEADER)), ("a.npy", stating(shape)))
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="damaged"):
            read_model_file(path)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_bomb_is_refused_before_it_unpacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_file, "MAX_BYTES", 1_000_000)
    path = archive(tmp_path / "x.model", ("header.npy", npy(HEADER)), ("a.npy", npy(np.zeros(10_000_000, np.uint8))))
    assert path.stat().st_size < 20_000
    with pytest.raises(InputError, match="would unpack to 10,000"):
        read_model_file(path)


def test_a_bomb_that_states_a_small_size_unpacks_to_that_size(tmp_path: Path) -> None:
    content = npy(np.zeros(5_000_000, np.uint8))
    path = archive(tmp_path / "x.model", ("a.npy", content), ("header.npy", npy(HEADER)))
    raw = path.read_bytes().replace(len(content).to_bytes(4, "little"), (200).to_bytes(4, "little"))
    path.write_bytes(raw)
    with pytest.raises(InputError, match="damaged"):
        read_model_file(path)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"3", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": ' * 50_000, b"1" * 10_000]
)
def test_a_header_that_is_no_table_is_refused(tmp_path: Path, text: bytes) -> None:
    path = archive(tmp_path / "x.model", ("header.npy", npy(np.frombuffer(text, np.uint8))))
    with pytest.raises(InputError, match=r"x\.model is no error model"):
        read_model_file(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_any_packing_is_read_and_torn_ones_are_refused(tmp_path: Path, method: int) -> None:
    header = npy(np.frombuffer(json.dumps({"k": "v" * 500}).encode(), np.uint8))
    path = archive(tmp_path / "x.model", ("header.npy", header), ("a.npy", npy(np.arange(900))), method=method)
    whole = path.read_bytes()
    assert (read_model_file(path).arrays["a"] == np.arange(900)).all()
    rng = np.random.default_rng(3)
    for at in rng.integers(0, len(whole), 60).tolist():
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            again = read_model_file(path)
        except InputError:
            continue
        # A byte that nothing reads.
        assert (again.arrays["a"] == np.arange(900)).all()
        assert again.header == {"k": "v" * 500}


def test_what_is_no_array_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"\x93NUMPY", b"\x93NUMPY\x02\x00", b"import os", npy(HEADER)[:40]):
        path = archive(tmp_path / "x.model", ("header.npy", npy(HEADER)), ("a.npy", content))
        with pytest.raises(InputError, match="damaged"):
            read_model_file(path)
