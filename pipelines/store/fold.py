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
    Post,
    Role,
)
from pipelines.store.columns import table_of
from pipelines.store.fold_authors import fold_authors
from pipelines.store.fold_cases import fold_cases
from pipelines.store.fold_counts import fold_engagement, fold_likes
from pipelines.store.fold_deletions import fold_deletions
from pipelines.store.fold_posts import Key, accept_posts, fold_matches, fold_posts, newest_versions, register_with_post
from pipelines.store.fold_products import fold_products
from pipelines.store.fold_sources import fold_cursors, fold_gaps, fold_health, fold_ledger
from pipelines.store.fold_taken_up import settle_taken_up, show_or_hide_taken_up
from pipelines.store.readings import Reading, apart, unread, void_readings

Db = duckdb.DuckDBPyConnection


def fold(db: Db, batch: Batch) -> None:
    """Fold one batch inside the caller's transaction."""
    by_type: dict[type, list] = {}
    for record in batch.records:
        by_type.setdefault(type(record), []).append(record)
    for record_type, step in _STEPS:
        if rows := by_type.get(record_type):
            step(db, rows)
    if posts := newest_versions(by_type.get(Post, ())):
        taken = accept_posts(db, posts)
        fold_matches(db, batch.matches, posts, taken)
        settle_taken_up(db, taken.stood, taken.accepted)
        current = taken.current
        voided = [
            void_readings(db, table, batch.matches, taken.accepted if said else taken.newer)
            for table, said in (("abstract_mentions", batch.mentions), ("product_mentions", batch.products))
        ]
        _fold_mentions(db, batch.mentions, posts, current, voided[0])
        fold_products(db, batch.products, posts, current, voided[1])
        fold_cases(db, batch.cases, current, batch.seen_at)
    if batch.roles:
        _fold_roles(db, batch.roles)
    if AccountState in by_type:
        _show_or_hide(db)
    if batch.cursors:
        fold_cursors(db, batch.cursors)
    for name in ("batch_posts", "batch_states", "read_mentions"):
        db.execute(f"DROP TABLE IF EXISTS temp.{name}")


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


def _fold_mentions(
    db: Db, rows: Sequence[AbstractMention], posts: dict[Key, Post], current: pa.Table, voided: set[Reading]
) -> None:
    """Mentions of the current versions, for each congress as it first read them."""
    anew, others = apart(rows, voided)
    for some, insert in ((anew, _insert_mentions), (unread(db, "abstract_mentions", others, current), _merge_mentions)):
        if some:
            db.register("accepted", current)
            register_with_post(db, AbstractMention, some, posts)
            _read_mentions(db)
            insert(db)
            db.unregister("incoming")
            db.unregister("accepted")


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


def _fold_roles(db: Db, rows: Sequence[Role]) -> None:
    """What was decided of roles; decisions of one moment that differ are settled by their words, and they are few."""
    db.register("incoming", table_of(Role, rows))
    said = db.sql("""
        SELECT i.*, number_of(platform, author_id) AS author_number FROM incoming i
        WHERE NOT EXISTS (FROM deletions d WHERE d.platform = i.platform AND d.target = 'author'
                          AND d.target_id = i.author_id AND i.decided_at <= d.deleted_at)
        QUALIFY row_number() OVER (PARTITION BY platform, author_id, decided_at, decided_by
                                   ORDER BY role_weight(role, confidence, evidence, credentials, specialty, rule)) = 1
    """).to_arrow_table()
    db.unregister("incoming")
    db.register("said", said)
    stood = db.sql("""
        SELECT r.platform, r.author_id, r.decided_at, r.decided_by,
            role_weight(s.role, s.confidence, s.evidence, s.credentials, s.specialty, s.rule)
            < role_weight(r.role, r.confidence, r.evidence, r.credentials, r.specialty, r.rule) AS wins
        FROM roles r JOIN said s USING (author_number, decided_at, decided_by)
    """).to_arrow_table()
    db.register("stood", stood)
    if stood.num_rows < said.num_rows:
        db.execute(
            "INSERT INTO roles BY NAME FROM said ANTI JOIN stood USING (platform, author_id, decided_at, decided_by)"
        )
    if True in stood["wins"].to_pylist():
        db.execute("""
            INSERT INTO roles BY NAME
            FROM said SEMI JOIN (FROM stood WHERE wins) USING (platform, author_id, decided_at, decided_by)
            ON CONFLICT DO UPDATE SET role = excluded.role, confidence = excluded.confidence,
                evidence = excluded.evidence, credentials = excluded.credentials, specialty = excluded.specialty,
                rule = excluded.rule
        """)
    db.unregister("stood")
    db.unregister("said")


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
        register_with_post(db, AbstractMention, rows, {(post.platform, post.post_id): post for post in posts})
        _read_mentions(db)
        _insert_mentions(db)
        db.unregister("incoming")
    db.unregister("accepted")


# tombstones first, then what they may refuse
_STEPS: tuple[tuple[type, Callable[[Db, list], None]], ...] = (
    (Deletion, fold_deletions),
    (AccountState, _fold_states),
    (Post, fold_posts),
    (Author, fold_authors),
    (Engagement, fold_engagement),
    (Like, fold_likes),
    (Gap, fold_gaps),
    (Health, fold_health),
    (LedgerEntry, fold_ledger),
)
