"""What another host's store says, into this one: rows of small tables as they are there, and posts that are gone."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from pipelines.store.columns import table_of
from pipelines.store.outbox import Refused, Removed

Db = duckdb.DuckDBPyConnection


def replace_rows(db: Db, table: str, keys: Sequence[str], rows: pa.Table) -> None:
    """Put rows in the place of those with the same key; those marked ``gone`` only go. One row a key."""
    same = " AND ".join(f'i."{key}" IS NOT DISTINCT FROM t."{key}"' for key in keys)
    db.register("incoming", rows)
    db.execute(f'DELETE FROM "{table}" t USING incoming i WHERE {same}')
    db.execute(f'INSERT INTO "{table}" BY NAME SELECT * EXCLUDE (gone) FROM incoming WHERE NOT gone')
    db.unregister("incoming")


def keep_gone(db: Db, removed: Sequence[Removed], refused: Sequence[Refused]) -> None:
    """Keep what stays of posts that were deleted before this host could see them."""
    for table, record, rows in (("removed_posts", Removed, removed), ("refused_posts", Refused, refused)):
        if rows:
            db.register("incoming", table_of(record, rows))
            db.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming ON CONFLICT DO NOTHING")
            db.unregister("incoming")
