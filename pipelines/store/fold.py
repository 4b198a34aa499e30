"""Folding: a batch of records becomes rows, in one transaction, whatever the order and however often.

Each statement is a join of what is there with what comes, decided by a total order (newest, longest,
strongest) and never by arrival, so that any order and any repetition end in the same state. A tombstone
beats everything: what it names is purged when it comes and refused ever after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.model import (
    AbstractMention,
    AccountState,
    Author,
    Batch,
    Deletion,
    Engagement,
    Gap,
    Health,
    LedgerEntry,
    Like,
    Match,
    Post,
    Role,
)
from pipelines.store.columns import table_of
from pipelines.store.fold_authors import fold_authors
from pipelines.store.fold_cases import fold_cases
from pipelines.store.fold_counts import fold_engagement, fold_likes
from pipelines.store.fold_deletions import doom_reposts, fold_deletions, purge_doomed
from pipelines.store.fold_products import fold_products
from pipelines.store.fold_sources import fold_cursors, fold_gaps, fold_health, fold_ledger
from pipelines.store.readings import current_posts, unread, void_readings

Db = duckdb.DuckDBPyConnection


def fold(db: Db, batch: Batch) -> None:
    """Fold one batch inside the caller's transaction."""
    by_type: dict[type, list] = {}
    for record in batch.records:
        by_type.setdefault(type(record), []).append(record)
    for record_type, step in _STEPS:
        if rows := by_type.get(record_type):
            step(db, rows)
    if posts := _newest_versions(by_type.get(Post, ())):
        accepted = _accept_posts(db)
        _fold_matches(db, batch.matches, posts)
        for table in ("abstract_mentions", "product_mentions"):
            void_readings(db, table, batch.matches, accepted)
        current = current_posts(db)
        _fold_mentions(db, batch.mentions, posts, current)
        fold_products(db, batch.products, posts, current)
        fold_cases(db, batch.cases, current, batch.seen_at)
    if batch.roles:
        _fold_roles(db, batch.roles)
    if AccountState in by_type:
        _show_or_hide(db)
    if batch.cursors:
        fold_cursors(db, batch.cursors)
    for name in ("batch_posts", "batch_states"):
        db.execute(f"DROP TABLE IF EXISTS temp.{name}")


def _newest_versions(rows: Sequence[Post]) -> dict[tuple[str, str], Post]:
    """Of each post the version that ``_fold_posts`` keeps: what came with the batch was read from it."""
    return {(post.platform, post.post_id): post for post in sorted(rows, key=lambda post: post.version)}


def _fold_posts(db: Db, rows: list[Post]) -> None:
    db.register("incoming", table_of(Post, rows, ("kind", str), values=[(post.kind,) for post in rows]))
    db.execute("""
        CREATE OR REPLACE TEMP TABLE doomed AS
        SELECT DISTINCT i.platform, i.post_id FROM incoming i
        WHERE EXISTS (FROM deletions d WHERE d.platform = i.platform AND d.target = 'post' AND d.target_id = i.post_id)
            OR EXISTS (FROM deletions d WHERE d.platform = i.platform AND d.target = 'post' AND d.target_id = i.repost_of_id)
            OR EXISTS (FROM refused_posts r WHERE r.platform = i.platform AND r.post_id = i.repost_of_id)
            OR EXISTS (FROM deletions d WHERE d.platform = i.platform AND d.target = 'author'
                       AND d.target_id = i.author_id AND i.created_at <= d.deleted_at)
    """)
    if db.execute("SELECT count(*) FROM doomed").fetchone() != (0,):
        doom_reposts(db, "incoming", "posts")
        db.execute("INSERT INTO refused_posts SELECT DISTINCT * FROM doomed ON CONFLICT DO NOTHING")
        purge_doomed(db)
    # of one revision the fullest text wins (a page carries more than the stream), then the first sighting
    db.execute("""
        CREATE OR REPLACE TEMP TABLE batch_posts AS
        SELECT i.*, number_of(platform, post_id) AS post_number, number_of(platform, author_id) AS author_number,
            number_if_any(platform, repost_of_id) AS repost_of_number, number_if_any(platform, quoted_id) AS quoted_number,
            number_if_any(platform, reply_to_id) AS reply_to_number
        FROM incoming i ANTI JOIN doomed USING (platform, post_id)
        QUALIFY row_number() OVER (
            PARTITION BY platform, post_id
            ORDER BY revision DESC, length(text) DESC, retrieved_at, text DESC, (author_id, created_at, lang, url, reply_to_id,
                quoted_id, repost_of_id, conversation_id, hashtags, links, mentioned_ids)::VARCHAR DESC
        ) = 1
    """)
    db.unregister("incoming")


