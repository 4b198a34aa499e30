"""The simulated congress as a source: what happened before its start at once, the rest as simulated time goes by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from datetime import datetime, timedelta
from itertools import groupby

from pipelines.clock import SimulatedClock
from pipelines.model import Arrival, Cursor, Gap, Health, Record
from pipelines.sources.bluesky.payload import parse as parse_bluesky
from pipelines.sources.demo.events import Payload
from pipelines.sources.demo.world import START, World
from pipelines.sources.x.payload import parse as parse_x

NAME = "demo"
SPEED = 144.0  # a day in ten minutes
_TICK = 0.2  # real seconds between looks at the clock
_REPORT = 1.0  # real seconds between two reports of health
_BREATH = 200  # arrivals after which others get a turn


class DemoSource:
    """Plays a world.

    Args:
        speed: simulated seconds in a real one; None plays it as fast as possible to its end.
        start: naive UTC; what happened before it comes at once. Day 2, 09:20 local time, unless said.
        clock: shared with whoever shows "now". One is made where none is given, and held until everything
            before ``start`` has been handed over.
    """

    name = NAME

    def __init__(
        self,
        world: World,
        speed: float | None = SPEED,
        start: datetime | None = None,
        clock: SimulatedClock | None = None,
    ):
        self.world, self.speed = world, speed
        self.start = min(max(start or START, world.begins), world.ends)
        self.clock = clock or SimulatedClock(self.start, speed, world.ends, held=True)
        self._heard = {"x": _Ear(), "bluesky": _Ear()}

    async def events(self, cursor: Cursor | None) -> AsyncGenerator[Arrival, None]:
        """Every payload after ``cursor`` once, then the end."""
        done = datetime.fromisoformat(cursor.position) if cursor else None
        if done:
            self.clock.advance_to(done)
        groups = self._groups(done)
        waiting = next(groups, None)
        while waiting or self.clock.now() < self.world.ends:
            now = self.clock.now() if self.speed is not None else self.world.ends
            count = 0
            while waiting and waiting[0] <= now:
                if self.speed is None:
                    self.clock.advance_to(waiting[0])
                yield self._arrival(*waiting)
                waiting = next(groups, None)
                count += 1
                if count % _BREATH == 0:
                    await asyncio.sleep(0)
            self.clock.advance_to(now)
            yield Arrival(self._health(now, "live"), _cursor(now))
            self.clock.release()
            await asyncio.sleep(self._pause(waiting))
        yield Arrival(self._health(self.world.ends, "finished"), _cursor(self.world.ends))

    def _groups(self, done: datetime | None) -> Iterator[tuple[datetime, list[Payload], list[Record]]]:
        """Payloads and other news by instant, so that a cursor never stands between two of the same."""
        after = done + timedelta(microseconds=1) if done else None
        news = [gap for gap in self._gaps() if not done or gap.noted_at > done]
        for at, payloads in groupby(self.world.payloads(after), key=lambda payload: payload[0]):
            while news and news[0].noted_at <= at:
                gap = news.pop(0)
                yield gap.noted_at, [], [gap, *self._health(gap.noted_at, "reconnecting", gap)]
            yield at, list(payloads), []

    def _gaps(self) -> list[Gap]:
        """The outage as it is noticed, and as it ends."""
        whole = self.world.outage
        noticed = whole.from_at + timedelta(seconds=21)
        return [Gap(whole.source, whole.from_at, None, whole.cause, "open", noticed), whole]

    def _arrival(self, at: datetime, payloads: list[Payload], news: list[Record]) -> Arrival:
        records = list(news)
        for _, source, raw in payloads:
            found = parse_x(raw, at).records if source == "x" else parse_bluesky(raw, at).records
            self._heard[source].hear(at)
            records += found
        return Arrival(tuple(records), _cursor(at), payloads[0][2] if len(payloads) == 1 else None)

    def _health(self, now: datetime, state: str, gap: Gap | None = None) -> tuple[Health, ...]:
        return tuple(
            Health(
                source,
                now,
                "reconnecting" if self._is_down(source, now) else "finished" if state == "finished" else "live",
                "simulated",
                connected_since=self._connected_since(source, now),
                last_data_at=ear.last_at,
                last_event_at=ear.last_at,
                reconnect_count=int(source == self.world.outage.source and now >= (self.world.outage.to_at or now)),
                received_count=ear.count,
            )
            for source, ear in self._heard.items()
            if gap is None or source == gap.source
        )

    def _is_down(self, source: str, now: datetime) -> bool:
        gap = self.world.outage
        return source == gap.source and gap.to_at is not None and gap.from_at <= now < gap.to_at

    def _connected_since(self, source: str, now: datetime) -> datetime | None:
        gap = self.world.outage
        if self._is_down(source, now):
            return None
        return gap.to_at if source == gap.source and gap.to_at and now >= gap.to_at else self.world.begins

    def _pause(self, waiting: tuple | None) -> float:
        """Real seconds to the next thing that happens, but never longer than a report may wait."""
        if self.speed is None:
            return 0.0
        due = self.clock.seconds_until(waiting[0] if waiting else self.world.ends)
        return min(max(due, _TICK), _REPORT)


class _Ear:
    """What a source has heard so far."""

    def __init__(self) -> None:
        self.count = 0
        self.last_at: datetime | None = None

    def hear(self, at: datetime) -> None:
        self.count += 1
        self.last_at = at


def _cursor(at: datetime) -> Cursor:
    return Cursor(NAME, at.isoformat(), at)
