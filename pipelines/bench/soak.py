"""Four days of a congress in minutes: a real collector on a clock that runs fast, and how its memory grows.

The feed is a process of its own. It stamps its posts with the simulated time and waits until they are due, so that the
collector lives through the four days as it would: lag, cursors, health and upkeep rounds follow the same clock.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from pipelines.bench.chaos.host import memory_mb
from pipelines.bench.chaos.story import Story
from pipelines.errors import CongressError, ReadsUnavailable
from pipelines.launch import DATABASE, collector_command
from pipelines.store.client import OwnerClient

CONGRESS = "soak"
DAYS = 4.0
AUTHORS = 16_000  # as many as wrote about ASCO 2016
LIMIT_MB = 500.0
SAMPLE_SECONDS = 2.0
REST_SECONDS = 45.0  # without posts and questions: what was freed has gone back to the system by then


@dataclass(frozen=True, slots=True)
class Sample:
    """What the collector held at one moment: posts stored, MB of memory, MB of files, simulated hours since the start."""

    posts: int
    memory: float
    files: float
    hours: float


def measure(
    seconds: float = 600.0, posts: int = 1_000_000, tell: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Memory first, last and at rest, its slope in MB per 1,000 posts and per minute over the last half, and whether the goal
    is met. A store that grows needs a little more with each post; what leaks grows with time, and stays at rest.

    Args:
        seconds: how long the four days take.
        posts: how many posts are sent in them; fewer are stored when the machine is too slow for so many.
    """
    start, speed = datetime(2026, 12, 5, 6), DAYS * 86_400 / seconds
    with tempfile.TemporaryDirectory() as folder, _feed(start, speed, posts / seconds) as (url, stop):
        data = Path(folder) / "data"
        command = collector_command(_config(Path(folder), start), data, CONGRESS, "--jetstream", url)
        process = subprocess.Popen([*command, "--rehearsal", str(_rehearsal(Path(folder), start, speed))])
        try:
            samples = _watch(process, data, seconds, posts, speed, tell)
            stop()
            time.sleep(REST_SECONDS)
            resting = memory_mb(process.pid)
        finally:
            process.terminate()
            process.wait()
    return _figures(samples, resting, seconds, speed)


def _watch(
    process: subprocess.Popen, data: Path, seconds: float, posts: int, speed: float, tell: Callable[[str], None] | None
) -> list[Sample]:
    samples: list[Sample] = []
    began, until = time.monotonic(), time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        time.sleep(SAMPLE_SECONDS)
        stored = _look(data)
        if stored < 0:
            continue
        files = sum(each.stat().st_size for each in data.glob(f"{DATABASE}*")) / 1e6
        hours = (time.monotonic() - began) * speed / 3_600
        samples.append(Sample(stored, memory_mb(process.pid), files, round(hours, 1)))
        if tell and len(samples) % 15 == 1:
            tell(
                f"{samples[-1].hours:.0f} h: {stored:,} posts, {samples[-1].memory:.0f} MB of memory, {files:.0f} MB of files"
            )
        if stored >= posts:
            break
    if process.poll() is not None:
        raise CongressError(f"the collector ended by itself with {process.returncode}")
    return samples


def _look(data: Path) -> int:
    """Posts stored, asked as a dashboard asks: its reads are part of what is measured."""
    try:
        with OwnerClient(data) as client:
            client.read("newest_posts", congress_id=CONGRESS, limit=20)
            return client.read("overview", congress_id=CONGRESS, minutes=0)["post_count"][0].as_py()
    except ReadsUnavailable:
        return -1


def _figures(samples: Sequence[Sample], resting: float, seconds: float, speed: float) -> dict[str, Any]:
    if len(samples) < 8:
        raise CongressError("the soak was too short to say anything: give it more seconds")
    half = samples[len(samples) // 2 :]
    held = [each.memory for each in half]
    slope = statistics.linear_regression([each.posts / 1e3 for each in half], held).slope
    drift = statistics.linear_regression([each.hours * 60 / speed for each in half], held).slope
    marks = samples[:: max(1, len(samples) // 10)]
    return {
        "simulated_hours": round(samples[-1].hours, 1),
        "speed": round(speed),
        "posts": samples[-1].posts,
        "posts_a_second": round(samples[-1].posts / (samples[-1].hours * 3_600 / speed)),
        "memory_MB_first": round(samples[0].memory),
        "memory_MB_last": round(samples[-1].memory),
        "memory_MB_most": round(max(each.memory for each in samples)),
        "memory_MB_at_rest": round(resting),
        "MB_per_1000_posts_in_the_last_half": round(slope, 3),
        "MB_a_minute_in_the_last_half": round(drift, 2),
        "files_MB": round(samples[-1].files),
        "goal": f"under {LIMIT_MB:.0f} MB: {'met' if max(each.memory for each in samples) < LIMIT_MB else 'missed'}",
        "course": [{"hours": each.hours, "posts": each.posts, "MB": round(each.memory)} for each in marks],
    }


def _config(folder: Path, start: datetime) -> Path:
    path = folder / "congresses.yaml"
    path.write_text(
        f"congresses:\n  {CONGRESS}:\n    name: SOAK\n    society: Measured\n    city: Loopback\n    timezone: UTC\n"
        f"    starts_on: {start.date()}\n    ends_on: {start.date() + timedelta(DAYS)}\n    hashtags: [chaos26]\n"
        "    simulated: true\n",
        encoding="utf-8",
    )
    return path


def _rehearsal(folder: Path, start: datetime, speed: float) -> Path:
    """The clock starts when the collector reads this; an hour's round of upkeep comes after an hour of that clock."""
    path = folder / "rehearsal.json"
    said = {"clock": {"start": start.isoformat(), "speed": speed}, "round_seconds": 3_600 / speed}
    path.write_text(json.dumps({**said, "bluesky": {"caught_up": 600.0}}), encoding="utf-8")
    return path


@contextmanager
def _feed(start: datetime, speed: float, posts_a_second: float) -> Generator[tuple[str, Callable[[], None]]]:
    """The address of the feed, and what ends it; its clock starts with its first connection."""
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
    interval = 1 / (posts_a_second / 0.72)  # of a hundred events 72 are posts of the congress
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
