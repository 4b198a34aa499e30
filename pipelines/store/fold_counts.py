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
        SELECT i.* FROM incoming i
        WHERE NOT EXISTS (FROM deletions d WHERE d.platform = i.platform AND d.target = 'post' AND d.target_id = i.post_id)
            AND NOT EXISTS (FROM refused_posts r WHERE r.platform = i.platform AND r.post_id = i.post_id)
        QUALIFY row_number() OVER (
            PARTITION BY platform, post_id, seen_at
            ORDER BY weight_of(like_count, repost_count, reply_count, quote_count, impression_count) DESC
        ) = 1
    """)
    db.execute("""
        INSERT INTO engagement BY NAME SELECT * FROM sightings
        ON CONFLICT DO UPDATE SET like_count = excluded.like_count, repost_count = excluded.repost_count,
            reply_count = excluded.reply_count, quote_count = excluded.quote_count,
            impression_count = excluded.impression_count
        WHERE weight_of(excluded.like_count, excluded.repost_count, excluded.reply_count, excluded.quote_count,
                        excluded.impression_count)
            > weight_of(engagement.like_count, engagement.repost_count, engagement.reply_count,
                        engagement.quote_count, engagement.impression_count)
    """)
    db.execute("""
        INSERT INTO counts BY NAME
        SELECT *, number_of(platform, post_id) AS post_number FROM sightings QUALIFY row_number() OVER (
            PARTITION BY platform, post_id ORDER BY seen_at DESC) = 1
        ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at, like_count = excluded.like_count,
            repost_count = excluded.repost_count, reply_count = excluded.reply_count,
            quote_count = excluded.quote_count, impression_count = excluded.impression_count
        WHERE excluded.seen_at > counts.seen_at OR (excluded.seen_at = counts.seen_at
            AND weight_of(excluded.like_count, excluded.repost_count, excluded.reply_count, excluded.quote_count,
                          excluded.impression_count)
              > weight_of(counts.like_count, counts.repost_count, counts.reply_count, counts.quote_count,
                          counts.impression_count))
    """)
    db.unregister("incoming")


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
