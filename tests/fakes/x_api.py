"""A loopback X API in a few words, and the source run against it for a while."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pipelines.congresses import Congress
from pipelines.model import Arrival, Cursor, Gap, Health, Post
from pipelines.sources.x.bench import example_congress, settings_for
from pipelines.sources.x.budget import Budget
from pipelines.sources.x.loopback import TOKEN, Loopback, Step
from pipelines.sources.x.settings import XSettings
from pipelines.sources.x.source import XSource
from pipelines.sources.x.world import World, made_up

__all__ = ["TOKEN", "Loopback", "Seen", "Step", "api", "run", "settings", "source_for", "world_now"]


def world_now(
    seconds: float = 1.5, rate: float = 40.0, reposts: float = 0.5, start: float = 0.3, seed: int = 7
) -> World:
    """Posts written from ``start`` seconds after now on."""
    return made_up(seed, time.time() + start, seconds, rate, reposts)


@contextlib.contextmanager
def api(world: World | None = None, *plan: Step, **options: Any) -> Iterator[Loopback]:
    """The server, with its waits shrunk like the client's."""
    shrunk: dict[str, Any] = {"keep_alive": 0.1, "ripe_seconds": 0.1, "connects_window": 13.5}
    with Loopback(world or World(), plan=plan, **{**shrunk, **options}) as server:
        yield server


def settings(server: Loopback, budget: Budget | None = None, reposts: bool = True, **changes: Any) -> XSettings:
    """Shrunk settings for the server; ``changes`` are fields of ``XSettings``."""
    return replace(settings_for(server.host, budget, reposts), **changes)


def source_for(server: Loopback, *congresses: Congress, token: str = TOKEN, **options: Any) -> XSource:
    chosen = options.pop("settings", None) or settings(server)
    return XSource(congresses or [example_congress()], token, chosen, **options)


@dataclass(slots=True)
class Seen:
    """Everything a source yielded."""

    arrivals: list[Arrival] = field(default_factory=list)

    def of(self, kind: type) -> list[Any]:
        return [record for arrival in self.arrivals for record in arrival.records if isinstance(record, kind)]

    @property
    def posts(self) -> list[Post]:
        return self.of(Post)

    @property
    def gaps(self) -> dict[datetime, Gap]:
        """The newest record of each gap."""
        return {gap.from_at: gap for gap in self.of(Gap)}

    @property
    def health(self) -> Health:
        return self.of(Health)[-1]

    @property
    def cursor(self) -> Cursor | None:
        return next((each.cursor for each in reversed(self.arrivals) if each.cursor), None)

    def say(self) -> str:
        """All details told so far."""
        return " | ".join(health.detail for health in self.of(Health))


def run(
    source: XSource,
    until: Callable[[Seen], bool] | None = None,
    seconds: float = 8.0,
    cursor: Cursor | None = None,
) -> Seen:
    """Run the source until ``until`` holds, or fail after ``seconds``; without ``until`` run for ``seconds``."""
    seen = Seen()

    async def collect() -> None:
        async with asyncio.timeout(seconds), contextlib.aclosing(source.events(cursor)) as events:
            async for arrival in events:
                seen.arrivals.append(arrival)
                if until and until(seen):
                    return

    with contextlib.suppress(TimeoutError) if until is None else contextlib.nullcontext():
        asyncio.run(collect())
    return seen
