"""Asking the store: whole answers as Arrow tables, bounded in time and number."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from pipelines.errors import StoreError
from pipelines.store.room import Room
from pipelines.store.trouble import explained

T = TypeVar("T")
READ_SECONDS = 10.0
READS_AT_ONCE = 2


class Line:
    """The one connection to the file, and who uses it: any number read, and who writes the file anew is alone."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path | None = None):
        self.connection, self.path = connection, path
        self.room: Room | None = None
        self._changed = threading.Condition()
        self._reading, self._closed = 0, False

    @contextmanager
    def cursor(self) -> Generator[duckdb.DuckDBPyConnection]:
        """A cursor to read with; waits while the file is written anew."""
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._reading += 1
        try:
            cursor = self.connection.cursor()
            try:
                yield cursor
            finally:
                cursor.close()
            if self.room:
                self.room.settle()
        finally:
            with self._changed:
                self._reading -= 1
                self._changed.notify_all()

    def enough_for(self, job: Callable[[], T]) -> T:
        """What a job returns that may need more memory than the database is given as a rule."""
        return self.room.enough_for(job) if self.room else job()

    def more(self, extra: int | None = None) -> AbstractContextManager[None]:
        """So many bytes of memory more, or all there is, as long as the context lasts."""
        return self.room.more(extra) if self.room else nullcontext()

    @contextmanager
    def alone(self) -> Generator[None]:
        """Nobody reads inside; ``connection`` may be another one afterwards."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: self._reading == 0)
        try:
            yield
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()


class Reader:
    """Asks the store and always takes the whole answer, so that no open result blocks a checkpoint."""

    def __init__(self, line: Line):
        self._line = line
        self._slots = threading.Semaphore(READS_AT_ONCE)

    def ask(self, sql: str, *, tables: Mapping[str, pa.Table] | None = None, **params: Any) -> pa.Table:
        """The answer to one literal statement with ``$name`` parameters; ``tables`` may be named in it too.

        Raises:
            StoreError: when it takes longer than 10 s, or the file cannot be read.
        """
        with self._slots, explained(self._line.path):
            return self._line.enough_for(lambda: self._once(sql, tables or {}, params))

    def _once(self, sql: str, tables: Mapping[str, pa.Table], params: dict[str, Any]) -> pa.Table:
        with self._line.cursor() as cursor:
            timer = threading.Timer(READ_SECONDS, cursor.interrupt)
            timer.start()
            try:
                for name, table in tables.items():
                    cursor.register(name, table)
                return cursor.sql(sql, params=params).to_arrow_table()
            except duckdb.InterruptException:
                raise StoreError(f"a read took over {READ_SECONDS:.0f} s and was stopped") from None
            finally:
                timer.cancel()
