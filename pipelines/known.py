"""What the store already holds of the things a batch touches: the posts it answers, the authors it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pipelines.matching import answered_ids
from pipelines.model import AbstractMention, Author, Engagement, Like, Post, ProductMention, Record, Role
from pipelines.store.reader import Reader

Key = tuple[str, str]  # platform, id


@dataclass(frozen=True, slots=True)
class Known:
    """What the store already holds of the things a batch touches."""

    posts: frozenset[Key]
    congresses: Mapping[Key, tuple[str, ...]]
    mentions: Mapping[tuple[str, Key], tuple[AbstractMention, ...]]  # by congress and post
    products: Mapping[tuple[str, Key], tuple[ProductMention, ...]]
    authors: Mapping[Key, Author]
    roles: Mapping[Key, Role]


def look_up(records: Sequence[Record], reader: Reader) -> Known:
    """What the store holds of the posts and authors that ``records`` touch."""
    post_keys = {key for each in records for key in _posts_touched(each)}
    author_keys = {(each.platform, each.author_id) for each in records if isinstance(each, Author | Post)}
    stored = _known_posts(reader, post_keys)
    # what was read of a post stands only beside it, and most posts of a batch are new
    posts, authors = _keys_table(stored), _keys_table(author_keys)
    return Known(
        posts=stored,
        congresses=_known_congresses(reader, posts) if stored else {},
        mentions=_known_mentions(reader, posts) if stored else {},
        products=_known_products(reader, posts) if stored else {},
        authors=_known_authors(reader, authors) if author_keys else {},
        roles=_known_roles(reader, authors) if author_keys else {},
    )


def _known_posts(reader: Reader, keys: set[Key]) -> frozenset[Key]:
    if not keys:
        return frozenset()
    # by number: to look through a million ids is dearer than through as many numbers
    rows = reader.ask(
        """
        SELECT p.platform, p.post_id FROM posts p
        SEMI JOIN (SELECT number_of(platform, id) AS number FROM wanted) w ON w.number = p.post_number
        """,
        tables={"wanted": _keys_table(keys)},
    )
    return frozenset(zip(rows["platform"].to_pylist(), rows["post_id"].to_pylist(), strict=True)) & keys


def _known_congresses(reader: Reader, wanted: pa.Table) -> dict[Key, tuple[str, ...]]:
    rows = reader.ask(
        """
        SELECT m.platform, m.post_id, list(m.congress_id ORDER BY m.congress_id) AS congress_ids FROM matches m
        SEMI JOIN (SELECT *, number_of(platform, id) AS number FROM wanted) w
            ON w.number = m.post_number AND w.platform = m.platform AND w.id = m.post_id GROUP BY ALL
        """,
        tables={"wanted": wanted},
    )
    return {(row["platform"], row["post_id"]): tuple(row["congress_ids"]) for row in rows.to_pylist()}


def _known_mentions(reader: Reader, wanted: pa.Table) -> dict[tuple[str, Key], tuple[AbstractMention, ...]]:
    rows = reader.ask(
        """
        SELECT m.platform, m.post_id, m.congress_id, m.number, m.tier, m.rule, m.evidence,
            m.span_start, m.span_end, m.score, m.inherited_from
        FROM abstract_mentions m SEMI JOIN (SELECT *, number_of(platform, id) AS number FROM wanted) w
            ON w.number = m.post_number AND w.platform = m.platform AND w.id = m.post_id ORDER BY ALL
        """,
        tables={"wanted": wanted},
    )
    found: dict[tuple[str, Key], tuple[AbstractMention, ...]] = {}
    for row in rows.to_pylist():
        span = (row.pop("span_start"), row.pop("span_end"))
        mention = AbstractMention(**row, span=span)
        key = (mention.congress_id, (mention.platform, mention.post_id))
        found[key] = (*found.get(key, ()), mention)
    return found


def _known_products(reader: Reader, wanted: pa.Table) -> dict[tuple[str, Key], tuple[ProductMention, ...]]:
    """What the posts name in their own words: only that is handed on."""
    rows = reader.ask(
        """
        SELECT m.platform, m.post_id, m.congress_id, m.kind, m.name, m.rule, m.evidence
        FROM product_mentions m SEMI JOIN wanted w ON w.platform = m.platform AND w.id = m.post_id
        WHERE m.inherited_from IS NULL ORDER BY ALL
        """,
        tables={"wanted": wanted},
    )
    found: dict[tuple[str, Key], tuple[ProductMention, ...]] = {}
    for row in rows.to_pylist():
        mention = ProductMention(**row)
        key = (mention.congress_id, (mention.platform, mention.post_id))
        found[key] = (*found.get(key, ()), mention)
    return found


def _known_authors(reader: Reader, wanted: pa.Table) -> dict[Key, Author]:
    rows = reader.ask(
        """
        SELECT a.platform, a.author_id, a.seen_at, a.handle, a.display_name, a.bio, a.location, a.followers_count, a.verified
        FROM authors a SEMI JOIN (SELECT *, number_of(platform, id) AS number FROM wanted) w
            ON w.number = a.author_number AND w.platform = a.platform AND w.id = a.author_id
        """,
        tables={"wanted": wanted},
    )
    return {(row["platform"], row["author_id"]): Author(**row) for row in rows.to_pylist()}


def _known_roles(reader: Reader, wanted: pa.Table) -> dict[Key, Role]:
    rows = reader.ask(
        """
        SELECT r.platform, r.author_id, r.role, r.confidence, r.evidence, r.decided_at, r.credentials, r.specialty,
            r.rule, r.decided_by
        FROM roles r SEMI JOIN (SELECT *, number_of(platform, id) AS number FROM wanted) w
            ON w.number = r.author_number AND w.platform = r.platform AND w.id = r.author_id
        WHERE r.decided_by IN ('rules', 'voices.csv')
        QUALIFY row_number() OVER (PARTITION BY r.platform, r.author_id ORDER BY r.decided_at DESC) = 1
        """,
        tables={"wanted": wanted},
    )
    return {(row["platform"], row["author_id"]): Role(**row) for row in rows.to_pylist()}


def _posts_touched(record: Record) -> Iterable[Key]:
    if isinstance(record, Post):
        return [(record.platform, each) for each in (record.post_id, *answered_ids(record))]
    if isinstance(record, Engagement | Like):
        return [(record.platform, record.post_id)]
    return ()


def _keys_table(keys: Iterable[Key]) -> pa.Table:
    pairs = sorted(keys)
    return pa.table(
        {"platform": pa.array([p for p, _ in pairs], pa.string()), "id": pa.array([i for _, i in pairs], pa.string())}
    )
