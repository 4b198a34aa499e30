"""Windows are local, whole minutes, never beyond what is known; and the words they are told in."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from pipelines.congresses import Congress
from pipelines.errors import UsageError
from pipelines.recap.chosen import compared_with, congress_before, congress_named
from pipelines.recap.window import aligned, local_days, window_of, words
from tests.records import congress

LATER = datetime(2027, 1, 1)
ASH = congress()


@pytest.mark.parametrize(
    ("said", "start", "end", "told"),
    [
        ("congress", datetime(2026, 12, 12, 6), datetime(2026, 12, 16, 6), "12 to 15 December 2026, Chicago time"),
        ("all", datetime(2026, 12, 5, 6), datetime(2026, 12, 23, 6), "5 to 22 December 2026, Chicago time"),
        ("2026-12-13", datetime(2026, 12, 13, 6), datetime(2026, 12, 14, 6), "13 December 2026, Chicago time"),
        ("2026-12-12..2026-12-13", datetime(2026, 12, 12, 6), datetime(2026, 12, 14, 6), "12 to 13 December 2026, Chicago time"),
        ("2026-12-13T09:30..2026-12-13T17:00", datetime(2026, 12, 13, 15, 30), datetime(2026, 12, 13, 23), "13 December 2026, 09:30 to 17:00, Chicago time"),
        ("2026-12-13T00:00:59Z..2026-12-14T00:00Z", datetime(2026, 12, 13), datetime(2026, 12, 14), "12 December 2026, 18:00 to 13 December 2026, 18:00, Chicago time"),
        ("2026-11-30..2026-12-01", datetime(2026, 11, 30, 6), datetime(2026, 12, 2, 6), "30 November to 1 December 2026, Chicago time"),
    ],
)  # fmt: skip
def test_a_window_is_said_in_local_days_or_moments(said, start, end, told):
    window = window_of(ASH, said, LATER)
    assert (start, end, told) == (window.start, window.end, words(window, ASH.zone))


@pytest.mark.parametrize(
    ("said", "as_of", "why"),
    [
        ("yesterday", LATER, '"yesterday" is no moment'),
        ("2026-12-32", LATER, "is no moment"),
        ("2026-12-14..2026-12-12", LATER, "ends before it starts"),
        ("congress", datetime(2026, 12, 1), "the window begins 2026-12-12 00:00 CST, after --as-of"),
    ],
)
def test_a_window_that_is_none_says_why(said, as_of, why):
    with pytest.raises(UsageError, match=why.replace("-", r"\-")):
        window_of(ASH, said, as_of)


def test_nothing_beyond_the_moment_of_knowledge_is_told():
    assert datetime(2026, 12, 13, 9, 41) == window_of(ASH, "congress", datetime(2026, 12, 13, 9, 41, 50)).end


def test_the_congress_before_is_laid_over_it_by_local_hours_whatever_the_clocks():
    lisbon = congress(id="ash-2025", timezone="Europe/Lisbon", starts_on="2025-06-07", ends_on="2025-06-10")
    window = aligned(window_of(ASH, "congress", LATER), ASH, lisbon)
    assert (datetime(2025, 6, 6, 23), timedelta(days=4)) == (window.start, window.end - window.start)


def test_a_day_of_a_clock_change_has_its_own_length():
    autumn = congress(starts_on="2026-10-31", ends_on="2026-11-02")
    cut = local_days(window_of(autumn, "congress", LATER), autumn.zone)
    assert [(date(2026, 10, 31), 1440), (date(2026, 11, 1), 1500), (date(2026, 11, 2), 1440)] == [
        (day, each.minutes) for day, each in cut
    ]


def row(of: Congress, posts: int = 5) -> dict:
    kept = {
        name: getattr(of, name)
        for name in (
            "id",
            "name",
            "society",
            "city",
            "timezone",
            "starts_on",
            "ends_on",
            "follow_from",
            "follow_until",
            "simulated",
        )
    }
    return {**kept, "hashtags": list(of.hashtags), "post_count": posts}


def test_a_congress_that_stands_in_no_file_is_known_from_the_database():
    demo = congress(id="demo-2026", days_before=1, days_after=3, hashtags=("demo26",))
    found = congress_named("demo-2026", {}, [row(demo)])
    assert (demo.follow_from, demo.follow_until, demo.hashtags) == (
        found.follow_from,
        found.follow_until,
        found.hashtags,
    )
    with pytest.raises(UsageError, match='unknown congress "ash"; there are: demo-2026'):
        congress_named("ash", {}, [row(demo)])


def test_the_congress_before_is_the_last_of_its_series_with_posts():
    years = [
        congress(id=f"ash-{year}", starts_on=f"{year}-12-05", ends_on=f"{year}-12-06") for year in (2023, 2024, 2025)
    ]
    other = congress(id="asco-2025", society="ASCO", starts_on="2025-06-01", ends_on="2025-06-02")
    rows = [row(years[0]), row(years[1]), row(years[2], posts=0), row(other), row(ASH)]
    assert "ash-2024" == congress_before(ASH, rows)
    assert congress_before(other, rows) is None
    assert compared_with("none", ASH, {}, rows) is None
    assert "ash-2023" == compared_with("ash-2023", ASH, {}, rows).id
    with pytest.raises(UsageError, match="nothing of it was collected"):
        compared_with("ash-2025", ASH, {}, rows)
    with pytest.raises(UsageError, match="not compared with itself"):
        compared_with("ash-2026", ASH, {}, rows)
