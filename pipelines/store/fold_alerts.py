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
