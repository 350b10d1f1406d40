"""Model files: named arrays and a JSON header in one NPZ archive, which can hold numbers and text and nothing else."""

import io
import json
import lzma
import math
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from csfgeno.errors import InputError, UsageError

HEADER: Final = "header"
MAX_BYTES: Final = 1 << 30
"""A model whose arrays unpack to more than this is refused before they are unpacked."""

_DAMAGE: Final = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(ValueError, KeyError, EOFError, NotImplementedError, RuntimeError, OverflowError, SyntaxError),
)
"""What reading a file raises that is no archive of arrays, or a damaged one."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """Content of a model file, not yet checked for meaning."""

    header: Mapping[str, object]
    arrays: Mapping[str, npt.NDArray[Any]]


def write_model_file(path: Path, content: ModelFile) -> None:
    """Write a model file; it appears complete or not at all, and equal contents give equal bytes.

    Raises
    ------
    UsageError
        If the file cannot be written.
    """
    text = json.dumps(content.header, sort_keys=True, ensure_ascii=True, allow_nan=False)
    stream = io.BytesIO()
    header = np.frombuffer(text.encode(), np.uint8)
    np.savez_compressed(stream, allow_pickle=False, **{HEADER: header}, **dict(sorted(content.arrays.items())))
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(stream.getvalue())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(f"'{path}' cannot be written: {error.strerror}; give another --out") from error


def read_model_file(path: Path, what: str = "error model written by `csfgeno model fit`") -> ModelFile:
    """Read a model file; nothing in it is executed, whatever it holds.

    Parameters
    ----------
    what
        What the file should be, for messages.

    Raises
    ------
    InputError
        If it cannot be read or is no archive of plain arrays with a JSON header.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > MAX_BYTES:
                raise InputError(
                    f"{path.name} would unpack to {size:,} bytes; expected no more than {MAX_BYTES:,} for a {what}"
                )
            arrays = _read_members(archive)
        header = json.loads(arrays.pop(HEADER).tobytes())
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror or error}; expected a {what}") from error
    except _DAMAGE as error:
        raise InputError(f"{path.name} is no {what}, or it is damaged") from error
    if not isinstance(header, dict):
        raise InputError(f"{path.name} is no {what}: its header is no table of names and values")
    return ModelFile(header, arrays)


def _read_members(archive: zipfile.ZipFile) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of an archive by name, each in it once."""
    names = archive.namelist()
    if len(set(names)) != len(names):
        raise ValueError("a name stands twice")
    return {name.removesuffix(".npy"): _read_array(archive.read(name)) for name in names}


def _read_array(content: bytes) -> npt.NDArray[Any]:
    """Return the array of a NPY file of the size that it states, so that no room is made for what is not there.

    Raises
    ------
    ValueError
        If it is no such file, or holds Python objects.
    """
    stream = io.BytesIO(content)
    version = npy.read_magic(stream)
    if version != (1, 0):
        raise ValueError("only NPY files of version 1.0 are written")
    shape, _, dtype = npy.read_array_header_1_0(stream)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(content) - stream.tell():
        raise ValueError("no plain array of the size that it states")
    stream.seek(0)
    return np.asarray(npy.read_array(stream, allow_pickle=False))
