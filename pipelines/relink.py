"""Reading all stored posts of a congress anew, after its catalogue, its products or our rules have changed.

Own words first, oldest post first, then what is taken over from the posts answered: as the collector does it, so that
the result is the one that collecting with the new catalogue would have given. Reviewers' words stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from pipelines.abstracts import Linker
from pipelines.congresses import Congress
from pipelines.desk.cases import Case, case_of
from pipelines.desk.misspelt import Misspelt
from pipelines.digest import mentions_of
from pipelines.matching import answered_ids
from pipelines.model import AbstractMention, Author, Post, ProductMention
from pipelines.products import ProductReader, products_of
from pipelines.store.columns import table_of
from pipelines.store.database import Store
from pipelines.store.fold_cases import fold_cases
from pipelines.store.reader import Reader

PAGE = 2_000  # posts read and replaced at once


def relink(
    store: Store, linker: Linker, after_page: Callable[[int], None] | None = None, now: datetime | None = None
) -> int:
    """Replace every mention of an abstract, product or company of the linker's congress; the number of posts read.

    Possible adverse events that were not seen before are first seen at ``now`` (naive UTC; else when they were written);
    decisions on known ones stay.
    """
    desk = _Desk(linker.congress, store.another_reader(), now)
    known: dict[tuple[str, str], tuple[AbstractMention, ...]] = {}
    named: dict[tuple[str, str], tuple[ProductMention, ...]] = {}
    reader, count = ProductReader(linker.congress), 0
    for posts, authors in _pages(store.another_reader(), linker.congress.id):
        mentions: list[AbstractMention] = []
        products: list[ProductMention] = []
        for post, author in zip(posts, authors, strict=True):
            key, answered = (post.platform, post.post_id), [(post.platform, each) for each in answered_ids(post)]
            if found := mentions_of(post, author, linker, {each[1]: known.get(each, ()) for each in answered}):
                known[key] = found
                mentions += found
            if names := products_of(post, reader, {each[1]: named.get(each, ()) for each in answered}):
                named[key] = names
                products += names
        store.replace_mentions(linker.congress.id, mentions, products, posts)
        if cases := desk.cases(posts, products):
            stored = table_of(Post, posts).select(["platform", "post_id", "revision"])
            store.keep_house(partial(fold_cases, rows=cases, accepted=stored, seen_at=now))
        count += len(posts)
        if after_page:
            after_page(len(posts))
    return count


class _Desk:
    """Reads pages of posts, oldest first, for possible adverse events."""

    def __init__(self, congress: Congress, reader: Reader, now: datetime | None):
        self._congress_id, self._misspelt = congress.id, Misspelt(congress)
        rows = reader.ask(
            "SELECT platform, author_id, role FROM role_at($now)", now=now or datetime(9999, 1, 1)
        ).to_pylist()
        self._roles: Mapping[tuple[str, str], str] = {(row["platform"], row["author_id"]): row["role"] for row in rows}
        self._seen: set[tuple[str, str]] = set()

    def cases(self, posts: Sequence[Post], products: Sequence[ProductMention]) -> list[Case]:
        named: dict[tuple[str, str], list[ProductMention]] = {}
        for each in products:
            named.setdefault((each.platform, each.post_id), []).append(each)
        found: list[Case | None] = []
        for post in posts:
            key, role = (post.platform, post.post_id), self._roles.get((post.platform, post.author_id))
            self._seen.add(key)
            if (post.platform, post.repost_of_id) not in self._seen:
                found.append(case_of(post, self._congress_id, named.get(key, ()), self._misspelt, role))
        return [each for each in found if each]


def _pages(reader: Reader, congress_id: str) -> Iterator[tuple[Sequence[Post], Sequence[Author | None]]]:
    rows = reader.ask(
        """
        SELECT p.* EXCLUDE (kind, post_number, author_number, repost_of_number, quoted_number, reply_to_number,
            mentioned_numbers),
            a.handle, a.display_name
        FROM matches m JOIN posts p USING (platform, post_id)
        LEFT JOIN authors a ON a.platform = p.platform AND a.author_id = p.author_id
        WHERE m.congress_id = $congress_id
        ORDER BY p.created_at, p.repost_of_id IS NOT NULL, p.post_id, p.platform
        """,
        congress_id=congress_id,
    )
    for start in range(0, rows.num_rows, PAGE):
        page = rows.slice(start, PAGE).to_pylist()
        yield [_post(row) for row in page], [_author(row) for row in page]


def _post(row: dict) -> Post:
    said: dict[str, Any] = {key: value for key, value in row.items() if key not in ("handle", "display_name")}
    for name in ("hashtags", "links", "mentioned_ids"):
        said[name] = tuple(said[name] or ())
    return Post(**said)


def _author(row: dict) -> Author | None:
    if not row["handle"]:
        return None
    return Author(row["platform"], row["author_id"], row["retrieved_at"], row["handle"], row["display_name"])
