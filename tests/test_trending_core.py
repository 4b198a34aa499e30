"""Trending, the arithmetic: expectation, tail, false-discovery control, hysteresis, and who gets the credit."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.trending.assess import Assessed, Talk, assess
from pipelines.trending.expectation import Programme, fit
from pipelines.trending.hysteresis import PATIENCE, step
from pipelines.trending.tail import upper_tail
from pipelines.trending.telling import Bearer, Rise, carrying, chance, name_of, started, why
from pipelines.trending.windows import Sightings, bucketed, sliding

T0 = 29_000_040  # a full hour, in minutes since the epoch
NOON = datetime(2026, 12, 12, 18)


def sightings(rows) -> Sightings:
    return Sightings(*(np.array(column, np.int64) for column in zip(*rows, strict=True)))


def talk_of(named, spoke, starts) -> Talk:
    """A talk of ``named`` (item, author, minute) amid ``spoke`` (author, minute); who names also speaks."""
    everyone = sightings([(0, a, m) for a, m in spoke] + [(0, a, m) for _, a, m in named])
    seen = sightings(named)
    return Talk(Programme.of(starts), seen, np.ones(len(named), bool), everyone, bucketed(seen, everyone), len(starts))


def steady(per_half_hour: int, hours: int, first_author: int = 10_000) -> list[tuple[int, int]]:
    """Somebody new speaks every 30 / ``per_half_hour`` minutes."""
    count = per_half_hour * 2 * hours
    return [(first_author + i, T0 - hours * 60 + 1 + i * 30 // per_half_hour) for i in range(count)]


def crowd(item: int, count: int, begin: int, author: int = 0, every: int = 1) -> list[tuple[int, int, int]]:
    return [(item, author + i, begin + i * every) for i in range(count)]


def at_minute(talk: Talk, minute: int) -> dict[int, Assessed]:
    return {each.item: each for _, found in assess(talk, minute, minute) for each in found}


@given(st.integers(1, 60), st.floats(0.01, 50), st.floats(0.05, 500))
def test_the_tail_is_the_sum_of_the_probabilities_above(count, mean, shape):
    q = mean / (mean + shape)

    def log_mass(k):
        return (
            math.lgamma(shape + k) - math.lgamma(shape) - math.lgamma(k + 1) + shape * math.log1p(-q) + k * math.log(q)
        )

    below = math.fsum(math.exp(log_mass(k)) for k in range(count))
    assert upper_tail(np.array([count]), np.array([mean]), np.array([shape]))[0] == pytest.approx(1 - below, abs=1e-9)


def test_the_tail_stays_a_probability_far_out():
    tail = upper_tail(np.array([0, 1, 500, 5000]), np.full(4, 0.01), np.full(4, 0.2))
    assert 1.0 == tail[0]
    assert all(0 < each < 1 for each in tail[1:])
    assert sorted(tail, reverse=True) == list(tail)


ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 90)), min_size=1, max_size=40)


@given(ROWS)
def test_a_sliding_window_counts_each_author_once(rows):
    expected = [
        [len({a for i, a, m in rows if i == item and minute - 30 < m <= minute}) for minute in range(20, 100)]
        for item in range(3)
    ]
    assert expected == sliding(sightings(rows), 3, 20, 80).tolist()


@given(ROWS)
def test_buckets_count_each_author_once_in_half_an_hour(rows):
    history = bucketed(sightings(rows), sightings([(0, a, m) for _, a, m in rows]))
    found = dict(zip(zip(history.items, history.buckets, strict=True), history.counts, strict=True))
    expected: dict = {}
    for item, author, minute in rows:
        expected.setdefault((item, (minute - 1) // 30), set()).add(author)
    assert {key: len(authors) for key, authors in expected.items()} == found


def test_a_crowd_around_one_item_is_improbable_and_two_authors_are_not_looked_at():
    talk = talk_of([*crowd(0, 14, T0 + 1), *crowd(1, 2, T0 + 1, author=50)], steady(60, 24), [[], [], *[[]] * 98])
    found = at_minute(talk, T0 + 15)
    assert {0} == set(found)
    assert 14 == found[0].observed
    assert found[0].q_value < 1e-4


def test_one_account_that_posts_much_is_one_author():
    talk = talk_of([(0, 7, T0 + i) for i in range(1, 25)], steady(60, 24), [[]] * 50)
    assert {} == at_minute(talk, T0 + 25)


def test_when_the_whole_congress_wakes_up_more_is_expected_of_each():
    named = [(i % 40, 20_000 + i, T0 - 24 * 60 + 1 + i * 7) for i in range(200)]
    rise = crowd(0, 6, T0 + 1, every=3)
    quiet = at_minute(talk_of([*named, *rise], [*steady(20, 24)], [[]] * 40), T0 + 20)
    waking = [(90_000 + i, T0 + 1 + i % 19) for i in range(400)]
    awake = at_minute(talk_of([*named, *rise], [*steady(20, 24), *waking], [[]] * 40), T0 + 20)
    assert quiet[0].q_value < 0.01
    assert {} == awake  # nothing improbable about it


def test_an_abstract_on_stage_is_expected_to_be_named_more():
    rise = crowd(0, 8, T0 + 1) + crowd(1, 8, T0 + 1, author=50)
    found = at_minute(talk_of(rise, steady(60, 24), [[T0 - 20], [T0 - 4000], *[[]] * 50]), T0 + 10)
    assert found[0].expected > 3 * found[1].expected
    assert found[1].p_value < found[0].p_value


def test_what_is_named_all_the_time_must_rise_further():
    often = [(0, 20_000 + i, T0 - 24 * 60 + 1 + i * 5) for i in range(280)]
    rise = crowd(0, 10, T0 + 1) + crowd(1, 10, T0 + 1, author=50)
    found = at_minute(talk_of([*often, *rise], steady(60, 24), [[]] * 50), T0 + 11)
    assert {1} == set(found)
    assert found[1].p_value < 1e-4


def test_a_burst_does_not_hide_the_next_one():
    past = crowd(1, 60, T0 - 600, author=500)
    calm, after = (
        at_minute(talk_of([*rows, *crowd(0, 14, T0 + 1)], steady(60, 24), [[]] * 100), T0 + 15)[0]
        for rows in ([], past)
    )
    assert calm.q_value < after.q_value < 0.005


def test_without_any_history_a_crowd_still_rises():
    found = at_minute(talk_of(crowd(0, 12, T0 + 1), [], [[]] * 400), T0 + 13)
    assert found[0].q_value < 0.005


def test_the_shares_of_all_items_add_up_to_what_was_seen():
    named = [(i % 10, 20_000 + i, T0 - 24 * 60 + 1 + i * 3) for i in range(400)]
    talk = talk_of(named, steady(60, 24), [[]] * 40)
    baseline = fit(talk.history, talk.programme, T0)
    told = talk.history.pace.sum()
    assert baseline.shares.sum() * told == pytest.approx(400, rel=0.1)


def test_any_two_looks_at_a_minute_see_the_same():
    named = [(i % 30, 20_000 + i, T0 - 24 * 60 + 1 + i * 4) for i in range(300)]
    talk = talk_of([*named, *crowd(0, 12, T0 + 5)], steady(60, 24), [[T0 - 10], *[[]] * 29])
    swept = dict(assess(talk, T0 - 300, T0 + 40))
    (once,) = at_minute(talk, T0 + 20).values()
    assert (once.item, once.observed) == (swept[T0 + 20][0].item, swept[T0 + 20][0].observed)
    assert once.p_value == pytest.approx(swept[T0 + 20][0].p_value)


def looked(
    q_value: float, observed: int = 12, expected: float = 1.0, independent: int = 12, minute: int = 0
) -> Assessed:
    return Assessed(0, minute, observed, expected, q_value / 100, q_value, independent)


def test_a_rise_begins_once_and_lasts_through_a_weak_minute():
    state, begun, _ = step({}, [looked(1e-4)], 0)
    assert [0] == [each.item for each in begun]
    state, begun, ended = step(state, [looked(0.05, minute=1)], 1)
    assert ([], []) == (begun, ended)
    state, begun, ended = step(state, [], 2)
    assert ([], []) == (begun, ended)
    state, begun, ended = step(state, [looked(1e-5, observed=20, minute=3)], 3)
    assert [] == begun
    assert (0, 20) == (state[0].since, state[0].peak)


def test_a_rise_is_over_when_it_has_been_weak_for_a_quarter_of_an_hour():
    state, _, _ = step({}, [looked(1e-4)], 0)
    for minute in range(1, PATIENCE):
        state, _, ended = step(state, [looked(0.5)], minute)
        assert [] == ended
    state, _, ended = step(state, [looked(0.5)], PATIENCE)
    assert [0] == [each.item for each in ended]
    assert {} == state


@pytest.mark.parametrize(
    "weak",
    [looked(0.05), looked(1e-4, independent=2), looked(1e-4, observed=12, expected=8)],
    ids=["too probable", "only companies and echoes", "hardly more than expected"],
)
def test_no_rise_begins_on_weak_evidence(weak):
    assert ({}, [], []) == step({}, [weak], 0)


def bearer(post_id: str, author: str, minute: float, root: str | None = None, **fields) -> Bearer:
    return Bearer(post_id, root or post_id, author, NOON + timedelta(minutes=minute), **fields)


def test_a_lone_post_long_before_does_not_take_the_credit():
    posts = [
        bearer("0", "early", -27),
        bearer("1", "starter", 0),
        *(bearer(f"{i}", f"a{i}", i / 3, "1") for i in range(2, 9)),
    ]
    assert "starter" == started(posts, 0.3).author_id
    assert None is started([], 0.3)


def test_posts_that_most_authors_stand_behind_come_first():
    posts = [
        bearer("9", "z", 0, role="hcp"), bearer("1", "a", 1, role="media"), bearer("2", "b", 2, "1"), bearer("3", "c", 3, "1"),
        bearer("5", "e", 4, "gone", role="hcp"), bearer("6", "f", 5, "gone", role="hcp"),
    ]  # fmt: skip
    assert ("1", "5", "9") == carrying(posts)


def test_posts_of_private_people_carry_a_rise_and_are_not_listed():
    posts = [bearer("1", "a", 1, role="other"), bearer("2", "b", 2, "1", role="hcp"), bearer("3", "c", 3)]
    assert () == carrying(posts)


def test_only_professionals_and_organisations_are_named():
    assert "an individual" == name_of(bearer("1", "a", 0, handle="jane", role="patient_advocate"))
    assert "an individual" == name_of(bearer("1", "a", 0, handle="jane", role="other"))
    assert "an individual" == name_of(bearer("1", "a", 0))
    assert "@dr_jane" == name_of(bearer("1", "a", 0, handle="dr_jane", role="hcp"))


def test_why_is_one_sentence_made_of_the_numbers():
    rise = Rise(
        "abstract", "LBA-3", NOON, 14, 1.94, 2.4e-4, 0.001, NOON, 14, "@dr_jane", NOON + timedelta(minutes=2), ("1",)
    )
    assert "14 authors in 30 min, 1.9 expected (chance 1 in 4,200); started by @dr_jane at 12:02" == why(
        rise, ZoneInfo("America/Chicago")
    )


@pytest.mark.parametrize(
    ("p_value", "words"), [(0.31, "chance 1 in 3"), (0.01, "chance 1 in 100"), (1 / 84_321, "chance 1 in 84,000"), (1e-9, "chance below 1 in a million")]
)  # fmt: skip
def test_a_chance_is_told_as_odds(p_value, words):
    assert words == chance(p_value)
