"""How much memory the collector holds over a large store: a real process that takes in posts and answers the six reads.

It follows the congress of the filled store live, by a clock that stands where the store ends, so that what looks at the
last hours (reads, trending, upkeep) has all the posts before it that there are.
"""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from pipelines.bench.chaos.host import memory_mb
from pipelines.bench.fill import fill
from pipelines.bench.simulated import feed, live_command, write_congress, write_rehearsal
from pipelines.errors import CongressError, ReadsUnavailable
from pipelines.sources.demo import World
from pipelines.store.client import OwnerClient

POSTS_A_SECOND = 100.0
EVERY = 2.0  # seconds between two rounds of reads, as a dashboard asks


def measure(posts: int = 1_000_000, seconds: float = 60.0) -> dict[str, Any]:
    """Megabytes of resident memory of the collector while posts come in and reads are asked: after the first and the last
    round of reads, and the most that the system ever counted.

    Raises:
        CongressError: when no post came in, so that nothing was measured.
    """
    world = World(2026)
    with tempfile.TemporaryDirectory() as name:
        folder, data = Path(name), Path(name) / "data"
        filled = fill(data, posts, world)
        rehearsal = write_rehearsal(folder, filled.as_of, 1.0)
        with feed(filled.as_of, 1.0, POSTS_A_SECOND) as (url, _):
            arguments = ("--jetstream", url, "--rehearsal", str(rehearsal))
            command = live_command(write_congress(folder, world), data, filled.congress_id, *arguments)
            collector = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            try:
                with OwnerClient(data) as owner:
                    _wait_for(owner)
                    samples = _watched(owner, filled.congress_id, collector.pid, seconds)
                    stored = owner.read("overview", congress_id=filled.congress_id, minutes=0)["post_count"][0].as_py()
                most = memory_mb(collector.pid, "VmHWM")
            finally:
                collector.terminate()
                collector.wait()
    if stored <= filled.posts:
        raise CongressError("no post came in while memory was measured")
    return {
        "posts": filled.posts,
        "posts_a_second": POSTS_A_SECOND,
        "came_in": stored - filled.posts,
        "first_mb": samples[0],
        "last_mb": samples[-1],
        "peak_mb": round(most, 1),
        "samples": len(samples),
    }


def _watched(owner: OwnerClient, congress_id: str, process: int, seconds: float) -> list[float]:
    """Memory after each round of reads."""
    samples: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until or not samples:
        now = owner.read("clock")["now"][0].as_py()
        asks: dict[str, dict[str, Any]] = {
            "overview": {"minutes": 1440}, "volume": {"start": now - timedelta(1), "end": now, "bucket_minutes": 10, "split": "role"},
            "voices": {"minutes": 1440, "limit": 6}, "abstracts": {"minutes": 1440, "limit": 60}, "trending": {}, "newest_posts": {"limit": 60},
        }  # fmt: skip
        for name, own in asks.items():
            with contextlib.suppress(
                ReadsUnavailable
            ):  # on a busy machine one may take too long: memory is what counts
                owner.read(name, congress_id=congress_id, **own)
        samples.append(round(memory_mb(process), 1))
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
