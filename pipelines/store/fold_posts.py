"""Posts and their matches into the store.

Most posts of a batch are new, and a new row costs a tenth of one that has to be compared with what is there: DuckDB joins an
``ON CONFLICT`` with the whole table. So what is there already is looked up by number first, and only that is compared.
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from pipelines.model import Match, Post
from pipelines.store.columns import table_of
from pipelines.store.fold_deletions import doom_reposts, purge_doomed

Db = duckdb.DuckDBPyConnection
Key = tuple[str, str]  # platform, id


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the posts of a batch: tables of platform, post_id, revision."""

    new: pa.Table  # nothing was known of them
    newer: pa.Table  # an older version was there
    same: pa.Table  # this very version was there
    stood: pa.Table  # post_number of those that were there in any version
    refused: bool  # whether a tombstone named some of the batch

    @property
    def accepted(self) -> pa.Table:
        return pa.concat_tables([self.new, self.newer])

    @property
    def current(self) -> pa.Table:
        """The posts that stand in the store in the batch's version."""
        return pa.concat_tables([self.new, self.newer, self.same])


def newest_versions(rows: Sequence[Post]) -> dict[Key, Post]:
    """Of each post the version that ``fold_posts`` keeps: what came with the batch was read from it."""
    return {(post.platform, post.post_id): post for post in sorted(rows, key=lambda post: post.version)}


def fold_posts(db: Db, rows: list[Post]) -> None:
    """Make the table ``batch_posts``: of each post one version, and none that a tombstone names."""
    db.register("incoming", table_of(Post, rows, ("kind", str), values=[(post.kind,) for post in rows]))
    doomed = db.execute("""
        CREATE OR REPLACE TEMP TABLE doomed AS
        SELECT DISTINCT i.platform, i.post_id FROM incoming i
        WHERE EXISTS (FROM deletions d WHERE d.platform = i.platform AND d.target = 'post' AND d.target_id = i.post_id)
            OR EXISTS (FROM deletions d WHERE d.platform = i.platform AND d.target = 'post' AND d.target_id = i.repost_of_id)
            OR EXISTS (FROM refused_posts r WHERE r.platform = i.platform AND r.post_id = i.repost_of_id)
            OR EXISTS (FROM deletions d WHERE d.platform = i.platform AND d.target = 'author'
                       AND d.target_id = i.author_id AND i.created_at <= d.deleted_at)
    """).fetchone()
    if doomed != (0,):
        doom_reposts(db, "incoming", "posts")
        db.execute("INSERT INTO refused_posts SELECT DISTINCT * FROM doomed ON CONFLICT DO NOTHING")
        purge_doomed(db)
    if len({(post.platform, post.post_id) for post in rows}) < len(rows):
        best = _best_versions(db)
        db.unregister("incoming")
        db.register("incoming", best)
    db.execute("""
        CREATE OR REPLACE TEMP TABLE batch_posts AS
        SELECT i.*, number_of(platform, post_id) AS post_number, number_of(platform, author_id) AS author_number,
            number_if_any(platform, repost_of_id) AS repost_of_number, number_if_any(platform, quoted_id) AS quoted_number,
            number_if_any(platform, reply_to_id) AS reply_to_number,
            numbers_of_named(platform, mentioned_ids, repost_of_id) AS mentioned_numbers
        FROM incoming i ANTI JOIN doomed USING (platform, post_id)
    """)
    db.unregister("incoming")


def _best_versions(db: Db) -> pa.Table:
    """Of one revision the fullest text wins (a page carries more than the stream), then the first sighting."""
    return db.sql("""
        FROM incoming QUALIFY row_number() OVER (
            PARTITION BY platform, post_id
            ORDER BY revision DESC, length(text) DESC, retrieved_at, text DESC, (author_id, created_at, lang, url, reply_to_id,
                quoted_id, repost_of_id, conversation_id, hashtags, links, mentioned_ids)::VARCHAR DESC
        ) = 1
    """).to_arrow_table()


