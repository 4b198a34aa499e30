"""Who took up whom stands as rows, the same whatever came first and however often."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.model import AccountState, Batch, Deletion, Match
from pipelines.store.database import Store
from tests.records import at, post

ORIGINAL = post("1", author_id="jane")
REPOST = post("2", author_id="joe", repost_of_id="1", created_at=at(1))
REPLY = post(
    "3", author_id="ann", reply_to_id="2", quoted_id="1", created_at=at(2), mentioned_ids=("jane", "jane", "bob")
)
ALL = (ORIGINAL, REPOST, REPLY)
EDIT = post("3", author_id="ann", reply_to_id="1", created_at=at(2), mentioned_ids=("bob",), revision="2")
TAKEN = [("2", "jane"), ("3", "bob"), ("3", "jane"), ("3", "jane"), ("3", "jane"), ("3", "joe")]


def posted(*posts, congress_id="ash-2026"):
    return Batch(
        records=list(posts),
        matches=[Match(each.platform, each.post_id, congress_id, "hashtag", "#ash26") for each in posts],
    )


def gone(target, target_id):
    return Batch(records=[Deletion("x", target, target_id, at(9))])


def taken(store, only="true"):
    """Each post beside the author it takes up, unknown ones left out; the rows are what the view says."""
    assert (
        0
        == store.reader.ask("""
        SELECT count(*) AS n FROM ((FROM taken_up EXCEPT ALL FROM taken_up_now) UNION ALL (FROM taken_up_now EXCEPT ALL FROM taken_up))
    """)["n"][0].as_py()
    )
    names = {name: name for name in ("jane", "joe", "ann", "bob")}
    numbers = {
        row["n"]: name
        for name in names
        for row in store.reader.ask("SELECT number_of('x', $name) AS n", name=name).to_pylist()
    }
    rows = store.reader.ask("""
        SELECT m.post_id, t.taken_number AS taken, t.visible FROM taken_up t JOIN matches m USING (congress_id, post_number)
        WHERE t.taken_number IS NOT NULL
    """).to_pylist()
    return sorted((row["post_id"], numbers[row["taken"]]) for row in rows if row["visible"])


@pytest.fixture
def store():
    with Store(None) as opened:
        opened.fold(posted(*ALL))
        yield opened


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_what_is_taken_up_may_come_after_what_takes_it_up(order):
    with Store(None) as store:
        for each in order:
            store.fold(posted(ALL[each]))
        assert TAKEN == taken(store)


def test_what_comes_again_changes_no_row(store):
    before = store.reader.ask("SELECT rowid, * FROM taken_up ORDER BY rowid")
    store.fold(posted(*ALL))
    store.fold(posted(*ALL, post("4")))
    assert before == store.reader.ask("SELECT rowid, * FROM taken_up ORDER BY rowid")


def test_another_congress_has_rows_of_its_own(store):
    store.fold(posted(*ALL, congress_id="esmo-2026"))
    assert sorted(TAKEN * 2) == taken(store)


def test_of_a_post_that_was_edited_only_the_new_words_count(store):
    store.fold(posted(EDIT))
    assert [("2", "jane"), ("3", "bob"), ("3", "jane")] == taken(store)


def test_a_deleted_post_takes_nobody_up_and_has_no_author_any_more(store):
    store.fold(gone("post", "1"))  # and the repost with it
    assert [("3", "bob"), ("3", "jane"), ("3", "jane")] == taken(store)
    numbers = store.reader.ask("SELECT DISTINCT number_of('x', '2') AS n FROM posts")["n"][0].as_py()
    left = store.reader.ask("SELECT count(*) AS n FROM taken_up WHERE post_number = $gone", gone=numbers)
    assert [{"n": 0}] == left.to_pylist()


def test_a_deleted_account_leaves_no_row_of_its_posts(store):
    store.fold(gone("author", "ann"))
    assert [("2", "jane")] == taken(store)


def test_a_hidden_account_takes_nobody_up_until_it_is_seen_again(store):
    store.fold(Batch(records=[AccountState("x", "ann", False, at(9), "suspended")]))
    assert [("2", "jane")] == taken(store)
    store.fold(Batch(records=[AccountState("x", "ann", True, at(10), None)]))
    assert TAKEN == taken(store)


_STEPS = (
    *(posted(each) for each in (*ALL, EDIT)),
    posted(ORIGINAL, REPLY, congress_id="esmo-2026"),
    Batch(records=[ORIGINAL]),
    gone("post", "2"),
    gone("author", "jane"),
    Batch(records=[AccountState("x", "ann", False, at(9), "suspended")]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(range(len(_STEPS))), max_size=8))
def test_the_rows_are_what_the_view_says_after_any_course(course):
    with Store(None) as store:
        for step in course:
            store.fold(_STEPS[step])
            taken(store)


def test_a_file_from_before_is_given_its_rows(tmp_path):
    path = tmp_path / "pulse.duckdb"
    with Store(path) as store:
        store.fold(posted(*ALL))
    with duckdb.connect(str(path)) as db:  # as 0024 left it
        db.execute("DROP VIEW taken_up_now")
        db.execute("DROP TABLE taken_up")
        db.execute("DELETE FROM migrations WHERE name = '0025_taken_up'")
    with Store(path) as store:
        assert TAKEN == taken(store)
