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

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from pipelines.clock import Clock, RealClock
from pipelines.interest import Interest
from pipelines.model import Arrival, Cursor
from pipelines.sources.bluesky_fields import PLATFORM
from pipelines.sources.bluesky_progress import Progress
from pipelines.sources.bluesky_route import HOSTS, MAX_BYTES, Position, Request, Route, dialect

_CHUNK = 2_048  # frames taken in one turn
_LOOK_BACK = 8  # so many last frames are looked through for a readable one
_AGENT = "congress-pulse"


@dataclass(frozen=True, slots=True)
class Pace:
    """All times of the loop, in seconds."""

    tick: float = 0.5  # at most so long between two positions
    health: float = 1.0
    idle: float = 20.0  # without a frame the line counts as dead: the network itself is never silent for a second
    ping: float = 20.0
    open: float = 10.0
    backoff: float = 0.5  # doubled at each try
    backoff_most: float = 30.0
    healthy: float = 60.0  # a connection that stood so long starts the pauses anew
    caught_up: float = 10.0
    clamped: float = 60.0  # v1 hides that a cursor is too old: a first event so much later than asked tells


class StreamError(Exception):
    """The server said over the stream why it ends it."""


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
        route = Route(self._hosts, position)
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
        try:
            async with self._connect(attempt.request) as connection:
                started = time.monotonic()
                route.connected()
                yield progress.up(attempt.request)
                async with aclosing(self._read(connection, progress)) as arrivals:
                    async for arrival in arrivals:
                        yield arrival
        except InvalidStatus as refusal:
            response = refusal.response
            attempt.cause = f"HTTP {response.status_code}"
            attempt.wait = _seconds(response.headers.get("Retry-After"))
            route.refused(response.status_code, (response.body or b"").decode(errors="replace"), attempt.request)
        except (OSError, WebSocketException, StreamError) as error:
            attempt.cause = _cause(error)
            if started is None:
                route.failed()
            else:
                route.dropped()
                attempt.stood = time.monotonic() - started

    def _connect(self, request: Request) -> AbstractAsyncContextManager[ClientConnection]:
        return connect(
            request.url,
            compression=None,  # inflating costs more than the bytes, and Jetstream's own is dictionary zstd
            max_size=MAX_BYTES,
            max_queue=_CHUNK,
            open_timeout=self._pace.open,
            ping_interval=self._pace.ping,
            ping_timeout=self._pace.ping,
            close_timeout=1,
            subprotocols=[Subprotocol("xrpc.v1.json")] if dialect(request.host) == "v2" else None,
            user_agent_header=_AGENT,
        )

    async def _read(self, connection: ClientConnection, progress: Progress) -> AsyncGenerator[Arrival, None]:
        """Arrivals of one connection, until it ends: then what ended it is raised."""
        pace, maybe = self._pace, self._interest.maybe
        data_at = tick_at = health_at = time.monotonic()
        latest: list[bytes] = []
        while True:
            chunk, end = await _next_chunk(connection, pace.tick)
            now = time.monotonic()
            if chunk:
                data_at, latest = now, [*latest, *chunk[-_LOOK_BACK:]][-_LOOK_BACK:]
                progress.count(len(chunk))
                if not progress.is_placed and (lost := progress.place(chunk)):
                    yield lost
            for raw in chunk:
                if (maybe(raw) or raw[-1:] != b"}") and (arrival := progress.take(raw)):  # torn frames are counted
                    yield arrival
            if end or now - tick_at >= pace.tick:
                is_health_due = now - health_at >= pace.health
                tick_at, health_at = now, now if is_health_due else health_at
                yield progress.beat(progress.stand(latest), is_health_due)
            if progress.error:
                raise StreamError(progress.error)
            if end:
                raise end
            if now - data_at > pace.idle:
                raise TimeoutError(f"nothing came in for {pace.idle:g} s")

    async def _pause(self, seconds: float, progress: Progress) -> AsyncGenerator[Arrival, None]:
        while seconds > 0:
            await asyncio.sleep(min(seconds, self._pace.health))
            seconds -= self._pace.health
            yield progress.beat()

    def _backoff(self, failures: int) -> float:
        longest = min(self._pace.backoff * 2 ** min(max(failures - 1, 0), 16), self._pace.backoff_most)
        return longest * random.uniform(0.5, 1.0)


async def _next_chunk(connection: ClientConnection, seconds: float) -> tuple[list[bytes], ConnectionClosed | None]:
    """What has come in: waits up to ``seconds`` for the first frame, then takes what is there, and what ended it.

    A second time-out of 0 expires when the queue is empty and the event loop turns: ``recv`` alone does not tell.
    """
    chunk: list[bytes] = []
    receive = connection.recv
    try:
        async with asyncio.timeout(seconds):
            chunk.append(await receive(decode=False))
        async with asyncio.timeout(0):
            while len(chunk) < _CHUNK:
                chunk.append(await receive(decode=False))
    except TimeoutError:
        pass
    except ConnectionClosed as end:
        return chunk, end
    return chunk, None


def _cause(error: Exception) -> str:
    if isinstance(error, ConnectionClosed):
        code = error.rcvd.code if error.rcvd else 1006
        return f"closed by the server ({code})" if error.rcvd else "connection lost"
    if isinstance(error, StreamError):
        return f"server said {error}"
    return (str(error) or type(error).__name__)[:200]


def _seconds(retry_after: str | None) -> float:
    """``Retry-After`` in seconds, at most five minutes; its other form, a date, is not sent by Jetstream."""
    return min(float(retry_after), 300.0) if retry_after and retry_after.isdecimal() else 0.0
