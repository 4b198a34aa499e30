"""Copying an open database into a new file: all its tables, views and macros, and none of the bytes of what was deleted."""

from __future__ import annotations

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb

STEP = 100_000  # rows; until they are written down DuckDB holds the keys of all, for a million posts 1.2 GB of them
BATCH = 20_000  # rows on their way from one file to the other


def copy_as_it_stands(db: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Copy one moment's state while others write: read in one transaction, written down in many."""
    with _attached(db, target) as (source, copied), db.cursor() as reading:
        reading.execute("BEGIN")
        for table, rows in _tables(reading, source):
            batches = reading.sql(f'FROM {source}."{table}"').to_arrow_reader(BATCH)
            for number, batch in enumerate(batches, 1):
                db.register("copying", batch)
                db.execute(f'INSERT INTO {copied}."{table}" FROM copying')
                db.unregister("copying")
                if number % (STEP // BATCH) == 0 and rows > STEP:
                    db.execute(f"CHECKPOINT {copied}")
        reading.execute("COMMIT")


def copy_in_steps(db: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Copy what nobody may write to meanwhile: no row leaves the engine, which is faster."""
    with _attached(db, target) as (source, copied):
        for table, rows in _tables(db, source):
            for first in range(0, rows, STEP):
                db.execute(
                    f'INSERT INTO {copied}."{table}" SELECT * FROM {source}."{table}" WHERE rowid >= $1 AND rowid < $2',
                    [first, first + STEP],
                )
                if rows > STEP:
                    db.execute(f"CHECKPOINT {copied}")


def _tables(db: duckdb.DuckDBPyConnection, source: str) -> list[tuple[str, int]]:
    """Each table with the number behind its last row."""
    named = db.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND NOT temporary"
    ).fetchall()
    last = 'SELECT coalesce(max(rowid), -1) + 1 FROM {}."{}"'
    return [(table, db.execute(last.format(source, table)).fetchall()[0][0]) for (table,) in named]


@contextmanager
def _attached(db: duckdb.DuckDBPyConnection, target: Path) -> Generator[tuple[str, str]]:
    """The names of the open database and of a new file with all its tables, empty; the file is closed afterwards."""
    target.unlink(missing_ok=True)
    name = db.execute("SELECT current_database()").fetchone()
    quoted = str(target).replace("'", "''")
    copied = f"copied_{secrets.token_hex(4)}"  # a backup may be made while the file is written anew
    db.execute(f"ATTACH '{quoted}' AS {copied} (STORAGE_VERSION 'v1.5.0')")
    try:
        source = f'"{name[0] if name else ""}"'
        db.execute(f"COPY FROM DATABASE {source} TO {copied} (SCHEMA)")
        yield source, copied
    finally:
        db.execute(f"DETACH {copied}")
