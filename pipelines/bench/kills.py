"""kill -9 under load: a collector process is killed at random instants while posts keep coming, and started again.

Afterwards every post that the feed ever held must be in the store, once.
"""

from __future__ import annotations

import random
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from pipelines.bench.feed import CONGRESS, Feed, write_config
from pipelines.errors import StoreError
from pipelines.launch import DATABASE, collector_command
from pipelines.store.client import OwnerClient
from pipelines.store.database import Store

POSTS_A_SECOND = 200.0
STAND_SECONDS = (2.5, 6.0)  # how long a collector lives, from its start
PATIENCE_SECONDS = 60.0


def measure(kills: int = 20, seed: int = 7) -> dict[str, float]:
    """Posts published, lost and duplicated over ``kills`` kills, and the gaps left open."""
    dice = random.Random(seed)
    total = int(POSTS_A_SECOND * (kills + 2) * sum(STAND_SECONDS) / 2)
    with tempfile.TemporaryDirectory() as folder, Feed(POSTS_A_SECOND, total) as feed:
        config = write_config(Path(folder), datetime.now(UTC).date())
        data = Path(folder) / "data"
        command = collector_command(config, data, CONGRESS, "--jetstream", feed.url)
        first, collector = _start_and_wait(command, data, feed)
        for _ in range(kills):
            time.sleep(dice.uniform(*STAND_SECONDS))
            collector.kill()
            collector.wait()
            collector = subprocess.Popen(command)
        _wait_until_caught_up(data, feed)
        collector.terminate()
        collector.wait()
        return {"kills": kills, **_compare(data / DATABASE, feed, first)}


def _start_and_wait(command: list[str], data: Path, feed: Feed) -> tuple[int, subprocess.Popen]:
    """Start the first collector, which begins at the tip; the number of the first post it may be held to."""
    process = subprocess.Popen(command)
    until = time.monotonic() + PATIENCE_SECONDS
    while not feed.connections and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.5)
    first = len(feed.uris)
    while _stored(data) <= 0 and time.monotonic() < until:
        time.sleep(0.1)
    return first, process


def _stored(data: Path) -> int:
    try:
        with OwnerClient(data) as client:
            return client.read("overview", congress_id=CONGRESS, minutes=0)["post_count"][0].as_py()
    except Exception:  # being killed is what this is about: any failure to answer means "not now"
        return -1


def _wait_until_caught_up(data: Path, feed: Feed) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        before = _stored(data)
        time.sleep(1.0)
        if feed.finished and before > 0 and before == _stored(data):
            return
    raise StoreError(f"the collector did not catch up within {PATIENCE_SECONDS:.0f} s")


def _compare(database: Path, feed: Feed, first: int) -> dict[str, float]:
    with Store(database) as store:
        kept = store.reader.ask("SELECT post_id FROM matches")["post_id"].to_pylist()
        gaps = store.reader.ask("SELECT status, count(*) AS n FROM gaps GROUP BY ALL").to_pylist()
    expected = set(feed.uris[first:])
    return {
        "published": len(expected),
        "lost": len(expected - set(kept)),
        "duplicated": len(kept) - len(set(kept)),
        "strangers": len(set(kept) - set(feed.uris)),
        **{f"gaps_{each['status']}": each["n"] for each in gaps},
    }
