"""Chaos for X: the source against a loopback API that fails in every way it can, and what was lost.

Run by ``congress bench``; a short run is a test. All waits are shrunk by the same factor as the faults.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pipelines.congresses import Congress
from pipelines.model import Arrival, Cursor, Gap, Health, Post
from pipelines.sources.x.api import XApi
from pipelines.sources.x.budget import Budget, Kind, Ledger
from pipelines.sources.x.gaps import Margins
from pipelines.sources.x.loopback import TOKEN, Loopback, Step
from pipelines.sources.x.reader import usage_by_day
from pipelines.sources.x.settings import Pace, XSettings
from pipelines.sources.x.source import XSource
from pipelines.sources.x.stream import Timing
from pipelines.sources.x.world import World, made_up

FAULTS = ("close", "abort", "torn", "torn_abort", "error", "stall", "garbage", "untagged", "503", "429")
_SHRINK = 0.015  # X's 21 s without a byte become 0.3 s, its window of 15 minutes 13.5 s
_LATENCY = 0.1
_LAG = 0.2  # how long a busy machine may leave a written line unread
_LONGEST_LIFE = 1.4  # seconds; some connections outlive the "healthy" of 0.9 s, most do not
KINDS: tuple[Kind, ...] = ("post", "user", "counts")
_SETTLED = ("filled", "filled_no_reposts", "partial", "budget")


@dataclass(slots=True)
class Chaos:
    """What came out of a run. ``seconds`` is how long it took."""

    seed: int
    connections: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    originals: int = 0
    originals_missing: int = 0
    reposts: int = 0
    reposts_missing: int = 0
    reposts_missing_outside_gaps: int = 0
    duplicated: int = 0
    again_after_restart: int = 0
    gaps: int = 0
    in_gaps: float = 0.0  # share of the run's time that lies in a recorded gap
    ledger: dict[str, int] = field(default_factory=dict)
    billed: dict[str, int] = field(default_factory=dict)
    lost_in_flight: int = 0  # billed, cut off on the way, never read: reposts within gaps
    ledger_usd: float = 0.0  # after comparing with the usage endpoint
    billed_usd: float = 0.0
    dropped: int = 0
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Nothing lost but reposts within recorded gaps, nothing twice, and the bill is right."""
        lost = self.originals_missing + self.reposts_missing_outside_gaps + self.duplicated
        unread = self.billed.get("post", 0) - self.ledger.get("post", 0)
        bill_is_right = unread == self.lost_in_flight and abs(self.ledger_usd - self.billed_usd) < 0.001
        return lost == 0 and bill_is_right and self.originals > 0


def example_congress() -> Congress:
    """A congress that is on today."""
    today = datetime.now(UTC).date()
    return Congress(
        id="ash-2026",
        name="ASH 2026",
        society="American Society of Hematology",
        city="New Orleans",
        timezone="America/Chicago",
        starts_on=today - timedelta(days=1),
        ends_on=today + timedelta(days=2),
        hashtags=("ASH26",),
    )


def settings_for(host: str, budget: Budget | None = None, reposts: bool = True) -> XSettings:
    """Settings with every wait shrunk, for a loopback host. Search still knows whole seconds only."""
    margins = Margins(
        before=timedelta(seconds=_LATENCY + _LAG),
        after=timedelta(seconds=0.05),
        further=timedelta(seconds=1),
        ripe=timedelta(seconds=1.2),
    )
    pace = Pace(refill=0.05, poll=0.3, bios=0.2, health=0.5, retry=0.1, no_money=0.1, compliance_poll=0.05)
    return XSettings(
        budget=budget or Budget(1_000.0),
        reposts=reposts,
        pace=pace,
        timing=Timing().scaled(_SHRINK),
        margins=margins,
        host=host,
    )


def plan_of(seed: int, connections: int, longest_life: float = _LONGEST_LIFE) -> tuple[Step, ...]:
    """Every fault about equally often, in an order of the seed's; each connection lives a moment."""
    random_ = random.Random(seed)
    faults = [FAULTS[number % len(FAULTS)] for number in range(connections)]
    random_.shuffle(faults)
    return tuple(Step(fault, _life(fault, random_, longest_life)) for fault in faults)


def _life(fault: str, random_: random.Random, longest: float) -> float:
    return 0.0 if fault in ("429", "503") else random_.uniform(0.2, longest)


