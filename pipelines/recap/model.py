"""The recap as one value: computed once, cleaned once, laid out by every writer, so that no two formats disagree.

Every text in it is safe to lay out (``clean.py``): no control characters, lone surrogates or bidi overrides. Every
moment comes twice where it is shown: naive UTC (``*_at``) and, in ``zone``, through ``Provenance.local``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import pyarrow as pa

Section = Literal[
    "kpis", "volume", "days", "roles", "voices", "abstracts", "topics", "share", "posts", "questions", "method"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the figures were made of and how to make them again."""

    congress_id: str
    congress_name: str
    society: str
    city: str
    zone: str  # IANA name
    starts_on: date
    ends_on: date
    start: datetime  # the window [start, end), naive UTC
    end: datetime
    as_of: datetime  # what was known then: corrections, deletions, counts
    window_words: str  # "12 to 15 December 2026, New Orleans time"
    platforms: tuple[str, ...]
    version: str  # of Congress Pulse
    config_hash: str  # of what congresses.yaml says of this congress, and of its catalogue
    coverage_line: str  # one sentence: what was not collected
    simulated: bool

    def local(self, at: datetime) -> datetime:
        """A naive UTC moment in the congress's zone, aware."""
        return at.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone))


@dataclass(frozen=True, slots=True)
class Kpi:
    """A figure with its definition; a share carries both of its parts, and the same of the congress before."""

    key: str  # post_count, author_count, hcp_author_share, hcp_post_share, abstract_count, ...
    label: str
    definition: str
    value: int  # a share's numerator
    whole: int | None = None  # a share's denominator
    before: int | None = None  # of the congress compared with
    before_whole: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One factual sentence, with the figures it says; never below the minimum n."""

    text: str
    numerator: int
    denominator: int | None
    section: Section  # where it is shown: writers turn it into a slide or a heading
    caveat: str = ""  # the window had a hole that touches it


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the window; ``collected`` is false where any source had a gap that was not filled."""

    at: datetime  # naive UTC, start of the hour
    post_count: int
    hcp_post_count: int
    collected: bool


@dataclass(frozen=True, slots=True)
class Peak:
    """A numbered maximum of the hours, and what it coincides with - never what caused it."""

    number: int
    at: datetime
    post_count: int
    coincides_with: str  # session and leading abstract, or ""


@dataclass(frozen=True, slots=True)
class Session:
    """A session of the programme, for the volume chart."""

    title: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole in collection that touches the window."""

    source: str
    from_at: datetime
    to_at: datetime | None
    cause: str
    status: str


@dataclass(frozen=True, slots=True)
class Day:
    """One local day: figures, and what led it."""

    day: date
    number: int  # congress day; 0 and less before it
    post_count: int
    author_count: int
    hcp_post_count: int
    leading_abstract: str  # number, or ""
    leading_title: str
    leading_post_count: int
    leading_hashtag: str


@dataclass(frozen=True, slots=True)
class RoleShare:
    """A stakeholder group: authors and posts, never mixed."""

    role: str
    label: str
    author_count: int
    post_count: int


@dataclass(frozen=True, slots=True)
class Voice:
    """An HCP voice, with the parts of its rank and the words that prove the role."""

    rank: int
    name: str
    handle: str
    platform: str
    also: tuple[str, ...]
    specialty: str
    confidence: str
    evidence: tuple[str, ...]
    post_count: int
    hcp_engager_count: int
    engagement_count: int
    score: float
    url: str  # of the best post; http(s) or ""


@dataclass(frozen=True, slots=True)
class AbstractRow:
    """An abstract that was talked about; tiers are posts by their strongest evidence."""

    number: str
    title: str
    trial: str
    presenter: str
    session: str
    drugs: tuple[str, ...]
    companies: tuple[str, ...]
    post_count: int
    author_count: int
    hcp_post_count: int
    hcp_author_count: int
    tier_1: int
    tier_2: int
    tier_3: int
    inherited: int
    first_post_at: datetime | None
    first_author: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A hashtag, drug, trial, product or company with posts of all and of HCPs."""

    kind: Literal["hashtag", "drug", "trial", "product", "company"]
    name: str
    company: str
    post_count: int
    author_count: int
    hcp_post_count: int
    hcp_author_count: int
    before_count: int | None
    whole: int | None = None  # posts naming any tracked item of the kind: the denominator of a share of voice
    before_whole: int | None = None  # the same of the congress compared with


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post that may be shown. ``text`` is whole or empty (id and link only), never cut."""

    platform: str
    post_id: str  # text: digits must not be lost
    created_at: datetime
    author_name: str
    handle: str
    role: str
    kind: str
    text: str
    url: str
    engagement_count: int
    abstracts: tuple[str, ...]


# every post of the window that may be listed, as id and link, in order of time: columns of ``Recap.post_links``
POST_LINKS = pa.schema(
    [
        ("platform", pa.string()), ("post_id", pa.string()), ("created_at", pa.timestamp("us")), ("kind", pa.string()),
        ("role", pa.string()), ("url", pa.string()),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """A page outside that posts point to."""

    url: str
    post_count: int


@dataclass(frozen=True, slots=True)
class SourceState:
    """What was collected from a source in the window."""

    source: str
    post_count: int
    gap_count: int
    gap_minutes: float


@dataclass(frozen=True, slots=True)
class Definition:
    """A word that the recap uses, and what it means."""

    term: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The congress compared with, hour by hour from the same local hour of its first day."""

    congress_id: str
    congress_name: str
    hours: tuple[int, ...]  # posts, aligned with Recap.hours


@dataclass(frozen=True, slots=True)
class Recap:
    """All that is told of a congress."""

    provenance: Provenance
    kpis: tuple[Kpi, ...]
    findings: tuple[Finding, ...]
    hours: tuple[Hour, ...]
    peaks: tuple[Peak, ...]
    sessions: tuple[Session, ...]
    days: tuple[Day, ...]
    roles: tuple[RoleShare, ...]
    voices: tuple[Voice, ...]
    abstracts: tuple[AbstractRow, ...]
    topics: tuple[Topic, ...]
    notable: tuple[PostRow, ...]  # most engaged posts of HCPs, with text
    questions: tuple[PostRow, ...]  # questions HCPs asked, with text
    links: tuple[Link, ...]
    gaps: tuple[Gap, ...]
    sources: tuple[SourceState, ...]
    definitions: tuple[Definition, ...]
    limits: tuple[str, ...]  # what this cannot tell
    comparison: Comparison | None
    full_post_count: int  # how many posts stand here with their text, of the 500 that X allows
    post_links: pa.Table = field(default_factory=POST_LINKS.empty_table)  # up to 500 k rows, hence no tuple
    unlisted_count: int = 0  # posts of the window that are counted and not listed: patients, embargoes