def accept_posts(db: Db, posts: Sized) -> Taken:
    """Put ``batch_posts`` in; of a post that is there already the better version stays."""
    stood = db.sql("SELECT post_number FROM posts SEMI JOIN batch_posts USING (post_number)").to_arrow_table()
    if not stood.num_rows:
        db.execute("INSERT INTO posts BY NAME SELECT * FROM batch_posts")
        new = db.sql("SELECT platform, post_id, revision FROM batch_posts").to_arrow_table()
        return Taken(new, new.slice(0, 0), new.slice(0, 0), stood, new.num_rows < len(posts))
    compared = _compared(db)
    db.register("compared", compared)
    new = db.sql("""
        SELECT platform, post_id, revision FROM batch_posts ANTI JOIN compared USING (platform, post_id)
    """).to_arrow_table()
    db.execute("INSERT INTO posts BY NAME FROM batch_posts ANTI JOIN compared USING (platform, post_id)")
    newer, same = (compared.filter(compared[name]).select(new.column_names) for name in ("is_newer", "is_same"))
    if newer.num_rows:
        _replace_posts(db)
    db.unregister("compared")
    refused = new.num_rows + compared.num_rows < len(posts)
    return Taken(new, newer, same, stood, refused)


def _compared(db: Db) -> pa.Table:
    """Those of ``batch_posts`` that are there already, and whether they are newer than what is there, or the same."""
    return db.sql("""
        SELECT b.platform, b.post_id, b.revision,
            (b.revision, length(b.text), -epoch_us(b.retrieved_at), b.text, (b.author_id, b.created_at, b.lang, b.url,
                b.reply_to_id, b.quoted_id, b.repost_of_id, b.conversation_id, b.hashtags, b.links, b.mentioned_ids)::VARCHAR)
            > (p.revision, length(p.text), -epoch_us(p.retrieved_at), p.text, (p.author_id, p.created_at, p.lang, p.url,
                p.reply_to_id, p.quoted_id, p.repost_of_id, p.conversation_id, p.hashtags, p.links, p.mentioned_ids)::VARCHAR)
            AS is_newer,
            NOT is_newer AND p.revision = b.revision AND p.text = b.text AS is_same
        FROM batch_posts b JOIN posts p
            ON p.post_number = b.post_number AND p.platform = b.platform AND p.post_id = b.post_id
    """).to_arrow_table()


def _replace_posts(db: Db) -> None:
    db.execute("""
        INSERT INTO posts BY NAME
        FROM batch_posts SEMI JOIN (FROM compared WHERE is_newer) USING (platform, post_id)
        ON CONFLICT DO UPDATE SET
            revision = excluded.revision, author_id = excluded.author_id, kind = excluded.kind,
            text = excluded.text, created_at = excluded.created_at, retrieved_at = excluded.retrieved_at,
            lang = excluded.lang, url = excluded.url, reply_to_id = excluded.reply_to_id,
            quoted_id = excluded.quoted_id, repost_of_id = excluded.repost_of_id,
            conversation_id = excluded.conversation_id, hashtags = excluded.hashtags, links = excluded.links,
            mentioned_ids = excluded.mentioned_ids, author_number = excluded.author_number,
            repost_of_number = excluded.repost_of_number, quoted_number = excluded.quoted_number,
            reply_to_number = excluded.reply_to_number, mentioned_numbers = excluded.mentioned_numbers
    """)


def fold_matches(db: Db, rows: Sequence[Match], posts: dict[Key, Post], taken: Taken) -> None:
    """Why posts belong to a congress; of a post that a tombstone names a row without words stays."""
    if not rows:
        return
    register_with_post(db, Match, rows, posts)
    if taken.refused:
        db.execute("""
            INSERT INTO removed_posts
            SELECT DISTINCT ON (congress_id, platform, post_id) i.congress_id, i.platform, i.post_id, i.created_at
            FROM incoming i ANTI JOIN batch_posts USING (platform, post_id)
            ON CONFLICT DO NOTHING
        """)
    matched = db.sql(
        "SELECT DISTINCT post_number FROM matches SEMI JOIN batch_posts USING (post_number)"
    ).to_arrow_table()
    stood = pa.concat_tables([taken.stood, matched])
    db.register("stood", stood)
    if taken.new.num_rows:
        _insert_matches(db)
    if stood.num_rows and (changed := _changed_matches(db)).num_rows:
        _merge_matches(db, changed)
    db.unregister("stood")
    db.unregister("incoming")


