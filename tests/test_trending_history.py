"""What trending keeps of older half hours is counted anew as soon as something in them changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pipelines.model import AbstractMention, AccountState, Batch, Deletion
from pipelines.store.database import Store
from pipelines.trending.expectation import WINDOW
from pipelines.trending.gather import _members, _named_abstracts, _spoke
from pipelines.trending.history import named_by_bucket, spoke_by_bucket
from tests.records import at, match, post

UNTIL = at(6 * 60)
BOUNDS: dict[str, Any] = {"congress_id": "ash-2026", "until": UNTIL, "window": WINDOW}
OF_LATE = {**BOUNDS, "since": at(2 * 60)}


def said(post_id: str, author_id: str, minute: int, number: str = "112") -> Batch:
    of = post(post_id, author_id=author_id, created_at=at(minute))
    mention = AbstractMention("x", post_id, "ash-2026", number, 1, "number_cue", f"#{number}")
    return Batch(records=[of], matches=[match(of)], mentions=[mention])


def counted(store: Store) -> tuple[list[int], list[tuple[str, int]]]:
    """Authors by half hour, and authors by item and half hour."""
    members = _members(store.reader, "ash-2026", "abstract")
    seen = _named_abstracts(store.reader, "abstract", members, OF_LATE)
    named = named_by_bucket(store.reader, "abstract", members, BOUNDS, seen)
    pairs = [(row["item"], row["author_count"]) for row in named.to_pylist()]
    return spoke(store), pairs


def spoke(store: Store, **bounds: Any) -> list[int]:
    """Authors by half hour."""
    asked = {**BOUNDS, **bounds}
    of_late = _spoke(store.reader, {**asked, "since": asked["until"] - timedelta(hours=4)})
    return spoke_by_bucket(store.reader, asked, of_late)["author_count"].to_pylist()


@pytest.fixture
def store():
    with Store(None) as opened:
        for batch in (said("1", "a1", 1), said("2", "a2", 2), said("3", "a1", 3), said("4", "a1", 355)):
            opened.fold(batch)
        assert ([2, 1], [("112", 2), ("112", 1)]) == counted(opened)
        yield opened


def test_a_second_look_sees_the_same(store):
    assert ([2, 1], [("112", 2), ("112", 1)]) == counted(store)


def test_a_late_post_of_an_old_half_hour_counts(store):
    store.fold(said("5", "a3", 4, "113"))
    assert ([3, 1], [("112", 2), ("112", 1), ("113", 1)]) == counted(store)


def test_who_is_deleted_or_hidden_counts_no_more(store):
    store.fold(Batch(records=[Deletion("x", "post", "2", at(400))]))
    assert ([1, 1], [("112", 1), ("112", 1)]) == counted(store)
    store.fold(Batch(records=[AccountState("x", "a1", False, at(400), "deactivated")]))
    assert ([], []) == counted(store)


def test_another_number_of_the_same_post_counts_in_place_of_the_first(store):
    of = post("2", author_id="a2", created_at=at(2))
    mention = AbstractMention("x", "2", "ash-2026", "777", 1, "number_cue", "#777")
    store.replace_mentions("ash-2026", [mention], [], [of])
    assert ([2, 1], [("112", 1), ("112", 1), ("777", 1)]) == counted(store)


def test_every_moment_and_congress_is_counted_for_itself(store):
    assert [2] == spoke(store, until=at(90))
    assert [] == spoke(store, congress_id="other")
    assert [2, 1] == spoke(store)
