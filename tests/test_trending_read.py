"""Trending as it is asked: from the store, live and for any past moment, and measured on the demo congress."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.model import Abstract, AbstractMention, AccountState, Batch, Deletion
from pipelines.store.database import Store
from pipelines.trending import trending
from pipelines.trending.bench import measure
from tests.records import NOON, at, author, congress, match, post, role


def catalogue() -> list[Abstract]:
    listed = [Abstract("ash-2026", str(n), f"Title {n}") for n in range(60)]
    rising = Abstract(
        "ash-2026", "LBA-3", "A trial of drugamab", starts_at=at(-15), drugs=("drugamab",), trial=("QUEST-1",), companies=("Acme",)
    )  # fmt: skip
    return [*listed, rising]


def names(store: Store, posts, number: str = "LBA-3") -> None:
    store.fold(
        Batch(
            records=list(posts),
            matches=[match(each) for each in posts],
            mentions=[AbstractMention("x", p.post_id, "ash-2026", number, 1, "structured", number) for p in posts],
        )
    )


def crowd(count: int = 16, begin: float = 0, first: int = 1, **fields) -> list:
    """Somebody posts, others repost it, two a minute."""
    return [
        post(str(i), author_id=f"a{i}", created_at=at(begin + (i - first) / 2), repost_of_id=str(first) if i > first else None, **fields)
        for i in range(first, first + count)
    ]  # fmt: skip


@pytest.fixture
def store():
    with Store(None) as opened:
        opened.fold_congresses([congress()])
        opened.fold_catalogue("ash-2026", catalogue())
        talk = [post(f"9{i}", author_id=f"t{i}", created_at=at(-900 + i)) for i in range(930)]
        authors = [author(f"a{i}") for i in range(1, 60)]
        opened.fold(Batch(records=[*talk, *authors], matches=[match(each) for each in talk], roles=[role("a1")]))
        yield opened


def ask(store: Store, minutes: float, kind="abstract") -> list[dict]:
    return trending(store.reader, "ash-2026", at(minutes), kind).to_pylist()


def test_an_abstract_that_takes_off_is_told_with_numbers_starter_and_posts(store):
    names(store, crowd())
    (row,) = ask(store, 9)
    assert ("LBA-3", "A trial of drugamab", 16, "@h_a1", NOON) == tuple(
        row[name] for name in ("item", "title", "observed", "started_by", "started_at")
    )
    assert ["1"] == row["post_ids"]
    assert row["since"] <= at(9)
    assert row["lift"] == pytest.approx(row["observed"] / row["expected"])
    assert row["why"].startswith("16 authors in 30 min, ")
    assert row["why"].endswith("; started by @h_a1 at 12:00")


@pytest.mark.parametrize(
    ("kind", "item"), [("drug", "drugamab"), ("trial", "QUEST-1"), ("company", "Acme"), ("hashtag", "bcsm")]
)
def test_topics_and_companies_rise_by_the_same_method(store, kind, item):
    names(store, crowd(20, hashtags=("ash26", "bcsm")))
    assert [item] == [row["item"] for row in ask(store, 11, kind)]


def test_the_congress_hashtag_is_no_topic(store):
    names(store, crowd(20, hashtags=("ash26",)))
    assert [] == ask(store, 11, "hashtag")


def test_any_past_moment_can_be_asked_for_and_says_what_was_said_then(store):
    names(store, crowd())
    then = ask(store, 9)
    names(store, crowd(20, begin=100, first=30))
    assert then == ask(store, 9)
    assert [] == ask(store, -5)
    assert then[0]["since"] == ask(store, 20)[0]["since"]


def test_a_rise_ends(store):
    names(store, crowd())
    assert [] == ask(store, 60)


def test_a_rise_started_by_a_patient_or_advocate_names_nobody_and_lists_no_post_of_theirs(store):
    store.fold(Batch(roles=[role("a1", "patient_advocate", decided_at=at(500))]))
    names(store, crowd())
    (row,) = ask(store, 9)
    assert ("an individual", []) == (row["started_by"], row["post_ids"])
    assert "h_a1" not in row["why"]


def test_what_is_deleted_or_hidden_does_not_count(store):
    names(store, crowd())
    store.fold(Batch(records=[AccountState("x", f"a{i}", False, at(8), "deactivated") for i in range(3, 9)]))
    assert 10 == ask(store, 9)[0]["observed"]
    store.fold(Batch(records=[Deletion("x", "post", "1", at(8))]))  # its reposts go with it
    assert [] == ask(store, 9)


def test_one_account_and_its_twenty_posts_do_not_rise(store):
    names(store, [post(str(i), author_id="a1", created_at=at(i / 4)) for i in range(1, 21)])
    assert [] == ask(store, 9)


def test_a_company_talking_among_itself_does_not_rise(store):
    store.fold(Batch(roles=[role(f"a{i}", "pharma", decided_at=at(0)) for i in range(1, 17)]))
    names(store, crowd())
    assert [] == ask(store, 9)


def test_accounts_that_pass_everything_on_lift_nothing(store):
    """Ten aggregators repost whatever is said, about ten abstracts within minutes."""
    for n in range(10):
        bots = [
            post(f"{n}{i}00", author_id=f"a{i}", created_at=at(n / 2 + i / 60)) for i in range(1, 11)
        ]  # fmt: skip
        names(store, bots, str(n))
    assert [] == ask(store, 9)


def test_an_empty_store_has_nothing_that_rises():
    with Store(None) as empty:
        empty.fold_congresses([congress()])
        assert [] == [row for kind in ("abstract", "hashtag") for row in ask(empty, 9, kind)]


def test_without_a_catalogue_numbers_still_rise(store):
    store.fold_catalogue("ash-2026", [])
    names(store, crowd(30))
    assert [("LBA-3", "")] == [(row["item"], row["title"]) for row in ask(store, 16)]


def test_between_two_full_minutes_the_answer_stands(store):
    names(store, crowd())
    assert ask(store, 9) == trending(store.reader, "ash-2026", at(9) + timedelta(seconds=59)).to_pylist()


def test_the_demo_congress_and_calm_ones_meet_the_goals_and_raw_counts_do_not():
    found = measure((2026,))
    planted, calm = found["trending"]["planted"], found["trending"]["calm"]
    assert (5, 5) == (planted["bursts"], planted["found_in_time"])
    assert max(planted["false_alarms_a_day"], calm["false_alarms_a_day"]) <= 1
    assert planted["precision"] >= 0.6
    assert found["raw_count"]["calm"]["false_alarms_a_day"] > 10
    assert found["raw_count_matched"]["planted"]["found_in_time"] < 5
