"""DEMO 2025: the simulated congress of the year before, smaller, for whoever compares years.

Another seed's world, of which three in five accounts take part, told 364 days earlier: on the same days of the week and
at the same local hours. It is handed over in slices, so that this year's congress, which runs meanwhile, is not held up.
"""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import AsyncGenerator, Iterator
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from pipelines.congresses import Congress
from pipelines.model import (
    Abstract,
    AccountState,
    Arrival,
    Author,
    Cursor,
    Deletion,
    Engagement,
    Like,
    Post,
    Record,
    Session,
)
from pipelines.sources.bluesky.payload import parse as parse_bluesky
from pipelines.sources.demo.world import World
from pipelines.sources.x.payload import parse as parse_x

CONGRESS_ID = "demo-2025"
NAME = "DEMO 2025"
TAGS = ("demomtg25", "demomtg2025")  # a tag of its own: this year's noise speaks of #demo25
EARLIER = timedelta(days=364)
TAKE_PART = 60  # of a hundred accounts
_TAG = re.compile(r"#demo(?:20)?26\b", re.IGNORECASE)
_STATUS = re.compile(r"(?<=/status/)\d+")
_WORDS = ("text", "display_name", "bio")
_POST_IDS = ("post_id", "revision", "reply_to_id", "quoted_id", "repost_of_id", "conversation_id")
_ON_X = (EARLIER // timedelta(milliseconds=1)) << 22  # what an id on X is smaller by
_SLICE, _PAUSE = 120, 0.15  # payloads at a time, and real seconds between two slices


class LastYear:
    """Plays the whole of DEMO 2025 at once, in slices.

    Args:
        seed: of its world; the same as this year's would say the same things.
        pause: real seconds between two slices.
    """

    name = CONGRESS_ID

    def __init__(self, seed: int, pause: float = _PAUSE):
        self._world, self._pause = World(seed), pause
        self._kept: set[str] = set()  # ids of the posts told so far, as the world knows them

    @property
    def congress(self) -> Congress:
        now = self._world.congress
        days = {"starts_on": now.starts_on - EARLIER, "ends_on": now.ends_on - EARLIER}
        return now.model_copy(update={"id": CONGRESS_ID, "name": NAME, "hashtags": TAGS, **days})

    @property
    def abstracts(self) -> tuple[Abstract, ...]:
        return tuple(
            dataclasses.replace(each, congress_id=CONGRESS_ID, starts_at=_then(each.starts_at), embargo_lift_at=_then(each.embargo_lift_at))
            for each in self._world.abstracts
        )  # fmt: skip

    @property
    def sessions(self) -> tuple[Session, ...]:
        return tuple(
            dataclasses.replace(each, congress_id=CONGRESS_ID, starts_at=each.starts_at - EARLIER, ends_at=each.ends_at - EARLIER)
            for each in self._world.sessions
        )  # fmt: skip

    async def events(self, cursor: Cursor | None) -> AsyncGenerator[Arrival, None]:
        """All of it, once; nothing where a cursor says that it was told already."""
        if cursor:
            return
        told: list[Record] = []
        for count, (at, source, raw) in enumerate(self._world.payloads(), start=1):
            told += self._records(at, source, raw)
            if count % _SLICE == 0:
                yield Arrival(tuple(told))
                told = []
                await asyncio.sleep(self._pause)
        end = self._world.ends - EARLIER
        yield Arrival((*told, earlier(self._world.outage)), Cursor(CONGRESS_ID, "told", end))

    def _records(self, at: datetime, source: str, raw: bytes) -> Iterator[Record]:
        found = parse_x(raw, at).records if source == "x" else parse_bluesky(raw, at).records
        return (earlier(record) for record in found if self._took_part(record))

    def _took_part(self, record: Record) -> bool:
        """Whether its account took part, and what it reposts was said by one that did."""
        match record:
            case Post():
                kept = _comes(record.author_id) and (record.repost_of_id is None or record.repost_of_id in self._kept)
                if kept:
                    self._kept.add(record.post_id)
                return kept
            case Author() | AccountState():
                return _comes(record.author_id)
            case Engagement() | Like():
                return record.post_id in self._kept
            case Deletion(target="post"):
                return record.target_id in self._kept
        return isinstance(record, Deletion)


def earlier(record: Record) -> Record:
    """The record as it would have come a year before: its times, its ids on X, which carry the time, and its words."""
    changed: dict[str, Any] = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if isinstance(value, datetime):
            changed[field.name] = value - EARLIER
        elif isinstance(value, str) and field.name in _WORDS:
            changed[field.name] = _TAG.sub("#DEMOMtg25", value).replace("DEMO 2026", NAME)
        elif isinstance(value, str) and getattr(record, "platform", "") == "x" and _names_post(record, field.name):
            changed[field.name] = _id_on_x(value)
    if isinstance(record, Post):
        changed["hashtags"] = tuple(TAGS[0] if tag in ("demo26", "demo2026") else tag for tag in record.hashtags)
        if record.url and record.platform == "x":
            changed["url"] = _STATUS.sub(lambda found: _id_on_x(found.group()), record.url)
    return dataclasses.replace(record, **changed)


def _names_post(record: Record, field: str) -> bool:
    return field in _POST_IDS or (field == "target_id" and isinstance(record, Deletion) and record.target == "post")


def _id_on_x(post_id: str) -> str:
    return str(int(post_id) - _ON_X).zfill(len(post_id))


def _comes(author_id: str) -> bool:
    return crc32(author_id.encode()) % 100 < TAKE_PART


def _then(at: datetime | None) -> datetime | None:
    return at - EARLIER if at else None
