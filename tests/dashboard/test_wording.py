"""Figures, times and names as a person reads them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import wording
from tests.dashboard.fake_owner import HOSTILE


@pytest.mark.parametrize(
    ("shown", "number"),
    [("0", 0), ("9,893", 9893), ("99,999", 99_999), ("146k", 146_312), ("1.0M", 999_600), ("1.2M", 1_234_567)],
)
def test_counts_are_exact_below_a_hundred_thousand(shown, number):
    assert shown == wording.count(number)


@pytest.mark.parametrize(
    ("shown", "now", "before"),
    [
        (None, 5, 0),
        ("±0%", 100, 100),
        ("+12%", 112, 100),
        ("−4%", 96, 100),
        ("3.2×", 32, 10),
        ("−100%", 0, 7),
        ("40×", 400, 10),
    ],
)
def test_a_change_is_a_percentage_until_it_is_threefold(shown, now, before):
    assert shown == wording.change(now, before)


def test_a_list_that_was_cut_does_not_pass_for_the_whole():
    assert "12 of 236" == wording.of_all(12, 236, 500)
    assert "the first 500" == wording.of_all(500, 500, 500)
    assert "12 of the first 500" == wording.of_all(12, 500, 500)


def test_shares_are_whole_per_cents_and_a_dash_of_nothing():
    assert wording.share(34, 101) == "34%"
    assert wording.share(0, 0) == "–"


def test_a_share_changes_in_points_and_has_no_change_without_a_before():
    assert wording.points((30, 100), (34, 100)) == "−4 pts"
    assert wording.points((30, 100), (0, 0)) is None
    assert wording.points((30, 100), (2, 2)) is None


def test_local_time_is_right_on_both_sides_of_the_clock_change():
    madrid = ZoneInfo("Europe/Madrid")
    assert f"{wording.local(datetime(2026, 10, 25, 0, 30), madrid):%H:%M %Z}" == "02:30 CEST"
    assert f"{wording.local(datetime(2026, 10, 25, 1, 30), madrid):%H:%M %Z}" == "02:30 CET"


@pytest.mark.parametrize(
    ("shown", "first", "last"),
    [
        ("23–27 Oct 2026", date(2026, 10, 23), date(2026, 10, 27)),
        ("29 May – 2 Jun 2026", date(2026, 5, 29), date(2026, 6, 2)),
    ],
)
def test_days_name_a_month_once_where_they_can(shown, first, last):
    assert shown == wording.days(first, last)


@pytest.mark.parametrize(
    ("shown", "seconds"),
    [("0.4 s", 0.4), ("0.0 s", -3), ("41 s", 41), ("5 min", 300), ("3 h", 10_800), ("4 days", 345_600)],
)
def test_durations_have_one_unit(shown, seconds):
    assert shown == wording.duration(seconds)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_loses_its_control_and_direction_characters_and_stays_short(text):
    shown = wording.shorten(text, 80)
    assert shown.isprintable()
    assert "\u202e" not in shown
    assert len(shown) <= 80


def test_words_are_never_cut_in_the_middle():
    assert wording.shorten("Overall survival with enzavotinib", 26) == "Overall survival with…"


def test_towers_of_marks_are_lowered():
    assert len(wording.clean("Z" + "\u0351" * 200 + "algo")) < 12


@given(st.text(), st.integers(8, 200))
def test_shortened_text_fits_whatever_it_was(text, width):
    shown = wording.shorten(text, width)
    assert len(shown) <= width
    assert "\n" not in shown


@given(st.text())
def test_cleaning_twice_changes_nothing(text):
    assert wording.clean(text) == wording.clean(wording.clean(text))
