"""The records that travel from a source to the store, and what is read out of them.

Every time is a naive ``datetime`` in UTC. Ids are text on every platform. A record says what one
platform said at one moment; the store folds records in any order, any number of times, to one state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

Platform = Literal["x", "bluesky", "linkedin", "other"]
PostKind = Literal["original", "repost", "quote", "reply"]
MatchRule = Literal["hashtag", "account", "keyword", "import", "thread"]
RoleName = Literal["hcp", "researcher", "patient_advocate", "society", "pharma", "media", "institution", "other"]
Confidence = Literal["strict", "probable"]
GapStatus = Literal["open", "replaying", "filled", "filled_no_reposts", "partial", "budget"]
_LAST = datetime(9999, 12, 31)
SourceState = Literal["starting", "live", "catching_up", "reconnecting", "stopped", "finished"]


@dataclass(frozen=True, slots=True)
class Post:
    """One post as a platform showed it at ``retrieved_at``.

    ``post_id`` names the post for good: on X the first id of its edit family, on Bluesky its ``at://`` URI.
    ``revision`` orders versions of the same post as text (X: newest edit id, padded with zeros to 20;
    Bluesky: the commit's ``rev``); the highest wins. A repost is a post of its own, with ``repost_of_id``
    and, where the platform sends it, the referenced post's full text and hashtags.
    """

    platform: str
    post_id: str
    revision: str
    author_id: str
    text: str
    created_at: datetime
    retrieved_at: datetime
    lang: str | None = None
    url: str | None = None
    reply_to_id: str | None = None
    quoted_id: str | None = None
    repost_of_id: str | None = None
    conversation_id: str | None = None
    hashtags: tuple[str, ...] = ()  # folded: NFKC, case-folded, without '#'
    links: tuple[str, ...] = ()  # expanded http(s) links
    mentioned_ids: tuple[str, ...] = ()  # author ids (Bluesky DIDs, X user ids) the post mentions

    @property
    def version(self) -> tuple[str, int, timedelta, str]:
        """What orders versions of one post: the revision, of one revision the fullest text, then the first sighting."""
        return (self.revision, len(self.text), _LAST - self.retrieved_at, self.text)

    @property
    def kind(self) -> PostKind:
        """What the post is; a quote in a reply counts as a reply, as the platforms thread it."""
        if self.repost_of_id:
            return "repost"
        if self.reply_to_id:
            return "reply"
        if self.quoted_id:
            return "quote"
        return "original"


@dataclass(frozen=True, slots=True)
class Author:
    """An account as seen at ``seen_at``. ``None`` means "not said here" and never erases what was known."""

    platform: str
    author_id: str
    seen_at: datetime
    handle: str | None = None
    display_name: str | None = None
    bio: str | None = None
    location: str | None = None
    followers_count: int | None = None
    verified: bool | None = None


@dataclass(frozen=True, slots=True)
class Engagement:
    """Counts of one post as the platform gave them at ``seen_at``; kept as history. ``None`` = not said."""

    platform: str
    post_id: str
    seen_at: datetime
    like_count: int | None = None
    repost_count: int | None = None
    reply_count: int | None = None
    quote_count: int | None = None
    impression_count: int | None = None


@dataclass(frozen=True, slots=True)
class Like:
    """One like event of a followed post (Bluesky tells each). Who liked is not kept."""

    platform: str
    like_id: str  # the record's at:// URI: an unlike carries nothing else
    post_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Deletion:
    """Content that must go: a post, a like, or everything an author wrote up to ``deleted_at``. It always wins."""

    platform: str
    target: Literal["post", "like", "author"]
    target_id: str
    deleted_at: datetime
    reason: str = "deleted"  # deleted, withheld, account_deleted, forget


@dataclass(frozen=True, slots=True)
class AccountState:
    """Whether an account may be shown: ``active=False`` hides its posts, ``True`` restores them; the newest wins."""

    platform: str
    author_id: str
    active: bool
    changed_at: datetime
    status: str | None = None  # deactivated, suspended, takendown, protected, no_unauthenticated, ...


@dataclass(frozen=True, slots=True)
class Gap:
    """A span of time that a source did not collect. ``to_at`` is None while it lasts. The newest ``noted_at`` wins."""

    source: str
    from_at: datetime
    to_at: datetime | None
    cause: str
    status: GapStatus
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """What a source says of itself; the newest ``seen_at`` wins."""

    source: str
    seen_at: datetime
    state: SourceState
    detail: str = ""
    connected_since: datetime | None = None
    last_data_at: datetime | None = None  # when the last payload came in
    last_event_at: datetime | None = None  # the time that payload itself carries; lag = seen_at - last_event_at
    reconnect_count: int = 0
    dropped_count: int = 0  # payloads that could not be read
    received_count: int = 0
    queue_depth: int = 0
    spent_usd: float | None = None  # this calendar month (UTC), of a source that is billed
    budget_usd: float | None = None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One thing a source may bill. Its key is (source, day, kind, resource_id): noting it twice changes nothing."""

    source: str
    day: date  # UTC
    kind: Literal["post", "user", "counts"]
    resource_id: str  # a post's or user's id; for counts a name of the request
    cost_usd: float
    noted_at: datetime


Record = Post | Author | Engagement | Like | Deletion | AccountState | Gap | Health | LedgerEntry


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a source stands; committed in the same transaction as what came before it."""

    source: str
    position: str  # the source's own notation, e.g. "wss://host|seq|time_us" or "sha256|line"
    event_at: datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came off a source in one go: records, the position after them, and the payload for the tape.

    ``belongs`` names the posts that a person brought as the congress's own (an import): these belong to it also
    where no hashtag says so.
    """

    records: tuple[Record, ...]
    cursor: Cursor | None = None
    raw: bytes | None = None
    received_at: datetime | None = None  # when ``raw`` came in: what its parser was told
    belongs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """Why a post belongs to a congress. ``terms`` holds every rule that held, as ``rule:term``; ``rule`` the strongest."""

    platform: str
    post_id: str
    congress_id: str
    rule: MatchRule
    term: str
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AbstractMention:
    """A post names an abstract. Tier 1: a number, DOI or NCT; 2: a trial; 3: wording or presenter.

    ``span`` is the half-open range of the evidence in the post's text in characters, (-1, -1) when it stands in a link.
    ``inherited_from`` names the post whose mention a repost, quote or reply took over.
    """

    platform: str
    post_id: str
    congress_id: str
    number: str
    tier: int
    rule: str  # number_cue, structured, list, range, doi, nct, link, trial, title, presenter, inherited ...
    evidence: str  # the words themselves
    span: tuple[int, int] = (-1, -1)
    score: float = 1.0
    inherited_from: str | None = None


@dataclass(frozen=True, slots=True)
class ProductMention:
    """A post names a tracked product or company; one for each name, whatever the number of times.

    ``name`` is spelled as in congresses.yaml. ``rule`` says how: by its ``name`` (or an alias), a ``hashtag``, a company
    by its ``product``, or ``inherited`` from the post ``inherited_from``. ``span`` as in ``AbstractMention``.
    """

    platform: str
    post_id: str
    congress_id: str
    kind: Literal["product", "company"]
    name: str
    rule: Literal["name", "hashtag", "product", "inherited"]
    evidence: str  # the words themselves
    span: tuple[int, int] = (-1, -1)
    inherited_from: str | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """What an author is, and the words that prove it."""

    platform: str
    author_id: str
    role: RoleName
    confidence: Confidence
    evidence: tuple[str, ...]  # the proving words as written
    decided_at: datetime
    credentials: tuple[str, ...] = ()
    specialty: str | None = None
    rule: str = ""  # which rule decided: credential, role_noun, employer, curated, reviewer ...
    decided_by: str = "rules"  # "rules", "voices.csv" or a reviewer


@dataclass(frozen=True, slots=True)
class Abstract:
    """A catalogue record. Every field but number and title may be missing."""

    congress_id: str
    number: str
    title: str
    presenter: str | None = None
    presenter_handle: str | None = None
    session: str | None = None
    session_type: str | None = None
    starts_at: datetime | None = None
    embargo_lift_at: datetime | None = None
    doi: str | None = None
    nct: tuple[str, ...] = ()
    trial: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """A slot of the congress programme."""

    congress_id: str
    session_id: str
    title: str
    starts_at: datetime
    ends_at: datetime
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction folds: records, what was read out of them, and where the sources stand after it."""

    records: Sequence[Record] = ()
    matches: Sequence[Match] = ()
    mentions: Sequence[AbstractMention] = ()
    roles: Sequence[Role] = ()
    cursors: Sequence[Cursor] = ()
    products: Sequence[ProductMention] = ()
    cases: Sequence[Any] = ()  # desk.cases.Case: posts that may tell of an adverse event
    seen_at: datetime | None = None  # the owner's clock: when a case among them was first seen
