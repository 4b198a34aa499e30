"""What happens to posts after they are written: likes, edits, deletions, accounts that go away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from pipelines.sources.demo.chance import letters, pick, shuffled
from pipelines.sources.demo.ids import record_key, snowflake
from pipelines.sources.demo.people import Account
from pipelines.sources.demo.plan import OUTAGE, Plan
from pipelines.sources.demo.posts import WorldPost
from pipelines.sources.demo.programme import local
from pipelines.sources.demo.rhythm import off_minute

DELETED = {"x": 16, "bluesky": 10}
WITHHELD = 3  # of those deleted on X
EDITED = 12
_LOOKED_UP = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))  # after a post: its counts are asked for
_WORTH = 4  # likes a post must get for that
END = local(5, "00:00")


@dataclass(frozen=True, slots=True)
class Removal:
    """A post that is gone from ``at`` on, and its reposts with it."""

    at: datetime
    place: int
    reason: str  # deleted, withheld


@dataclass(frozen=True, slots=True)
class Edit:
    """A new version of a post on X, under an id of its own."""

    at: datetime
    place: int
    new_id: str
    text: str


@dataclass(frozen=True, slots=True)
class WorldLike:
    """A like on Bluesky, by somebody who need not be known otherwise; taken back at ``undone_at``."""

    at: datetime
    place: int
    did: str
    key: str
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class LookUp:
    """Posts on X whose counts are asked for in one page."""

    at: datetime
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Aftermath:
    removals: tuple[Removal, ...]
    edits: tuple[Edit, ...]
    likes: tuple[WorldLike, ...]
    look_ups: tuple[LookUp, ...]


def draw_aftermath(rng: Random, accounts: Sequence[Account], plan: Plan, posts: Sequence[WorldPost]) -> Aftermath:
    last, answered = _dependents(posts)
    absent = {each.author for each in plan.absences}
    plain = [
        post
        for post in shuffled(rng, posts)
        if post.kind == "original" and post.collected and post.rule == "hashtag" and post.burst is None
        and not post.note and post.place not in answered and post.author not in absent
    ]  # fmt: skip
    removals = _removals(rng, plain, last)
    removed = {each.place for each in removals}
    edits = _edits(rng, [post for post in plain if post.place not in removed and post.place not in last])
    gone = {each.place: each.at for each in removals}
    likes = tuple(like for post in posts for like in _likes(rng, post, accounts, gone.get(post.place, END)))
    edited = {each.place for each in edits}
    return Aftermath(removals, edits, likes, _look_ups(posts, gone, edited))


def _dependents(posts: Sequence[WorldPost]) -> tuple[dict[int, datetime], set[int]]:
    """When each post was last reposted, and which posts somebody quoted or answered."""
    last: dict[int, datetime] = {}
    answered: set[int] = set()
    for post in posts:
        if post.parent is not None and post.kind == "repost":
            last[post.parent] = post.at
        elif post.parent is not None:
            answered |= {post.parent, post.root}
    return last, answered


def _removals(rng: Random, plain: Sequence[WorldPost], last: dict[int, datetime]) -> tuple[Removal, ...]:
    found = []
    for platform, count in DELETED.items():
        posts = [post for post in plain if post.platform == platform]
        popular = [post for post in posts if post.place in last][:2]
        for i, post in enumerate([*popular, *(post for post in posts if post not in popular)][:count]):
            luck = rng.random()
            since = max(post.at, last.get(post.place, post.at)) + timedelta(minutes=6)
            at = off_minute(_awake(platform, since + timedelta(seconds=int(luck * luck * 50_000))))
            withheld = platform == "x" and 2 <= i < 2 + WITHHELD
            if at < END:
                found.append(Removal(at.replace(microsecond=0), post.place, "withheld" if withheld else "deleted"))
    return tuple(sorted(found, key=lambda each: (each.at, each.place)))


def _awake(platform: str, at: datetime) -> datetime:
    """Not in the outage: what a source is told then, it never hears."""
    source, from_at, to_at = OUTAGE
    return at + (to_at - from_at) if platform == source and from_at <= at < to_at else at


def _edits(rng: Random, untouched: Sequence[WorldPost]) -> tuple[Edit, ...]:
    found = []
    for post in [post for post in untouched if post.platform == "x" and len(post.text) < 250 and not post.links][
        :EDITED
    ]:
        at = _awake("x", off_minute(post.at + timedelta(seconds=int(60 + rng.random() * 1500))))
        text = f"{post.text} {pick(rng, ('(edit: typo)', '(corrected)', '(edited, thanks all)'))}"
        found.append(Edit(at, post.place, snowflake(at, post.place), text))
    return tuple(sorted(found, key=lambda each: (each.at, each.place)))


def _likes(rng: Random, post: WorldPost, accounts: Sequence[Account], until: datetime) -> list[WorldLike]:
    found = []
    for i in range(post.likes if post.platform == "bluesky" and post.rule else 0):
        luck = rng.random()
        at = off_minute(post.at + timedelta(seconds=20 + int(luck * luck * luck * 72_000)))
        undone_at = off_minute(at + timedelta(minutes=3)) if rng.random() < 0.03 else None
        someone = pick(rng, accounts)
        did = someone.author_id if someone.platform == "bluesky" else f"did:plc:{letters(rng, 24)}"
        if (undone_at or at) < until:
            found.append(WorldLike(at, post.place, did, record_key(at, post.place * 31 + i), undone_at))
    return found


def _look_ups(posts: Sequence[WorldPost], gone: dict[int, datetime], edited: set[int]) -> tuple[LookUp, ...]:
    """Each hour the posts on X that came of age in the hour before, up to a hundred a page."""
    by_hour: dict[datetime, list[int]] = {}
    for post in posts:
        if post.platform != "x" or not post.collected or not post.rule or post.likes < _WORTH or post.place in edited:
            continue
        for age in _LOOKED_UP:
            hour = (post.at + age).replace(minute=0, second=30) + timedelta(hours=1)
            if hour < gone.get(post.place, END) and hour < END:
                by_hour.setdefault(hour, []).append(post.place)
    _, from_at, to_at = OUTAGE
    return tuple(
        LookUp(hour, tuple(places[i : i + 100]))
        for hour, places in sorted(by_hour.items())
        for i in range(0, len(places), 100)
        if not from_at <= hour < to_at
    )
