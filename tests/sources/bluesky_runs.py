"""Running the Bluesky source against the fake Jetstream: what the tests of it share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any

from pipelines.model import Arrival, Cursor, Gap, Health, Record
from pipelines.sources.bluesky.fields import microseconds
from pipelines.sources.bluesky.source import BlueskySource, Pace
from tests.fakes.jetstream import Event

FAST = Pace(tick=0.02, health=0.05, idle=0.4, backoff=0.01, backoff_most=0.03, overlap=0)
START = datetime(2026, 12, 5, 10)
DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"


class Everything:
    """An interest in every payload, that remembers what it was told to follow."""

    def __init__(self) -> None:
        self.posts: list[str] = []
        self.authors: list[str] = []

    def maybe(self, raw: bytes) -> bool:
        return True

    def follow_post(self, post_id: str) -> None:
        self.posts.append(post_id)

    def follow_author(self, author_id: str) -> None:
        self.authors.append(author_id)


class StoppedClock:
    """A clock that shows what it is told, or goes on by ``step`` each time it is looked at."""

    def __init__(self, now: datetime, step: timedelta = timedelta(0)):
        self.at, self.step = now, step

    def now(self) -> datetime:
        self.at += self.step
        return self.at


def post_event(number: int, text: str = "#ASH26", every: timedelta = timedelta(milliseconds=600)) -> Event:
    """The ``number``-th post (from 0), one each 600 ms from START on."""
    at = START + number * every
    record = {"$type": "app.bsky.feed.post", "createdAt": at.isoformat() + "Z", "text": f"{text} no. {number}"}
    commit = {
        "rev": f"3m{number:011d}",
        "operation": "create",
        "collection": "app.bsky.feed.post",
        "rkey": f"3m{number:011d}",
        "record": record,
        "cid": "bafy",
    }
    return {"did": DID, "time_us": microseconds(at), "kind": "commit", "commit": commit}


def post_id(number: int) -> str:
    return f"at://{DID}/app.bsky.feed.post/3m{number:011d}"


def deletion_event(number: int, of: int) -> Event:
    event = post_event(number)
    commit = {key: event["commit"][key] for key in ("rev", "collection")}
    return event | {"commit": commit | {"operation": "delete", "rkey": f"3m{of:011d}"}}


def posts(count: int) -> list[Event]:
    return [post_event(number) for number in range(count)]


def run(
    hosts: Sequence[str],
    until: Callable[[list[Arrival]], object],
    cursor: Cursor | None = None,
    **options: Any,
) -> Any:
    """Arrivals until ``until`` is true of them, within ten seconds (a coroutine)."""
    settings = {"interest": Everything(), "clock": StoppedClock(START + timedelta(hours=1)), "pace": FAST} | options
    return _collect(BlueskySource(settings.pop("interest"), hosts, **settings), until, cursor)


async def _collect(
    source: BlueskySource, until: Callable[[list[Arrival]], object], cursor: Cursor | None
) -> list[Arrival]:
    arrivals: list[Arrival] = []
    async with asyncio.timeout(10), aclosing(source.events(cursor)) as events:
        async for arrival in events:
            arrivals.append(arrival)
            if until(arrivals):
                break
    return arrivals


def at_event(host: str, number: int) -> Cursor:
    """A cursor that says: event ``number`` (from 0) of this host was the last one."""
    at = START + number * timedelta(milliseconds=600)
    return Cursor("bluesky", f"v2|{host}|{number + 1}|{microseconds(at)}", at)


def place(arrival: Arrival) -> tuple[str, ...]:
    """Dialect, host, sequence number and time of an arrival's cursor."""
    return tuple(arrival.cursor.position.split("|")[:4]) if arrival.cursor else ()


def records(arrivals: Iterable[Arrival], kind: type[Record]) -> list[Any]:
    return [record for arrival in arrivals for record in arrival.records if isinstance(record, kind)]


def content(arrivals: Iterable[Arrival]) -> list[Record]:
    return [record for arrival in arrivals for record in arrival.records if not isinstance(record, Gap | Health)]


def has(count: int) -> Callable[[list[Arrival]], bool]:
    """Until so many different records other than gaps and health have come."""
    return lambda arrivals: len(set(content(arrivals))) >= count


def has_filled(count: int) -> Callable[[list[Arrival]], bool]:
    """As ``has``, and until no gap waits to be filled."""
    return lambda arrivals: has(count)(arrivals) and all(gap.status == "filled" for gap in newest_gaps(arrivals))


def newest_gaps(arrivals: Iterable[Arrival]) -> list[Gap]:
    """Gaps as the store keeps them: of each (source, from_at) the one noted last."""
    newest: dict[datetime, Gap] = {}
    for gap in records(arrivals, Gap):
        if gap.from_at not in newest or gap.noted_at > newest[gap.from_at].noted_at:
            newest[gap.from_at] = gap
    return sorted(newest.values(), key=lambda gap: gap.from_at)
