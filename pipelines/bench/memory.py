"""How much memory the collector holds over a large store: a real process that takes in posts and answers the six reads."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from pipelines.bench.feed import Feed
from pipelines.bench.fill import Filled, fill
from pipelines.errors import CongressError, ReadsUnavailable
from pipelines.launch import collector_command
from pipelines.sources.demo import World
from pipelines.store.client import OwnerClient

POSTS_A_SECOND = 100.0
EVERY = 2.0  # seconds between two rounds of reads, as a dashboard asks


def measure(posts: int = 1_000_000, seconds: float = 60.0) -> dict[str, Any]:
    """Megabytes of resident memory of the collector: first, last and most, while posts come in and reads are asked."""
    with tempfile.TemporaryDirectory() as name, Feed(POSTS_A_SECOND, int(POSTS_A_SECOND * (seconds + 120))) as feed:
        data, world = Path(name) / "data", World(2026)
        filled = fill(data, posts, world)
        config = _write_config(Path(name), world)
        command = collector_command(config, data, world.congress.id, "--jetstream", feed.url)
        collector = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            samples = _watched(data, filled, collector.pid, seconds)
        finally:
            collector.terminate()
            collector.wait()
    return {
        "posts": filled.posts,
        "posts_a_second": POSTS_A_SECOND,
        "first_mb": samples[0],
        "last_mb": samples[-1],
        "peak_mb": max(samples),
        "samples": len(samples),
    }


def _write_config(folder: Path, world: World) -> Path:
    """The demo congress as one that is followed, with the feed's hashtag."""
    one, path = world.congress, folder / "congresses.yaml"
    path.write_text(
        f"congresses:\n  {one.id}:\n    name: {one.name}\n    society: {one.society}\n    city: {one.city}\n    timezone: {one.timezone}\n"
        f"    starts_on: {one.starts_on}\n    ends_on: {one.ends_on}\n    days_after: 3650\n    hashtags: [demo26, bench26]\n    simulated: true\n",
        encoding="utf-8",
    )
    return path


def _watched(data: Path, filled: Filled, process: int, seconds: float) -> list[float]:
    """Memory after each round of reads."""
    start = filled.as_of - timedelta(minutes=1440)
    shared: dict[str, Any] = {"congress_id": filled.congress_id, "as_of": filled.as_of}
    asks: dict[str, dict[str, Any]] = {
        "overview": {"minutes": 1440}, "volume": {"start": start, "end": filled.as_of, "bucket_minutes": 10, "split": "role"},
        "voices": {"minutes": 1440, "limit": 6}, "abstracts": {"minutes": 1440, "limit": 60}, "trending": {}, "newest_posts": {"limit": 60},
    }  # fmt: skip
    samples: list[float] = []
    with OwnerClient(data) as owner:
        _wait_for(owner)
        until = time.monotonic() + seconds
        while time.monotonic() < until or not samples:
            for name, own in asks.items():
                with contextlib.suppress(
                    ReadsUnavailable
                ):  # on a busy machine one may take too long: memory is what counts
                    owner.read(name, **shared, **own)
            samples.append(_resident_mb(process))
            time.sleep(EVERY)
    return samples


def _wait_for(owner: OwnerClient, patience: float = 60.0) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            owner.read("clock")
            return
        except CongressError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _resident_mb(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(round(int(line.split()[1]) / 1024, 1) for line in lines if line.startswith("VmRSS:"))
