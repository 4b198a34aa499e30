"""What the store already holds of the things a batch touches: the posts it answers, the authors it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    posts, congresses = _known_posts(reader, post_keys) if post_keys else (frozenset[Key](), {})
    # what was read of a post stands only beside it, and most posts of a batch are new
    mentions, products = _known_readings(reader, posts) if posts else ({}, {})
    authors, roles = _known_authors(reader, author_keys) if author_keys else ({}, {})
    return Known(posts, congresses, mentions, products, authors, roles)


def _known_posts(reader: Reader, keys: set[Key]) -> tuple[frozenset[Key], dict[Key, tuple[str, ...]]]:
    """Those of the posts that are there, and the congresses they belong to."""
    # by number: to look through a million ids is dearer than through as many numbers
    rows = reader.ask(
        """
        WITH w AS (SELECT number_of(platform, id) AS post_number FROM wanted)
        SELECT platform, post_id, NULL AS congress_id FROM posts SEMI JOIN w USING (post_number)
        UNION ALL SELECT platform, post_id, congress_id FROM matches SEMI JOIN w USING (post_number)
        """,
        tables={"wanted": _keys_table(keys)},
    )
    posts: set[Key] = set()
    congresses: dict[Key, list[str]] = {}
    for platform, post_id, congress_id in _rows(rows):
        key = (platform, post_id)
        if congress_id is None:
            posts.add(key)
        else:
            congresses.setdefault(key, []).append(congress_id)
    posts &= keys
    return frozenset(posts), {key: tuple(sorted(ids)) for key, ids in congresses.items() if key in posts}


def _known_readings(
    reader: Reader, keys: Iterable[Key]
) -> tuple[
    dict[tuple[str, Key], tuple[AbstractMention, ...]],
    dict[tuple[str, Key], tuple[ProductMention, ...]],
]:
    """What was read of posts: the abstracts they mention, and the products they name in their own words: only that is handed on."""
    rows = reader.ask(
        """
        SELECT platform, post_id, congress_id, number, tier, NULL AS kind, NULL AS name, rule, evidence, span_start, span_end,
            score, inherited_from
        FROM abstract_mentions m SEMI JOIN (SELECT *, number_of(platform, id) AS number FROM wanted) w
            ON w.number = m.post_number AND w.platform = m.platform AND w.id = m.post_id
        UNION ALL BY NAME
        SELECT platform, post_id, congress_id, rule, evidence, kind, name
        FROM product_mentions m SEMI JOIN wanted w ON w.platform = m.platform AND w.id = m.post_id
        WHERE inherited_from IS NULL ORDER BY ALL
        """,
        tables={"wanted": _keys_table(keys)},
    )
    mentions: dict[tuple[str, Key], tuple[AbstractMention, ...]] = {}
    products: dict[tuple[str, Key], tuple[ProductMention, ...]] = {}
    for platform, post_id, congress_id, number, tier, kind, name, rule, evidence, start, end, score, source in _rows(
        rows
    ):
        key = (congress_id, (platform, post_id))
        if kind is None:
            mention = AbstractMention(
                platform, post_id, congress_id, number, tier, rule, evidence, (start, end), score, source
            )
            mentions[key] = (*mentions.get(key, ()), mention)
        else:
            product = ProductMention(platform, post_id, congress_id, kind, name, rule, evidence)
            products[key] = (*products.get(key, ()), product)
    return mentions, products


def _known_authors(reader: Reader, keys: set[Key]) -> tuple[dict[Key, Author], dict[Key, Role]]:
    """Those of the authors that are there, and the last word of the rules or the curated list on each one's role."""
    rows = reader.ask(
        """
        WITH w AS (SELECT platform, id AS author_id, number_of(platform, id) AS author_number FROM wanted)
        SELECT platform, author_id, seen_at, handle, display_name, bio, location, followers_count, verified,
            NULL AS role, NULL AS confidence, NULL AS evidence, NULL AS credentials, NULL AS specialty, NULL AS rule,
            NULL AS decided_by
        FROM authors SEMI JOIN w USING (author_number, platform, author_id)
        UNION ALL BY NAME
        SELECT platform, author_id, decided_at AS seen_at, role, confidence, evidence, credentials, specialty, rule, decided_by
        FROM roles SEMI JOIN w USING (author_number, platform, author_id)
        WHERE decided_by IN ('rules', 'voices.csv')
        """,
        tables={"wanted": _keys_table(keys)},
    )
    authors: dict[Key, Author] = {}
    roles: dict[Key, Role] = {}
    for platform, author_id, at, *profile, role, confidence, evidence, credentials, specialty, rule, by in _rows(rows):
        key = (platform, author_id)
        if role is None:
            authors[key] = Author(platform, author_id, at, *profile)
        elif key not in roles or at > roles[key].decided_at:
            roles[key] = Role(platform, author_id, role, confidence, evidence, at, credentials, specialty, rule, by)
    return authors, roles


def _rows(table: pa.Table) -> Iterable[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in table.columns), strict=True)


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
