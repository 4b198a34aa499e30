"""Collecting from X: by the filtered stream where the key has it, else by search on a schedule.

Which of the two is decided from what X answers; running out of money pauses either until the next month.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Literal

from pipelines.clock import Clock
from pipelines.congresses import Congress
from pipelines.errors import SourceStopped
from pipelines.model import Arrival, Author, Cursor, Post, Record, SourceState
from pipelines.sources.x.api import Denied
from pipelines.sources.x.budget import allowance
from pipelines.sources.x.coverage import Coverage, Tally
from pipelines.sources.x.forecast import weights
from pipelines.sources.x.gaps import GapBook
from pipelines.sources.x.reader import Page, Reader, TooDear
from pipelines.sources.x.rules import RULE_COUNT, Changes, changes, rules_for, search_queries
from pipelines.sources.x.settings import XSettings, stopped
from pipelines.sources.x.stream import Down, Event, Lines, Refused, Unreachable, Up
from pipelines.sources.x.thread import Streaming

Mode = Literal["starting", "filtered stream", "search", "paused"]


class Collecting:
    """What is being read, and how it stands. Everything that goes out goes through ``hand_on``.

    Args:
        out: where arrivals go; bounded.
        watchers: are shown all records on their way out (bios wanted, standings).
    """

    def __init__(
        self,
        congresses: Sequence[Congress],
        settings: XSettings,
        reader: Reader,
        out: asyncio.Queue[Arrival],
        watchers: Sequence[Callable[[Iterable[Record]], None]] = (),
    ):
        self.congresses, self.settings, self.reader = tuple(congresses), settings, reader
        self.gaps = GapBook(settings.margins)
        self.queries = search_queries(congresses)
        self.tallies = [Tally() for _ in self.queries]
        self.coverage: Coverage | None = None
        self.mode: Mode = "starting"
        self.state: SourceState = "starting"
        self.changed = asyncio.Event()  # set when there is something new to say
        self.rules: Changes | None = None
        self.notes: dict[str, str] = {}
        self.connected_since: datetime | None = None
        self.reconnects = 0
        self.connects_left: int | None = None
        self._authors: dict[str, Author] = {}
        self._with_post: set[str] = set()  # authors whose first post has gone out
        self._out, self._watchers = out, watchers
        self._arrived_until: datetime | None = None  # what was on its way to us by then has been read
        self._stream_refused = False
        self._streaming: Streaming | None = None

    @property
    def clock(self) -> Clock:
        return self.reader.clock

    @property
    def reposts(self) -> bool:
        """Whether reposts are read now: if wanted, and until the money runs low."""
        return self.settings.reposts and self.stage in ("normal", "warn")

    @property
    def stage(self) -> str:
        return self.settings.budget.stage(self.reader.ledger, self.clock.now())

    async def resume(self, cursor: Cursor | None) -> None:
        """Take up where a former run stood: what nobody collected since is a gap."""
        if cursor:
            await self.hand_on(self.gaps.resume(cursor, self.clock.now()))

    async def run(self) -> None:
        """Collect for ever.

        Raises:
            SourceStopped: the key is wrong, may read nothing, or the rules do not fit.
        """
        while True:
            if self.stage == "stopped":
                await self._wait_for_money()
            elif await self._may_stream():
                await self._stream()
            else:
                await self._poll()

    async def hand_on(
        self, records: Iterable[Record], raw: bytes | None = None, received_at: datetime | None = None
    ) -> None:
        """Records on their way out, with the cursor as it stands now and the payload they came from."""
        found = self._with_authors(tuple(records))
        for record in found:
            if isinstance(record, Post) and not record.repost_of_id:
                self._tally(record)
        for watch in self._watchers:
            watch(found)
        await self._out.put(Arrival(found, self.gaps.cursor(self._arrived_until), raw, received_at))

    async def hand_on_page(self, page: Page) -> None:
        """An answer on its way out."""
        await self.hand_on(page.parsed.records, page.raw, page.at)

    def reconnect(self) -> None:
        """Cut the stream's connection, so that it makes a new one."""
        if self._streaming:
            self._streaming.reconnect()

    # the stream

    async def _may_stream(self) -> bool:
        """Synchronise the rules; False if the key has no stream."""
        while not self._stream_refused:
            try:
                await self.synchronise_rules()
                return True
            except Denied as denied:
                if denied.status == 401:
                    raise stopped(denied) from None
                self._stream_refused = True
                self.notes["mode"] = f"no filtered stream with this key ({denied})"
            except Unreachable as fault:
                await self._lost(str(fault))
                await asyncio.sleep(self.settings.pace.retry)
        return False

    async def synchronise_rules(self) -> None:
        """Make X hold exactly our rules; those of others stay.

        Raises:
            SourceStopped: they do not fit beside the others', or X takes none of them.
        """
        api = self.reader.api
        wanted = rules_for(self.congresses, self.reposts)
        found = changes(await self.reader.call(api.rules), wanted)
        if found.others + len(wanted) > RULE_COUNT:
            raise SourceStopped(
                f"{len(wanted)} rules are needed and {found.others} others stand on this key; X allows {RULE_COUNT}: "
                "follow fewer congresses, or delete rules that are not needed"
            )
        if found.add:
            answer = await self.reader.call(api.add_rules, found.add)
            refused = [str(each.get("title", each)) for each in answer.get("errors") or () if isinstance(each, dict)]
            if len(refused) == len(wanted):
                raise SourceStopped(f"X takes none of our rules: {refused[0]}")
            if refused:
                self.notes["rules"] = f"{len(refused)} rules refused: {refused[0]}"
        if found.delete:
            await self.reader.call(api.delete_rules, found.delete)
        self.rules = found

    async def _stream(self) -> None:
        """Read until the key turns out to have no stream, or the money is spent."""
        with_reposts = self.reposts
        self.mode = "filtered stream"
        reader = self.reader
        self._streaming = Streaming(lambda emit: reader.api.stream(reader.expansions, emit, self.settings.timing))
        events = self._streaming.events()
        try:
            async for event in events:
                await self._handle(event)
                if self._stream_refused or self.stage == "stopped":
                    return
                if with_reposts and not self.reposts:
                    with_reposts = False
                    self.notes["reposts"] = "reposts are left out to save money"
                    await self.synchronise_rules()
        finally:
            self._streaming = None
            await events.aclose()

    async def _handle(self, event: Event) -> None:
        if isinstance(event, Lines):
            await self._take_lines(event)
        elif isinstance(event, Up):
            self.reconnects += self.connected_since is not None
            self.connected_since = self._arrived_until = event.at
            self.connects_left, self.state = event.connects_left, "live"
            self.changed.set()
            gap = self.gaps.end(event.at)
            await self.hand_on([gap] if gap else [])
        elif isinstance(event, Down):
            await self._lost(event.cause)
        elif isinstance(event, Refused):
            denied = Denied(event.status, event.detail)
            if event.status == 401:
                raise stopped(denied)
            self._stream_refused = True
            self.notes["mode"] = f"no filtered stream with this key ({denied})"

    async def _take_lines(self, event: Lines) -> None:
        self._note_arrived(event.empty_at, event.at)
        for line in event.lines:
            parsed = self.reader.take_line(line, event.at)
            written = [each.created_at for each in parsed.records if isinstance(each, Post)]
            self._note_arrived(max(written, default=None), event.at)
            if parsed.problems:
                self.notes["X says"] = parsed.problems[0]
            torn = not parsed.records and parsed.unread
            await self.hand_on(parsed.records, None if torn else line, event.at)
        if not event.lines:
            await self.hand_on(())  # a keep-alive moves the cursor too

    def _note_arrived(self, until: datetime | None, read_at: datetime) -> None:
        """Everything up to ``until`` has come. When it was read says little: after a pause of ours (a full disk, a lid that was
        closed) what lay in the buffers for minutes is read at once, and X may have gone long before."""
        if until:
            self._arrived_until = max(min(until, read_at), self._arrived_until or until)

    async def _lost(self, cause: str) -> None:
        now = self.clock.now()
        self.state = "reconnecting"
        self.changed.set()
        gap = self.gaps.begin(self._arrived_until or now, cause, now)
        await self.hand_on([gap] if gap else [])

    # search on a schedule

    async def _poll(self) -> None:
        """Search at intervals until the money is spent. X bills posts, not requests, so the interval is
        set by the rate limit; the money is made to last by pausing for the rest of a UTC day."""
        self.mode, self.state = "search", "live"
        self.changed.set()
        since = self._ripe_time()
        await self._gap_over(since)
        while self.stage != "stopped":
            until = self._ripe_time()
            try:
                await self._poll_once(since, until)
                since = until
                self.state = "live"
                if self._spent_for_today():
                    since = await self._pause_until_tomorrow(since)
            except TooDear:
                await self._wait_for_money(since)
                since = self._ripe_time()
                await self._gap_over(since)
            except Denied as denied:
                raise stopped(denied) from None
            except Unreachable:
                self.state = "reconnecting"  # the next round reaches back to where this one began
            await asyncio.sleep(self.settings.pace.poll)

    async def _poll_once(self, since: datetime, until: datetime) -> None:
        for query in self.queries:
            async for page in self.reader.search(query, since - self.settings.margins.before, until):
                await self.hand_on_page(page)
        self._arrived_until = until
        self.connected_since = self.connected_since or until
        await self.hand_on(())

    def _ripe_time(self) -> datetime:
        return self.clock.now() - self.settings.margins.ripe

    def _spent_for_today(self) -> bool:
        """Whether today's share of the money is spent, so that the rest lasts to the end of following."""
        today, ledger = self.clock.now().date(), self.reader.ledger
        spent = ledger.spent_on(today)
        left = self.settings.budget.left(ledger, self.clock.now()) + spent
        last_day = max(congress.follow_until.date() for congress in self.congresses)
        end_of_month = (today.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        last_day = min(max(last_day, today), end_of_month)
        return spent >= allowance(left, today, last_day, weights(self.congresses))

    async def _pause_until_tomorrow(self, since: datetime) -> datetime:
        now = self.clock.now()
        midnight = datetime.combine(now.date() + timedelta(days=1), time())
        self.mode = "paused"
        self.changed.set()
        self.notes["money"] = "today's share of the budget is spent; search goes on at 00:00 UTC"
        await self.hand_on([self.gaps.begin_without_money(since, "today's share of the budget is spent", now)])
        await asyncio.sleep((midnight - now).total_seconds() + 1)
        self.mode = "search"
        self.notes.pop("money", None)
        since = self._ripe_time()
        await self._gap_over(since)
        return since

    async def _wait_for_money(self, since: datetime | None = None) -> None:
        """The month's budget is spent: say so, and wait for the next month."""
        now = self.clock.now()
        month, mode = now.month, self.mode
        self.mode, self.state = "paused", "stopped"
        self.changed.set()
        self.notes["money"] = f"the budget of ${self.settings.budget.monthly_usd:,.2f} a month is spent"
        at = since or self._arrived_until or now
        await self.hand_on([self.gaps.begin_without_money(at, "the budget is spent", now)])
        while self.clock.now().month == month:
            await asyncio.sleep(self.settings.pace.no_money)
        self.mode, self.state = mode, "starting"
        self.notes.pop("money", None)

    async def _gap_over(self, at: datetime) -> None:
        gap = self.gaps.end(at)
        await self.hand_on([gap] if gap else [])

    def _with_authors(self, records: tuple[Record, ...]) -> tuple[Record, ...]:
        """Each author's first post brings the author along: what is known, e.g. the handle of a followed
        account, which decides whether the post matters; else the bare id, so that the bio finds its owner later."""
        self._authors.update({each.author_id: each for each in records if isinstance(each, Author)})
        new: dict[str, Author] = {}
        for post in records:
            if isinstance(post, Post) and post.author_id and post.author_id not in self._with_post:
                bare = Author(post.platform, post.author_id, post.retrieved_at)
                new[post.author_id] = self._authors.get(post.author_id, bare)
        self._with_post.update(new)
        return (*new.values(), *records)

    def _tally(self, post: Post) -> None:
        author = self._authors.get(post.author_id)
        for query, tally in zip(self.queries, self.tallies, strict=True):
            if query.finds(post, author.handle if author else None):
                tally.note(post.created_at)