def _insert_matches(db: Db) -> None:
    """Matches of posts of which nothing was known."""
    db.execute("""
        INSERT INTO matches BY NAME
        SELECT congress_id, platform, post_id, p.author_id, p.created_at, p.kind, i.rule, i.term, i.terms,
            coalesce(s.active, true) AS visible, p.post_number, p.author_number, p.repost_of_number, p.quoted_number,
            p.reply_to_number
        FROM incoming i JOIN batch_posts p USING (platform, post_id)
        LEFT JOIN account_states s ON s.platform = p.platform AND s.author_id = p.author_id
        ANTI JOIN stood ON stood.post_number = p.post_number
        QUALIFY row_number() OVER (PARTITION BY congress_id, platform, post_id
                                   ORDER BY strength_of(i.rule), i.term, i.terms) = 1
    """)


def _changed_matches(db: Db) -> pa.Table:
    """Matches of posts that stood there, beside the post as it is now, where that is not what is there."""
    return db.sql("""
        SELECT w.* FROM (
            SELECT congress_id, platform, post_id, p.author_id, p.created_at, p.kind, i.rule, i.term, i.terms,
                coalesce(s.active, true) AS visible, p.post_number, p.author_number, p.repost_of_number, p.quoted_number,
                p.reply_to_number
            FROM incoming i
            JOIN batch_posts b USING (platform, post_id)
            JOIN posts p ON p.post_number = b.post_number AND p.platform = b.platform AND p.post_id = b.post_id
            LEFT JOIN account_states s ON s.platform = p.platform AND s.author_id = p.author_id
            SEMI JOIN stood ON stood.post_number = p.post_number
            QUALIFY row_number() OVER (PARTITION BY congress_id, platform, post_id
                                       ORDER BY strength_of(i.rule), i.term, i.terms) = 1
        ) w LEFT JOIN (FROM matches SEMI JOIN stood USING (post_number)) m
            ON m.post_number = w.post_number AND m.congress_id = w.congress_id AND m.platform = w.platform AND m.post_id = w.post_id
        WHERE (w.rule, w.term, w.terms, w.created_at, w.kind, w.repost_of_number, w.quoted_number, w.reply_to_number)
            IS DISTINCT FROM (m.rule, m.term, m.terms, m.created_at, m.kind, m.repost_of_number, m.quoted_number, m.reply_to_number)
    """).to_arrow_table()


def _merge_matches(db: Db, changed: pa.Table) -> None:
    """The stronger match stays, beside the post as it is now."""
    db.register("changed", changed)
    db.execute("""
        INSERT INTO matches BY NAME FROM changed
        ON CONFLICT DO UPDATE SET created_at = excluded.created_at, kind = excluded.kind,
            repost_of_number = excluded.repost_of_number, quoted_number = excluded.quoted_number,
            reply_to_number = excluded.reply_to_number,
            rule = CASE WHEN stronger_match(excluded.rule, excluded.term, excluded.terms, matches.rule, matches.term, matches.terms)
                THEN excluded.rule ELSE matches.rule END,
            term = CASE WHEN stronger_match(excluded.rule, excluded.term, excluded.terms, matches.rule, matches.term, matches.terms)
                THEN excluded.term ELSE matches.term END,
            terms = CASE WHEN stronger_match(excluded.rule, excluded.term, excluded.terms, matches.rule, matches.term, matches.terms)
                THEN excluded.terms ELSE matches.terms END
        WHERE stronger_match(excluded.rule, excluded.term, excluded.terms, matches.rule, matches.term, matches.terms)
            OR (excluded.created_at, excluded.kind, excluded.repost_of_number, excluded.quoted_number, excluded.reply_to_number)
                IS DISTINCT FROM (matches.created_at, matches.kind, matches.repost_of_number, matches.quoted_number, matches.reply_to_number)
    """)
    db.unregister("changed")


def register_with_post(db: Db, record: type, rows: Sequence, posts: dict[Key, Post]) -> None:
    """Register the rows as ``incoming``, each with the author, time, kind and revision of its post.

    Matches and mentions are read from a post, so its record stands in the same batch.
    """
    whose = [posts[row.platform, row.post_id] for row in rows]
    values = [(post.author_id, post.created_at, post.kind, post.revision) for post in whose]
    extra = (("author_id", str), ("created_at", type(whose[0].created_at)), ("kind", str), ("revision", str))
    db.register("incoming", table_of(record, rows, *extra, values=values))
