"""Two congresses over one another: aligned by day and hour, honest about what differs; over a real store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from dashboard import frame, years
from dashboard.selection import Congress
from dashboard.views import compare
from dashboard.years import Hours
from tests.dashboard.store_owner import StoreOwner, two_congresses
from tests.dashboard.test_app import markup, url
from tests.records import at

NOW = at(595)  # 21:55 of the first day in New Orleans


@pytest.fixture
def owner() -> Iterator[StoreOwner]:
    with two_congresses() as store:
        yield StoreOwner(store, NOW)


def hours(counts: dict[float, int], missed: tuple[float, ...] = (), now: datetime | None = None) -> Hours:
    """Hours from ``counts`` by position; the last runs where ``now`` is given (naive UTC; midnight of day 1 is 0:00)."""
    rows = [
        {"day_number": years.place(x)[0], "hour": years.place(x)[1], "starts_at": datetime(2026, 12, 12) + timedelta(hours=x),
         "local_date": date(2026, 12, 12), "post_count": n, "hcp_post_count": n // 2, "collected": x not in missed}
        for x, n in counts.items()
    ]  # fmt: skip
    return Hours.of(rows, now or datetime(2027, 1, 1), datetime(2026, 12, 20))


def points(found: dict, which: str) -> list[tuple[float, int]]:
    return [(row["x"], row["n"]) for row in found["points"].to_pylist() if row["which"] == which]


def test_last_year_is_compared_unless_another_is_chosen(show, owner):
    app = show(owner, "compare", congress="ash-2026")
    assert not app.exception
    assert "ash-2025" == url(app)["vs"]
    assert "54 posts by day 1, 21:00; ASH 2025: 40 (+35%)" in markup(app)
    assert "Busiest hour: day 1, 12:00 with 6; ASH 2025: day 1, 12:00 with 6" in markup(app)


def test_the_link_names_the_other_congress(show, owner):
    app = show(owner, "compare", congress="ash-2025", vs="ash-2026")
    assert not app.exception
    assert "ash-2026" == app.selectbox(key="vs").value
    assert "ASH 2025 over ASH 2026" in markup(app)
    assert "ash-2026" == url(show(owner, "compare", congress="ash-2025", vs="../etc"))["vs"]


def test_what_differs_in_coverage_is_said(show, owner):
    shown = markup(show(owner, "compare", congress="ash-2026"))
    assert "ASH 2026: not everything was collected on day 1; its figures there are lower bounds." in shown
    assert "Only ASH 2026 has posts from X." in shown
    assert "Only ASH 2025 has posts from Bluesky." in shown


def test_days_stand_side_by_side_and_a_running_one_is_not_compared(show, owner):
    shown = markup(show(owner, "compare", congress="ash-2026"))
    row = shown.split("Day 1<small>")[1].split("</tr>")[0]
    assert "Sat 12 Dec / Sat 13 Dec · running" in row
    assert "<b>60</b><small>40</small></td><td class='moved'></td>" in row
    assert "<b>LBA-3</b>" in row
    owner.now = at(3 * 24 * 60)
    row = markup(show(owner, "compare", congress="ash-2026")).split("Day 1<small>")[1].split("</tr>")[0]
    assert "<b>60</b><small>40</small></td><td class='moved'>+50%</td>" in row


def test_without_another_congress_the_page_says_how_to_get_one(show):
    with two_congresses(last_year=False) as store:
        app = show(StoreOwner(store, NOW), "compare", congress="ash-2026")
    assert not app.exception
    assert "There is no other congress to compare with" in markup(app)
    assert ["congress import posts.csv --congress ID"] == [each.value for each in app.code]


def test_a_past_moment_compares_what_stood_then(show, owner):
    app = show(owner, "compare", congress="ash-2026", at="2026-12-12T2015Z")
    assert not app.exception
    assert "12 posts by day 1, 14:00; ASH 2025: 12 (±0%)" in markup(app)


def test_the_chart_stays_the_same_specification_while_its_data_move(show, owner):
    first = show(owner, "compare", congress="ash-2026")
    owner.now = at(900)
    second = show(owner, "compare", congress="ash-2026")
    specs = [[json.loads(each.proto.spec) for each in app.get("vega_lite_chart")] for app in (first, second)]
    assert specs[0] == specs[1]
    assert 2 == len(specs[0])


def test_positions_count_hours_since_the_first_midnight_and_leave_out_day_zero():
    assert [(1, 0), (1, 23), (2, 0), (-1, 23), (-1, 0), (-2, 23)] == [years.place(x) for x in (0, 23, 24, -1, -24, -25)]
    assert all(x == years.position(*years.place(x)) for x in range(-100, 100))


@pytest.mark.parametrize(
    ("x", "words"), [(33, "day 2, 09:00"), (48, "the end of day 2"), (0, "the end of the day before"), (-15, "the day before, 09:00"), (-39, "day −2, 09:00"), (-24, "the end of day −2"), (24, "the end of day 1")],
)  # fmt: skip
def test_a_position_is_told_as_a_clock(x, words):
    assert words == years.clock(x)


def test_totals_add_up_from_where_both_were_followed():
    this, other = hours(dict.fromkeys(range(-48, 6), 1)), hours(dict.fromkeys(range(-12, 30), 2))
    span = years.shown(this, other, 1)
    assert (-12, 30) == span
    found = years.datasets(this, other, span, "total")
    assert [(-11, 1), (6, 18)] == [points(found, "this")[0], points(found, "this")[-1]]
    assert [(-11, 2), (30, 84)] == [points(found, "other")[0], points(found, "other")[-1]]


def test_the_hour_that_runs_ends_where_it_stands_and_is_no_full_hour():
    this = hours({0: 4, 1: 4, 2: 1}, now=datetime(2026, 12, 12, 2, 15))
    total = years.datasets(this, hours({}), (0, 24), "total")
    assert [(1, 4), (2, 8), (2.25, 9)] == points(total, "this")
    assert [(0.5, 4), (1.5, 4)] == points(years.datasets(this, hours({}), (0, 24), "hourly"), "this")
    assert 2 == this.end


def test_an_hour_without_data_breaks_the_line_and_one_with_some_stays():
    this = hours({0: 4, 1: 0, 2: 5, 3: 2}, missed=(1, 3))
    rows = list(years.datasets(this, hours({}), (0, 24), "hourly")["points"].to_pylist())
    assert [(0.5, 4, 0), (2.5, 5, 1), (3.5, 2, 1)] == [(row["x"], row["n"], row["part"]) for row in rows]
    holes = years.datasets(this, hours({}), (0, 24), "hourly")["holes"].to_pylist()
    assert [(1, 2), (3, 4)] == [(row["x"], row["x2"]) for row in holes]


def test_the_figures_can_be_taken_away_hour_by_hour_and_day_by_day():
    pair = compare.Pair(("A", "B"), hours({0: 4, 1: 1}), hours({0: 2}), (), (0, 24))
    rows = compare.hour_rows(pair)
    assert [(1, 0, 4, 2), (1, 1, 1, None)] == [(r["Day"], r["Local hour"], r["A: posts"], r["B: posts"]) for r in rows]


def test_the_likely_other_is_last_year_s_of_the_same_society():
    def made(name: str, society: str, first: date) -> Congress:
        return Congress(name, name, society, "", "UTC", first, first, NOW, NOW, False, (), 0)

    ash, before, older, ahead, eha = (
        made("ash", "ASH", date(2026, 12, 12)), made("ash25", "ASH", date(2025, 12, 6)), made("ash24", "ASH", date(2024, 12, 7)),
        made("ash27", "ASH", date(2027, 12, 11)), made("eha", "EHA", date(2026, 6, 11)),
    )  # fmt: skip
    assert before == compare.likely(ash, [eha, ahead, older, before])
    assert ahead == compare.likely(ash, [eha, ahead])
    assert eha == compare.likely(ash, [eha])


def test_a_congress_that_is_on_is_shown_before_a_busier_one_that_is_over():
    def followed(name: str, start: datetime, posts: int) -> Congress:
        days = (start.date(), start.date(), start, start + timedelta(days=9))
        return Congress(name, name, "", "", "UTC", *days, False, (), posts)

    over, on = followed("over", NOW - timedelta(days=364), 9000), followed("on", NOW - timedelta(days=1), 5)
    assert on == frame.first_shown([over, on], NOW)
    assert over == frame.first_shown([over, on], NOW + timedelta(days=40))
