"""Reading X and paying for it: every request to X's REST side goes through here and into the ledger.

One thread makes the requests, since tweepy blocks and its session is not for two at once. A request is
made only if the budget pays for the worst it can bring.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

import orjson

from pipelines.clock import Clock
from pipelines.model import Post, Record
from pipelines.sources.x import payload as x_payload
from pipelines.sources.x.api import Limited, XApi
from pipelines.sources.x.budget import Budget, Ledger, LedgerEntry
from pipelines.sources.x.fields import moment, objects, text
from pipelines.sources.x.payload import Parsed
from pipelines.sources.x.rules import Query
from pipelines.sources.x.stream import Unreachable

LOOKUP = 100  # ids a look-up takes
_SEEN_DAYS = 2
T = TypeVar("T")


class TooDear(Exception):
    """The budget does not pay for the next request."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: what it said, its bytes for the tape, and when it came."""

    parsed: Parsed
    raw: bytes
    at: datetime


@dataclass(slots=True)
class Counters:
    """What came so far."""

    received: int = 0
    dropped: int = 0
    last_data_at: datetime | None = None
    last_event_at: datetime | None = None


@dataclass(slots=True)
class Reader:
    """The paid side of X. ``records`` that come out hold the new ledger entries too.

    A post that was handed on before is not handed on again in the same version: search repeats what
    the stream brought, and is billed once, and counted once.
    """

    api: XApi
    budget: Budget
    ledger: Ledger
    clock: Clock
    expansions: tuple[str, ...] = ()
    counters: Counters = field(default_factory=Counters)
    _seen: dict[date, set[tuple[str, str]]] = field(default_factory=dict)
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "x-rest"))

    async def call(self, request: Callable[..., T], *arguments: object) -> T:
        """Run a blocking request in the one thread; a rate limit is waited out."""
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._thread, request, *arguments)
            except Limited as limited:
                wait = (limited.until - self.clock.now()).total_seconds() + 1 if limited.until else 60.0
                await asyncio.sleep(min(max(wait, 1.0), 901.0))

    def close(self) -> None:
        """Let the thread go; a request under way ends by its time-out."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self.api.close()

    def take_line(self, line: bytes, at: datetime) -> Parsed:
        """One line of a stream. Whatever is wrong with it is counted and never ends the stream."""
        try:
            parsed = x_payload.parse(line, at)
        except Exception as bug:  # a parser's bug must not lose the posts behind it
            parsed = Parsed(unread=(f"{type(bug).__name__}: {bug}",))
        return self._taken(parsed, at)

    async def search(self, query: Query, start: datetime, end: datetime) -> AsyncGenerator[Page, None]:
        """All pages from ``start`` to ``end``. Raises ``TooDear`` before a page the rest cannot pay for."""
        token: str | None = None
        while True:
            size = self.budget.page_size(self.ledger, self.clock.now(), with_users=bool(self.expansions))
            if size == 0:
                raise TooDear
            arguments = (query.value, _floor(start), _ceil(end), size, token, self.expansions)
            page = self._page(await self.call(self.api.search, *arguments))
            yield page
            token = page.parsed.next_token
            if token is None:
                return

    async def count(self, query: Query, start: datetime | None, end: datetime | None, width: str) -> Parsed:
        """Counts of a query in buckets of ``width`` (minute, hour, day); its records are ledger entries."""
        now = self.clock.now()
        if self.budget.affordable(self.ledger, now, "counts") < 1:
            raise TooDear
        page = await self.call(self.api.counts, query.value, start, end, width)
        name = hashlib.sha256(f"{query.value}|{now.isoformat()}".encode()).hexdigest()[:24]
        entries = self.ledger.note([("counts", name)], now)
        return replace(x_payload.parse(page, now), records=entries)

    async def posts(self, ids: Sequence[str]) -> AsyncGenerator[Page, None]:
        """Look posts up again: fresh counts, and deletions for those that are gone."""
        now = self.clock.now()
        paid = set(self.ledger.ids(now.date(), "post"))
        for batch in _batches(ids):
            if self.budget.affordable(self.ledger, now, "post") < len(set(batch) - paid):
                raise TooDear
            yield self._page(await self.call(self.api.posts, batch))

    async def users(self, ids: Sequence[str], by_handle: bool = False) -> AsyncGenerator[Page, None]:
        """Look users up, by id or by handle."""
        for batch in _batches(ids):
            if self.budget.affordable(self.ledger, self.clock.now(), "user") < len(batch):
                raise TooDear
            request = self.api.users_named if by_handle else self.api.users
            yield self._page(await self.call(request, batch))

    async def compare_usage(self) -> None:
        """Take X's own daily counts into the ledger. The endpoint's shape differs between its documents."""
        for day, count in usage_by_day(await self.call(self.api.usage)):
            self.ledger.usage[day] = count

    def _page(self, raw: bytes) -> Page:
        now = self.clock.now()
        try:
            payload = orjson.loads(raw)
        except orjson.JSONDecodeError:
            raise Unreachable("X answered with something that is no JSON") from None
        return Page(self._taken(x_payload.parse_payload(payload, now), now), raw, now)

    def _taken(self, parsed: Parsed, at: datetime) -> Parsed:
        """The same without what was handed on before, and with what it costs."""
        billed = parsed.reads if self.budget.includes_billed else parsed.main_reads
        entries: tuple[LedgerEntry, ...] = self.ledger.note(billed, at)
        records = [record for record in parsed.records if self._is_new(record, at)]
        posts = [record for record in records if isinstance(record, Post)]
        self.counters.received += len(parsed.main_reads)
        self.counters.dropped += len(parsed.unread)
        if posts:
            newest = max(post.created_at for post in posts)
            self.counters.last_data_at = at
            self.counters.last_event_at = max(newest, self.counters.last_event_at or newest)
        return replace(parsed, records=(*records, *entries))

    def _is_new(self, record: Record, at: datetime) -> bool:
        if not isinstance(record, Post):
            return True
        key = (record.post_id, record.revision)
        if any(key in seen for seen in self._seen.values()):
            return False
        if at.date() not in self._seen:
            oldest = at.date() - timedelta(days=_SEEN_DAYS - 1)
            self._seen = {day: seen for day, seen in self._seen.items() if day >= oldest}
        self._seen.setdefault(at.date(), set()).add(key)
        return True


def usage_by_day(answer: object) -> Iterable[tuple[date, int]]:
    """Posts read on each UTC day, from either form the usage endpoint is documented in."""
    data = answer.get("data") if isinstance(answer, dict) else None
    found = data.get("daily_project_usage") if isinstance(data, dict) else None
    rows = found if isinstance(found, list) else objects(found, "usage")
    for row in rows:
        day = moment(text(row, "date")) or moment(f"{text(row, 'date')}T00:00:00Z")
        inner = objects(row, "usage") or [row]
        counts = [each.get("tweets_consumed", each.get("usage")) for each in inner]
        if day and all(isinstance(each, (int, str)) and str(each).isdecimal() for each in counts):
            yield day.date(), sum(int(each) for each in counts)


def _batches(ids: Sequence[str]) -> Iterable[list[str]]:
    unique = list(dict.fromkeys(ids))
    return (unique[at : at + LOOKUP] for at in range(0, len(unique), LOOKUP))


def _floor(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)


def _ceil(instant: datetime) -> datetime:
    return _floor(instant) + timedelta(seconds=1) if instant.microsecond else instant
