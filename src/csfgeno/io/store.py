"""Stores: SQLite files of one schema, in which one process writes at a time and any number read."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from csfgeno.errors import InputError, UsageError

WAIT_SECONDS: Final = 120
"""How long a process waits for another one that writes."""

Value = str | int | float | None


class Store:
    """An open store. Changes belong into `transaction`; elsewhere nothing can be written."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self._connection = connection
        self._name = name

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return self._connection.execute(sql, values).fetchall()

    def change(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Change rows and return how many; of an insertion it is the row number."""
        cursor = self._connection.execute(sql, values)
        return cursor.lastrowid or 0 if sql.lstrip().startswith("INSERT") else cursor.rowcount

    def change_many(self, sql: str, values: Iterable[Sequence[Value]]) -> None:
        """Run one statement for each of `values`."""
        self._connection.executemany(sql, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all changes of the block together, or none of them."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


@contextmanager
def open_store(path: Path, schema: str, application_id: int, version: int, *, writing: bool) -> Iterator[Store]:
    """Give the store of a file; for writing it is made if it is not there.

    Parameters
    ----------
    schema
        SQL that makes the tables of a new store.
    application_id, version
        What the file must be marked with.

    Raises
    ------
    InputError
        If the file is no store of this kind and version, damaged, or not there to be read.
    UsageError
        If it cannot be written, or another process writes for too long.
    """
    if not writing and not path.is_file():
        raise InputError(f"the store '{path}' does not exist; make it with `csfgeno cohort add`")
    mode = "rwc" if writing else "ro"
    try:
        # No path of a user can add parameters to the address: `as_uri` escapes them.
        address = f"{path.absolute().as_uri()}?mode={mode}"
        connection = sqlite3.connect(address, uri=True, timeout=WAIT_SECONDS, isolation_level=None)
    except sqlite3.Error as error:
        raise UsageError(f"the store '{path}' cannot be opened: {error}; does its folder exist?") from error
    try:
        store = Store(connection, path.name)
        connection.execute("PRAGMA foreign_keys = ON")
        # What is removed is overwritten, so that a removed case cannot be read from the file any more.
        connection.execute("PRAGMA secure_delete = ON")
        if writing:
            _make_tables(store, schema, application_id, version)
        _check_marks(store, path.name, application_id, version)
        yield store
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
            raise  # a mistake in a query of ours, not of the user's
        raise UsageError(
            f"the store '{path}' cannot be used: {error}; is it read-only, full, or does another process write to it?"
        ) from error
    except sqlite3.DatabaseError as error:
        raise InputError(f"'{path.name}' is no csfgeno store, or it is damaged ({error})") from error
    finally:
        connection.close()


def _make_tables(store: Store, schema: str, application_id: int, version: int) -> None:
    with store.transaction():
        if store.rows("SELECT 1 FROM sqlite_master LIMIT 1"):
            return
        for statement in filter(None, map(str.strip, schema.split(";"))):
            store.change(statement)
        store.change(f"PRAGMA application_id = {application_id}")
        store.change(f"PRAGMA user_version = {version}")


def _check_marks(store: Store, name: str, application_id: int, version: int) -> None:
    [(found_id,)], [(found_version,)] = store.rows("PRAGMA application_id"), store.rows("PRAGMA user_version")
    if found_id != application_id:
        raise InputError(f"'{name}' is a database of another program; expected a csfgeno cohort store")
    if found_version != version:
        raise InputError(
            f"'{name}' is a cohort store of version {found_version}, this csfgeno reads {version}; "
            "load the case JSON files into a new store"
        )
