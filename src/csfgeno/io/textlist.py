"""Text of the user's, and lists of files: one path a line."""

from pathlib import Path

from csfgeno.errors import InputError


def read_paths(path: Path) -> tuple[Path, ...]:
    """Return the files that a list names, relative to the list; empty lines and lines that start with # are skipped.

    Raises
    ------
    InputError
        If the list cannot be read, is no text, or names no file.
    """
    lines = [line.strip() for line in read_text(path, "one file name a line").splitlines()]
    named = tuple(path.parent / line for line in lines if line and not line.startswith("#"))
    if not named:
        raise InputError(f"{path.name} names no file; expected one a line")
    return named


def read_text(path: Path, expected: str) -> str:
    """Return the text of a file.

    Raises
    ------
    InputError
        If it cannot be read or is no UTF-8; `expected` says in the message what it should be.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror}; expected {expected}") from error
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is no text; expected {expected}") from None
