"""The audit into the store: entries chained behind what is there, in the transaction of what they tell of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import duckdb

from pipelines.audit import AWAY, Entry, Head, chained


def fold_audit(db: duckdb.DuckDBPyConnection, entries: Sequence[Entry], outside: Head | None, kept: bool) -> Head:
    """Append entries inside the caller's transaction; the new end of the chain.

    Where the head outside is ahead of the table, rows were cut: the chain goes on behind the head, so that the hole
    stays in sight. Where it is gone, that is noted first.

    Args:
        outside: what ``audit.head`` says.
        kept: whether there is such a file at all (a store in memory has none).
    """
    last = db.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    head = Head(*last) if last else Head()
    if outside is not None and outside.seq > head.seq:
        head = outside
    if kept and last and outside is None:
        entries = [Entry(entries[0].noted_at, AWAY, "admin", "head_missing"), *entries]
    rows = chained(entries, head)
    for row in rows:
        db.execute(
            """
            INSERT INTO audit VALUES ($seq, $noted_at, $person, $role, $action, $congress_id, $target, $params,
                $previous_hash, $hash)
            """,
            {"seq": row.seq, **asdict(row.entry), "previous_hash": row.previous_hash, "hash": row.hash},
        )
    return Head(rows[-1].seq, rows[-1].hash)
