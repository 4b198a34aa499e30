"""What the stream does not tell: profiles of new authors, and fresh counts of posts as they age."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta

from pipelines.clock import Clock
from pipelines.model import Arrival, Cursor, Record
from pipelines.sources.bluesky.profiles import DUE_AGES, AppView, Counted, due_counts
from pipelines.store.reader import Reader

ROUND_SECONDS = 10.0
PROFILES_A_ROUND = 250
COUNTS_A_ROUND = 500
ASK_AGAIN = timedelta(hours=1)  # for authors and posts that gave no answer


class BlueskyHydration:
    """Asks the public AppView, without a key, for what is missing in the store. A source of records like any other.

    Args:
        reader: asked which authors have no profile yet, and which posts are due for a look at their counts.
    """

    name = "bluesky-profiles"

    def __init__(self, view: AppView, reader: Reader, clock: Clock, round_seconds: float = ROUND_SECONDS):
        self._view, self._reader, self._clock, self._round = view, reader, clock, round_seconds
        self._asked: dict[str, datetime] = {}

    async def events(self, cursor: Cursor | None) -> AsyncGenerator[Arrival, None]:
        """One arrival a round that brought anything, until cancelled."""
        async with self._view:
            while True:
                now = self._clock.now()
                authors, posts = await asyncio.to_thread(self._wanted, now)
                records: list[Record] = [
                    *await self._view.fetch_profiles(authors),
                    *await self._view.fetch_counts(posts),
                ]
                if records:
                    yield Arrival(tuple(records))
                await asyncio.sleep(self._round)

    def _wanted(self, now: datetime) -> tuple[list[str], list[str]]:
        self._asked = {name: at for name, at in self._asked.items() if now - at < ASK_AGAIN}
        authors = self._not_asked(self._unknown_authors(), PROFILES_A_ROUND)
        posts = self._not_asked(due_counts(self._counted(now), now), COUNTS_A_ROUND)
        self._asked |= dict.fromkeys((*authors, *posts), now)
        return authors, posts

    def _not_asked(self, names: list[str], limit: int) -> list[str]:
        return [name for name in names if name not in self._asked][:limit]

    def _unknown_authors(self) -> list[str]:
        rows = self._reader.ask(
            "SELECT author_id FROM authors WHERE platform = 'bluesky' AND profile_at IS NULL ORDER BY seen_at, author_id"
        )
        return rows["author_id"].to_pylist()

    def _counted(self, now: datetime) -> list[Counted]:
        rows = self._reader.ask(
            """
            SELECT m.post_id, any_value(m.created_at) AS created_at, any_value(c.seen_at) AS seen_at
            FROM matches m LEFT JOIN counts c USING (platform, post_id)
            WHERE m.platform = 'bluesky' AND m.kind <> 'repost' AND m.visible AND m.created_at > $oldest
            GROUP BY m.post_id ORDER BY m.post_id
            """,
            oldest=now - max(DUE_AGES) - timedelta(days=1),
        )
        return [Counted(row["post_id"], row["created_at"], row["seen_at"]) for row in rows.to_pylist()]
