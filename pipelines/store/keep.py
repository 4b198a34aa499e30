"""What keeping house writes: which tapes there are, who is left without a post, and what was done when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb

Db = duckdb.DuckDBPyConnection


def note_tape(db: Db, path: str, begun_at: datetime) -> None:
    """Remember a tape; one that is known stays as it was noted."""
    db.execute("INSERT INTO tapes VALUES ($1, $2) ON CONFLICT DO NOTHING", [path, begun_at])


def note_upkeep(db: Db, job: str, done_at: datetime, touched: int) -> None:
    """Remember that a job was done, and how much it touched."""
    db.execute("INSERT OR REPLACE INTO upkeep VALUES ($1, $2, $3)", [job, done_at, touched])


def drop_health(db: Db, sources: Sequence[str]) -> None:
    """Let go of what sources said of themselves by a clock that was ahead: the next word takes its place."""
    db.execute("DELETE FROM health WHERE list_contains($1, source)", [list(sources)])


def keep_certificate(db: Db, done_at: datetime, certificate: str) -> None:
    """Keep that something was forgotten; nothing ever changes or removes it."""
    db.execute("INSERT INTO certificates VALUES ($1, $2)", [done_at, certificate])


def note_reveal(db: Db, platform: str, author_id: str, by: str, reason: str, at: datetime) -> None:
    """Note that a reviewer may see an author by name, and why."""
    db.execute("INSERT INTO reveals VALUES ($1, $2, $3, $4, $5)", [platform, author_id, by, reason, at])


def sweep_authors(db: Db, before: datetime) -> int:
    """Remove profiles seen before a moment (naive UTC) of whom no post is left; how many. A reviewer's word on a role stays."""
    # by number, each once: with the ids of a million posts it takes 100 MB more
    gone = db.execute("""
        DELETE FROM authors WHERE seen_at < $1 AND author_number NOT IN (
            SELECT DISTINCT author_number FROM posts WHERE author_number IS NOT NULL)
        RETURNING platform, author_id
    """, [before]).fetchall()  # fmt: skip
    if gone:
        db.execute("""
            DELETE FROM roles WHERE decided_by IN ('rules', 'voices.csv') AND NOT EXISTS (
                FROM authors a WHERE a.platform = roles.platform AND a.author_id = roles.author_id)
        """)
    return len(gone)


def words_left(db: Db, words: str) -> dict[str, int]:
    """In how many rows of which table ``words`` still stand, looked for in every column that can hold text."""
    found: dict[str, int] = {}
    columns = db.execute("""
        SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() c
        SEMI JOIN duckdb_tables() t USING (table_name)
        WHERE NOT c.internal AND data_type IN ('VARCHAR', 'VARCHAR[]') GROUP BY ALL ORDER BY ALL
    """).fetchall()
    for table, names in columns:
        held = " OR ".join(f'contains("{name}"::VARCHAR, $1)' for name in names)
        row = db.execute(f'SELECT count(*) FROM "{table}" WHERE {held}', [words]).fetchone()
        if row and row[0]:
            found[table] = row[0]
    return found
