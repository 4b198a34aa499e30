"""How fast the Bluesky loop is, beside the SDK's own Jetstream client on the same feed."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import date, datetime
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from pipelines.clock import RealClock
from pipelines.collect import Collector
from pipelines.congresses import Congress
from pipelines.digest import Digest
from pipelines.hashtags import hashtags_in
from pipelines.interest import Interest
from pipelines.launch import DATABASE
from pipelines.matching import Matcher
from pipelines.model import Arrival, Cursor, Post
from pipelines.sources.bluesky.feed import HASHTAGS, PATH, frames, serving
from pipelines.sources.bluesky.fields import POST
from pipelines.sources.bluesky.payload import parse
from pipelines.sources.bluesky.source import BlueskySource
from pipelines.store.database import Store

_FOLLOWED = frozenset(HASHTAGS)
_HEAD_BYTES = 4  # of a frame of 126 bytes to 64 kB
_ROUNDS = 2  # of each reader
_FLOOD = 0.05  # of all events: of the posts that the network writes, more than half
_BUSY = 0.01  # at the network's 400 events a second still 14,000 posts an hour, more than any congress has had


def measure(events: int = 200_000, followed_share: float = _FLOOD, seed: int = 7) -> dict[str, Any]:
    """Events a second, by the clock and by this process's own CPU time, of our loop and of the SDK's client.

    Both read the same made-up feed from another process over loopback, as after an outage, and find the posts with one of 50 hashtags;
    ours also makes them records. ``times`` is how many times faster ours is. ``stored`` also folds them into a database
    on disk, through the collector; ``bare`` only takes the frames off the socket: the limit. ``maybe`` and ``parse`` are
    measured alone, parse on followed posts only. ``busy`` has both on a feed of which a fifth as much is followed.
    """
    flood, busy = _measured(events, followed_share, seed), _measured(events, _BUSY, seed)
    ours, sdk = flood["ours"], flood["sdk"]
    payloads = [frame[_HEAD_BYTES:] for frame in frames(min(events, 20_000), followed_share, seed)]
    return {
        "events": events,
        "followed": ours.found,
        "followed_by_sdk": sdk.found,
        "stored_posts": flood["stored"].found,
        "bare": flood["bare"].a_second,
        "stored": flood["stored"].a_second,
        "ours": ours.a_second,
        "ours_a_cpu_second": ours.a_cpu_second,
        "sdk": sdk.a_second,
        "sdk_a_cpu_second": sdk.a_cpu_second,
        "times": round(ours.a_second / sdk.a_second, 1),
        "times_by_cpu": round(ours.a_cpu_second / sdk.a_cpu_second, 1),
        "busy": {
            "stored": busy["stored"].a_second,
            "stored_posts": busy["stored"].found,
            "sdk": busy["sdk"].a_second,
        },
        "maybe": _rate_of_maybe(payloads),
        "parse": _rate_of_parse(payloads),
    }


def _measured(events: int, followed_share: float, seed: int) -> dict[str, _Run]:
    """The quickest run of each reader: they take turns, and other work on the machine can only slow a run."""
    quickest: dict[str, _Run] = {}
    with serving(events, followed_share, seed) as address:
        for _ in range(_ROUNDS):
            runs = {
                "bare": asyncio.run(_receive(address, events)),
                "stored": asyncio.run(_collect(address, events)),
                "ours": asyncio.run(_read(address, events)),
                "sdk": _read_with_sdk(address, events),
            }
            for name, run in runs.items():
                if name not in quickest or run.a_second > quickest[name].a_second:
                    quickest[name] = run
    return quickest


class _Run:
    """A stopwatch from its making until ``stop``."""

    def __init__(self, events: int):
        self._events, self.found = events, 0
        self._started, self._cpu_started = time.perf_counter(), time.process_time()
        self.a_second = self.a_cpu_second = 0

    def stop(self) -> None:
        self.a_second = round(self._events / (time.perf_counter() - self._started))
        self.a_cpu_second = round(self._events / (time.process_time() - self._cpu_started))


async def _receive(address: str, events: int) -> _Run:
    """Frames off the socket, and nothing else."""
    protocols = [Subprotocol("xrpc.v1.json")]
    async with connect(
        address + PATH, subprotocols=protocols, compression=None, max_size=32 << 20, max_queue=2048
    ) as socket:
        run = _Run(events)
        for _ in range(events):
            await socket.recv(decode=False)
        run.stop()
    return run


async def _collect(address: str, events: int) -> _Run:
    """Our source through the collector into a database on disk, up to the commit of the feed's last event."""
    congress = Congress(
        id="bench", name="BENCH", society="Measured", city="Loopback", timezone="UTC", starts_on=date(2025, 12, 5),
        ends_on=date(2025, 12, 8), hashtags=HASHTAGS,
    )  # fmt: skip
    source = _Ending(BlueskySource(Interest(HASHTAGS), [address + PATH]), events)
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / DATABASE) as store:
        store.fold_congresses([congress])
        collector = Collector(store, Digest(Matcher([congress]), {}), [source], RealClock())
        run = _Run(events)
        await collector.run()
        run.stop()
        run.found = store.reader.ask("SELECT count(*) AS n FROM posts")["n"][0].as_py()
    return run


class _Ending:
    """A source that ends with the feed's last event."""

    def __init__(self, source: BlueskySource, events: int):
        self.name, self._source, self._last = source.name, source, f"|{events}|"

    async def events(self, cursor: Cursor | None) -> AsyncGenerator[Arrival, None]:
        async with aclosing(self._source.events(cursor)) as arrivals:
            async for arrival in arrivals:
                yield arrival
                if arrival.cursor and self._last in arrival.cursor.position:
                    return


async def _read(address: str, events: int) -> _Run:
    """Our source, up to the feed's last event."""
    source = BlueskySource(Interest(HASHTAGS), [address + PATH])
    run = _Run(events)
    async with aclosing(source.events(None)) as arrivals:
        async for arrival in arrivals:
            run.found += sum(isinstance(record, Post) for record in arrival.records)
            if arrival.cursor and f"|{events}|" in arrival.cursor.position:
                run.stop()
                break
    return run


def _read_with_sdk(address: str, events: int) -> _Run:
    """``atproto.JetstreamClient``, up to the feed's last event; it ends when the server closes."""
    import atproto  # loading its models takes two seconds

    def look(event: Any) -> None:
        if getattr(event, "collection", None) == POST:
            text = getattr(event.record, "text", None) or ""
            run.found += not _FOLLOWED.isdisjoint(hashtags_in(text))
        if event.seq == events:
            run.stop()

    client = atproto.JetstreamClient(base_uri=f"{address}/xrpc", compress=False)
    run = _Run(events)
    client.start(look)
    return run


def _rate_of_maybe(payloads: list[bytes]) -> int:
    interest = Interest(HASHTAGS)
    run = _Run(len(payloads))
    for payload in payloads:
        interest.maybe(payload)
    run.stop()
    return run.a_cpu_second


def _rate_of_parse(payloads: list[bytes]) -> int:
    interest, now = Interest(HASHTAGS), datetime(2025, 12, 6, 11)
    followed = [payload for payload in payloads if interest.maybe(payload)]
    run = _Run(len(followed))
    for payload in followed:
        parse(payload, now)
    run.stop()
    return run.a_cpu_second
