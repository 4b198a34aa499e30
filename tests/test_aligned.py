"""Congress days and local hours: right across clock changes, with days before and after, honest about gaps."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from pipelines.aligned import aligned_days, aligned_volume, day_number
from pipelines.model import Batch, Gap
from pipelines.store.database import Store
from tests.records import congress, match, post, role

MADRID = {"id": "esmo-2026", "name": "ESMO 2026", "timezone": "Europe/Madrid", "starts_on": "2026-10-24", "ends_on": "2026-10-26", "days_before": 2, "days_after": 1}  # fmt: skip
AFTER = datetime(2026, 11, 5)


@pytest.fixture
def store():
    with Store(None) as opened:
        opened.fold_congresses([congress(**MADRID)])
        yield opened


def say(store: Store, *moments: datetime, by: str = "a1") -> None:
    posts = [post(f"{by}{moment:%d%H%M}", author_id=by, created_at=moment) for moment in moments]
    store.fold(Batch(posts, [match(each, congress_id="esmo-2026") for each in posts]))


def hours(store: Store, as_of: datetime = AFTER) -> dict[tuple[int, int], dict]:
    rows = aligned_volume(store.reader, "esmo-2026", as_of).to_pylist()
    return {(row["day_number"], row["hour"]): row for row in rows}


def test_the_first_day_is_1_and_the_day_before_it_minus_1():
    first = date(2026, 10, 24)
    assert [-2, -1, 1, 2] == [day_number(first + timedelta(days=away), first) for away in (-2, -1, 0, 1)]


def test_every_hour_of_every_followed_day_has_a_row(store):
    found = hours(store)
    assert {-2: 24, -1: 24, 1: 24, 2: 24, 3: 24, 4: 24} == {
        day: len([key for key in found if key[0] == day]) for day in (-2, -1, 1, 2, 3, 4)
    }
    assert {0} == {row["post_count"] for row in found.values()}


def test_the_hour_that_comes_twice_is_one_row_with_both(store):
    """On 25 October 2026 the clocks of Madrid go from 3:00 back to 2:00: 0:30 and 1:30 UTC are both 2:30."""
    say(store, datetime(2026, 10, 25, 0, 30), datetime(2026, 10, 25, 1, 30), datetime(2026, 10, 25, 2, 30))
    found = hours(store)
    assert (2, 1) == (found[2, 2]["post_count"], found[2, 3]["post_count"])
    assert 25 == (found[3, 0]["starts_at"] - found[2, 0]["starts_at"]) / timedelta(hours=1)


def test_the_hour_that_a_clock_change_leaves_out_has_no_row():
    with Store(None) as store:
        spring = MADRID | {"starts_on": "2026-03-28", "ends_on": "2026-03-30"}
        store.fold_congresses([congress(**spring)])
        say(store, datetime(2026, 3, 29, 0, 59), datetime(2026, 3, 29, 1, 0))
        found = hours(store)
    assert (2, 2) not in found
    assert (1, 1) == (found[2, 1]["post_count"], found[2, 3]["post_count"])


def test_hours_of_a_zone_on_the_half_hour_are_its_own():
    with Store(None) as store:
        store.fold_congresses([congress(**MADRID | {"timezone": "Asia/Kolkata"})])
        say(store, datetime(2026, 10, 24, 6, 29), datetime(2026, 10, 24, 6, 30))
        found = hours(store)
    assert (1, 1) == (found[1, 11]["post_count"], found[1, 12]["post_count"])


def test_hours_end_with_the_moment_asked_for(store):
    say(store, datetime(2026, 10, 24, 8, 10), datetime(2026, 10, 24, 8, 50))
    found = hours(store, datetime(2026, 10, 24, 8, 30))
    assert (1, 10) == max(found)
    assert 1 == found[1, 10]["post_count"]
    assert {} == hours(store, datetime(2026, 1, 1))


def test_posts_by_hcps_are_counted_as_known_then(store):
    say(store, datetime(2026, 10, 24, 8, 10))
    store.fold(Batch(roles=[role("a1", decided_at=datetime(2026, 10, 24, 12))]))
    assert [0, 1] == [hours(store, datetime(2026, 10, 24, h))[1, 10]["hcp_post_count"] for h in (11, 13)]


def test_hours_that_a_gap_touches_are_not_collected_and_refilled_ones_are(store):
    lost = Gap("x", datetime(2026, 10, 24, 8, 50), datetime(2026, 10, 24, 9, 10), "lost", "open", AFTER)
    filled = Gap("x", datetime(2026, 10, 24, 15), datetime(2026, 10, 24, 16), "lost", "filled", AFTER)
    store.fold(Batch([lost, filled]))
    assert [10, 11] == [hour for (day, hour), row in hours(store).items() if day == 1 and not row["collected"]]
    days = {row["day_number"]: row["collected"] for row in aligned_days(store.reader, "esmo-2026", AFTER).to_pylist()}
    assert {-2: True, -1: True, 1: False, 2: True, 3: True, 4: True} == days


def test_days_count_each_author_once_and_say_whether_they_are_over(store):
    say(store, datetime(2026, 10, 24, 8), datetime(2026, 10, 24, 9), datetime(2026, 10, 25, 22, 59))
    say(store, datetime(2026, 10, 24, 8), by="b2")
    store.fold(Batch(roles=[role("b2", decided_at=datetime(2026, 10, 1))]))
    days = {
        row["day_number"]: row
        for row in aligned_days(store.reader, "esmo-2026", datetime(2026, 10, 25, 22, 59)).to_pylist()
    }
    wanted = ("post_count", "author_count", "hcp_author_count", "hcp_post_count", "platforms", "complete")
    assert [3, 2, 1, 1, ["x"], True] == [days[1][name] for name in wanted]
    assert [1, 1, 0, 0, ["x"], False] == [days[2][name] for name in wanted]
    assert 3 not in days


def test_days_and_hours_tell_the_same_sums(store):
    say(store, *(datetime(2026, 10, 22, 22) + timedelta(minutes=47 * i) for i in range(150)))
    by_day: dict[int, int] = {}
    for (day, _), row in hours(store).items():
        by_day[day] = by_day.get(day, 0) + row["post_count"]
    days = aligned_days(store.reader, "esmo-2026", AFTER).to_pylist()
    assert by_day == {row["day_number"]: row["post_count"] for row in days}
    assert 150 == sum(by_day.values())


def test_a_congress_that_is_not_kept_has_no_days(store):
    assert [] == aligned_volume(store.reader, "eha-2026", AFTER).to_pylist()
    assert [] == aligned_days(store.reader, "eha-2026", AFTER).to_pylist()