def _accept_posts(db: Db) -> pa.Table:
    """Put the batch's posts in, and say which of them are new or newer than what was there."""
    return db.sql("""
        INSERT INTO posts BY NAME SELECT * FROM batch_posts
        ON CONFLICT DO UPDATE SET
            revision = excluded.revision, author_id = excluded.author_id, kind = excluded.kind,
            text = excluded.text, created_at = excluded.created_at, retrieved_at = excluded.retrieved_at,
            lang = excluded.lang, url = excluded.url, reply_to_id = excluded.reply_to_id,
            quoted_id = excluded.quoted_id, repost_of_id = excluded.repost_of_id,
            conversation_id = excluded.conversation_id, hashtags = excluded.hashtags, links = excluded.links,
            mentioned_ids = excluded.mentioned_ids, author_number = excluded.author_number,
            repost_of_number = excluded.repost_of_number, quoted_number = excluded.quoted_number,
            reply_to_number = excluded.reply_to_number
        WHERE (excluded.revision, length(excluded.text), -epoch_us(excluded.retrieved_at), excluded.text, (excluded.author_id,
                excluded.created_at, excluded.lang, excluded.url, excluded.reply_to_id, excluded.quoted_id, excluded.repost_of_id,
                excluded.conversation_id, excluded.hashtags, excluded.links, excluded.mentioned_ids)::VARCHAR)
            > (posts.revision, length(posts.text), -epoch_us(posts.retrieved_at), posts.text, (posts.author_id, posts.created_at,
                posts.lang, posts.url, posts.reply_to_id, posts.quoted_id, posts.repost_of_id, posts.conversation_id,
                posts.hashtags, posts.links, posts.mentioned_ids)::VARCHAR)
        RETURNING platform, post_id, revision
    """).to_arrow_table()


def _fold_states(db: Db, rows: list[AccountState]) -> None:
    db.register("incoming", table_of(AccountState, rows))
    db.execute("""
        CREATE OR REPLACE TEMP TABLE batch_states AS
        SELECT * FROM incoming QUALIFY row_number() OVER (
            PARTITION BY platform, author_id ORDER BY changed_at DESC, active, coalesce(status, '') DESC) = 1
    """)
    db.execute("""
        INSERT INTO account_states BY NAME SELECT * FROM batch_states
        ON CONFLICT DO UPDATE SET active = excluded.active, changed_at = excluded.changed_at, status = excluded.status
        WHERE (excluded.changed_at, NOT excluded.active, coalesce(excluded.status, ''))
            > (account_states.changed_at, NOT account_states.active, coalesce(account_states.status, ''))
    """)
    db.unregister("incoming")


def _show_or_hide(db: Db) -> None:
    """Let the state of the accounts named in this batch decide whether their posts are seen."""
    for table in ("matches", "abstract_mentions", "product_mentions"):
        db.execute(f"""
            UPDATE {table} SET visible = s.active FROM account_states s SEMI JOIN batch_states USING (platform, author_id)
            WHERE s.platform = {table}.platform AND s.author_id = {table}.author_id AND {table}.visible <> s.active
        """)


