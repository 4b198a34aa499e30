"""The demo's congress of the year before: smaller, a year earlier to the hour, and in nobody's way."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from pipelines.abstracts import Linker
from pipelines.aligned import aligned_days, aligned_volume
from pipelines.clock import SimulatedClock
from pipelines.collect import Collector
from pipelines.digest import Digest
from pipelines.matching import Matcher
from pipelines.model import Author, Cursor, Like, Post
from pipelines.sources.demo.last_year import EARLIER, LastYear
from pipelines.sources.demo.programme import local
from pipelines.store.database import Store

X_EPOCH = 1_288_834_974_657  # milliseconds: where the ids of X begin
END = local(9, "00:00") - EARLIER


@pytest.fixture(scope="module")
def source() -> LastYear:
    return LastYear(2025, pause=0)


@pytest.fixture(scope="module")
def played(source):
    """The store after all of it, and the records it was told."""
    congress, told = source.congress, []
    with Store(None) as store:
        store.fold_congresses([congress])
        store.fold_catalogue(congress.id, source.abstracts, source.sessions)
        digest = Digest(Matcher([congress]), {congress.id: Linker(congress, source.abstracts)})
        collector = Collector(store, digest, [source], SimulatedClock(END, None), keep=told.extend)
        asyncio.run(collector.run())
        yield store, [record for arrival in told for record in arrival.records]


@pytest.fixture
def store(played):
    return played[0]


@pytest.fixture
def told(played):
    return played[1]


def test_it_took_place_a_year_before_on_the_same_days_of_the_week(source):
    congress = source.congress
    assert (date(2025, 9, 15), date(2025, 9, 18)) == (congress.starts_on, congress.ends_on)
    assert ("demo-2025", "DEMO 2025", True) == (congress.id, congress.name, congress.simulated)
    assert all(each.starts_at.year == 2025 and each.congress_id == "demo-2025" for each in source.sessions)


def test_every_time_and_id_is_a_year_earlier(told):
    posts = [record for record in told if isinstance(record, Post)]
    assert all(post.created_at.year == 2025 == post.retrieved_at.year for post in posts)
    on_x = [post for post in posts if post.platform == "x"]
    edited = [post for post in on_x if post.post_id not in (post.url or post.post_id)]
    assert len(edited) <= 24  # their links name the newest version
    for post in on_x[:200]:
        told_at = datetime(1970, 1, 1) + timedelta(milliseconds=(int(post.post_id) >> 22) + X_EPOCH)
        assert timedelta(0) <= told_at - post.created_at < timedelta(seconds=1)
    assert set() == {tag for post in posts for tag in post.hashtags} & {"demo26", "demo2026"}
    assert not any(re.search(r"#demo(20)?26\b", post.text, re.IGNORECASE) for post in posts)
    assert not any("DEMO 2026" in (record.bio or "") for record in told if isinstance(record, Author))


def test_reposts_and_likes_are_of_posts_that_were_told(told):
    posts = {record.post_id for record in told if isinstance(record, Post)}
    assert all(post.repost_of_id in posts for post in told if isinstance(post, Post) and post.repost_of_id)
    assert all(like.post_id in posts for like in told if isinstance(like, Like))


def test_it_is_told_once(source):
    async def again() -> list:
        return [arrival async for arrival in source.events(Cursor("demo-2025", "told", END))]

    assert [] == asyncio.run(again())


def test_it_is_smaller_and_peaks_at_noon_of_each_day(store):
    hours = aligned_volume(store.reader, "demo-2025", END).to_pylist()
    assert 4_000 < sum(row["post_count"] for row in hours) < 9_000
    best = {
        day: max((r for r in hours if r["day_number"] == day), key=lambda r: r["post_count"])["hour"]
        for day in (1, 2, 3, 4)
    }
    assert {1: 12, 2: 12, 3: 12, 4: 12} == best


def test_its_days_have_authors_abstracts_and_the_outage(store):
    days = {row["day_number"]: row for row in aligned_days(store.reader, "demo-2025", END).to_pylist()}
    assert [-1, 1, 2, 3, 4, 5] == list(days)
    assert all(len(days[day]["abstracts"]) == 3 and days[day]["hcp_author_count"] > 100 for day in (1, 2, 3))
    assert [False, True] == [days[day]["collected"] for day in (1, 2)]
    assert Counter({"bluesky": 6, "x": 6}) == Counter(name for row in days.values() for name in row["platforms"])


def test_nothing_of_it_belongs_to_this_year(store):
    late = store.reader.ask("SELECT count(*) AS n FROM matches WHERE created_at > $end", end=END + timedelta(days=1))
    assert 0 == late["n"][0].as_py()
