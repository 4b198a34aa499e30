"""Findings say what the figures say, with both of their parts, or say nothing; peaks and coverage in plain words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.recap.coverage import coverage_line, gap_minutes_in_words, sources_of
from pipelines.recap.definitions import DEFINITIONS, LIMITS
from pipelines.recap.findings import FEWEST, findings_of
from pipelines.recap.model import Gap, Hour, Session
from pipelines.recap.peaks import coincides_with, peak_hours
from pipelines.recap.window import Window
from tests.recap.examples import empty, example

RICH = example()
UNFIT = [
    "striking",
    "impressive",
    "huge",
    "massive",
    "strong",
    "weak",
    "great",
    "excellent",
    "dramatic",
    "surge",
    "caused",
    "because",
    "thanks",
    "drove",
    "due",
]
T = datetime(2026, 12, 12, 6)
CHICAGO = ZoneInfo("America/Chicago")


def said(recap, caveat=""):
    return {each.section: each for each in findings_of(recap, caveat)[0]}


def with_kpi(recap, key, **fields):
    return replace(recap, kpis=tuple(replace(each, **fields) if each.key == key else each for each in recap.kpis))


def test_each_finding_says_its_numerator_and_denominator():
    for each in findings_of(RICH, "")[0]:
        assert f"{each.numerator:,}" in each.text
        assert each.denominator is None or f"{each.denominator:,}" in each.text


def test_no_finding_judges_or_claims_a_cause():
    for each in findings_of(RICH, "")[0]:
        assert not {*re.findall(r"\w+", each.text.lower())} & {*UNFIT}
    assert "it coincides with" in said(RICH)["volume"].text


def test_author_share_and_post_share_are_two_sentences():
    texts = [each.text for each in findings_of(RICH, "")[0] if each.section == "roles"]
    assert 2 == len(texts)
    assert all(("authors" in each) != ("posts" in each) for each in texts)


def test_a_gap_stands_as_caveat_with_every_finding():
    assert {"35 min"} == {each.caveat for each in findings_of(RICH, "35 min")[0]}


@pytest.mark.parametrize(
    ("key", "what"), [("hcp_author_share", "the HCP author share"), ("hcp_post_share", "the HCP post share")]
)
def test_a_share_of_too_few_is_not_said_and_that_is_said(key, what):
    few = with_kpi(RICH, key, value=3, whole=FEWEST - 1)
    findings, unsaid = findings_of(few, "")
    assert not any("3 of 29" in each.text for each in findings)
    assert f"Not stated: {what} (n = 29; at least 30 are needed)." in unsaid


def test_a_share_of_just_enough_is_said():
    assert "HCPs are 3 of 30 authors (10%)." in [
        each.text for each in findings_of(with_kpi(RICH, "hcp_author_share", value=3, whole=30, before=None), "")[0]
    ]


def test_few_posts_are_not_set_against_the_congress_before():
    findings, unsaid = findings_of(with_kpi(RICH, "post_count", value=99), "")
    assert "kpis" not in [each.section for each in findings]
    assert "Not stated: the change in posts (n = 99; at least 100 are needed)." in unsaid


def test_nothing_is_compared_without_a_congress_before():
    alone = replace(RICH, comparison=None)
    assert not any("2025" in each.text for each in findings_of(alone, "")[0])


def test_an_empty_congress_has_no_findings():
    assert () == findings_of(empty(), "")[0]


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_whatever_the_figures_no_share_rests_on_too_few(value, whole, before):
    odd = with_kpi(with_kpi(RICH, "hcp_post_share", value=value, whole=whole), "post_count", value=whole, before=before)
    for each in findings_of(odd, "")[0]:
        assert each.denominator is None or each.denominator >= FEWEST


def hours(*counts):
    return tuple(Hour(T + timedelta(hours=n), count, 0, True) for n, count in enumerate(counts))


def test_peaks_are_apart_above_the_usual_and_in_order_of_time():
    counts = [5] * 40
    counts[10], counts[11], counts[20], counts[30], counts[39] = 50, 60, 90, 40, 39
    assert [60, 90, 40] == [each.post_count for each in peak_hours(hours(*counts))]


@pytest.mark.parametrize("counts", [(), (0,) * 9, (19, 0, 0), (30, 31, 30, 31, 30, 31)])
def test_an_even_or_quiet_window_has_no_peak(counts):
    assert [] == peak_hours(hours(*counts))


def test_a_peak_names_the_session_of_its_abstract_before_the_others():
    sessions = [Session("Posters", T, T + timedelta(hours=2)), Session("Plenary", T, T + timedelta(hours=1)), Session("Tomorrow", T + timedelta(hours=24), T + timedelta(hours=25))]  # fmt: skip
    assert "Plenary and 1 more session; 41 of its 90 posts speak of abstract LBA-3" == coincides_with(
        T, 90, sessions, "LBA-3", "Plenary", 41
    )
    assert "Posters and Plenary" == coincides_with(T, 90, sessions, "LBA-3", "Elsewhere", 4)
    assert "" == coincides_with(T + timedelta(hours=9), 90, sessions, "", "", 0)


def gap(source, start, minutes, status="partial"):
    return Gap(
        source,
        T + timedelta(minutes=start),
        None if minutes is None else T + timedelta(minutes=start + minutes),
        "why",
        status,
    )


def test_coverage_names_the_largest_gaps_and_counts_the_others():
    window = Window(T, T + timedelta(hours=10))
    gaps = [
        gap("x", 30, 60),
        gap("bluesky", 0, 5, "filled"),
        gap("x", 200, 10),
        gap("x", 300, 20),
        gap("x", 400, 30, "filled_no_reposts"),
    ]
    line = coverage_line(gaps, window, CHICAGO, 10)
    assert line.startswith(
        "Not collected: X on 12 December 00:30–01:30 (60 min); X on 12 December 05:00–05:20 (20 min); "
    )
    assert line.endswith("06:40–07:10 (30 min, reposts only); and 1 more. 1 gap was collected afterwards.")
    assert {"bluesky": 0, "x": 120.0} == {each.source: each.gap_minutes for each in sources_of({"x": 9}, gaps, window)}
    assert "Not collected: 120 min of X." == gap_minutes_in_words(gaps, window).replace("2 h", "120 min")


def test_a_gap_that_lasts_reaches_to_the_end_of_the_window():
    window = Window(T, T + timedelta(hours=3))
    assert 150 == sources_of({}, [gap("x", 30, None)], window)[0].gap_minutes


def test_without_gaps_coverage_says_so_and_without_anything_too():
    window = Window(T, T + timedelta(hours=3))
    assert "No gap in collection is known that was not filled." == coverage_line([], window, CHICAGO, 5)
    assert "Nothing was collected in this window." == coverage_line([], window, CHICAGO, 0)
    assert "" == gap_minutes_in_words([gap("x", 0, 5, "filled")], window)


def test_every_key_figure_is_defined_and_the_limits_stand():
    assert {each.label for each in RICH.kpis if each.key == "post_count"} <= {each.term for each in DEFINITIONS}
    assert any("500" in each for each in LIMITS)
