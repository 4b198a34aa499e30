"""Copying an open database into a new file: all its tables, views and macros, and none of the bytes of what was deleted."""

from __future__ import annotations

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb

STEP = 100_000  # rows; the keys of so many are in memory at once, of a million posts with all that hangs on them 1.2 GB


def copy_as_it_stands(db: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Copy in one transaction, while others write. Takes much memory: DuckDB holds every key until the end."""
    with _attached(db, target) as (source, copied):
        db.execute(f"COPY FROM DATABASE {source} TO {copied}")


def copy_in_steps(db: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Copy rows by the hundred thousand, which takes little memory; nobody may write meanwhile."""
    with _attached(db, target) as (source, copied):
        db.execute(f"COPY FROM DATABASE {source} TO {copied} (SCHEMA)")
        tables = db.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND NOT temporary"
        )
        for (table,) in tables.fetchall():
            (rows,) = db.execute(f'SELECT coalesce(max(rowid), -1) + 1 FROM {source}."{table}"').fetchone() or (0,)
            for first in range(0, rows, STEP):
                db.execute(
                    f'INSERT INTO {copied}."{table}" SELECT * FROM {source}."{table}" WHERE rowid >= $1 AND rowid < $2',
                    [first, first + STEP],
                )
                if rows > STEP:
                    db.execute(f"CHECKPOINT {copied}")  # lets go of the keys


@contextmanager
def _attached(db: duckdb.DuckDBPyConnection, target: Path) -> Generator[tuple[str, str]]:
    """The names of the open database and of a new file, which is closed afterwards."""
    target.unlink(missing_ok=True)
    name = db.execute("SELECT current_database()").fetchone()
    quoted = str(target).replace("'", "''")
    copied = f"copied_{secrets.token_hex(4)}"  # a backup may be made while the file is written anew
    db.execute(f"ATTACH '{quoted}' AS {copied} (STORAGE_VERSION 'v1.5.0')")
    try:
        yield f'"{name[0] if name else ""}"', copied
    finally:
        db.execute(f"DETACH {copied}")
