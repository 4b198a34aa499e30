"""What a real collector is measured with over a filled store: its congress to follow, a clock at the store's own time, a feed.

The feed is a process of its own. It stamps its posts with the simulated time and waits until they are due, so that the
collector lives as it would: lag, cursors, health, upkeep and what rises follow the same clock.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import multiprocessing
import random
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import yaml
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from pipelines.bench.chaos.story import TAG, Story
from pipelines.launch import collector_command
from pipelines.model import Abstract
from pipelines.sources.demo import World

AUTHORS = 16_000  # as many as wrote about ASCO 2016
_WANTED = 0.72  # of a hundred events so many are posts of the congress


def write_congress(folder: Path, world: World, days: int = 0) -> Path:
    """A congresses.yaml that has the world's congress with its catalogue beside it and the feed's hashtag.

    Args:
        days: how many more days than the world knows the congress goes on.
    """
    catalogue = [_listed(each) for each in world.abstracts]
    (folder / "catalogue.json").write_text(json.dumps(catalogue), encoding="utf-8")
    one = world.congress.model_dump(mode="json", exclude_unset=True)
    one |= {"hashtags": [*world.congress.hashtags, TAG], "catalog": "catalogue.json", "simulated": True}
    one |= {"ends_on": str(world.congress.ends_on + timedelta(days))}
    del one["accounts"]  # to follow them Bluesky itself would be asked
    path = folder / "congresses.yaml"
    path.write_text(yaml.safe_dump({"congresses": {one.pop("id"): one}}), encoding="utf-8")
    return path


def _listed(abstract: Abstract) -> dict[str, Any]:
    """An abstract as a catalogue says it: times with their zone, no congress."""
    row = {name: value for name, value in dataclasses.asdict(abstract).items() if value and name != "congress_id"}
    return {name: f"{value.isoformat()}Z" if isinstance(value, datetime) else value for name, value in row.items()}


def live_command(config: Path, data: Path, congress_id: str, *arguments: str) -> list[str]:
    """The command line of a collector that follows a congress live, also the demo's: named once, that would be played."""
    return collector_command(config, data, congress_id, congress_id, *arguments)


def write_rehearsal(folder: Path, start: datetime, speed: float, caught_up: float = 600.0) -> Path:
    """The clock starts when the collector reads this; an hour's round of upkeep comes after an hour of that clock."""
    path = folder / "rehearsal.json"
    said = {"clock": {"start": start.isoformat(), "speed": speed}, "round_seconds": 3_600 / speed}
    path.write_text(json.dumps({**said, "bluesky": {"caught_up": caught_up}}), encoding="utf-8")
    return path


@contextmanager
def feed(start: datetime, speed: float, posts_a_second: float) -> Generator[tuple[str, Callable[[], None]]]:
    """The address of the feed, and what ends it; its clock starts at ``start`` (naive UTC) with its first connection."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=_run, args=(theirs, start, speed, posts_a_second), daemon=True)
    process.start()
    try:
        yield f"ws://127.0.0.1:{ours.recv()}/xrpc/network.bsky.jetstream.subscribeEvents", process.terminate
    finally:
        process.terminate()
        process.join()


def _run(parent: Connection, start: datetime, speed: float, posts_a_second: float) -> None:
    asyncio.run(_serve(parent, start, speed, posts_a_second))


async def _serve(parent: Connection, start: datetime, speed: float, posts_a_second: float) -> None:
    story = Story(random.Random(7), quiet=False, authors=AUTHORS, remembered=5_000)
    interval = _WANTED / posts_a_second
    sent = 0
    since: float | None = None

    async def blast(connection: ServerConnection) -> None:
        nonlocal sent, since
        since = since or time.monotonic()
        try:
            while True:
                passed = time.monotonic() - since
                while sent * interval < passed:
                    await connection.send(story.next(start + timedelta(seconds=sent * interval * speed)).v2, text=True)
                    sent += 1
                await asyncio.sleep(0.01)
        except ConnectionClosed:
            return

    async with serve(
        blast,
        "127.0.0.1",
        0,
        process_response=_without_date,
        select_subprotocol=lambda _, offered: "xrpc.v1.json" if "xrpc.v1.json" in offered else None,  # ty: ignore[invalid-argument-type]
        compression=None,
        ping_interval=None,
    ) as server:
        parent.send(server.sockets[0].getsockname()[1])
        await asyncio.get_running_loop().create_future()


def _without_date(_: ServerConnection, __: Any, response: Any) -> None:
    """The feed lives in another time than this machine, and must not set the collector's clock right."""
    del response.headers["Date"]
