"""Which profiles and counts are asked for in a round, out of a store: the newest that are due, and none twice in an hour."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from pipelines.model import Author, Batch, Engagement
from pipelines.sources.bluesky import hydration
from pipelines.sources.bluesky.hydration import BlueskyHydration
from pipelines.sources.bluesky.profiles import Counted, due_counts
from pipelines.store.database import Store
from tests.records import match, post

NOW = datetime(2026, 12, 10, 12)
MINUTE = timedelta(minutes=1)
# minutes before now; behind each what counts were seen after so many minutes (None: never)
AGES = (1, 14, 15, 16, 59, 60, 61, 359, 361, 1_441, 4_319, 4_321, 10_079, 10_081, 30_000)
SEEN = (None, 0, 15, 16, 60, 400, 1_440, 4_400)


class Asked:
    """An AppView that answers nothing and notes what it was asked."""

    def __init__(self):
        self.profiles, self.counts = [], []

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    async def fetch_profiles(self, names):
        self.profiles.append(names)
        return []

    async def fetch_counts(self, names):
        self.counts.append(names)
        return []


class Clock:
    now = staticmethod(lambda: NOW)


def stored(store: Store) -> list[Counted]:
    """A post for each age and each sighting of its counts that can have been."""
    found = []
    for age in AGES:
        for seen in (each for each in SEEN if each is None or each <= age):
            at = NOW - age * MINUTE
            name = f"at://did:plc:a/app.bsky.feed.post/{age}-{seen}"
            told = post(name, platform="bluesky", author_id="did:plc:a", created_at=at)
            found.append(Counted(name, at, None if seen is None else at + seen * MINUTE))
            counts = [] if seen is None else [Engagement("bluesky", name, at + seen * MINUTE, 1, 0, 0, 0)]
            store.fold(Batch(records=[told, *counts], matches=[match(told)]))
    return found


@pytest.fixture
def store():
    with Store(None) as opened:
        yield opened


def rounds(store: Store, view: Asked, number: int) -> None:
    async def run() -> None:
        source = BlueskyHydration(view, store.reader, Clock(), 0.0)
        following = asyncio.create_task(anext(source.events(None)))
        while len(view.counts) < number:
            await asyncio.sleep(0)
        following.cancel()

    asyncio.run(run())


def test_what_is_due_is_asked_for_newest_first_and_once(store):
    due = due_counts([each for each in stored(store) if NOW - each.created_at < timedelta(days=8)], NOW)
    assert 20 < len(due)
    view = Asked()
    rounds(store, view, 2)
    assert sorted(due) == sorted(view.counts[0])
    ages = [int(each.rsplit("/", 1)[1].split("-")[0]) for each in view.counts[0]]
    assert sorted(ages) == ages
    assert [] == view.counts[1]  # asked already


def test_a_round_takes_so_many_and_the_next_one_the_rest(store, monkeypatch):
    monkeypatch.setattr(hydration, "COUNTS_A_ROUND", 7)
    monkeypatch.setattr(hydration, "PROFILES_A_ROUND", 2)
    stored(store)
    store.fold(Batch(records=[Author("bluesky", f"did:plc:{n}", NOW - n * MINUTE, f"h{n}") for n in range(3)]))
    view = Asked()
    rounds(store, view, 3)
    assert [7, 7, 7] == [len(each) for each in view.counts[:3]]
    assert 21 == len({name for asked in view.counts[:3] for name in asked})
    assert [["did:plc:2", "did:plc:1"], ["did:plc:0"], []] == view.profiles[:3]
