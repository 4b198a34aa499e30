"""Alerts and their deliveries into the store: the newest word on each stands."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from pipelines.alerts.records import Alert, Delivery
from pipelines.store.columns import table_of


def fold_alerts(db: duckdb.DuckDBPyConnection, alerts: Sequence[Alert], deliveries: Sequence[Delivery]) -> None:
    """Write alerts and deliveries inside the caller's transaction, replacing what was said of them before."""
    if alerts:
        db.register("incoming", table_of(Alert, alerts))
        db.execute("INSERT OR REPLACE INTO alerts BY NAME SELECT * FROM incoming")
        db.unregister("incoming")
    if deliveries:
        db.register("incoming", table_of(Delivery, deliveries))
        db.execute("INSERT OR REPLACE INTO deliveries BY NAME SELECT * FROM incoming")
        db.unregister("incoming")


def redact_alerts(db: duckdb.DuckDBPyConnection) -> None:
    """Take the posts in the table ``doomed`` out of what alerts told, with the words and the name that came from them."""
    db.execute("""
        UPDATE alerts SET post_ids = coalesce(touched.post_ids, []), started_by = 'an account',
            body = 'A post that this alert told of was deleted; its words are gone.'
        FROM (
            SELECT a.alert_id, list(a.post_id ORDER BY a.post_id) FILTER (d.post_id IS NULL) AS post_ids
            FROM (SELECT alert_id, unnest(post_ids) AS post_id FROM alerts) a LEFT JOIN doomed d USING (post_id)
            GROUP BY a.alert_id HAVING count(d.post_id) > 0
        ) touched
        WHERE touched.alert_id = alerts.alert_id
    """)