def _fold_matches(db: Db, rows: Sequence[Match], posts: dict[tuple[str, str], Post]) -> None:
    if not rows:
        return
    _register_with_post(db, Match, rows, posts)
    db.execute("""
        INSERT INTO removed_posts
        SELECT DISTINCT ON (congress_id, platform, post_id) i.congress_id, i.platform, i.post_id, i.created_at
        FROM incoming i ANTI JOIN batch_posts USING (platform, post_id)
        ON CONFLICT DO NOTHING
    """)
    db.execute("""
        INSERT INTO matches BY NAME
        SELECT congress_id, platform, post_id, p.author_id, p.created_at, p.kind, i.rule, i.term, i.terms,
            coalesce(s.active, true) AS visible, p.post_number, p.author_number, p.repost_of_number, p.quoted_number,
            p.reply_to_number
        FROM incoming i JOIN posts p USING (platform, post_id)
        LEFT JOIN account_states s ON s.platform = p.platform AND s.author_id = p.author_id
        SEMI JOIN batch_posts b ON b.platform = p.platform AND b.post_id = p.post_id
        QUALIFY row_number() OVER (PARTITION BY congress_id, platform, post_id
                                   ORDER BY strength_of(i.rule), i.term, i.terms) = 1
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
    db.unregister("incoming")


def _fold_mentions(
    db: Db, rows: Sequence[AbstractMention], posts: dict[tuple[str, str], Post], current: pa.Table
) -> None:
    """Mentions of the current versions, for each congress as it first read them."""
    if new := unread(db, "abstract_mentions", rows, current):
        db.register("accepted", current)
        _register_with_post(db, AbstractMention, new, posts)
        _insert_mentions(db)
        db.unregister("incoming")
        db.unregister("accepted")


def _insert_mentions(db: Db) -> None:
    db.execute("""
        INSERT INTO abstract_mentions BY NAME
        SELECT congress_id, number, platform, post_id, i.author_id, i.created_at, i.kind, tier, rule, evidence,
            span[1] AS span_start, span[2] AS span_end, score, inherited_from, i.revision,
            coalesce(s.active, true) AS visible, number_of(platform, post_id) AS post_number,
            number_of(platform, author_id) AS author_number, number_of(platform, coalesce(inherited_from, post_id)) AS said_number
        FROM incoming i LEFT JOIN account_states s USING (platform, author_id)
        SEMI JOIN accepted a ON a.platform = i.platform AND a.post_id = i.post_id AND a.revision = i.revision
        QUALIFY row_number() OVER (PARTITION BY congress_id, number, platform, post_id, tier, rule
                                   ORDER BY score DESC, span_start, evidence) = 1
        ON CONFLICT DO UPDATE SET evidence = excluded.evidence, span_start = excluded.span_start,
            span_end = excluded.span_end, score = excluded.score, inherited_from = excluded.inherited_from,
            revision = excluded.revision, said_number = excluded.said_number
        WHERE (excluded.revision, excluded.score) > (abstract_mentions.revision, abstract_mentions.score)
    """)


def _register_with_post(db: Db, record: type, rows: Sequence, posts: dict[tuple[str, str], Post]) -> None:
    """Register the rows as ``incoming``, each with the author, time, kind and revision of its post.

    Matches and mentions are read from a post, so its record stands in the same batch.
    """
    whose = [posts[row.platform, row.post_id] for row in rows]
    values = [(post.author_id, post.created_at, post.kind, post.revision) for post in whose]
    extra = (("author_id", str), ("created_at", type(whose[0].created_at)), ("kind", str), ("revision", str))
    db.register("incoming", table_of(record, rows, *extra, values=values))


def _fold_roles(db: Db, rows: Sequence[Role]) -> None:
    db.register("incoming", table_of(Role, rows))
    db.execute("""
        INSERT INTO roles BY NAME
        SELECT i.*, number_of(platform, author_id) AS author_number FROM incoming i
        WHERE NOT EXISTS (FROM deletions d WHERE d.platform = i.platform AND d.target = 'author'
                          AND d.target_id = i.author_id AND i.decided_at <= d.deleted_at)
        QUALIFY row_number() OVER (PARTITION BY platform, author_id, decided_at, decided_by
                                   ORDER BY role_weight(role, confidence, evidence, credentials, specialty, rule)) = 1
        ON CONFLICT DO UPDATE SET role = excluded.role, confidence = excluded.confidence,
            evidence = excluded.evidence, credentials = excluded.credentials, specialty = excluded.specialty,
            rule = excluded.rule
        WHERE role_weight(excluded.role, excluded.confidence, excluded.evidence, excluded.credentials, excluded.specialty, excluded.rule)
            < role_weight(roles.role, roles.confidence, roles.evidence, roles.credentials, roles.specialty, roles.rule)
    """)
    db.unregister("incoming")


def fold_reviews(db: Db, reviews: Sequence[Any]) -> None:
    """Reviewers' words on links, kept for good: one that was said stays as it was said."""
    db.register("incoming", table_of(type(reviews[0]), reviews))
    db.execute("INSERT INTO reviews BY NAME SELECT * FROM incoming ON CONFLICT DO NOTHING")
    db.unregister("incoming")


def replace_mentions(db: Db, congress_id: str, rows: Sequence[AbstractMention], posts: Sequence[Post]) -> None:
    """Replace what ``posts`` (as stored) were read to mention for one congress."""
    db.register("accepted", table_of(Post, posts).select(["platform", "post_id", "revision"]))
    db.execute(
        """
        DELETE FROM abstract_mentions m USING accepted a
        WHERE m.congress_id = $1 AND a.platform = m.platform AND a.post_id = m.post_id
        """,
        [congress_id],
    )
    if rows:
        _register_with_post(db, AbstractMention, rows, {(post.platform, post.post_id): post for post in posts})
        _insert_mentions(db)
        db.unregister("incoming")
    db.unregister("accepted")


# tombstones first, then what they may refuse
_STEPS: tuple[tuple[type, Callable[[Db, list], None]], ...] = (
    (Deletion, fold_deletions),
    (AccountState, _fold_states),
    (Post, _fold_posts),
    (Author, fold_authors),
    (Engagement, fold_engagement),
    (Like, fold_likes),
    (Gap, fold_gaps),
    (Health, fold_health),
    (LedgerEntry, fold_ledger),
)
