"""Writing results: all files of a run appear together, complete, or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pysam

from csfgeno.errors import InputError, UsageError


@contextmanager
def published_together(directory: Path, option: str = "--out-dir") -> Iterator[Path]:
    """Give a staging directory whose files move to `directory` when the block ends without an exception.

    The staging directory lies inside `directory`, so that moving a file is one rename. If anything fails, in the
    block or while renaming, the files that were there before are back in place and the staging directory is gone.

    Parameters
    ----------
    option
        What the user gave `directory` with, for the message.

    Raises
    ------
    UsageError
        If `directory` cannot be made or written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".csfgeno-", dir=directory) as name:
            staging = Path(name) / "new"
            staging.mkdir()
            yield staging
            _publish(staging, directory, Path(name) / "old")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"results cannot be written to '{directory}': {reason}; give another {option}") from error


def check_writable(directory: Path, option: str = "--out-dir") -> None:
    """Check, before hours of work, that results could be written to a folder; nothing is made.

    Raises
    ------
    UsageError
        If a file is in the way, or the folder (the nearest one above it that exists) may not be written to.
    """
    whole = directory.absolute()
    nearest = next(path for path in (whole, *whole.parents) if path.exists())
    if not nearest.is_dir():
        raise UsageError(
            f"results cannot be written to '{directory}': '{nearest.name}' is a file; give another {option}"
        )
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise UsageError(f"results cannot be written to '{directory}': permission denied; give another {option}")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file."""
    path.write_bytes(content)


def write_vcf(path: Path, text: str) -> None:
    """Write VCF text, sorted by position, as bgzip with a tabix index beside it (`path` + `.tbi`)."""
    with pysam.BGZFile(os.fspath(path), "wb", index=None) as stream:
        stream.write(text.encode())
    pysam.tabix_index(os.fspath(path), preset="vcf", force=True)


def read_bytes(path: Path) -> bytes:
    """Read a file that an earlier run wrote.

    Raises
    ------
    InputError
        If it is absent or unreadable.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror}; expected a csfgeno JSON report") from error


def _publish(staging: Path, directory: Path, previous: Path) -> None:
    previous.mkdir()
    names = sorted(path.name for path in staging.iterdir())
    try:
        for name in names:
            if (directory / name).exists():
                (directory / name).replace(previous / name)
            (staging / name).replace(directory / name)
    except BaseException:
        for name in names:
            _restore(directory / name, previous / name, withdrawn=not (staging / name).exists())
        raise


def _restore(target: Path, previous: Path, *, withdrawn: bool) -> None:
    if withdrawn:
        target.unlink()
    if previous.exists():
        previous.replace(target)
