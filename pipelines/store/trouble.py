"""What went wrong with the file, for the person at the keyboard: what, where, and what to do.

DuckDB's own messages are kept where nothing better is known; a mistake of ours in SQL stays the loud exception it is.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.errors import StoreError, StoreLocked
from pipelines.store.extent import HEADERS, extent

_FULL = ("no space left", "file too large", "disk quota")
_LOCKED = ("set lock on file", "used by another process")
_FORBIDDEN = ("permission denied", "read-only file system")
_DAMAGED = (
    *("corrupt", "checksum", "not a valid duckdb database", "could not read enough bytes", "replaying wal"),
    *("deserialize", "serialization error", "input/output error", "internal error"),
)


@contextmanager
def explained(path: Path | None) -> Generator[None]:
    """Errors about the state of the file at ``path`` leave as one line; all others as they are.

    Raises:
        StoreLocked: another process has the file.
        StoreError: the disk is full, the file is damaged, or it may not be written.
    """
    try:
        yield
    except duckdb.Error as error:
        if told := trouble(path, error):
            raise told from None
        raise


def trouble(path: Path | None, error: duckdb.Error) -> StoreError | None:
    """What an error of DuckDB says of the file; None when it says nothing of it."""
    words = str(error).lower()
    if any(each in words for each in _LOCKED):
        return StoreLocked(f"{path}: another process owns it; stop that collector, or use another --data")
    if any(each in words for each in _FULL):
        return StoreError(
            f"{path}: the disk is full ({_first(error)}); make room and start again: nothing that was committed is lost, "
            "and collecting goes on from there"
        )
    if any(each in words for each in _FORBIDDEN):
        return StoreError(
            f"{path}: may not be written ({_first(error)}); give this user the right to, or name another --data"
        )
    if any(each in words for each in _DAMAGED):
        return damaged(path, _first(error))
    if isinstance(error, duckdb.FatalException | duckdb.IOException | duckdb.OutOfMemoryException):
        return StoreError(f"{path}: cannot be used: {_first(error)}")
    return None


def damaged(path: Path | None, why: str) -> StoreError:
    """That a file cannot be relied on, and the way back."""
    return StoreError(
        f"{path}: is damaged ({why}); bring back the newest backup with: congress restore FILE (this file is kept beside it), "
        "and collecting goes on from there"
    )


def refuse_cut(path: Path) -> None:
    """Refuse a file that ends before its last used block, whatever stands beside it: DuckDB opens it, and fails on the first
    read of what is gone, or writes over where it stood. Called before this process opens the file.

    Raises:
        StoreLocked: another process has it, and may be making it shorter just now.
        StoreError: it was cut off.
    """
    try:
        size, least = path.stat().st_size, extent(path)
    except OSError:
        return  # what may not be read is told by DuckDB
    if size >= HEADERS and (least is None or size >= least):
        return
    try:
        duckdb.connect(str(path), read_only=True).close()
    except duckdb.Error as error:
        if isinstance(told := trouble(path, error), StoreLocked):
            raise told from None
    raise damaged(path, f"{(least or HEADERS) - size:,} bytes are missing at its end" if size else "nothing is in it")


def _first(error: duckdb.Error) -> str:
    """The one line that says most: of a database that was shut after an earlier fault, that fault."""
    lines = str(error).splitlines()
    original = next((line for line in lines if line.startswith("Original error: ")), lines[0] if lines else "")
    return original.removeprefix("Original error: ").strip('" ')[:300]
