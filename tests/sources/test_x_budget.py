from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.x.budget import Budget, Kind, Ledger, allowance, disagreement
from pipelines.sources.x.forecast import FOUR_DAYS, forecast, shape_of, stretched
from pipelines.sources.x.payload import Bucket

NOW = datetime(2026, 12, 5, 14, 3)
reads = st.lists(st.tuples(st.sampled_from(["post", "user"]), st.sampled_from("abcdef")), max_size=20)


def posts(*ids: str) -> list[tuple[Kind, str]]:
    return [("post", each) for each in ids]


def test_a_post_is_billed_once_a_day_and_again_the_next():
    ledger = Ledger()
    assert 2 == len(ledger.note(posts("1", "2", "1"), NOW))
    assert () == ledger.note(posts("1"), NOW.replace(hour=23, minute=59))
    assert 1 == len(ledger.note(posts("1"), NOW + timedelta(days=1)))
    assert pytest.approx(0.010) == ledger.spent_on(NOW.date())
    assert pytest.approx(0.015) == ledger.spent_in(NOW.date())


@given(st.lists(reads, max_size=6))
def test_a_ledger_rebuilt_from_its_entries_in_any_repetition_is_the_same(rounds: list[list[tuple[Kind, str]]]):
    ledger, again = Ledger(), Ledger()
    entries = [entry for each in rounds for entry in ledger.note(each, NOW)]
    again.fold(reversed(entries + entries))
    assert pytest.approx(ledger.spent_on(NOW.date())) == again.spent_on(NOW.date())
    assert sorted(ledger.ids(NOW.date(), "post")) == sorted(again.ids(NOW.date(), "post"))


def test_another_month_is_another_budget():
    ledger = Ledger()
    ledger.note(posts("1"), datetime(2026, 11, 30, 23, 59))
    assert 0.0 == ledger.spent_in(date(2026, 12, 1))


@pytest.mark.parametrize(
    ("count", "stage"), [(0, "normal"), (69, "normal"), (70, "warn"), (90, "lean"), (99, "lean"), (100, "stopped")]
)
def test_spending_degrades_in_steps(count: int, stage: str):
    ledger = Ledger()
    ledger.note([("post", str(number)) for number in range(count)], NOW)
    assert stage == Budget(0.50).stage(ledger, NOW)


def test_a_budget_of_zero_is_stopped_from_the_start():
    assert "stopped" == Budget(0.0).stage(Ledger(), NOW)
    assert 0 == Budget(0.0).page_size(Ledger(), NOW)


def test_pages_shrink_to_what_can_be_paid_and_end_below_the_smallest():
    ledger = Ledger()
    assert 100 == Budget(5.0).page_size(ledger, NOW)
    assert 40 == Budget(0.20).page_size(ledger, NOW)
    assert 13 == Budget(0.20).page_size(ledger, NOW, with_users=True)
    assert 0 == Budget(0.049).page_size(ledger, NOW)


def test_where_x_counts_more_than_we_do_x_is_believed_and_the_difference_told():
    ledger = Ledger()
    ledger.note(posts("1", "2"), NOW)
    ledger.usage[NOW.date()] = 100
    assert pytest.approx(0.50) == ledger.spent_on(NOW.date())
    assert "ledger 2 posts on 2026-12-05, X counts 100" == disagreement(ledger, NOW.date())
    ledger.usage[NOW.date()] = 3
    assert disagreement(ledger, NOW.date()) is None


def test_money_is_made_to_last_by_the_expected_share_of_each_day_or_evenly():
    first, last = date(2026, 12, 12), date(2026, 12, 15)
    assert pytest.approx(2.5) == allowance(10.0, first, last)
    shape = {first: 0.2, date(2026, 12, 13): 0.5, date(2026, 12, 14): 0.2, last: 0.1}
    assert pytest.approx(5 * 10 / 8) == allowance(10.0, date(2026, 12, 13), last, shape)
    assert 10.0 == allowance(10.0, last, last, shape)
    assert 10.0 == allowance(10.0, date(2026, 12, 16), last)


def buckets(start: date, days: int, a_day: int) -> list[Bucket]:
    begin = datetime.combine(start, datetime.min.time())
    return [Bucket(begin + timedelta(days=n), begin + timedelta(days=n + 1), a_day) for n in range(days)]


def test_a_forecast_scales_last_years_shape_to_this_years_count():
    start = date(2026, 12, 12)
    shape = shape_of({start - timedelta(days=1): 100, start: 300, start + timedelta(days=1): 600}, start)
    now = datetime(2026, 12, 12)
    found = forecast(buckets(date(2026, 12, 11), 1, 50), start, now, shape)
    assert 450 == found.posts
    assert pytest.approx(450 * 0.005 + 450 / 4.6 * 0.010, abs=0.01) == found.usd
    assert found.low < found.posts < found.high
    assert found.usd_with_reposts() > 3 * found.usd


def test_a_forecast_from_nothing_says_nothing():
    found = forecast([], date(2026, 12, 12), datetime(2026, 12, 1))
    assert (0, 0.0) == (found.posts, found.seen_share)


def test_the_default_shape_and_its_stretched_forms_hold_every_post_once():
    for days in (1, 2, 3, 4, 5, 6):
        assert pytest.approx(1.0, abs=0.02) == sum(stretched(FOUR_DAYS, days).values())
        assert days == sum(1 for day in stretched(FOUR_DAYS, days) if 0 <= day < days)
