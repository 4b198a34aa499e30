"""Engagement into the store: what platforms counted, and the likes that were seen to happen."""

from __future__ import annotations

import duckdb

from pipelines.model import Engagement, Like
from pipelines.store.columns import table_of

Db = duckdb.DuckDBPyConnection


def fold_engagement(db: Db, rows: list[Engagement]) -> None:
    """Every sighting of a post's counts, and the newest of each post."""
    db.register("incoming", table_of(Engagement, rows))
    # numbers are compared as one tuple, so that two sightings of one moment have one winner
    db.execute("""
        CREATE OR REPLACE TEMP TABLE sightings AS
        SELECT i.*, number_of(platform, post_id) AS post_number FROM incoming i
        WHERE NOT EXISTS (FROM deletions d WHERE d.platform = i.platform AND d.target = 'post' AND d.target_id = i.post_id)
            AND NOT EXISTS (FROM refused_posts r WHERE r.platform = i.platform AND r.post_id = i.post_id)
        QUALIFY row_number() OVER (
            PARTITION BY platform, post_id, seen_at
            ORDER BY weight_of(like_count, repost_count, reply_count, quote_count, impression_count) DESC
        ) = 1
    """)
    db.unregister("incoming")
    counted = db.sql("""
        SELECT c.platform, c.post_id, c.seen_at AS last_at FROM counts c
        SEMI JOIN sightings s ON s.post_number = c.post_number AND s.platform = c.platform AND s.post_id = c.post_id
    """).to_arrow_table()
    db.register("counted", counted)
    _keep_sightings(db)
    _keep_newest(db, bool(counted.num_rows))
    db.unregister("counted")


def _keep_sightings(db: Db) -> None:
    """The history: what is later than all that was seen of a post is new to it, and only the rest is compared."""
    db.execute("""
        INSERT INTO engagement BY NAME
        SELECT s.* EXCLUDE (post_number) FROM sightings s
        ANTI JOIN counted c ON c.platform = s.platform AND c.post_id = s.post_id AND c.last_at >= s.seen_at
    """)
    late = db.execute("""
        SELECT count(*) FROM sightings s
        SEMI JOIN counted c ON c.platform = s.platform AND c.post_id = s.post_id AND c.last_at >= s.seen_at
    """).fetchone()
    if late == (0,):
        return
    db.execute("""
        INSERT INTO engagement BY NAME
        SELECT s.* EXCLUDE (post_number) FROM sightings s
        SEMI JOIN counted c ON c.platform = s.platform AND c.post_id = s.post_id AND c.last_at >= s.seen_at
        ON CONFLICT DO UPDATE SET like_count = excluded.like_count, repost_count = excluded.repost_count,
            reply_count = excluded.reply_count, quote_count = excluded.quote_count,
            impression_count = excluded.impression_count
        WHERE weight_of(excluded.like_count, excluded.repost_count, excluded.reply_count, excluded.quote_count,
                        excluded.impression_count)
            > weight_of(engagement.like_count, engagement.repost_count, engagement.reply_count,
                        engagement.quote_count, engagement.impression_count)
    """)


def _keep_newest(db: Db, some_counted: bool) -> None:
    """The newest counts of each post."""
    db.execute("""
        INSERT INTO counts BY NAME
        FROM sightings ANTI JOIN counted USING (platform, post_id)
        QUALIFY row_number() OVER (PARTITION BY platform, post_id ORDER BY seen_at DESC) = 1
    """)
    if some_counted:
        db.execute("""
            UPDATE counts SET seen_at = s.seen_at, like_count = s.like_count, repost_count = s.repost_count,
                reply_count = s.reply_count, quote_count = s.quote_count, impression_count = s.impression_count
            FROM (
                FROM sightings SEMI JOIN counted USING (platform, post_id)
                QUALIFY row_number() OVER (PARTITION BY platform, post_id ORDER BY seen_at DESC) = 1
            ) s
            WHERE counts.post_number = s.post_number AND counts.platform = s.platform AND counts.post_id = s.post_id
                AND (s.seen_at > counts.seen_at OR (s.seen_at = counts.seen_at
                    AND weight_of(s.like_count, s.repost_count, s.reply_count, s.quote_count, s.impression_count)
                      > weight_of(counts.like_count, counts.repost_count, counts.reply_count, counts.quote_count,
                                  counts.impression_count)))
        """)


def fold_likes(db: Db, rows: list[Like]) -> None:
    """Likes, each by its own id; one that was taken back never returns."""
    db.register("incoming", table_of(Like, rows))
    db.execute("""
        INSERT INTO likes BY NAME
        SELECT i.*, number_of(platform, post_id) AS post_number FROM incoming i
        WHERE NOT EXISTS (FROM deletions d WHERE d.platform = i.platform
                          AND ((d.target = 'like' AND d.target_id = i.like_id)
                            OR (d.target = 'post' AND d.target_id = i.post_id)))
            AND NOT EXISTS (FROM refused_posts r WHERE r.platform = i.platform AND r.post_id = i.post_id)
        QUALIFY row_number() OVER (PARTITION BY platform, like_id ORDER BY created_at, post_id) = 1
        ON CONFLICT DO NOTHING
    """)
    db.unregister("incoming")
