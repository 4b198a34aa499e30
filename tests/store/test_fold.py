"""Folding: any order, any repetition, the same state; a deletion always wins."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.model import (
    AbstractMention,
    AccountState,
    Author,
    Batch,
    Cursor,
    Deletion,
    Engagement,
    Gap,
    Health,
    Like,
)
from pipelines.store.database import Store
from tests.records import NOON, at, author, match, post, role

TABLES = (
    "posts", "authors", "engagement", "counts", "likes", "deletions", "removed_posts", "refused_posts", "account_states",
    "matches", "abstract_mentions", "roles", "gaps", "health",
)  # fmt: skip


@pytest.fixture
def store():
    with Store(None) as opened:
        yield opened


def state(store: Store) -> dict[str, list]:
    return {table: store.reader.ask(f"SELECT * FROM {table} ORDER BY ALL").to_pylist() for table in TABLES}


def rows(store: Store, sql: str) -> list[tuple]:
    return [tuple(row.values()) for row in store.reader.ask(sql).to_pylist()]


def mention(of, number="112", **fields) -> AbstractMention:
    return AbstractMention(of.platform, of.post_id, "ash-2026", number, 1, "number_cue", f"Abstract {number}", **fields)


def test_a_post_folded_twice_counts_once(store):
    batch = Batch(records=[post()], matches=[match(post())], mentions=[mention(post())])
    store.fold(batch)
    once = state(store)
    store.fold(batch)
    assert once == state(store)
    assert len(once["matches"]) == 1


def test_a_deletion_that_comes_first_refuses_the_post(store):
    store.fold(Batch(records=[Deletion("x", "post", "1", at(5))]))
    store.fold(Batch(records=[post("1")], matches=[match(post("1"))], mentions=[mention(post("1"))]))
    assert [] == state(store)["posts"] + state(store)["matches"] + state(store)["abstract_mentions"]
    assert [("1",)] == rows(store, "SELECT post_id FROM removed_posts")


def test_deleting_a_post_takes_the_reposts_that_carry_its_words(store):
    original = post("1", text="secret words")
    repost = post("2", repost_of_id="1", text="secret words")
    store.fold(Batch(records=[original, repost], matches=[match(original), match(repost)]))
    store.fold(Batch(records=[Deletion("x", "post", "1", at(5))]))
    assert [] == state(store)["posts"]
    late = post("3", repost_of_id="1", text="secret words")
    store.fold(Batch(records=[late], matches=[match(late)]))
    assert [] == state(store)["posts"]


def test_a_repost_of_a_repost_goes_with_the_first_post_whatever_came_when(store):
    chain = [post("1"), post("2", repost_of_id="1"), post("3", repost_of_id="2")]
    gone = Deletion("x", "post", "1", at(5))
    for order in (
        [*chain, gone],
        [gone, *chain],
        [chain[2], gone, chain[1], chain[0]],
        [chain[0], chain[2], gone, chain[1]],
    ):
        for record in order:
            store.fold(Batch(records=[record]))
        assert [] == state(store)["posts"]
        empty(store)


def test_deleting_an_author_purges_words_roles_and_profile_but_not_what_they_write_later(store):
    before, after = post("1"), post("2", created_at=at(60))
    store.fold(Batch(records=[before, author(bio="MD")], matches=[match(before)], roles=[role()]))
    store.fold(Batch(records=[Deletion("x", "author", "a1", at(30), "account_deleted")]))
    store.fold(Batch(records=[before, after], matches=[match(before), match(after)]))
    assert [("2",)] == rows(store, "SELECT post_id FROM matches")
    assert [] == state(store)["authors"] + state(store)["roles"]


def test_a_deactivated_account_is_hidden_and_shown_again(store):
    store.fold(Batch(records=[post()], matches=[match(post())]))
    store.fold(Batch(records=[AccountState("x", "a1", False, at(1), "deactivated")]))
    assert [(False,)] == rows(store, "SELECT visible FROM matches")
    store.fold(Batch(records=[AccountState("x", "a1", True, at(2))]))
    assert [(True,)] == rows(store, "SELECT visible FROM matches")


def test_an_older_account_state_changes_nothing(store):
    store.fold(Batch(records=[AccountState("x", "a1", True, at(2)), post()], matches=[match(post())]))
    store.fold(Batch(records=[AccountState("x", "a1", False, at(1), "deactivated")]))
    assert [(True,)] == rows(store, "SELECT visible FROM matches")


def test_an_edit_replaces_the_text_and_what_it_mentions(store):
    edited = post("1", revision="2".zfill(20), text="now about 113")
    store.fold(Batch(records=[post("1")], matches=[match(post("1"))], mentions=[mention(post("1"), "112")]))
    store.fold(Batch(records=[edited], matches=[match(edited)], mentions=[mention(edited, "113")]))
    assert [("113",)] == rows(store, "SELECT number FROM abstract_mentions")
    store.fold(Batch(records=[post("1")], matches=[match(post("1"))], mentions=[mention(post("1"), "112")]))
    assert [("113",)] == rows(store, "SELECT number FROM abstract_mentions")
    assert [("now about 113",)] == rows(store, "SELECT text FROM posts")


def test_what_is_not_said_of_an_author_never_erases_what_was(store):
    store.fold(Batch(records=[author(bio="Haematologist", display_name="A", followers_count=10)]))
    store.fold(Batch(records=[Author("x", "a1", at(9), handle="new_handle")]))
    assert [("new_handle", "Haematologist", 10)] == rows(store, "SELECT handle, bio, followers_count FROM authors")


def test_an_unlike_before_its_like_leaves_no_like(store):
    store.fold(Batch(records=[Deletion("bluesky", "like", "at://x/like/1", at(1))]))
    store.fold(Batch(records=[Like("bluesky", "at://x/like/1", "at://p", at(0))]))
    assert [] == state(store)["likes"]


def test_the_cursor_stands_where_the_batch_left_it(store):
    store.fold(Batch(records=[post()], cursors=[Cursor("bluesky", "7", NOON), Cursor("bluesky", "8", NOON)]))
    assert [("bluesky", "8")] == rows(store, "SELECT source, position FROM cursors")


def test_a_batch_that_fails_leaves_nothing_behind(store):
    broken = mention(post("1"), span=("not", "numbers"))  # cannot become a column
    with pytest.raises(Exception, match="not"):
        store.fold(
            Batch(records=[post("1")], matches=[match(post("1"))], mentions=[broken], cursors=[Cursor("x", "1", NOON)])
        )
    assert [] == state(store)["posts"]
    assert [] == rows(store, "SELECT * FROM cursors")
    store.fold(Batch(records=[post("1")], matches=[match(post("1"))]))
    assert 1 == len(state(store)["posts"])


def test_the_role_of_a_moment_is_the_newest_before_it_and_a_reviewer_wins(store):
    store.fold(
        Batch(
            roles=[
                role(name="other", decided_at=at(0)),
                role(name="hcp", decided_at=at(10)),
                role(name="pharma", decided_at=at(5), decided_by="jane@example.org"),
            ]
        )
    )
    seen = {
        minute: store.reader.ask("SELECT role FROM role_at($t)", t=at(minute)).to_pylist()[0]["role"]
        for minute in (1, 6, 20)
    }
    assert {1: "other", 6: "pharma", 20: "pharma"} == seen


def test_of_two_versions_in_one_batch_what_was_read_of_the_newer_stays(store):
    old, new = post("1", text="about 112"), post("1", revision="2".zfill(20), text="now about 113")
    store.fold(Batch(records=[new, old], matches=[match(new)], mentions=[mention(new, "113")]))
    assert [("113",)] == rows(store, "SELECT number FROM abstract_mentions")


def test_an_edit_that_makes_a_post_a_quote_makes_its_match_one(store):
    edited = post("1", revision="2".zfill(20), quoted_id="9")
    store.fold(Batch(records=[post("1")], matches=[match(post("1"))]))
    store.fold(Batch(records=[edited], matches=[match(edited)]))
    store.fold(Batch(records=[post("1")], matches=[match(post("1"))]))
    assert [("quote",)] == rows(store, "SELECT kind FROM matches")


def test_a_deleted_profile_goes_also_where_the_handle_was_seen_later(store):
    store.fold(Batch(records=[author(handle=None, bio="MD", display_name="Ann", followers_count=3)]))
    store.fold(Batch(records=[author(seen_at=at(9), handle="h")]))
    store.fold(Batch(records=[Deletion("x", "author", "a1", at(5), "forget")]))
    assert [("h", None, None, None)] == rows(store, "SELECT handle, bio, display_name, followers_count FROM authors")


def test_a_profile_that_names_no_one_any_more_keeps_no_name_from_the_same_batch(store):
    store.fold(Batch(records=[author(display_name="Ann", bio="MD"), author(seen_at=at(1), bio="RN")]))
    assert [(None, "RN")] == rows(store, "SELECT display_name, bio FROM authors")


IDS = st.sampled_from(["1", "2", "3"])
AUTHORS = st.sampled_from(["a1", "a2"])
MINUTES = st.integers(0, 3)


def _posts(draw):
    post_id = draw(IDS)
    return post(
        post_id,
        author_id={"1": "a1", "2": "a2", "3": "a1"}[post_id],
        revision=draw(IDS).zfill(20),
        text=draw(st.sampled_from(["short", "a longer text"])),
        retrieved_at=at(draw(MINUTES)),
        repost_of_id="1" if post_id == "3" else None,
    )


@st.composite
def batches(draw):
    """One record with what was read from it, as the collector would fold it."""
    kind = draw(
        st.sampled_from(
            ["post", "post", "post", "delete", "state", "author", "engagement", "like", "gap", "health", "role"]
        )
    )
    minute = at(draw(MINUTES))
    if kind == "post":
        of = _posts(draw)
        number = "112" if of.text == "short" else "113"  # mentions follow from the text, as they do from the linker
        return Batch(records=[of], matches=[match(of)], mentions=[mention(of, number)])
    if kind == "role":
        return Batch(roles=[role(draw(AUTHORS), draw(st.sampled_from(["hcp", "other"])), decided_at=minute)])
    record = {
        "delete": lambda: draw(st.sampled_from([
            Deletion("x", "post", draw(IDS), minute), Deletion("x", "author", draw(AUTHORS), at(-1)),
            Deletion("x", "author", draw(AUTHORS), at(9)), Deletion("x", "like", "l1", minute)])),
        "state": lambda: AccountState("x", draw(AUTHORS), draw(st.booleans()), minute),
        "author": lambda: author(draw(AUTHORS), seen_at=minute, handle=draw(st.sampled_from([None, "h", "g"])),
                                 bio=draw(st.sampled_from([None, "MD", "RN"])), followers_count=draw(st.sampled_from([None, 1, 2]))),
        "engagement": lambda: Engagement("x", draw(IDS), minute, draw(st.integers(0, 2)), 0, 0, 0),
        "like": lambda: Like("x", "l1", "1", at(0)),  # a like record never changes its subject
        "gap": lambda: Gap("x", at(0), draw(st.sampled_from([None, at(9)])), "stall", "open", minute),
        "health": lambda: Health("x", minute, "live"),
    }[kind]()  # fmt: skip
    return Batch(records=[record])


@pytest.fixture(scope="module")
def two_stores():
    with Store(None) as one, Store(None) as other:
        yield one, other


def empty(store: Store) -> None:
    with store._transaction() as db:
        for table in TABLES:
            db.execute(f"DELETE FROM {table}")


@settings(max_examples=30, deadline=None)
@given(st.lists(batches(), min_size=2, max_size=9), st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_fold_to_the_same_state(two_stores, folded, random):
    again = [*folded, *random.choices(folded, k=2)]
    random.shuffle(again)
    for store, order in zip(two_stores, (folded, again), strict=True):
        empty(store)
        for batch in order:
            store.fold(batch)
    assert state(two_stores[0]) == state(two_stores[1])


def test_gap_news_replace_older_news(store):
    store.fold(Batch(records=[Gap("x", at(0), None, "stall", "open", at(1))]))
    store.fold(Batch(records=[Gap("x", at(0), at(9), "stall", "filled", at(9))]))
    store.fold(Batch(records=[Gap("x", at(0), None, "stall", "open", at(1))]))
    assert [("filled", NOON + timedelta(minutes=9))] == rows(store, "SELECT status, to_at FROM gaps")


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
def test_counts_are_those_of_the_newest_sighting_and_every_sighting_is_kept(store, order):
    seen = [(5, 1), (9, 4), (9, 6), (7, 8)]  # minutes, likes: of two sightings of one moment the larger
    for place in order:
        minutes, likes = seen[place]
        store.fold(Batch(records=[Engagement("x", "1", at(minutes), likes)]))
    assert [(at(9), 6)] == rows(store, "SELECT seen_at, like_count FROM counts")
    assert [(at(5), 1), (at(7), 8), (at(9), 6)] == rows(
        store, "SELECT seen_at, like_count FROM engagement ORDER BY ALL"
    )
