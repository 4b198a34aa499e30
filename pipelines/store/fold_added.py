"""Mentions that no rule found and a reviewer accepted: kept as rows, so that reads need not look for them.

They follow from the reviewers' words, the posts that are there and what rules found in these; each of them may change
in any transaction. So every transaction ends here, and mostly nobody has accepted anything.
"""

from __future__ import annotations

import duckdb

Db = duckdb.DuckDBPyConnection


def settle_added(db: Db) -> None:
    """Bring ``added_mentions`` up to what ``added_now`` says; rows that are right stay as they are."""
    some = "SELECT 1 FROM reviews WHERE verdict = 'accept' UNION ALL SELECT 1 FROM added_mentions LIMIT 1"
    if db.execute(some).fetchone() is None:
        return
    db.execute("CREATE OR REPLACE TEMP TABLE wanted_mentions AS FROM added_now")
    db.execute("""
        DELETE FROM added_mentions a WHERE NOT EXISTS (
            FROM wanted_mentions w WHERE w.post_number = a.post_number AND w.number = a.number AND w.congress_id = a.congress_id
                AND (w.author_id, w.created_at, w.kind, w.evidence, w.inherited_from, w.visible)
                    IS NOT DISTINCT FROM (a.author_id, a.created_at, a.kind, a.evidence, a.inherited_from, a.visible)
        )
    """)
    db.execute("""
        INSERT INTO added_mentions BY NAME FROM wanted_mentions w
        ANTI JOIN added_mentions a ON a.post_number = w.post_number AND a.number = w.number AND a.congress_id = w.congress_id
    """)
    db.execute("DROP TABLE temp.wanted_mentions")
