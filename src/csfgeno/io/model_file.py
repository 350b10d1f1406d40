"""Model files: named arrays and a JSON header in one NPZ archive, which can hold numbers and text and nothing else."""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from csfgeno.errors import InputError, UsageError

HEADER: Final = "header"
MAX_BYTES: Final = 1 << 30
"""A model whose arrays unpack to more than this is refused before they are unpacked."""


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
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        header = json.loads(arrays.pop(HEADER).tobytes())
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror or error}; expected a {what}") from error
    except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{path.name} is no {what}, or it is damaged") from error
    if not isinstance(header, dict):
        raise InputError(f"{path.name} is no {what}: its header is no table of names and values")
    return ModelFile(header, arrays)
