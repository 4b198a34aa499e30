"""Rows of the named reads as the records of a recap: cleaned, with the names that may be shown. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, Literal

from pipelines.recap import clean
from pipelines.recap.definitions import ROLES
from pipelines.recap.model import AbstractRow, Gap, Link, PostRow, RoleShare, Session, Topic, Voice
from pipelines.recap.names import shown_link, shown_name

Row = Mapping[str, Any]
Kind = Literal["hashtag", "drug", "trial", "product", "company"]
FULL_POSTS = 500  # of X, in full, by all that leaves the house in one go


def voice_of(row: Row, listed: Container[str]) -> Voice:
    """An HCP voice; its best post is linked only where that post may be listed (``listed``: ids)."""
    name, handle = shown_name(row["role"], row["display_name"], row["handle"])
    return Voice(
        rank=row["rank"],
        name=name,
        handle=handle,
        platform=row["platform"],
        also=_lines(row["also"], clean.NAME),
        specialty=clean.line(row["specialty"], clean.NAME),
        confidence=row["confidence"],
        evidence=_lines(row["evidence"], clean.EVIDENCE),
        post_count=row["post_count"],
        hcp_engager_count=row["hcp_engager_count"],
        engagement_count=row["engagement_count"],
        score=round(row["score"], 9),  # the last digits depend on the machine's order of sums
        url=clean.link(row["url"]) if row["best_post_id"] in listed else "",
    )


def abstract_of(row: Row, first: Row | None) -> AbstractRow:
    """An abstract of the leaderboard; ``first`` tells its first post (``first_posts``)."""
    return AbstractRow(
        number=clean.line(row["number"], clean.NAME),
        title=clean.line(row["title"]),
        trial=clean.line(row["trial"], clean.NAME),
        presenter=clean.line(row["presenter"], clean.NAME),
        session=clean.line(row["session"], clean.EVIDENCE),
        drugs=_lines(row["drugs"], clean.NAME),
        companies=_lines(row["companies"], clean.NAME),
        **{name: row[name] for name in _COUNTS},
        first_post_at=first["first_post_at"] if first else None,
        first_author=shown_name(first["role"], "", first["handle"])[1] if first else "",
    )


_COUNTS = (
    "post_count", "author_count", "hcp_post_count", "hcp_author_count", "tier_1", "tier_2", "tier_3", "inherited",
)  # fmt: skip


def topic_of(row: Row, kind: Kind, before: Mapping[str, Row] | None) -> Topic:
    """An item of the share of voice; ``before`` holds those of the congress compared with, by folded name."""
    then = None if before is None else before.get(row["name"].casefold())
    wholes = [] if before is None else [each["whole_count"] for each in before.values()]
    return Topic(
        kind=kind,
        name=clean.line(row["name"], clean.NAME),
        company=clean.line(row["company"], clean.NAME),
        post_count=row["post_count"],
        author_count=row["author_count"],
        hcp_post_count=row["hcp_post_count"],
        hcp_author_count=row["hcp_author_count"],
        before_count=None if before is None else (then["post_count"] if then else 0),
        whole=row["whole_count"],
        before_whole=None if before is None else max(wholes, default=0),
    )


def post_of(row: Row) -> PostRow:
    """A post to be quoted: whole, or without its words where no cell would hold them."""
    name, handle = shown_name(row["role"], row["display_name"], row["handle"])
    return PostRow(
        platform=row["platform"],
        post_id=clean.line(row["post_id"]),
        created_at=row["created_at"],
        author_name=name,
        handle=handle,
        role=row["role"],
        kind=row["kind"],
        text=clean.whole(row["text"]),
        url=shown_link(row["role"], row["platform"], row["post_id"], row["url"]),
        engagement_count=row["engagement_count"],
        abstracts=_lines(row["abstracts"], clean.NAME),
    )


def roles_of(rows: Iterable[Row]) -> tuple[RoleShare, ...]:
    """Stakeholders in the order of the field, those without posts left out."""
    found = {row["role"]: row for row in rows}
    order = [*ROLES, *sorted(found.keys() - ROLES.keys())]
    return tuple(
        RoleShare(role, ROLES.get(role, role), found[role]["author_count"], found[role]["post_count"])
        for role in order
        if role in found
    )


def gap_of(row: Row) -> Gap:
    """A hole in collection."""
    return Gap(
        clean.line(row["source"], clean.NAME), row["from_at"], row["to_at"], clean.line(row["cause"], clean.EVIDENCE), row["status"]
    )  # fmt: skip


def session_of(row: Row) -> Session:
    """A session of the programme."""
    return Session(clean.line(row["title"], clean.EVIDENCE), row["starts_at"], row["ends_at"])


def links_of(rows: Iterable[Row]) -> tuple[Link, ...]:
    """Pages outside; an address that is no plain http one is left out."""
    return tuple(Link(url, row["post_count"]) for row in rows if (url := clean.link(row["url"])))


def full_posts(*groups: Sequence[PostRow]) -> int:
    """How many posts of X stand in full, each counted once."""
    return len({each.post_id for group in groups for each in group if each.platform == "x" and each.text})


def _lines(values: Iterable[str] | None, limit: int) -> tuple[str, ...]:
    return tuple(filter(None, (clean.line(each, limit) for each in values or ())))
