"""A fold settles in memory what it once settled in SQL: ties, tombstones within one batch, and posts that come again."""

from __future__ import annotations

import itertools

import pytest

from pipelines.model import Author, Batch, Deletion, Engagement, Like
from pipelines.store.database import Store
from tests.records import at, author, match, post


@pytest.fixture
def store():
    with Store(None) as opened:
        yield opened


def rows(store: Store, sql: str) -> list[tuple]:
    return [tuple(row.values()) for row in store.reader.ask(sql).to_pylist()]


def test_counts_of_a_repost_whose_original_is_deleted_are_refused_in_the_same_batch(store):
    store.fold(Batch(records=[Deletion("x", "post", "1", at(0))]))
    store.fold(Batch(records=[post("2", repost_of_id="1"), Engagement("x", "2", at(1), 5), Like("x", "l", "2", at(1))]))
    assert [] == rows(store, "SELECT post_id FROM counts UNION ALL SELECT post_id FROM likes")


def test_an_id_that_is_both_a_post_and_an_author_is_told_apart(store):
    batch = Batch(
        records=[post("7", author_id="7"), author("7"), Engagement("x", "7", at(1), 3)], matches=[match(post("7"))]
    )
    store.fold(batch)
    store.fold(batch)
    assert [("7", "7", 3)] == rows(
        store, "SELECT p.post_id, a.author_id, like_count FROM posts p, authors a, counts c WHERE c.post_id = p.post_id"
    )


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_of_profiles_of_one_moment_one_stands_whatever_the_order(store, order):
    said = [
        Author("x", "1", at(1), display_name="Ann"),
        Author("x", "1", at(1), display_name="Ann", bio="Doctor"),
        Author("x", "1", at(1), display_name="Ann", bio="Doctor", location="Oslo"),
    ]
    for place in order:
        store.fold(Batch(records=[said[place]]))
    assert [("Ann", "Doctor", "Oslo")] == rows(store, "SELECT display_name, bio, location FROM authors")


def test_a_newer_version_takes_the_place_of_one_that_stands_and_its_match_follows(store):
    first = post("1", revision="1".zfill(20), text="first", created_at=at(1))
    edited = post(
        "1", revision="2".zfill(20), text="edited", created_at=at(2), quoted_id="9", hashtags=("ash26", "new")
    )
    store.fold(Batch(records=[first, post("5")], matches=[match(first), match(post("5"))]))
    store.fold(Batch(records=[edited, post("6")], matches=[match(edited), match(post("6"))]))
    store.fold(Batch(records=[first], matches=[match(first)]))
    assert [("edited", ["ash26", "new"])] == rows(store, "SELECT text, hashtags FROM posts WHERE post_id = '1'")
    assert [(at(2), "quote")] == rows(store, "SELECT created_at, kind FROM matches WHERE post_id = '1'")
    assert [(3, 3)] == rows(store, "SELECT (SELECT count(*) FROM posts), (SELECT count(*) FROM matches)")


def test_a_match_without_its_post_is_refused_loudly(store):
    with pytest.raises(KeyError):
        store.fold(Batch(records=[post("1")], matches=[match(post("2"))]))
