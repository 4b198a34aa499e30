"""Asking the store: whole answers as Arrow tables, bounded in time and number."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.errors import StoreError

READ_SECONDS = 10.0
READS_AT_ONCE = 2


class Reader:
    """Asks the store and always takes the whole answer, so that no open result blocks a checkpoint."""

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self._connection = connection
        self._slots = threading.Semaphore(READS_AT_ONCE)

    def ask(self, sql: str, *, tables: Mapping[str, pa.Table] | None = None, **params: Any) -> pa.Table:
        """The answer to one literal statement with ``$name`` parameters; ``tables`` may be named in it too.

        Raises:
            StoreError: when it takes longer than 10 s.
        """
        with self._slots:
            cursor = self._connection.cursor()
            timer = threading.Timer(READ_SECONDS, cursor.interrupt)
            timer.start()
            try:
                for name, table in (tables or {}).items():
                    cursor.register(name, table)
                return cursor.sql(sql, params=params).to_arrow_table()
            except duckdb.InterruptException:
                raise StoreError(f"a read took over {READ_SECONDS:.0f} s and was stopped") from None
            finally:
                timer.cancel()
                cursor.close()
