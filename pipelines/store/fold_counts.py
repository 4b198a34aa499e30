"""Engagement into the store: what platforms counted, and the likes that were seen to happen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb
import pyarrow as pa

from pipelines.model import Engagement, Like
from pipelines.store.columns import schema_of, table_of, table_of_tuples
from pipelines.store.named import Key, Named

Db = duckdb.DuckDBPyConnection
Weight = tuple[int, ...]

_PLACES = pa.schema([("place", pa.int64())])
_CHANGED = pa.schema([("place", pa.int64()), *list(schema_of(Engagement))[2:]])


def fold_engagement(db: Db, rows: Sequence[Engagement], named: Named) -> None:
    """Every sighting of a post's counts, and the newest of each post."""
    sightings: dict[tuple[Key, datetime], Engagement] = {}
    for row in rows:
        key = (row.platform, row.post_id)
        held = sightings.get((key, row.seen_at))
        # numbers are compared as one tuple, so that two sightings of one moment have one winner
        if not named.is_refused(key) and (held is None or _weight(row) > _weight(held)):
            sightings[key, row.seen_at] = row
    if not sightings:
        return
    there = _there(db)
    seen = {key: at for key, (_, at, *_) in there.items()}
    new = [row for (key, at), row in sightings.items() if key not in seen or at > seen[key]]
    _keep_sightings(db, new, [row for (key, at), row in sightings.items() if key in seen and at <= seen[key]])
    newest = {key: row for (key, _), row in sorted(sightings.items(), key=lambda each: each[0][1])}
    _insert_newest(db, [row for key, row in newest.items() if key not in there], named)
    _replace_newest(db, [(row, there[key]) for key, row in newest.items() if key in there])


def _there(db: Db) -> dict[Key, tuple]:
    """The newest counts that are there, each with its place: looked for by number, then read where they stand."""
    places = db.execute("""
        SELECT rowid FROM counts SEMI JOIN (SELECT number_of(platform, id) AS post_number FROM named WHERE is_post) USING (post_number)
    """).fetchall()
    if not places:
        return {}
    db.register("places", table_of_tuples(_PLACES, places))
    found = db.execute("""
        SELECT platform, post_id, place, seen_at, like_count, repost_count, reply_count, quote_count, impression_count
        FROM counts JOIN places ON counts.rowid = places.place
    """).fetchall()
    db.unregister("places")
    return {(row[0], row[1]): row[2:] for row in found}


def _counts(row: Engagement) -> tuple[int | None, ...]:
    return (row.like_count, row.repost_count, row.reply_count, row.quote_count, row.impression_count)


def _weight(row: Engagement) -> Weight:
    return _weight_of(_counts(row))


def _weight_of(counts: Sequence[int | None]) -> Weight:
    return tuple([-1 if each is None else each for each in counts])


def _keep_sightings(db: Db, new: Sequence[Engagement], late: Sequence[Engagement]) -> None:
    """The history: what is later than all that was seen of a post is new to it, and only the rest is compared."""
    if new:
        db.register("incoming", table_of(Engagement, new))
        db.execute("INSERT INTO engagement BY NAME FROM incoming")
        db.unregister("incoming")
    if late:
        db.register("incoming", table_of(Engagement, late))
        db.execute("""
            INSERT INTO engagement BY NAME FROM incoming
            ON CONFLICT DO UPDATE SET like_count = excluded.like_count, repost_count = excluded.repost_count,
                reply_count = excluded.reply_count, quote_count = excluded.quote_count,
                impression_count = excluded.impression_count
            WHERE weight_of(excluded.like_count, excluded.repost_count, excluded.reply_count, excluded.quote_count,
                            excluded.impression_count)
                > weight_of(engagement.like_count, engagement.repost_count, engagement.reply_count,
                            engagement.quote_count, engagement.impression_count)
        """)
        db.unregister("incoming")


def _insert_newest(db: Db, rows: Sequence[Engagement], named: Named) -> None:
    if not rows:
        return
    values = [(named.numbers[row.platform, row.post_id],) for row in rows]
    db.register("incoming", table_of(Engagement, rows, ("post_number", int), values=values))
    db.execute("INSERT INTO counts BY NAME FROM incoming")
    db.unregister("incoming")


def _replace_newest(db: Db, rows: Sequence[tuple[Engagement, tuple]]) -> None:
    """The newest counts of posts that were counted before."""
    changed = [
        (place, row.seen_at, *_counts(row))
        for row, (place, seen_at, *counts) in rows
        if (row.seen_at, _weight(row)) > (seen_at, _weight_of(counts))
    ]
    if changed:
        db.register("changed", table_of_tuples(_CHANGED, changed))
        db.execute("""
            UPDATE counts SET seen_at = c.seen_at, like_count = c.like_count, repost_count = c.repost_count,
                reply_count = c.reply_count, quote_count = c.quote_count, impression_count = c.impression_count
            FROM changed c WHERE counts.rowid = c.place
        """)
        db.unregister("changed")


def fold_likes(db: Db, rows: Sequence[Like], named: Named) -> None:
    """Likes, each by its own id; one that was taken back never returns."""
    likes: dict[Key, Like] = {}
    for row in sorted(rows, key=lambda each: (each.created_at, each.post_id)):
        key = (row.platform, row.like_id)
        if ("like", key) not in named.gone and not named.is_refused((row.platform, row.post_id)):
            likes.setdefault(key, row)
    if not likes:
        return
    values = [(named.numbers[like.platform, like.post_id],) for like in likes.values()]
    db.register("incoming", table_of(Like, likes.values(), ("post_number", int), values=values))
    there = db.execute("""
        SELECT platform, like_id FROM likes SEMI JOIN incoming USING (platform, like_id)
    """).fetchall()
    if len(there) < len(likes):
        if there:
            left = [like for key, like in likes.items() if key not in set(there)]
            values = [(named.numbers[like.platform, like.post_id],) for like in left]
            db.register("incoming", table_of(Like, left, ("post_number", int), values=values))
        db.execute("INSERT INTO likes BY NAME FROM incoming")
    db.unregister("incoming")
