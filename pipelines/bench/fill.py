"""Stores of any size for measurements: the demo congress, told over and over by other authors.

The congress up to the evening of its fourth day goes through the collector once: matched, linked, with roles, and folded
into every derived table. Then the database itself copies all of that, each time under other ids of posts, authors and
likes and a moment later, in the order of time, as posts come in. So mentions, roles, edges and counts are all there, and
every read does its real work. Words are the same in each telling; the safety desk's cases stay those of the first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.abstracts import Linker
from pipelines.collect import Collector
from pipelines.digest import Digest
from pipelines.launch import DATABASE
from pipelines.matching import Matcher
from pipelines.model import Arrival, Cursor
from pipelines.sources.demo import DemoSource, World
from pipelines.sources.demo.programme import local
from pipelines.store.database import Store

EVENING = local(3, "20:00")  # of the fourth day: three of ten posts lie in the last 24 hours, four in the 24 before
CHUNK = 200_000  # posts copied in one transaction
BY_POST = ("counts", "engagement", "likes", "matches", "abstract_mentions", "product_mentions", "posts")
OF_AUTHORS = ("authors", "roles")
_IDS = ("post_id", "author_id", "like_id", "reply_to_id", "quoted_id", "repost_of_id", "conversation_id", "inherited_from", "handle")  # fmt: skip
_NUMBERS = {
    "post_number": "post_id", "author_number": "author_id", "repost_of_number": "repost_of_id", "quoted_number": "quoted_id",
    "reply_to_number": "reply_to_id", "said_number": "coalesce(inherited_from, post_id)",
}  # fmt: skip
_LENT = ("repost_of_id", "quoted_id", "reply_to_id")  # of a match's post: its numbers follow from them
_NAMED = ("mentioned_ids", "mentioned_numbers")
_MOMENTS = ("created_at", "retrieved_at", "seen_at")


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in a filled store. ``as_of`` (naive UTC) is the moment to ask it at: its newest post is just in."""

    congress_id: str
    posts: int
    authors: int
    as_of: datetime


def fill(data: Path, posts: int, world: World | None = None) -> Filled:
    """Make a new store in ``data`` with ``posts`` posts, to the nearest whole telling of the congress."""
    world = world or World(2026)
    told = _told_once(world)
    times = max(1, round(posts / told["matches"].num_rows))
    data.mkdir(parents=True, exist_ok=True)
    with Store(data / DATABASE) as store:
        store.fold_congresses([world.congress])
        store.fold_catalogue(world.congress.id, tuple(world.abstracts), tuple(world.sessions))
        store.keep_house(lambda db: _copy(db, told, OF_AUTHORS, "platform, author_id", 0, None, times))
        step = max(1, CHUNK // times)
        for first in range(0, told["posts"].num_rows, step):
            store.keep_house(lambda db, at=first: _copy(db, told, BY_POST, "platform, post_id", at, step, times))
        store.keep_house(lambda db: db.execute("INSERT INTO taken_up FROM taken_up_now ORDER BY created_at"))
        store.checkpoint()
        row = store.reader.ask(
            """
            SELECT count(*) AS posts, count(DISTINCT (platform, author_id)) AS authors, max(created_at) AS newest
            FROM matches WHERE visible
            """
        ).to_pylist()[0]
    return Filled(world.congress.id, row["posts"], row["authors"], row["newest"])


def _told_once(world: World) -> dict[str, pa.Table]:
    """Every table that is copied, as the collector leaves it after one telling; posts in the order of time."""
    with Store(None) as store:
        store.fold_congresses([world.congress])
        store.fold_catalogue(world.congress.id, tuple(world.abstracts), tuple(world.sessions))
        linker = Linker(world.congress, tuple(world.abstracts))
        digest = Digest(Matcher([world.congress]), {world.congress.id: linker})
        source = _Evening(world)
        asyncio.run(Collector(store, digest, [source], source.clock).run())
        tables = {name: store.reader.ask(f"FROM {name}") for name in (*OF_AUTHORS, *BY_POST)}
        tables["matches"] = store.reader.ask(f"""
            SELECT m.*, {", ".join(_LENT)} FROM matches m JOIN posts USING (platform, post_id)
        """)
        tables["posts"] = tables["posts"].sort_by([("created_at", "ascending"), ("post_id", "ascending")])
    return tables


class _Evening:
    """The demo congress up to ``EVENING``, at once."""

    name = "demo"

    def __init__(self, world: World):
        self._source = DemoSource(world, speed=None)
        self.clock = self._source.clock

    async def events(self, cursor: Cursor | None) -> AsyncGenerator[Arrival, None]:
        async for arrival in self._source.events(cursor):
            if arrival.cursor and arrival.cursor.event_at > EVENING:
                return
            yield arrival


def _copy(
    db: Any, told: dict[str, pa.Table], names: tuple[str, ...], key: str, first: int, step: int | None, times: int
) -> None:
    """Copy what belongs to the posts ``first`` ... ``first + step`` (all authors without a step), ``times`` over."""
    chosen = told["posts"].slice(first, step) if step else told["authors"]
    db.register("chosen", chosen.select(["platform", "post_id" if step else "author_id"]))
    for name in names:
        table = told[name]
        db.register("told", table)
        lent = _LENT if name == "matches" else ()
        moved = [each for each in table.column_names if _is_moved(each) and each not in lent]
        db.execute(
            f"""
            INSERT INTO {name} BY NAME
            SELECT * EXCLUDE ({", ".join(("time", *lent))}) REPLACE ({", ".join(_other(each) for each in moved)})
            FROM told SEMI JOIN chosen USING ({key}) CROSS JOIN (SELECT unnest(range({times})) AS time)
            {"ORDER BY created_at" if "created_at" in table.column_names else ""}
        """
        )
        db.unregister("told")
    db.unregister("chosen")


def _is_moved(column: str) -> bool:
    return column in _IDS or column in _NUMBERS or column in _MOMENTS or column in _NAMED


def _other(column: str) -> str:
    """What stands in a column in telling number ``time``: the same in the first, another id or a later moment in others."""
    if column in _MOMENTS:
        return f"{column} + to_milliseconds(700 * time) AS {column}"
    suffix = "CASE WHEN time = 0 THEN '' ELSE '~' || time END"
    named = f"[each || {suffix} FOR each IN mentioned_ids]"
    if column == "mentioned_ids":
        return f"{named} AS mentioned_ids"
    if column == "mentioned_numbers":
        return f"numbers_of_named(platform, {named}, repost_of_id) AS mentioned_numbers"
    if column in _NUMBERS:
        return f"number_if_any(platform, ({_NUMBERS[column]}) || {suffix}) AS {column}"
    return f"{column} || {suffix} AS {column}"
