"""What is followed, as rows: the congresses, their catalogues and programmes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb

from pipelines.congresses import Congress
from pipelines.model import Abstract, Session
from pipelines.store.columns import table_of

Db = duckdb.DuckDBPyConnection


def fold_catalogue(db: Db, congress_id: str, abstracts: Sequence[Abstract], sessions: Sequence[Session]) -> None:
    """Replace the catalogue and the programme of one congress."""
    for table, record, rows in (("abstracts", Abstract, abstracts), ("sessions", Session, sessions)):
        db.execute(f"DELETE FROM {table} WHERE congress_id = $1", [congress_id])
        if rows:
            db.register("incoming", table_of(record, rows))
            db.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
            db.unregister("incoming")


def fold_congresses(db: Db, congresses: Iterable[Congress]) -> None:
    """Write down what is followed, so that a reader of the database needs no congresses.yaml."""
    for each in congresses:
        db.execute(
            "INSERT OR REPLACE INTO congresses VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            [
                each.id, each.name, each.society, each.city, each.timezone, each.starts_on, each.ends_on,
                each.follow_from, each.follow_until, list(each.hashtags), each.simulated, each.kept_until,
            ],
        )  # fmt: skip
