"""What must go: tombstones, and every row that speaks of what they name."""

from __future__ import annotations

import duckdb

from pipelines.model import Deletion
from pipelines.store.columns import table_of
from pipelines.store.fold_alerts import redact_alerts
from pipelines.store.fold_cases import purge_cases
from pipelines.store.fold_taken_up import purge_taken_up

Db = duckdb.DuckDBPyConnection


def fold_deletions(db: Db, rows: list[Deletion]) -> None:
    """Tombstones: what they name goes, and of an author everything up to that moment."""
    db.register("incoming", table_of(Deletion, rows))
    db.execute("""
        INSERT INTO deletions
        SELECT platform, target, target_id, max(deleted_at), arg_max(reason, (deleted_at, reason))
        FROM incoming GROUP BY ALL
        ON CONFLICT DO UPDATE SET deleted_at = excluded.deleted_at, reason = excluded.reason
        WHERE (excluded.deleted_at, excluded.reason) > (deletions.deleted_at, deletions.reason)
    """)
    db.execute("""
        CREATE OR REPLACE TEMP TABLE doomed AS
        SELECT platform, target_id AS post_id FROM incoming WHERE target = 'post'
        UNION
        SELECT p.platform, p.post_id FROM posts p JOIN incoming d
            ON d.platform = p.platform AND d.target = 'author' AND d.target_id = p.author_id
            AND p.created_at <= d.deleted_at
    """)
    doom_reposts(db, "posts")
    purge_doomed(db)
    db.execute("""
        DELETE FROM likes USING incoming d
        WHERE d.platform = likes.platform AND d.target = 'like' AND d.target_id = likes.like_id
    """)
    # of an account that was seen again since, only what was said since stays
    db.execute("""
        UPDATE authors SET
            handle = CASE WHEN handle_at > d.deleted_at THEN handle END,
            handle_at = CASE WHEN handle_at > d.deleted_at THEN handle_at END,
            display_name = CASE WHEN profile_at > d.deleted_at THEN display_name END,
            bio = CASE WHEN profile_at > d.deleted_at THEN bio END,
            location = CASE WHEN profile_at > d.deleted_at THEN location END,
            elsewhere = CASE WHEN profile_at > d.deleted_at THEN elsewhere END,
            profile_at = CASE WHEN profile_at > d.deleted_at THEN profile_at END,
            followers_count = CASE WHEN followers_at > d.deleted_at THEN followers_count END,
            verified = CASE WHEN followers_at > d.deleted_at THEN verified END,
            followers_at = CASE WHEN followers_at > d.deleted_at THEN followers_at END
        FROM (SELECT platform, target_id, max(deleted_at) AS deleted_at FROM incoming WHERE target = 'author' GROUP BY ALL) d
        WHERE d.platform = authors.platform AND d.target_id = authors.author_id
            AND least(handle_at, profile_at, followers_at) <= d.deleted_at
    """)
    for table, moment in (("authors", "seen_at"), ("roles", "decided_at"), ("reveals", "revealed_at")):
        db.execute(f"""
            DELETE FROM {table} USING incoming d
            WHERE d.platform = {table}.platform AND d.target = 'author' AND d.target_id = {table}.author_id
                AND {table}.{moment} <= d.deleted_at
        """)
    db.unregister("incoming")


def doom_reposts(db: Db, *tables: str) -> None:
    """A repost carries the words of what it reposts, so it goes with it, and what reposts that one too."""
    found = True
    while found:
        found = False
        for table in tables:
            more = db.execute(f"""
                INSERT INTO doomed SELECT DISTINCT p.platform, p.post_id FROM {table} p
                SEMI JOIN doomed d ON d.platform = p.platform AND d.post_id = p.repost_of_id
                ANTI JOIN doomed k ON k.platform = p.platform AND k.post_id = p.post_id
                RETURNING post_id
            """).fetchall()
            found = found or bool(more)


def purge_doomed(db: Db) -> None:
    """Remove every row that speaks of a doomed post, keeping one without words per congress."""
    db.execute("""
        INSERT INTO removed_posts
        SELECT m.congress_id, m.platform, m.post_id, m.created_at FROM matches m
        SEMI JOIN doomed USING (platform, post_id)
        ON CONFLICT DO NOTHING
    """)
    db.execute(
        "INSERT INTO refused_posts SELECT platform, post_id FROM posts SEMI JOIN doomed USING (platform, post_id) ON CONFLICT DO NOTHING"
    )
    for table in (
        "posts",
        "counts",
        "engagement",
        "likes",
        "matches",
        "abstract_mentions",
        "product_mentions",
        "reviews",
    ):
        db.execute(f"""
            DELETE FROM {table} USING doomed
            WHERE doomed.platform = {table}.platform AND doomed.post_id = {table}.post_id
        """)
    purge_taken_up(db)
    redact_alerts(db)
    purge_cases(db)
