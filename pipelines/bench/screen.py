"""The screen under many viewers: a real collector, a real store of a given size, a real dashboard, real websockets.

The store is filled with the demo congress, told over and over with other posts' ids, and then keeps growing from a feed;
the viewers speak Streamlit's protocol and live in ``dashboard/bench_screen.py``, a process of their own.
"""

from __future__ import annotations

import asyncio
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.abstracts import Linker
from pipelines.abstracts.catalogue import COLUMNS
from pipelines.bench.feed import CONGRESS, Feed
from pipelines.bench.latency import wait_for_server
from pipelines.collect import Collector
from pipelines.congresses import Congress, load
from pipelines.digest import Digest
from pipelines.errors import ReadsUnavailable
from pipelines.launch import DATABASE, HOST, Reach, choose_port, collector_command, dashboard_command
from pipelines.matching import Matcher
from pipelines.model import Abstract, Arrival, Cursor, Deletion, Gap, Health, Post, Record
from pipelines.sources.demo import DemoSource, World
from pipelines.store.client import OwnerClient
from pipelines.store.database import Store

VIEWERS = (1, 10, 25, 50)
POSTS_A_SECOND = 20.0
STAY = timedelta(hours=2)  # what was filled in ends that long before now, so that no clock runs ahead of it


def measure(posts: int = 200_000, seconds: float = 30.0, viewers: Sequence[int] = VIEWERS) -> dict[str, Any]:
    """For each number of viewers on the page Live: CPU of the dashboard in per cent of a core, milliseconds from a tick
    that is due to its last drawing (p50, p95), the share of ticks answered, seconds to the first picture."""
    total = int(POSTS_A_SECOND * (len(viewers) * (seconds + 40) + 240))
    with tempfile.TemporaryDirectory() as folder, Feed(POSTS_A_SECOND, total) as feed:
        data, world, now = Path(folder) / "data", World(2026), datetime.now(UTC).replace(tzinfo=None)
        config = _write_config(Path(folder), world, now)
        stored = fill(data, load(config)[CONGRESS], world, posts, now)
        collector = subprocess.Popen(collector_command(config, data, CONGRESS, "--jetstream", feed.url))
        try:
            _wait_for_owner(data)
            rows = {f"{number} viewers": _watched(data, number, seconds) for number in viewers}
        finally:
            collector.terminate()
            collector.wait()
    return {"posts": stored, "posts_a_second": POSTS_A_SECOND, **rows}


def _watched(data: Path, number: int, seconds: float) -> dict[str, float]:
    """A fresh dashboard under ``number`` viewers."""
    port = choose_port(None)
    dashboard = subprocess.Popen(dashboard_command(data, port, Reach()))
    try:
        wait_for_server(port)
        command = [
            sys.executable,
            "-m",
            "dashboard.bench_screen",
            f"ws://{HOST}:{port}",
            str(number),
            str(seconds),
            str(dashboard.pid),
        ]
        done = subprocess.run(command, capture_output=True, check=True, text=True, cwd=Path(__file__).parents[2])
        return json.loads(done.stdout)
    finally:
        dashboard.terminate()
        dashboard.wait()


def _wait_for_owner(data: Path, patience: float = 60.0) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            with OwnerClient(data) as client:
                client.read("clock")
                return
        except ReadsUnavailable:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _write_config(folder: Path, world: World, now: datetime) -> Path:
    """A congresses.yaml and a catalogue, with the demo congress moved to today."""
    with (folder / "catalogue.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(_line(each, now - STAY - world.ends) for each in world.abstracts)
    path = folder / "congresses.yaml"
    path.write_text(
        f"congresses:\n  {CONGRESS}:\n    name: BENCH\n    society: Measured\n    city: Loopback\n    timezone: UTC\n"
        f"    starts_on: {now.date() - timedelta(3)}\n    ends_on: {now.date() + timedelta(1)}\n    hashtags: [bench26, demo26, demo2026]\n"
        "    numbering: demo\n    catalog: catalogue.csv\n    simulated: true\n",
        encoding="utf-8",
    )
    return path


def _line(one: Abstract, later: timedelta) -> dict[str, str]:
    """An abstract as a line of a catalogue file."""
    told = {}
    for name in COLUMNS:
        value = getattr(one, name)
        if isinstance(value, datetime):
            value = f"{(value + later).isoformat()}Z"
        told[name] = "; ".join(value) if isinstance(value, tuple) else value or ""
    return told


def fill(data: Path, congress: Congress, world: World, posts: int, now: datetime) -> int:
    """Fold at least ``posts`` posts into a new store, through the collector; how many are in it."""
    data.mkdir(parents=True, exist_ok=True)
    abstracts = tuple(replace(each, congress_id=CONGRESS) for each in world.abstracts)
    times = -(-posts // len(world.posts))
    source = Again(world, times, now - STAY - world.ends)
    with Store(data / DATABASE) as store:
        store.fold_congresses([congress])
        store.fold_catalogue(
            CONGRESS,
            abstracts,
            [
                replace(
                    each,
                    congress_id=CONGRESS,
                    starts_at=each.starts_at + source.later,
                    ends_at=each.ends_at + source.later,
                )
                for each in world.sessions
            ],
        )
        digest = Digest(Matcher([congress]), {CONGRESS: Linker(congress, abstracts)})
        asyncio.run(Collector(store, digest, [source], DemoSource(world, speed=None).clock).run())
        return store.reader.ask("SELECT count(*) AS n FROM matches WHERE visible")["n"][0].as_py()


class Again:
    """The demo congress, its posts ``times`` over: each time with ids of their own, a few seconds apart, by the same authors."""

    name = "demo"

    def __init__(self, world: World, times: int, later: timedelta):
        self._world, self._times, self.later = world, times, later

    async def events(self, cursor: Cursor | None) -> AsyncGenerator[Arrival, None]:
        """Every record at its moment, moved by ``later``; no deletions, gaps or health."""
        async for arrival in DemoSource(self._world, speed=None).events(cursor):
            kept = [each for each in arrival.records if not isinstance(each, Deletion | Gap | Health)]
            yield Arrival(tuple(other for each in kept for other in self._told(each)))

    def _told(self, record: Record) -> list[Record]:
        moved = _moved(record, self.later)
        return [_other(moved, number) for number in range(self._times)] if isinstance(moved, Post) else [moved]


def _moved(record: Record, later: timedelta) -> Record:
    """A record with all its moments moved."""
    moments = {
        each.name: getattr(record, each.name) + later
        for each in fields(record)
        if isinstance(getattr(record, each.name), datetime)
    }
    return replace(record, **moments)


def _other(post: Post, number: int) -> Post:
    """The same post under another id, ``number`` times seven seconds later, in the threads of that telling."""
    if not number:
        return post
    names = ("post_id", "reply_to_id", "quoted_id", "repost_of_id", "conversation_id")
    ids: dict[str, Any] = {name: f"{getattr(post, name)}.{number}" for name in names if getattr(post, name)}
    return replace(post, **ids, created_at=post.created_at + number * timedelta(seconds=7))
