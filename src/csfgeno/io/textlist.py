"""Lists of files: one path a line."""

from pathlib import Path

from csfgeno.errors import InputError


def read_paths(path: Path) -> tuple[Path, ...]:
    """Return the files that a list names, relative to the list; empty lines and lines that start with # are skipped.

    Raises
    ------
    InputError
        If the list cannot be read, is no text, or names no file.
    """
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror}; expected one file name a line") from error
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is no text; expected one file name a line") from None
    named = tuple(path.parent / line for line in lines if line and not line.startswith("#"))
    if not named:
        raise InputError(f"{path.name} names no file; expected one a line")
    return named
