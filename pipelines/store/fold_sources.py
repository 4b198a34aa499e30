"""What sources say of themselves, folded: gaps, health, the bill, where they stand."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from pipelines.model import Cursor, Gap, Health, LedgerEntry
from pipelines.store.columns import table_of

Db = duckdb.DuckDBPyConnection


def fold_gaps(db: Db, rows: list[Gap]) -> None:
    db.register("incoming", table_of(Gap, rows))
    db.execute("""
        INSERT INTO gaps BY NAME
        SELECT * FROM incoming QUALIFY row_number() OVER (
            PARTITION BY source, from_at ORDER BY word_on_gap(noted_at, status, to_at, cause) DESC) = 1
        ON CONFLICT DO UPDATE SET to_at = excluded.to_at, cause = excluded.cause, status = excluded.status,
            noted_at = excluded.noted_at
        WHERE word_on_gap(excluded.noted_at, excluded.status, excluded.to_at, excluded.cause)
            > word_on_gap(gaps.noted_at, gaps.status, gaps.to_at, gaps.cause)
    """)
    db.unregister("incoming")


def fold_health(db: Db, rows: list[Health]) -> None:
    db.register("incoming", table_of(Health, rows))
    db.execute("""
        INSERT INTO health BY NAME
        SELECT * FROM incoming QUALIFY row_number() OVER (PARTITION BY source ORDER BY
            word_on_health(seen_at, state, detail, dropped_count, received_count, reconnect_count, queue_depth) DESC) = 1
        ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at, state = excluded.state, detail = excluded.detail,
            connected_since = excluded.connected_since, last_data_at = excluded.last_data_at,
            last_event_at = excluded.last_event_at, reconnect_count = excluded.reconnect_count,
            dropped_count = excluded.dropped_count, received_count = excluded.received_count,
            queue_depth = excluded.queue_depth, spent_usd = excluded.spent_usd, budget_usd = excluded.budget_usd
        WHERE word_on_health(excluded.seen_at, excluded.state, excluded.detail, excluded.dropped_count, excluded.received_count,
                excluded.reconnect_count, excluded.queue_depth)
            > word_on_health(health.seen_at, health.state, health.detail, health.dropped_count, health.received_count,
                health.reconnect_count, health.queue_depth)
    """)
    db.unregister("incoming")


def fold_ledger(db: Db, rows: list[LedgerEntry]) -> None:
    db.register("incoming", table_of(LedgerEntry, rows))
    db.execute("""
        INSERT INTO ledger BY NAME
        SELECT * FROM incoming QUALIFY row_number() OVER (
            PARTITION BY source, day, kind, resource_id ORDER BY noted_at, cost_usd) = 1
        ON CONFLICT DO UPDATE SET cost_usd = excluded.cost_usd, noted_at = excluded.noted_at
        WHERE (excluded.noted_at, excluded.cost_usd) < (ledger.noted_at, ledger.cost_usd)
    """)
    db.unregister("incoming")


def fold_cursors(db: Db, rows: Sequence[Cursor]) -> None:
    """Where sources stand now: not a maximum, since one may be told to go back."""
    for last in {cursor.source: cursor for cursor in rows}.values():
        row = [last.source, last.position, last.event_at]
        moved = db.execute("UPDATE cursors SET position = $2, event_at = $3 WHERE source = $1", row).fetchone()
        if moved == (0,):
            db.execute("INSERT INTO cursors VALUES ($1, $2, $3)", row)
