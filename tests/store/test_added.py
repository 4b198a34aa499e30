"""What a reviewer accepted and no rule found stands as rows, whatever came first and whatever comes after."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.corrections import Review
from pipelines.model import AbstractMention, AccountState, Batch, Deletion
from pipelines.store.database import Store
from tests.records import at, match, post

ORIGINAL, REPOST = post("1"), post("2", repost_of_id="1", author_id="a2", created_at=at(1))


def said(verdict="accept", minute=5):
    return Review("ash-2026", "x", "1", "113", verdict, "jane", "slide 113", at(minute))


def found(post):
    return AbstractMention(post.platform, post.post_id, "ash-2026", "113", 1, "number_cue", "#113")


def posted(*posts):
    return Batch(records=list(posts), matches=[match(each) for each in posts])


def added(store):
    rows = store.reader.ask("SELECT post_id, inherited_from, visible FROM added_mentions ORDER BY post_id")
    assert rows == store.reader.ask("SELECT post_id, inherited_from, visible FROM added_now ORDER BY post_id")
    spoken = store.reader.ask(
        "SELECT post_id FROM spoken_of WHERE state = 'accepted' AND rule = 'reviewer' ORDER BY post_id"
    )
    assert spoken["post_id"].to_pylist() == rows["post_id"].to_pylist()
    return [tuple(row.values()) for row in rows.to_pylist()]


BOTH = [("1", None, True), ("2", "1", True)]
STEPS = {
    "post": lambda store: store.fold(posted(ORIGINAL)),
    "repost": lambda store: store.fold(posted(REPOST)),
    "word": lambda store: store.fold_reviews([said()]),
}


@pytest.mark.parametrize("order", [("post", "repost", "word"), ("word", "repost", "post"), ("post", "word", "repost")])
def test_an_accepted_link_counts_for_the_post_and_its_reposts_in_any_order(order):
    with Store(None) as store:
        for name in order:
            STEPS[name](store)
        assert BOTH == added(store)


@pytest.fixture
def store():
    with Store(None) as opened:
        for step in STEPS.values():
            step(opened)
        yield opened


def test_nothing_is_added_twice_or_again(store):
    for step in STEPS.values():
        step(store)
    assert BOTH == added(store)


def test_a_later_word_takes_it_back(store):
    store.fold_reviews([said("reject", 6)])
    assert [] == added(store)


def test_what_a_rule_finds_after_all_is_not_added(store):
    store.replace_mentions("ash-2026", [found(ORIGINAL)], [], [ORIGINAL])
    assert BOTH[1:] == added(store)
    store.replace_mentions("ash-2026", [], [], [ORIGINAL])
    assert BOTH == added(store)


def test_a_deleted_post_takes_its_row_along(store):
    store.fold(Batch(records=[Deletion("x", "post", "2", at(9))]))
    assert BOTH[:1] == added(store)


def test_a_hidden_account_is_not_seen_here_either(store):
    store.fold(Batch(records=[AccountState("x", "a2", False, at(9), "suspended")]))
    assert [BOTH[0], ("2", "1", False)] == added(store)


def test_another_reason_stands_at_once(store):
    store.fold_reviews([Review("ash-2026", "x", "1", "113", "accept", "joe", "said so", at(7))])
    rows = store.reader.ask("SELECT DISTINCT evidence FROM added_mentions")
    assert [{"evidence": "said so"}] == rows.to_pylist()


def test_a_file_from_before_is_given_its_rows(tmp_path):
    path = tmp_path / "pulse.duckdb"
    with Store(path) as store:
        for step in STEPS.values():
            step(store)
    with duckdb.connect(str(path)) as db:  # as 0023 left it
        for what in ("VIEW added_now", "TABLE added_mentions", "MACRO numbers_of_named"):
            db.execute(f"DROP {what}")
        db.execute("ALTER TABLE posts DROP COLUMN mentioned_numbers")
        db.execute("DELETE FROM migrations WHERE name = '0024_added'")
    with Store(path) as store:
        assert BOTH == added(store)
