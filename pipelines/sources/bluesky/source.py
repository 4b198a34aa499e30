"""Bluesky live: Jetstream over a loop of our own.

The SDK's client ends for good when the server closes cleanly, which the official one does at each redeploy. This loop
survives every end: it records the gap, reconnects with a growing pause, asks for what it missed, and says when the
gap is filled. The position goes out with the records, so that both are committed together.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from datetime import timedelta

from pipelines.clock import Clock, RealClock
from pipelines.interest import Interest
from pipelines.model import Arrival, Cursor
from pipelines.sources.bluesky.early import WRITES
from pipelines.sources.bluesky.fields import PLATFORM
from pipelines.sources.bluesky.progress import Progress
from pipelines.sources.bluesky.route import HOSTS, Position, Request, Route, dialect
from pipelines.sources.bluesky.wire import Ended, Line, Refused, connected
from pipelines.sources.server_time import heard

_LOOK_BACK = 8  # so many last frames are looked through for a readable one


@dataclass(frozen=True, slots=True)
class Pace:
    """All times of the loop, in seconds, and how far back it asks, in events."""

    tick: float = 0.5  # at most so long between two positions
    health: float = 1.0
    idle: float = 20.0  # without a frame the line counts as dead: the network itself is never silent for a second
    ping: float = 20.0
    open: float = 10.0
    backoff: float = 0.5  # doubled at each try
    backoff_most: float = 30.0
    healthy: float = 60.0  # a connection that stood so long starts the pauses anew
    caught_up: float = 10.0
    clamped: float = 10.0  # v1 hides that a cursor is too old: a first event so much later than asked tells
    overlap: int = 50  # events asked for again: some that came out of order may have been cut off in between


@dataclass(slots=True)
class _Attempt:
    """One connection: what was asked, and afterwards why it ended, how long it stood, how long to wait at least."""

    request: Request
    cause: str = ""
    stood: float = 0.0
    wait: float = 0.0


class BlueskySource:
    """The public network, of which ``interest`` keeps what may matter.

    Args:
        hosts: full addresses of Jetstream end points; ``.../subscribe`` speaks v1, all others v2.
    """

    name = PLATFORM

    def __init__(
        self,
        interest: Interest,
        hosts: Sequence[str] = HOSTS,
        clock: Clock | None = None,
        pace: Pace | None = None,
    ):
        self._interest, self._hosts = interest, hosts
        self._clock, self._pace = clock or RealClock(), pace or Pace()

    async def events(self, cursor: Cursor | None) -> AsyncGenerator[Arrival, None]:
        """Arrivals from ``cursor`` (or from now) on, until cancelled."""
        pace = self._pace
        position = Position.read(cursor.position) if cursor else None
        route = Route(self._hosts, position, pace.overlap)
        progress = Progress(
            self.name,
            self._interest,
            position,
            self._clock,
            timedelta(seconds=pace.caught_up),
            timedelta(seconds=pace.clamped),
        )
        if position:
            yield progress.resume(position)
        failures = 0
        while True:
            attempt = _Attempt(route.next_request(progress.position))
            async with aclosing(self._attempt(attempt, route, progress)) as arrivals:
                async for arrival in arrivals:
                    yield arrival
            failures = 0 if attempt.stood >= pace.healthy else failures + 1
            yield progress.down(attempt.cause)
            async with aclosing(self._pause(max(attempt.wait, self._backoff(failures)), progress)) as beats:
                async for beat in beats:
                    yield beat

    async def _attempt(self, attempt: _Attempt, route: Route, progress: Progress) -> AsyncGenerator[Arrival, None]:
        """Arrivals of one connection; however it ends, ``attempt`` and ``route`` know of it afterwards."""
        started: float | None = None
        asked = time.monotonic()
        try:
            async with self._connected(attempt.request) as line:
                started = time.monotonic()
                route.connected()
                heard(self._clock, line.date, started - asked)
                yield progress.up(attempt.request)
                async with aclosing(self._read(line, progress)) as arrivals:
                    async for arrival in arrivals:
                        yield arrival
        except Refused as refusal:
            attempt.cause, attempt.wait = str(refusal), refusal.retry_after
            route.refused(refusal.status, refusal.body, attempt.request)
        except Ended as end:
            attempt.cause = str(end)
            if started is None:
                route.failed()
            else:
                route.dropped()
                attempt.stood = time.monotonic() - started

    def _connected(self, request: Request) -> AbstractAsyncContextManager[Line]:
        subprotocol = "xrpc.v1.json" if dialect(request.host) == "v2" else None
        return connected(request.url, subprotocol, self._pace.open, self._pace.ping)

    async def _read(self, line: Line, progress: Progress) -> AsyncGenerator[Arrival, None]:
        """Arrivals of one connection, until it ends: then what ended it is raised."""
        pace, maybe = self._pace, self._interest.maybe
        data_at = tick_at = health_at = time.monotonic()
        latest: list[bytes] = []
        while True:
            frames, end = await _frames_or_end(line, pace.tick)
            now = time.monotonic()
            if frames:
                data_at, latest = now, [*latest, *frames[-_LOOK_BACK:]][-_LOOK_BACK:]
                progress.count(len(frames))
                if not progress.is_placed and (lost := progress.place(frames)):
                    yield lost
            for raw in frames:
                if maybe(raw) or raw[-1:] != b"}":  # torn frames are counted
                    for arrival in progress.take(raw):
                        yield arrival
                elif WRITES not in raw:  # asked here, of every frame, and not two calls further down
                    progress.pass_by(raw)
            if end or now - tick_at >= pace.tick:
                is_health_due = now - health_at >= pace.health
                tick_at, health_at = now, now if is_health_due else health_at
                yield progress.beat(progress.stand(latest), is_health_due)
                end = Ended(f"server said {progress.error}") if progress.error else end
            if not end and now - data_at > pace.idle:
                end = Ended(f"nothing came in for {pace.idle:g} s")
            if end:
                raise end

    async def _pause(self, seconds: float, progress: Progress) -> AsyncGenerator[Arrival, None]:
        while seconds > 0:
            await asyncio.sleep(min(seconds, self._pace.health))
            seconds -= self._pace.health
            yield progress.beat()

    def _backoff(self, failures: int) -> float:
        longest = min(self._pace.backoff * 2 ** min(max(failures - 1, 0), 16), self._pace.backoff_most)
        return longest * random.uniform(0.5, 1.0)


async def _frames_or_end(line: Line, seconds: float) -> tuple[list[bytes], Ended | None]:
    try:
        return await line.next_frames(seconds), None
    except Ended as end:
        return [], end
