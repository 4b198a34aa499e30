"""What the stream does not tell: profiles of new authors, and fresh counts of posts as they age."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta

import pyarrow as pa

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
        authors, posts = self._unknown_authors(), due_counts(self._counted(now), now)
        self._asked |= dict.fromkeys((*authors, *posts), now)
        return authors, posts

    def _unknown_authors(self) -> list[str]:
        rows = self._reader.ask(
            """
            SELECT author_id FROM authors ANTI JOIN asked ON asked.name = author_id
            WHERE platform = 'bluesky' AND profile_at IS NULL ORDER BY seen_at, author_id LIMIT $most
            """,
            tables={"asked": self._asked_table()},
            most=PROFILES_A_ROUND,
        )
        return rows["author_id"].to_pylist()

    def _counted(self, now: datetime) -> list[Counted]:
        """The newest posts that are due, of which nobody was asked of late: as ``due_counts`` has it, for no list of all posts."""
        rows = self._reader.ask(
            """
            SELECT m.post_id, any_value(m.created_at) AS created_at, any_value(c.seen_at) AS seen_at
            FROM matches m LEFT JOIN counts c USING (platform, post_id)
            ANTI JOIN asked ON asked.name = m.post_id
            WHERE m.platform = 'bluesky' AND m.kind <> 'repost' AND m.visible AND m.created_at > $oldest
                AND coalesce(epoch_us(c.seen_at), 0) < epoch_us(m.created_at)
                    + list_max(list_filter($ages, lambda age: age <= epoch_us($now) - epoch_us(m.created_at)))
            GROUP BY m.post_id ORDER BY created_at DESC, m.post_id LIMIT $most
            """,
            tables={"asked": self._asked_table()},
            now=now,
            oldest=now - max(DUE_AGES) - timedelta(days=1),
            ages=[age // timedelta(microseconds=1) for age in DUE_AGES],
            most=COUNTS_A_ROUND,
        )
        return [Counted(row["post_id"], row["created_at"], row["seen_at"]) for row in rows.to_pylist()]

    def _asked_table(self) -> pa.Table:
        return pa.table({"name": pa.array(self._asked, pa.string())})
