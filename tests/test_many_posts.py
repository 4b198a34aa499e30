"""What makes the reads quick over many posts must not change what they say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.model import Batch
from pipelines.reads import answer
from pipelines.store.database import Store
from tests.records import at, author, match, post, role


@pytest.fixture
def store():
    with Store(None) as opened:
        yield opened


def test_who_held_a_role_is_the_same_asked_for_all_roles_or_for_one(store):
    deciders = ("rules", "voices.csv", "ann")
    roles = [
        role(f"a{number}", kind, decided_at=at(minute), decided_by=deciders[(number + minute) % 3])
        for number in range(40)
        for minute, kind in (
            (number % 7, "hcp"),
            (3 + number % 5, "media"),
            (9, ("hcp", "patient_advocate")[number % 2]),
        )
    ]
    store.fold(
        Batch(roles=tuple({(each.author_id, each.decided_at, each.decided_by): each for each in roles}.values()))
    )
    for moment in (at(minute) for minute in range(-1, 11)):
        for kind in ("hcp", "media", "patient_advocate"):
            asked = {"kind": kind, "moment": moment}
            one = store.reader.ask("SELECT author_id FROM holders_at($kind, $moment) ORDER BY ALL", **asked)
            everybody = store.reader.ask(
                "SELECT author_id FROM role_at($moment) WHERE role = $kind ORDER BY ALL", **asked
            )
            assert everybody["author_id"].to_pylist() == one["author_id"].to_pylist()


def test_the_newest_posts_are_found_behind_any_number_of_patients(store):
    mine = [post(f"m{number}", author_id="doc", created_at=at(number)) for number in range(3)]
    theirs = [
        post(f"p{number}", author_id="pat", created_at=at(10) + timedelta(seconds=number)) for number in range(300)
    ]
    posts = [*mine, *theirs]
    roles = [role("doc"), role("pat", "patient_advocate")]
    store.fold(
        Batch(records=[*posts, author("doc"), author("pat")], matches=[match(each) for each in posts], roles=roles)
    )
    for limit, expected in (("2", ["m2", "m1"]), ("50", ["m2", "m1", "m0"])):
        found = answer(store.reader, "newest_posts", {"congress_id": "ash-2026", "limit": limit}, at(60))
        assert expected == found["post_id"].to_pylist()


def test_a_window_of_everything_counts_what_stands_before_any_window(store):
    posts = [post("1", created_at=at(-60 * 24 * 40)), post("2", created_at=at(0), author_id="b")]
    store.fold(Batch(records=posts, matches=[match(each) for each in posts], roles=[role("b")]))
    asked = {"congress_id": "ash-2026", "minutes": "0"}
    (row,) = answer(store.reader, "overview", asked, at(60)).to_pylist()
    assert (2, 2, 1, 0) == tuple(
        row[each] for each in ("post_count", "author_count", "hcp_author_count", "post_count_before")
    )
    (row,) = answer(store.reader, "overview", {**asked, "minutes": "120"}, at(60)).to_pylist()
    assert (1, 1, 0, 2) == tuple(
        row[each] for each in ("post_count", "author_count", "author_count_before", "total_author_count")
    )
