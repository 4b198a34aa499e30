"""Possible adverse events into the store: found once, numbered without holes, never lost; their words go with the post."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import duckdb
import pyarrow as pa

from pipelines.congresses import Congress
from pipelines.desk.cases import Case
from pipelines.store.columns import table_of

Db = duckdb.DuckDBPyConnection


def fold_safety(db: Db, congresses: Iterable[Congress]) -> None:
    """Write down each congress's clock."""
    for each in congresses:
        db.execute(
            "INSERT OR REPLACE INTO safety VALUES ($1, $2, $3)", [each.id, each.safety.hours, each.safety.alert_at]
        )


def fold_cases(db: Db, rows: Sequence[Case], accepted: pa.Table, seen_at: datetime | None) -> None:
    """Cases of the ``accepted`` posts (platform, post_id, revision), first seen at ``seen_at`` (the owner's clock).

    The post's own words win over a repost's, then the newer version. A case stays when an edit takes its words back, and
    keeps its number, its decisions and when it was first seen.
    """
    if not rows:
        return
    db.register("incoming", table_of(Case, rows))
    db.register("accepted", accepted)
    db.execute(
        """
        CREATE OR REPLACE TEMP TABLE read_cases AS
        SELECT i.*, coalesce($1::TIMESTAMP, i.created_at) AS first_seen_at FROM incoming i
        SEMI JOIN accepted a ON a.platform = i.platform AND a.post_id = i.read_from AND a.revision = i.revision
        QUALIFY row_number() OVER (PARTITION BY case_id ORDER BY read_from = post_id DESC, revision DESC, elements) = 1
        """,
        [seen_at],
    )
    # words that went with a repost come back when the post itself is collected
    db.execute("""
        UPDATE cases SET read_from = r.read_from, author_id = r.author_id, revision = r.revision, created_at = r.created_at,
            product = r.product, elements = r.elements, special = r.special, score = r.score, text_hash = r.text_hash,
            kind = CASE WHEN cases.number IS NULL THEN r.kind ELSE cases.kind END, removed_at = NULL, removed_why = NULL
        FROM read_cases r WHERE r.case_id = cases.case_id
            AND (r.read_from = r.post_id, r.revision) >= (cases.read_from = cases.post_id, cases.revision)
    """)
    db.execute("INSERT INTO cases BY NAME SELECT * FROM read_cases ANTI JOIN cases USING (case_id)")
    number_cases(db)
    db.unregister("incoming")
    db.unregister("accepted")
    db.execute("DROP TABLE temp.read_cases")


def number_cases(db: Db) -> None:
    """Give every individual case without a number the next one."""
    db.execute("""
        UPDATE cases SET number = n.number FROM (
            SELECT case_id, (SELECT coalesce(max(number), 0) FROM cases)
                + row_number() OVER (ORDER BY first_seen_at, created_at, post_id, case_id) AS number
            FROM cases WHERE number IS NULL AND kind = 'individual'
        ) n WHERE n.case_id = cases.case_id
    """)


def purge_cases(db: Db) -> None:
    """Take the words of the posts in the table ``doomed`` out of cases and decisions; the rows stay."""
    db.execute("""
        CREATE OR REPLACE TEMP TABLE emptied AS
        SELECT c.case_id, arg_max(d.reason, d.deleted_at) AS reason, max(d.deleted_at) AS deleted_at
        FROM cases c SEMI JOIN doomed m ON m.platform = c.platform AND m.post_id IN (c.post_id, c.read_from)
        LEFT JOIN deletions d ON d.platform = c.platform
            AND ((d.target = 'post' AND d.target_id IN (c.post_id, c.read_from))
              OR (d.target = 'author' AND d.target_id = c.author_id))
        GROUP BY ALL
    """)
    db.execute("""
        UPDATE cases SET elements = '', author_id = NULL, removed_at = coalesce(e.deleted_at, cases.first_seen_at),
            removed_why = coalesce(e.reason, 'deleted')
        FROM emptied e WHERE e.case_id = cases.case_id
    """)
    db.execute("""
        UPDATE case_decisions SET comment = '', text = '', elements = ''
        FROM emptied e WHERE e.case_id = case_decisions.case_id
    """)
    db.execute("DROP TABLE temp.emptied")


def add_decision(
    db: Db, case_id: str, now: datetime, person: str, decision: str, duplicate_of: int | None, reference: str,
    comment: str, text: str
) -> None:  # fmt: skip
    """Append a decision with the case as it is now; a case of study data that goes to the queue gets its number."""
    db.execute(
        """
        INSERT INTO case_decisions
        SELECT (SELECT coalesce(max(entry), 0) + 1 FROM case_decisions), case_id, $now, $person, $decision, $duplicate_of,
            $reference, $comment, $text, elements, text_hash
        FROM cases WHERE case_id = $case_id
        """,
        {
            "case_id": case_id, "now": now, "person": person, "decision": decision, "duplicate_of": duplicate_of,
            "reference": reference, "comment": comment, "text": text,
        },
    )  # fmt: skip
    if decision == "reopened":
        db.execute("UPDATE cases SET kind = 'individual' WHERE case_id = $1", [case_id])
        number_cases(db)
