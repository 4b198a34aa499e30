"""What a batch of records says: which posts belong to which congress, which abstracts and products they name,
who their authors are.

Asks the store only for what the batch touches (the posts it answers, the authors it names), so that a restart, a
replay and a second run see the same. Everything that belongs to no congress and is answered by nothing that does is
left out here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from pipelines.abstracts import Linker, inherited
from pipelines.desk.cases import Case, case_of
from pipelines.desk.misspelt import Misspelt
from pipelines.known import Key, Known, look_up
from pipelines.matching import Matcher, answered_ids
from pipelines.model import AbstractMention, Author, Batch, Engagement, Like, Match, Post, ProductMention, Record, Role
from pipelines.products import ProductReader, products_of
from pipelines.roles import read_role
from pipelines.store.reader import Reader


class Digest:
    """Turns records into a batch to fold.

    Args:
        matcher: knows the followed congresses, and with them the products and companies to look for.
        linkers: one per followed congress, by its id.
        decide: the role an author is given; ``read_role`` unless a curated list comes first.
    """

    def __init__(
        self,
        matcher: Matcher,
        linkers: Mapping[str, Linker],
        decide: Callable[[Author, datetime], Role | None] = read_role,
    ):
        self._matcher, self._linkers, self._decide = matcher, linkers, decide
        self._products = {each.id: ProductReader(each) for each in matcher.congresses}
        self._misspelt = {each.id: Misspelt(each) for each in matcher.congresses}

    def batch(self, records: Sequence[Record], reader: Reader, belongs: Collection[str] = ()) -> Batch:
        """The part of ``records`` that concerns a followed congress, with what was read out of it.

        ``belongs`` holds the ids of posts that a person brought as the congress's own.
        """
        known = look_up(records, reader)
        authors = _merged_authors(records, known)
        posts = _in_order(each for each in records if isinstance(each, Post))
        matches = self._match(posts, authors, known, frozenset(belongs))
        kept = _kept_posts(posts, matches, known)
        writers = {(post.platform, post.author_id) for post in posts if (post.platform, post.post_id) in kept}
        relevant = [each for each in records if _concerns(each, kept, writers, known)]
        roles, products = self._roles(relevant, authors, known), self._name(posts, matches, known)
        return Batch(
            records=[*relevant, *_unnamed_authors(posts, kept, authors)],
            matches=[match for found in matches.values() for match in found],
            mentions=self._link(posts, matches, authors, known),
            roles=roles,
            products=products,
            cases=self._assess(posts, matches, products, roles, known),
        )

    def _match(
        self, posts: Sequence[Post], authors: Mapping[Key, Author], known: Known, belongs: frozenset[str]
    ) -> dict[Key, tuple[Match, ...]]:
        congresses = dict(known.congresses)
        found: dict[Key, tuple[Match, ...]] = {}
        for post in posts:  # each once
            platform = post.platform
            parents = {each: ids for each in answered_ids(post) if (ids := congresses.get((platform, each)))}
            author = authors.get((platform, post.author_id))
            matches = self._matcher.matches(post, author.handle if author else None, parents, post.post_id in belongs)
            if matches:
                key = (platform, post.post_id)
                found[key] = matches
                ids = tuple([match.congress_id for match in matches])
                congresses[key] = tuple(dict.fromkeys((*congresses[key], *ids))) if key in congresses else ids
        return found

    def _link(
        self,
        posts: Sequence[Post],
        matches: Mapping[Key, tuple[Match, ...]],
        authors: Mapping[Key, Author],
        known: Known,
    ) -> list[AbstractMention]:
        mentions = dict(known.mentions)
        found: list[AbstractMention] = []
        for post in posts if self._linkers else ():
            key = (post.platform, post.post_id)
            for match in matches.get(key, ()):
                linker = self._linkers.get(match.congress_id)
                if linker is None:
                    continue
                author = authors.get((post.platform, post.author_id))
                parents = {
                    each: mentions.get((match.congress_id, (post.platform, each)), ()) for each in answered_ids(post)
                }
                named = mentions_of(post, author, linker, parents)
                mentions[match.congress_id, key] = named
                found += named
        return found

    def _name(
        self, posts: Sequence[Post], matches: Mapping[Key, tuple[Match, ...]], known: Known
    ) -> list[ProductMention]:
        """The tracked products and companies that the matched posts name."""
        products = dict(known.products)
        found: list[ProductMention] = []
        for post in posts:
            key, answered = (post.platform, post.post_id), answered_ids(post)
            for match in matches.get(key, ()):
                parents = {each: products.get((match.congress_id, (post.platform, each)), ()) for each in answered}
                if named := products_of(post, self._products[match.congress_id], parents):
                    products[match.congress_id, key] = named
                    found += named
                else:
                    products.pop((match.congress_id, key), None)
        return found

    def _assess(
        self,
        posts: Sequence[Post],
        matches: Mapping[Key, tuple[Match, ...]],
        products: Sequence[ProductMention],
        roles: Sequence[Role],
        known: Known,
    ) -> list[Case]:
        """The matched posts that may tell of an adverse event; a repost only where its original is not at hand."""
        named: dict[tuple[str, Key], list[ProductMention]] = {}
        for each in products:
            named.setdefault((each.congress_id, (each.platform, each.post_id)), []).append(each)
        told = {**known.roles, **{(each.platform, each.author_id): each for each in roles}}
        at_hand = known.posts | {(post.platform, post.post_id) for post in posts}
        found: list[Case | None] = []
        for post in posts:
            if post.repost_of_id and (post.platform, post.repost_of_id) in at_hand:
                continue
            key = (post.platform, post.post_id)
            for match in matches.get(key, ()):
                mentions, near = named.get((match.congress_id, key), ()), self._misspelt[match.congress_id]
                if mentions or near.looks:
                    role = told.get((post.platform, post.author_id))
                    found.append(case_of(post, match.congress_id, mentions, near, role.role if role else None))
        return [each for each in found if each]

    def _roles(self, records: Sequence[Record], authors: Mapping[Key, Author], known: Known) -> list[Role]:
        named = dict.fromkeys((each.platform, each.author_id) for each in records if isinstance(each, Author))
        found = []
        for key in named:
            role = self._decide(authors[key], authors[key].seen_at)
            if role and not _same_role(role, known.roles.get(key)):
                found.append(role)
        return found


def mentions_of(
    post: Post, author: Author | None, linker: Linker, parents: Mapping[str, Sequence[AbstractMention]]
) -> tuple[AbstractMention, ...]:
    """What a post mentions: in its own words, and taken over from the posts it answers (``parents``, by post id).

    A repost has no words of its own: all it mentions is taken over, also where only its copy of the text is at hand.
    """
    taken_over = inherited(post, parents)
    if post.repost_of_id and taken_over:
        return taken_over
    own = linker.mentions(post, author)
    if post.repost_of_id:
        return tuple(dataclasses.replace(each, rule="inherited", inherited_from=post.repost_of_id) for each in own)
    named = {each.number for each in own}
    return (*own, *(each for each in taken_over if each.number not in named))


def _merged_authors(records: Sequence[Record], known: Known) -> dict[Key, Author]:
    """Each author with the newest of what is known and what the batch says; None never erases."""
    merged = dict(known.authors)
    for author in sorted((each for each in records if isinstance(each, Author)), key=lambda each: each.seen_at):
        key = (author.platform, author.author_id)
        merged[key] = _over(merged[key], author) if key in merged else author
    return merged


_fields_of = attrgetter(*(each.name for each in dataclasses.fields(Author)))


def _over(old: Author, new: Author) -> Author:
    if new.seen_at < old.seen_at:
        old, new = new, old
    said = zip(_fields_of(old), _fields_of(new), strict=True)
    return Author(*[before if now is None else now for before, now in said])


def _in_order(posts: Iterable[Post]) -> list[Post]:
    """The version of each post that the store will keep, oldest first: a post stands before what answers it."""
    best: dict[Key, Post] = {}
    for post in posts:
        key = (post.platform, post.post_id)
        if (held := best.get(key)) is None or post.version > held.version:
            best[key] = post
    return sorted(
        best.values(), key=lambda post: (post.created_at, post.repost_of_id is not None, post.post_id, post.revision)
    )


def _unnamed_authors(posts: Iterable[Post], kept: set[Key], authors: Mapping[Key, Author]) -> list[Author]:
    """A row for each writer of whom nothing was said yet, so that a profile that comes later finds its author."""
    return [
        Author(post.platform, post.author_id, post.retrieved_at)
        for post in posts
        if (post.platform, post.post_id) in kept and (post.platform, post.author_id) not in authors
    ]


def _kept_posts(posts: Sequence[Post], matches: Mapping[Key, object], known: Known) -> set[Key]:
    """Matched posts, what they answer (for who takes up whom), and newer versions of posts already kept."""
    answered = {
        (post.platform, each)
        for post in posts
        if (post.platform, post.post_id) in matches
        for each in answered_ids(post)
    }
    kept = {(post.platform, post.post_id) for post in posts}
    return kept & (matches.keys() | answered | known.posts)


def _concerns(record: Record, kept: set[Key], writers: set[Key], known: Known) -> bool:
    if isinstance(record, Post):
        return (record.platform, record.post_id) in kept
    if isinstance(record, Engagement | Like):
        key = (record.platform, record.post_id)
        return key in kept or key in known.posts
    if isinstance(record, Author):
        key = (record.platform, record.author_id)
        return key in writers or key in known.authors
    return True


def _same_role(new: Role, old: Role | None) -> bool:
    def said(role: Role) -> tuple:
        return (
            role.role,
            role.confidence,
            tuple(role.evidence or ()),
            tuple(role.credentials or ()),
            role.specialty,
            role.decided_by,
        )

    return old is not None and said(new) == said(old)
