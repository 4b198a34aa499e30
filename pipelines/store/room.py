"""How much memory the database takes, and where what does not fit is put down meanwhile.

DuckDB alone would keep what it has read until four fifths of the machine are full. The reads of a page need far less at
once, and a block that was let go is read again from the system's cache. So it gets ``POOL`` bytes, and all it wants for as
long as somebody needs more: what runs out of memory is done again with that, and never fails for being large.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TypeVar

import duckdb

POOL = 160 << 20  # bytes; at 1 M posts two reads at once fit into it, and into 128 MB they do not
MORE = 128 << 20  # bytes beyond it, for what does not fit

log = logging.getLogger(__name__)
T = TypeVar("T")


class Room:
    """The memory of one open database. Every thread may ask for more."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, pool: int = POOL):
        row = connection.cursor().execute("SELECT current_setting('memory_limit')").fetchone()
        self._connection, self._pool, self._most = connection, pool, str(row[0]) if row else "80%"
        self._lock = threading.Lock()
        self._guests: list[int | None] = []  # what is wanted beyond the pool just now; None: all there is
        self._is_wide = False
        self._set()

    @contextmanager
    def more(self, extra: int | None = None) -> Generator[None]:
        """So many bytes more, or as much as the machine has, as long as the context lasts."""
        with self._lock:
            self._guests.append(extra)
            self._set()
        try:
            yield
        finally:
            with self._lock:
                self._guests.remove(extra)
                self._set()

    def settle(self) -> None:
        """Go back to the pool where that could not be done when the last guest left: it was still in use."""
        if self._is_wide:
            with self._lock:
                self._set()

    def enough_for(self, job: Callable[[], T]) -> T:
        """What a job returns; it is done again, with more memory, when it ran out of it, and at last with all there is."""
        for beyond in (nullcontext(), self.more(MORE)):
            try:
                with beyond:
                    return job()
            except duckdb.Error as error:
                if not ran_out(error):
                    raise
                log.info("more memory for what does not fit: %s", str(error).splitlines()[0])
        with self.more():
            return job()

    def _set(self) -> None:
        limit = self._most if None in self._guests else f"{(self._pool + sum(filter(None, self._guests))) >> 10}KiB"
        self._is_wide = bool(self._guests)
        try:
            self._connection.cursor().execute(f"SET GLOBAL memory_limit = '{limit}'")
        except duckdb.OutOfMemoryException:  # more than that is in use
            self._is_wide = True
        except duckdb.ConnectionException:  # it was closed meanwhile
            self._is_wide = False


def ran_out(error: duckdb.Error) -> bool:
    """Whether memory was lacking; a commit that lacked it says so in its words alone."""
    words = str(error)
    return isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory" in words or "could not allocate" in words


def spill_folder(path: Path) -> Path:
    """Where what does not fit into memory is put down while it is needed, beside the file at ``path``."""
    return path.with_name(f"{path.name}.tmp")


def make_spill(path: Path) -> bool:
    """Make the folder for this user alone, as others may look into one that DuckDB makes; whether it was not there yet."""
    try:
        spill_folder(path).mkdir(mode=0o700)
    except OSError:  # where nothing may be written the file itself is told of, with what to do
        return False
    return True


def clear_spill(path: Path) -> None:
    """Remove what a process that was killed has left there: it holds people's words."""
    for each in spill_folder(path).glob("*"):
        with suppress(OSError):
            each.unlink()


def remove_spill(path: Path) -> None:
    """Remove the folder of a database that was closed."""
    shutil.rmtree(spill_folder(path), ignore_errors=True)