async def chaos(
    seed: int, connections: int = 60, rate: float = 60.0, restart: bool = True, longest_life: float = _LONGEST_LIFE
) -> Chaos:
    """Run the source through ``connections`` failing connections, and a restart from its cursor in the middle."""
    started = time.monotonic()
    length = 1.0 + connections * (longest_life / 2 + 0.2)
    world = made_up(seed, time.time() + 0.5, length, rate, latency=_LATENCY)
    found = _Found()
    with Loopback(
        world, plan=plan_of(seed, connections, longest_life), keep_alive=0.1, ripe_seconds=0.1, connects_window=13.5
    ) as server:
        source = XSource([example_congress()], TOKEN, settings_for(server.host))
        if restart:
            cursor = await found.collect(source, None, until=world.posts[0].created_at + length / 2)
            found.restart()
            await found.collect(source, cursor, until=world.posts[-1].created_at + 1.0, settle=True)
        else:
            await found.collect(source, None, until=world.posts[-1].created_at + 1.0, settle=True)
        for day, count in usage_by_day(XApi(TOKEN, server.host).usage()):
            source.ledger.usage[day] = count
        result = _judge(seed, world, found, server, source.ledger)
    return replace(result, seconds=round(time.monotonic() - started, 1))


@dataclass(slots=True)
class _Found:
    """Everything the source yielded."""

    posts: dict[tuple[str, str], int] = field(default_factory=dict)
    earlier: set[tuple[str, str]] = field(default_factory=set)
    gaps: dict[datetime, Gap] = field(default_factory=dict)
    duplicated: int = 0
    again: int = 0
    health: Health | None = None

    def restart(self) -> None:
        self.earlier |= set(self.posts)
        self.posts = {}

    async def collect(
        self, source: XSource, cursor: Cursor | None, until: float, settle: bool = False
    ) -> Cursor | None:
        """Take arrivals until the time is up and, with ``settle``, every gap has been dealt with."""
        events = source.events(cursor)
        async with contextlib.aclosing(events):
            async for arrival in events:
                self._take(arrival)
                cursor = arrival.cursor or cursor
                if time.time() > until and (not settle or self._settled()):
                    return cursor
        return cursor

    def _take(self, arrival: Arrival) -> None:
        for record in arrival.records:
            if isinstance(record, Post):
                key = (record.post_id, record.revision)
                self.duplicated += key in self.posts
                self.again += key in self.earlier
                self.posts[key] = self.posts.get(key, 0) + 1
            elif isinstance(record, Gap):
                self.gaps[record.from_at] = record
            elif isinstance(record, Health):
                self.health = record

    def _settled(self) -> bool:
        return all(gap.status in _SETTLED for gap in self.gaps.values())


def _judge(seed: int, world: World, found: _Found, server: Loopback, ledger: Ledger) -> Chaos:
    today = datetime.now(UTC).date()
    collected = {post_id for post_id, _ in {*found.posts, *found.earlier}}
    missing = [made for made in world.posts if made.post_id not in collected]
    spans = [(gap.from_at, gap.to_at) for gap in found.gaps.values() if gap.to_at]
    outside = [
        made
        for made in missing
        if made.is_repost and not any(start <= _naive(made.created_at) <= end for start, end in spans)
    ]
    unread = server.billed["post"] - set(ledger.ids(today, "post"))
    return Chaos(
        seed=seed,
        connections=len(server.served),
        faults=Counter(server.served),
        originals=sum(not made.is_repost for made in world.posts),
        originals_missing=sum(not made.is_repost for made in missing),
        reposts=sum(made.is_repost for made in world.posts),
        reposts_missing=sum(made.is_repost for made in missing),
        reposts_missing_outside_gaps=len(outside),
        duplicated=found.duplicated,
        again_after_restart=found.again,
        gaps=len(found.gaps),
        in_gaps=_share_in(spans, world),
        ledger={kind: ledger.count(today, kind) for kind in KINDS},
        billed={kind: len(server.billed[kind]) for kind in KINDS},
        lost_in_flight=len(unread & {made.post_id for made in missing if made.is_repost}),
        ledger_usd=ledger.spent_on(today),
        billed_usd=sum(len(server.billed[kind]) * ledger.prices[kind] for kind in KINDS),
        dropped=found.health.dropped_count if found.health else 0,
    )


def _share_in(spans: Sequence[tuple[datetime, datetime]], world: World) -> float:
    """The share of the world's posts that were written within a gap."""
    within = [any(start <= _naive(made.created_at) <= end for start, end in spans) for made in world.posts]
    return round(sum(within) / len(within), 3)


def _naive(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC).replace(tzinfo=None)


def run(seeds: Sequence[int] = (1, 2, 3), connections: int = 60) -> list[Chaos]:
    """One run for each seed, one after another."""
    return [asyncio.run(chaos(seed, connections)) for seed in seeds]
