"""Tracked products and companies, and the posts that name them, folded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import duckdb
import pyarrow as pa

from pipelines.congresses import Congress
from pipelines.model import Post, ProductMention
from pipelines.products import Tracked, tracked_of
from pipelines.store.columns import table_of
from pipelines.store.readings import Reading, apart, unread

Db = duckdb.DuckDBPyConnection


def fold_tracked(db: Db, congresses: Iterable[Congress]) -> None:
    """Replace what each congress is said to track."""
    for each in congresses:
        db.execute("DELETE FROM tracked WHERE congress_id = $1", [each.id])
        if rows := tracked_of(each):
            db.register("incoming", table_of(Tracked, rows))
            db.execute("INSERT INTO tracked BY NAME SELECT * FROM incoming")
            db.unregister("incoming")


def fold_products(
    db: Db,
    rows: Sequence[ProductMention],
    posts: Mapping[tuple[str, str], Post],
    current: pa.Table,
    voided: set[Reading],
) -> None:
    """What the ``current`` posts (platform, post_id, revision) name, for each congress as it first read them."""
    anew, others = apart(rows, voided)
    if new := [*anew, *unread(db, "product_mentions", others, current)]:
        _insert(db, new, posts, current)


def replace_products(db: Db, congress_id: str, rows: Sequence[ProductMention], posts: Sequence[Post]) -> None:
    """Replace what ``posts`` (as stored) were read to name for one congress."""
    stored = table_of(Post, posts).select(["platform", "post_id", "revision"])
    db.register("accepted", stored)
    db.execute(
        """
        DELETE FROM product_mentions m USING accepted a
        WHERE a.platform = m.platform AND a.post_id = m.post_id AND m.congress_id = $1
        """,
        [congress_id],
    )
    db.unregister("accepted")
    if rows:
        _insert(db, rows, {(post.platform, post.post_id): post for post in posts}, stored)


def _insert(db: Db, rows: Sequence[ProductMention], posts: Mapping[tuple[str, str], Post], accepted: pa.Table) -> None:
    whose = [posts[row.platform, row.post_id] for row in rows]
    values = [(post.author_id, post.created_at, post.revision) for post in whose]
    extra = (("author_id", str), ("created_at", type(whose[0].created_at)), ("revision", str))
    db.register("accepted", accepted)
    db.register("incoming", table_of(ProductMention, rows, *extra, values=values))
    db.execute("""
        INSERT INTO product_mentions BY NAME
        SELECT congress_id, kind, name, platform, post_id, i.author_id, i.created_at, rule, evidence,
            span[1] AS span_start, span[2] AS span_end, inherited_from, i.revision, coalesce(s.active, true) AS visible
        FROM incoming i LEFT JOIN account_states s USING (platform, author_id)
        SEMI JOIN accepted a ON a.platform = i.platform AND a.post_id = i.post_id AND a.revision = i.revision
        QUALIFY row_number() OVER (PARTITION BY congress_id, kind, name, platform, post_id
                                   ORDER BY inherited_from NULLS FIRST, span_start DESC, evidence) = 1
    """)
    db.unregister("incoming")
    db.unregister("accepted")
