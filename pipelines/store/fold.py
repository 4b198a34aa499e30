"""Folding: a batch of records becomes rows, in one transaction, whatever the order and however often.

Each statement is a join of what is there with what comes, decided by a total order (newest, longest,
strongest) and never by arrival, so that any order and any repetition end in the same state. A tombstone
beats everything: what it names is purged when it comes and refused ever after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

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
    Post,
    ProductMention,
)
from pipelines.store.columns import table_of
from pipelines.store.fold_authors import fold_authors
from pipelines.store.fold_cases import fold_cases
from pipelines.store.fold_counts import fold_engagement, fold_likes
from pipelines.store.fold_deletions import fold_deletions
from pipelines.store.fold_matches import fold_matches
from pipelines.store.fold_posts import Taken, fold_posts
from pipelines.store.fold_products import fold_products
from pipelines.store.fold_roles import fold_roles
from pipelines.store.fold_sources import fold_cursors, fold_gaps, fold_health, fold_ledger
from pipelines.store.fold_taken_up import settle_taken_up, show_or_hide_taken_up
from pipelines.store.named import Key, look_at
from pipelines.store.readings import Reading, apart, unread, void_readings

Db = duckdb.DuckDBPyConnection
Row = TypeVar("Row", AbstractMention, ProductMention)


def fold(db: Db, batch: Batch) -> None:
    """Fold one batch inside the caller's transaction."""
    by_type: dict[type, list] = {}
    for record in batch.records:
        by_type.setdefault(type(record), []).append(record)
    # tombstones and states first, for they decide what becomes of all that comes with them
    if rows := by_type.get(Deletion):
        fold_deletions(db, rows)
    if rows := by_type.get(AccountState):
        _fold_states(db, rows)
    _fold_named(db, batch, by_type)
    for record_type, step in _STEPS:
        if rows := by_type.get(record_type):
            step(db, rows)
    if AccountState in by_type:
        _show_or_hide(db)
    if batch.cursors:
        fold_cursors(db, batch.cursors)


def _fold_named(db: Db, batch: Batch, by_type: Mapping[type, list[Any]]) -> None:
    """What the batch says of posts and people."""
    posts, authors, counts, likes = (by_type.get(kind, ()) for kind in (Post, Author, Engagement, Like))
    if not (posts or authors or counts or likes or batch.roles):
        return
    named = look_at(db, posts, [*authors, *batch.roles], counts, likes)
    if posts:
        taken = fold_posts(db, posts, named)
        settle_taken_up(db, taken, fold_matches(db, batch.matches, taken, named))
        _fold_readings(db, batch, taken)
        db.unregister("batch_posts")
    if authors:
        fold_authors(db, authors, named)
    if counts:
        fold_engagement(db, counts, named)
    if likes:
        fold_likes(db, likes, named)
    if batch.roles:
        fold_roles(db, batch.roles, named)
    db.unregister("named")


def _fold_readings(db: Db, batch: Batch, taken: Taken) -> None:
    """What was read out of the posts, as far as they are the current versions."""
    current = taken.versions(taken.current)
    mentions, products = _of_taken(batch.mentions, taken), _of_taken(batch.products, taken)
    if mentions or taken.newer:
        voided = void_readings(db, "abstract_mentions", batch.matches, _to_void(mentions, taken))
        _fold_mentions(db, mentions, taken.posts, current, voided)
    if products or taken.newer:
        voided = void_readings(db, "product_mentions", batch.matches, _to_void(products, taken))
        fold_products(db, products, taken.posts, current, voided)
    fold_cases(db, batch.cases, current, batch.seen_at)


def _of_taken(rows: Sequence[Row], taken: Taken) -> Sequence[Row]:
    return [row for row in rows if (row.platform, row.post_id) in taken.posts] if taken.refused else rows


def _to_void(said: Sequence[Any], taken: Taken) -> pa.Table:
    """Posts of which what was read before goes: where nothing is said now, only of those of which an older version was there."""
    return taken.versions(taken.accepted if said else taken.newer)


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
    show_or_hide_taken_up(db)
    db.execute("DROP TABLE temp.batch_states")


def _fold_mentions(
    db: Db, rows: Sequence[AbstractMention], posts: Mapping[Key, Post], current: pa.Table, voided: set[Reading]
) -> None:
    """Mentions of the current versions, for each congress as it first read them."""
    anew, others = apart(rows, voided)
    for some, insert in ((anew, _insert_mentions), (unread(db, "abstract_mentions", others, current), _merge_mentions)):
        if some:
            db.register("accepted", current)
            _register_mentions(db, some, posts)
            _read_mentions(db)
            insert(db)
            db.execute("DROP TABLE temp.read_mentions")
            db.unregister("incoming")
            db.unregister("accepted")


def _register_mentions(db: Db, rows: Sequence[AbstractMention], posts: Mapping[Key, Post]) -> None:
    """Register mentions as ``incoming``, each with the author, time, kind and revision of its post, which stands in the same batch."""
    whose = [posts[row.platform, row.post_id] for row in rows]
    values = [(post.author_id, post.created_at, post.kind, post.revision) for post in whose]
    extra = (("author_id", str), ("created_at", datetime), ("kind", str), ("revision", str))
    db.register("incoming", table_of(AbstractMention, rows, *extra, values=values))


def _read_mentions(db: Db) -> None:
    """Make the table ``read_mentions``: one row a key, of ``accepted`` posts alone."""
    db.execute("""
        CREATE OR REPLACE TEMP TABLE read_mentions AS
        SELECT congress_id, number, platform, post_id, i.author_id, i.created_at, i.kind, tier, rule, evidence,
            span[1] AS span_start, span[2] AS span_end, score, inherited_from, i.revision,
            coalesce(s.active, true) AS visible, number_of(platform, post_id) AS post_number,
            number_of(platform, author_id) AS author_number, number_of(platform, coalesce(inherited_from, post_id)) AS said_number
        FROM incoming i LEFT JOIN account_states s USING (platform, author_id)
        SEMI JOIN accepted a ON a.platform = i.platform AND a.post_id = i.post_id AND a.revision = i.revision
        QUALIFY row_number() OVER (PARTITION BY congress_id, number, platform, post_id, tier, rule
                                   ORDER BY score DESC, span_start, evidence) = 1
    """)


def _insert_mentions(db: Db) -> None:
    """Mentions of posts of which the congress has read nothing."""
    db.execute("INSERT INTO abstract_mentions BY NAME FROM read_mentions")


def _merge_mentions(db: Db) -> None:
    db.execute("""
        INSERT INTO abstract_mentions BY NAME FROM read_mentions
        ON CONFLICT DO UPDATE SET evidence = excluded.evidence, span_start = excluded.span_start,
            span_end = excluded.span_end, score = excluded.score, inherited_from = excluded.inherited_from,
            revision = excluded.revision, said_number = excluded.said_number
        WHERE (excluded.revision, excluded.score) > (abstract_mentions.revision, abstract_mentions.score)
    """)


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
        _register_mentions(db, rows, {(post.platform, post.post_id): post for post in posts})
        _read_mentions(db)
        _insert_mentions(db)
        db.execute("DROP TABLE temp.read_mentions")
        db.unregister("incoming")
    db.unregister("accepted")


_STEPS: tuple[tuple[type, Callable[[Db, list], None]], ...] = (
    (Gap, fold_gaps),
    (Health, fold_health),
    (LedgerEntry, fold_ledger),
)
