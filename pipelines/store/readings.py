"""Whose reading of a post holds: of two collectors that follow different congresses, each reads a post for its own.

What is read of a post (mentions of abstracts, products) belongs to one version of it and to one congress. A newer version
makes every reading of an older one void; a second congress's reading of the same version stands beside the first's; of one
congress and version the first reading holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from pipelines.model import Match
from pipelines.store.columns import table_of

Db = duckdb.DuckDBPyConnection
Row = TypeVar("Row", bound=Any)
Reading = tuple[str, str, str]  # congress, platform and id of a post


def void_readings(db: Db, table: str, matches: Sequence[Match], accepted: pa.Table) -> set[Reading]:
    """Remove from ``table`` what was read of earlier versions of ``accepted`` posts, and what the congresses of this batch
    read of them: so nothing stands there of the congress and post of each ``Reading`` that is returned."""
    if not accepted.num_rows:
        return set()
    db.register("accepted", accepted)
    db.register("incoming", table_of(Match, matches))
    db.execute(f"""
        DELETE FROM {table} m USING (FROM accepted LEFT JOIN incoming USING (platform, post_id)) a
        WHERE a.platform = m.platform AND a.post_id = m.post_id
            AND (a.revision <> m.revision OR a.congress_id = m.congress_id)
    """)
    db.unregister("incoming")
    db.unregister("accepted")
    keys = set(zip(accepted["platform"].to_pylist(), accepted["post_id"].to_pylist(), strict=True))
    return {
        (each.congress_id, each.platform, each.post_id) for each in matches if (each.platform, each.post_id) in keys
    }


def apart(rows: Sequence[Row], voided: set[Reading]) -> tuple[list[Row], list[Row]]:
    """What was read of ``voided`` posts, and all else."""
    parts: tuple[list[Row], list[Row]] = ([], [])
    for row in rows:
        parts[(row.congress_id, row.platform, row.post_id) not in voided].append(row)
    return parts


def unread(db: Db, table: str, rows: Sequence[Row], current: pa.Table) -> list[Row]:
    """Those of ``rows`` whose congress has read nothing yet of the current version of their post."""
    if not rows or not current.num_rows:
        return []
    db.register("current", current)
    found = db.execute(f"""
        SELECT DISTINCT congress_id, platform, post_id FROM {table} SEMI JOIN current USING (platform, post_id, revision)
    """).fetchall()
    db.unregister("current")
    read = set(found)
    return [row for row in rows if (row.congress_id, row.platform, row.post_id) not in read]
