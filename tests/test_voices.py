"""Voices: HCPs by who takes them up, one person once where both profiles say so, with the place they had before."""

from __future__ import annotations

import pytest

from pipelines.model import Abstract, AbstractMention, Batch, Deletion, Like
from pipelines.reads import answer
from pipelines.store.database import Store
from tests.records import at, author, match, post, role

X, BLUESKY = "101", "did:plc:jane"


@pytest.fixture
def store():
    with Store(None) as opened:
        yield opened


def fold(store, posts, authors, roles):
    store.fold(Batch(records=[*posts, *authors], matches=[match(each) for each in posts], roles=roles))


def voices(store):
    params = {"congress_id": "ash-2026", "minutes": "60", "limit": "10"}
    return answer(store.reader, "voices", params, at(60)).to_pylist()


def jane_on_both(bio_on_x, bio_on_bluesky):
    accounts = [
        author(X, handle="janedoe", display_name="Jane Doe, MD", bio=bio_on_x),
        author(BLUESKY, platform="bluesky", handle="jane.bsky.social", display_name="Jane Doe, MD", bio=bio_on_bluesky),
    ]
    posts = [
        post("1", author_id=X, created_at=at(10)),
        post("2", author_id=X, created_at=at(11)),
        post("at://p/1", platform="bluesky", author_id=BLUESKY, created_at=at(12)),
    ]
    return posts, accounts, [role(X), role(BLUESKY, platform="bluesky")]


def test_accounts_that_name_each_other_are_one_voice(store):
    fold(store, *jane_on_both("Hematologist. Also @jane.bsky.social", "Hematologist. X: @janedoe"))
    (jane,) = voices(store)
    assert ("janedoe", ["bluesky:jane.bsky.social"], 3) == (jane["handle"], jane["also"], jane["post_count"])


def test_one_sides_word_is_not_enough(store):
    fold(store, *jane_on_both("Hematologist. Also @jane.bsky.social", "Hematologist"))
    assert [[], []] == [row["also"] for row in voices(store)]


def test_who_is_taken_up_by_hcps_stands_first_with_the_place_of_the_window_before(store):
    people = [author(each, display_name=f"{each}, MD") for each in ("a", "b", "c")]
    posts = [
        post("1", author_id="a", created_at=at(-30)),
        post("2", author_id="c", created_at=at(-20), repost_of_id="1"),
        post("3", author_id="b", created_at=at(10)),
        post("4", author_id="c", created_at=at(20), repost_of_id="3"),
        post("5", author_id="a", created_at=at(30)),
    ]
    fold(store, posts, people, [role(each, decided_at=at(-60)) for each in ("a", "b", "c")])
    found = {row["author_id"]: (row["rank"], row["rank_before"], row["hcp_engager_count"]) for row in voices(store)}
    assert (1, None, 1) == found["b"]
    assert 1 == found["a"][1]
    assert 0 == found["a"][2]


def test_whoever_is_no_hcp_is_no_voice(store):
    fold(store, [post("1", author_id="p")], [author("p", display_name="Pat")], [role("p", "patient_advocate")])
    assert [] == voices(store)


@pytest.mark.parametrize(("lifts", "url"), [(70, None), (50, "https://x.com/i/1"), (0, "https://x.com/i/1")])
def test_a_post_that_speaks_of_an_abstract_too_early_is_not_linked_until_the_embargo_is_over(store, lifts, url):
    store.fold_catalogue("ash-2026", [Abstract("ash-2026", "LBA-1", "A late one", embargo_lift_at=at(lifts))])
    best = post("1", author_id="a", created_at=at(10), url="https://x.com/i/1")
    store.fold(
        Batch(
            records=[best, author("a", display_name="a, MD")],
            matches=[match(best)],
            mentions=[AbstractMention("x", "1", "ash-2026", "LBA-1", 1, "number_cue", "LBA-1")],
            roles=[role("a")],
        )
    )
    assert [("1", url)] == [(row["best_post_id"], row["url"]) for row in voices(store)]


def test_who_took_up_a_post_that_is_deleted_takes_up_nobody(store):
    people = [author(each, display_name=f"{each}, MD") for each in ("a", "b")]
    posts = [
        post("1", author_id="a", created_at=at(10)),
        post("2", author_id="b", created_at=at(11), quoted_id="1"),
        post("3", author_id="a", created_at=at(12)),
    ]
    fold(store, posts, people, [role(each) for each in ("a", "b")])
    assert {"a": 1, "b": 0} == {row["author_id"]: row["hcp_engager_count"] for row in voices(store)}
    store.fold(Batch(records=[Deletion("x", "post", "1", at(30))]))
    assert {"a": 0, "b": 0} == {row["author_id"]: row["hcp_engager_count"] for row in voices(store)}


def test_what_was_seen_to_happen_to_a_post_counts_where_the_platform_gave_no_count(store):
    original = post("at://p/1", platform="bluesky", author_id=BLUESKY, created_at=at(10))
    repost = post("at://r/1", platform="bluesky", author_id="did:plc:other", repost_of_id="at://p/1", text="")
    like = Like("bluesky", "at://l/1", "at://p/1", at(1))
    fold(store, [original, repost], [like], [role(BLUESKY, platform="bluesky")])
    assert [2] == [row["engagement_count"] for row in voices(store)]
