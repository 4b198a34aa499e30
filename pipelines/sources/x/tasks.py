"""What goes on beside collecting: refilling gaps, checking completeness, fresh counts, bios, deletions."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta

import orjson

from pipelines.model import Deletion, GapStatus, Record
from pipelines.sources.x.api import Denied
from pipelines.sources.x.collect import Collecting
from pipelines.sources.x.compliance import read_result
from pipelines.sources.x.coverage import Coverage, compare, window
from pipelines.sources.x.gaps import SEARCH_REACH, Span, reachable
from pipelines.sources.x.health import health_of
from pipelines.sources.x.reader import TooDear
from pipelines.sources.x.settings import stopped
from pipelines.sources.x.stream import Lines, Refused, Unreachable
from pipelines.sources.x.thread import Streaming
from pipelines.sources.x.upkeep import Bios, Pass, Rounds, TopPosts

ACTIVITY_TAG = "congress-pulse"
_RECONNECT_BELOW = 0.5  # so few posts arrived that the connection itself is in doubt
Job = Callable[[], Awaitable[None]]


class Tasks:
    """The jobs beside ``collecting``, each with its own pace.

    Args:
        held_posts: ids of all X posts the store holds, for the compliance job; None leaves it out.
    """

    def __init__(
        self,
        collecting: Collecting,
        bios: Bios,
        top_posts: TopPosts,
        held_posts: Callable[[], Iterable[str]] | None,
    ):
        self.collecting, self.bios, self.top_posts, self.held_posts = collecting, bios, top_posts, held_posts
        self.reader, self.settings, self.pace = collecting.reader, collecting.settings, collecting.settings.pace
        self.rounds = Rounds()
        self._checked_until: datetime | None = None
        self._account_ids: list[str] = []
        self._users_refused = False

    def jobs(self) -> Sequence[Job]:
        """Each runs for ever, or until X says that the key cannot have it."""
        pace = self.pace
        return (
            self.tell_health,
            lambda: self._every(pace.refill, self.refill),
            lambda: self._every(pace.coverage, self.check_coverage),
            lambda: self._every(pace.bios, self.read_bios),
            lambda: self._every(pace.rounds, self.look_again),
            lambda: self._every(pace.usage, self.reader.compare_usage),
            lambda: self._every(pace.compliance, self.ask_compliance),
            self.follow_activity,
        )

    async def _every(self, seconds: float, job: Job) -> None:
        """Run a job at a pace. What passes is tried again; without money it waits; what the key may not do ends."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await job()
            except (Unreachable, TooDear):
                continue
            except Denied as denied:
                if denied.status == 401:
                    raise stopped(denied) from None
                self.collecting.notes[getattr(job, "__name__", "task")] = str(denied)
                return

    async def tell_health(self) -> None:
        """At every change, and at a pace of its own between."""
        while True:
            await self.collecting.hand_on([health_of(self.collecting)])
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.pace.health):
                    await self.collecting.changed.wait()
            self.collecting.changed.clear()

    # gaps

    async def refill(self) -> None:
        """Search for what was missed in the next gap whose end is old enough."""
        now = self.collecting.clock.now()
        span = self.collecting.gaps.ripe(now)
        if span is None:
            return
        part = reachable(span, now)
        if part is None:
            await self._settle(span, "partial")
            return
        await self.collecting.hand_on([self.collecting.gaps.replaying(span, now)])
        try:
            await self._search(part)
        except TooDear:
            await self._settle(span, "budget")
        except Denied:
            await self._settle(span, "partial")
            raise
        else:
            whole: GapStatus = "filled_no_reposts" if self.settings.reposts else "filled"
            await self._settle(span, whole if part == span else "partial")

    async def _search(self, span: Span) -> None:
        start = max(span.from_at - self.settings.margins.further, self.collecting.clock.now() - SEARCH_REACH)
        for query in self.collecting.queries:
            async for page in self.reader.search(query, start, span.to_at):
                await self.collecting.hand_on_page(page)

    async def _settle(self, span: Span, status: GapStatus) -> None:
        gap = self.collecting.gaps.settle(span, status, self.collecting.clock.now())
        await self.collecting.hand_on([gap])

    # completeness

    async def check_coverage(self) -> None:
        """Collected originals against X's own counts, minute by minute, outside the known gaps."""
        if self.collecting.mode not in ("filtered stream", "search") or self.collecting.connected_since is None:
            return
        start, end = self._unchecked()
        if end <= start:
            return
        found: list[Coverage] = []
        for query, tally in zip(self.collecting.queries, self.collecting.tallies, strict=True):
            counted = await self.reader.count(query, start, end, "minute")
            buckets = [each for each in counted.buckets if not self.collecting.gaps.touches(each.start_at, each.end_at)]
            found.append(compare(buckets, tally.minutes))
            tally.forget_before(start - timedelta(hours=1))
            await self.collecting.hand_on(counted.records)
        self._checked_until = end
        await self._judge(found)

    def _unchecked(self) -> tuple[datetime, datetime]:
        """Whole minutes since the last check; never from before the first connection."""
        minutes = max(1, round(self.pace.coverage / 60))
        start, end = window(self.collecting.clock.now(), minutes, self.settings.coverage_settle)
        since = self._checked_until or self.collecting.connected_since or end
        if since.second or since.microsecond:
            since = since.replace(second=0, microsecond=0) + timedelta(minutes=1)
        return max(since, start - timedelta(hours=1)), end

    async def _judge(self, found: Sequence[Coverage]) -> None:
        whole = Coverage(
            sum(each.collected for each in found),
            sum(each.expected for each in found),
            tuple(loss for each in found for loss in each.losses),
        )
        self.collecting.coverage = whole
        now = self.collecting.clock.now()
        gaps: list[Record] = [self.collecting.gaps.add(loss, now) for loss in whole.losses]
        await self.collecting.hand_on([*gaps, health_of(self.collecting)])
        if whole.ratio is not None and whole.ratio < _RECONNECT_BELOW:
            self.collecting.reconnect()

    # look-ups

    async def read_bios(self) -> None:
        """Bios of authors met for the first time."""
        if self.collecting.stage not in ("normal", "warn"):
            return
        await self.know_accounts()
        while len(self.bios):
            ids = self.bios.take(100)
            async for page in self.reader.users(ids):
                await self.collecting.hand_on_page(page)

    async def know_accounts(self) -> None:
        """Look the followed accounts up, so that their posts are known as theirs; once."""
        handles = sorted({handle for congress in self.collecting.congresses for handle in congress.accounts.x})
        if self._account_ids or not handles or self._users_refused:
            return
        try:
            async for page in self.reader.users(handles, by_handle=True):
                self._account_ids += [each for kind, each in page.parsed.main_reads if kind == "user"]
                await self.collecting.hand_on_page(page)
        except Denied as denied:
            if denied.status == 401:
                raise
            self._users_refused = True
            self.collecting.notes["accounts"] = f"no look-up of accounts with this key ({denied})"

    async def look_again(self) -> None:
        """Fresh counts of posts whose time has come; posts that are gone by then are deleted."""
        if self.collecting.stage not in ("normal", "warn"):
            return
        for each in self.rounds.due(self.collecting.clock.now()):
            async for page in self.reader.posts(self._posts_of(each)):
                await self.collecting.hand_on_page(page)
            self.rounds.made.add(each)

    def _posts_of(self, each: Pass) -> Sequence[str]:
        if each.age == 0:
            return self.reader.ledger.ids(each.day, "post")
        return self.top_posts(each.day, self.settings.top_posts)

    # deletions

    async def ask_compliance(self) -> None:
        """Ask X once a day which of the posts we hold may no longer be held."""
        ids = list(self.held_posts()) if self.held_posts else []
        if not ids:
            return
        api, call = self.reader.api, self.reader.call
        job = await call(api.create_compliance_job, "tweets")
        await call(api.upload_ids, str(job.get("upload_url")), ids)
        status = "created"
        while status in ("created", "in_progress"):
            await asyncio.sleep(self.pace.compliance_poll)
            status = (await call(api.compliance_job, str(job.get("id")))).get("status")
        if status != "complete":
            self.collecting.notes["compliance"] = f"the compliance job ended as {status}"
            return
        results = await call(api.download, str(job.get("download_url")))
        now = self.collecting.clock.now()
        found = [read_result(line, "post", now) for line in results.splitlines() if line.strip()]
        for each in found:
            if isinstance(each, Deletion):  # as an event of the Activity API it can be replayed from a tape
                event = {"event_type": "post.delete", "payload": {"id": each.target_id}}
                await self.collecting.hand_on([each], orjson.dumps({"data": event}), now)

    async def follow_activity(self) -> None:
        """Deletions by the followed accounts as they happen, where the key has the Activity API."""
        while not self._account_ids:
            if self._users_refused or not any(each.accounts.x for each in self.collecting.congresses):
                return
            await asyncio.sleep(self.pace.bios)
        try:
            await self._subscribe()
        except (Denied, Unreachable) as fault:
            self.collecting.notes["activity"] = f"no deletion events ({fault})"
            return
        streaming = Streaming(lambda emit: self.reader.api.activity(emit, self.settings.timing))
        async for event in streaming.events():
            if isinstance(event, Refused):
                self.collecting.notes["activity"] = f"no deletion events ({event.status})"
            elif isinstance(event, Lines):
                for line in event.lines:
                    parsed = self.reader.take_line(line, event.at)
                    await self.collecting.hand_on(parsed.records, line, event.at)

    async def _subscribe(self) -> None:
        answer = await self.reader.call(self.reader.api.subscriptions)
        listed = answer.get("data") if isinstance(answer, dict) else None
        known = {
            str((each.get("filter") or {}).get("user_id"))
            for each in (listed if isinstance(listed, list) else [])
            if isinstance(each, dict) and each.get("event_type") == "post.delete"
        }
        for user_id in self._account_ids:
            if user_id not in known:
                await self.reader.call(self.reader.api.subscribe, "post.delete", user_id, ACTIVITY_TAG)
