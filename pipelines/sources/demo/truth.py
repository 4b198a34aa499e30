"""The world's own answers, counted from its own data and never through the project's pipeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.sources.demo.aftermath import Removal
from pipelines.sources.demo.people import Account
from pipelines.sources.demo.plan import OUTAGE, Absence
from pipelines.sources.demo.posts import WorldPost


@dataclass(frozen=True, slots=True)
class TrueMention:
    """A post speaks of an abstract: in its own words (``via`` "own"), or because it reposts, quotes or answers a
    post that does (``via`` "repost", "quote" or "reply"; then ``tier`` is that post's)."""

    post_id: str
    number: str
    tier: int
    via: str


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true at ``as_of``, among what could be collected until then.

    Everything but ``deleted_posts``, ``hidden_posts`` and ``missed_posts`` counts visible posts only: not
    deleted (nor a repost of something deleted), not by an account that is away. Authors are accounts.
    """

    as_of: datetime
    posts: int
    originals: int
    reposts: int
    quotes: int
    replies: int
    by_platform: dict[str, int]
    authors: int
    people: int  # authors, with the accounts of one person counted once
    hcp_authors: int
    hcp_posts: int
    declared_hcp_authors: int
    declared_hcp_posts: int
    post_ids: frozenset[str]
    mentions: tuple[TrueMention, ...]
    deleted_posts: int
    hidden_posts: int
    missed_posts: int
    adverse_posts: frozenset[str]
    before_embargo_posts: frozenset[str]
    outage: tuple[str, datetime, datetime] | None

    @property
    def hcp_author_share(self) -> float:
        return self.hcp_authors / self.authors if self.authors else 0.0

    @property
    def hcp_post_share(self) -> float:
        return self.hcp_posts / self.posts if self.posts else 0.0

    def posts_about(self, number: str, tiers: Iterable[int] = (1, 2, 3), via: Iterable[str] = ("own", "repost")) -> int:
        """Posts that speak of an abstract, by the evidence that counts."""
        return len({m.post_id for m in self.mentions if m.number == number and m.tier in tiers and m.via in via})

    def leaders(self, count: int = 10) -> list[tuple[str, int]]:
        """The abstracts most posts speak of, own words and reposts."""
        pairs = {(m.number, m.post_id) for m in self.mentions if m.via in ("own", "repost")}
        tally = Counter(number for number, _ in pairs)
        return sorted(tally.items(), key=lambda item: (-item[1], item[0]))[:count]


def tell(
    as_of: datetime,
    since: datetime,
    accounts: Sequence[Account],
    posts: Sequence[WorldPost],
    removals: Sequence[Removal],
    absences: Sequence[Absence],
) -> Truth:
    """The truth about posts written in [since, as_of], as things stand at ``as_of``."""
    told = [post for post in posts if since <= post.at <= as_of and post.rule]
    collected = [post for post in told if post.collected]
    gone = {each.place for each in removals if each.at <= as_of}
    away = {each.author for each in absences if each.from_at <= as_of and (each.to_at is None or as_of < each.to_at)}
    seen = [post for post in collected if not _gone(post, gone) and post.author not in away]
    kinds, platforms = Counter(post.kind for post in seen), Counter(post.platform for post in seen)
    authors = {post.author for post in seen}
    hcps = {author for author in authors if accounts[author].role == "hcp"}
    declared = {author for author in hcps if accounts[author].declared}
    source, from_at, to_at = OUTAGE
    return Truth(
        as_of=as_of,
        posts=len(seen),
        originals=kinds["original"],
        reposts=kinds["repost"],
        quotes=kinds["quote"],
        replies=kinds["reply"],
        by_platform=dict(platforms),
        authors=len(authors),
        people=len({accounts[author].person for author in authors}),
        hcp_authors=len(hcps),
        hcp_posts=sum(post.author in hcps for post in seen),
        declared_hcp_authors=len(declared),
        declared_hcp_posts=sum(post.author in declared for post in seen),
        post_ids=frozenset(post.post_id for post in seen),
        mentions=tuple(mention for post in seen for mention in _mentions(post, posts)),
        deleted_posts=sum(_gone(post, gone) for post in collected),
        hidden_posts=sum(post.author in away and not _gone(post, gone) for post in collected),
        missed_posts=len(told) - len(collected),
        adverse_posts=frozenset(post.post_id for post in seen if post.note == "adverse"),
        before_embargo_posts=frozenset(post.post_id for post in seen if post.note == "before_embargo"),
        outage=(source, from_at, min(to_at, as_of)) if from_at <= as_of else None,
    )


def _gone(post: WorldPost, gone: set[int]) -> bool:
    return post.place in gone or (post.kind == "repost" and post.parent in gone)


def _mentions(post: WorldPost, posts: Sequence[WorldPost]) -> list[TrueMention]:
    """Its own, and those of what it takes up that it does not name itself."""
    found = [TrueMention(post.post_id, each.number, each.tier, "own") for each in post.named]
    if post.parent is not None:
        own = {each.number for each in post.named}
        found += [
            TrueMention(post.post_id, each.number, each.tier, post.kind)
            for each in posts[post.parent].named
            if each.number not in own
        ]
    return found
