"""X on loopback, struck while it streams."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

from pipelines.bench.chaos.story import TAG
from pipelines.sources.x.loopback import Loopback, Step
from pipelines.sources.x.world import World, made_up

LATENCY = 0.3  # seconds by which X is late with a post, at most
_AT_ITS_END = ("close", "abort", "torn", "torn_abort", "error", "stall")
_IN_THE_NEXT = ("garbage", "untagged", "duplicate", "503", "429")
_NO_LIMITS = dict.fromkeys(
    ("/2/tweets/search/recent", "/2/tweets/search/stream/rules", "/2/connections/all", "/2/users"), 1_000_000
)


def server_of(seed: int, posts_a_second: float, seconds: float) -> Loopback:
    """A server whose world lasts ``seconds`` from now; a fifth of its posts are reposts, which nobody asks for."""
    world: World = made_up(seed, time.time() + 1.0, seconds, posts_a_second, reposts=0.2, latency=LATENCY, tag=TAG)
    return Loopback(world, keep_alive=0.3, ripe_seconds=0.5, connects_window=60.0, limits=dict(_NO_LIMITS))


def strike(server: Loopback, kind: str, dice: random.Random, patience: float = 180.0) -> str:
    """Make something go wrong; what was done is said where nobody was there."""
    if not _wait(lambda: server.is_streaming, patience):
        return "nobody was connected"
    if kind in _AT_ITS_END:
        server.strike = Step(kind)
    elif kind in _IN_THE_NEXT:
        server.next_steps(*[Step(kind, dice.uniform(0.8, 1.4))] * (dice.randint(1, 3) if kind == "503" else 1))
        server.strike = Step("close")
    else:
        server.search_down_until = time.time() + dice.uniform(2.0, 5.0)
        server.strike = Step("abort")
    if not _wait(lambda: server.strike is None, patience):
        server.strike = None
        return "it did not come to pass"
    return "" if _wait(lambda: server.is_streaming, patience) else "nobody came back"


def expected(server: Loopback, until: float) -> list[str]:
    """Ids of the originals written between the first connection and ``until`` (seconds since 1970)."""
    first = (server.streaming_since or until) + 0.5
    return [made.post_id for made in server.world.posts if first <= made.created_at < until and not made.is_repost]


def written_at(server: Loopback, post_id: str) -> datetime:
    """When a post was written (naive UTC)."""
    return datetime.fromtimestamp(server.world.by_id[post_id].created_at, UTC).replace(tzinfo=None)


def line_of(server: Loopback, post_id: str) -> dict:
    """A post as the stream sends it."""
    return {"data": server.world.by_id[post_id].data}


def _wait(is_so, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if is_so():
            return True
        time.sleep(0.02)
    return False
