"""What waits for the lake: written with the fold, in order, and free of what was deleted meanwhile."""

from __future__ import annotations

import pytest

from pipelines.model import Batch, Cursor, Deletion, Health
from pipelines.store.database import Store
from pipelines.store.outbox import OWN_SOURCE, Writer, table_from
from tests.records import NOON, at, author, match, post


@pytest.fixture
def path(tmp_path):
    return tmp_path / "pulse.duckdb"


def joined(path) -> Store:
    store = Store(path)
    if store.outbox.writer is None:
        store.keep_house(lambda db: store.outbox.join(db, Writer("w1", "here", 0, "", True)))
    return store


def waiting(store: Store) -> list[tuple[int, str, list[dict]]]:
    rows = store.reader.ask("SELECT seq, kind, body FROM outbox ORDER BY seq, kind").to_pylist()
    return [(row["seq"], row["kind"], table_from(row["body"]).to_pylist()) for row in rows]


def one(post_id: str, **fields) -> Batch:
    return Batch(
        records=[post(post_id, **fields)], matches=[match(post(post_id))], cursors=[Cursor("x", post_id, NOON)]
    )


def test_a_file_that_joined_no_lake_keeps_nothing(path):
    with Store(path) as store:
        store.fold(one("1"))
        assert [] == waiting(store)


def test_each_batch_waits_with_its_cursor_under_a_number_of_its_own(path):
    with joined(path) as store:
        store.fold(one("1"))
        store.fold(one("2"))
        found = waiting(store)
    assert [(1, "cursor"), (1, "match"), (1, "post"), (2, "cursor"), (2, "match"), (2, "post")] == [
        row[:2] for row in found
    ]
    assert ["1", "2"] == [rows[0]["post_id"] for _, kind, rows in found if kind == "post"]


def test_a_batch_that_fails_leaves_nothing_waiting(path):
    with joined(path) as store:
        with pytest.raises(KeyError):
            store.fold(Batch(records=[post("1")], matches=[match(post("2"))]))
        assert [] == waiting(store)


def test_numbers_rise_over_restarts_also_when_everything_was_sent(path):
    with joined(path) as store:
        store.fold(one("1"))
        store.fold(one("2"))
        store.keep_house(lambda db: store.outbox.sent(db, 2, "mark"))
    with joined(path) as store:
        store.fold(one("3"))
        assert {3} == {row[0] for row in waiting(store)}


def test_what_a_host_says_of_its_way_to_the_lake_and_what_came_from_there_stay_here(path):
    with joined(path) as store:
        store.fold(Batch(records=[Health(OWN_SOURCE, NOON, "live")]))
        store.fold(one("1"), told=False)
        assert [] == waiting(store)


def test_words_that_were_deleted_while_they_waited_are_gone_from_the_file(path):
    words = "UNMISTAKABLE words of a post that is deleted before the lake is back"
    with joined(path) as store:
        store.fold(one("1", text=words))
        store.fold(one("2", text=f"RT {words}", repost_of_id="1"))
        store.fold(Batch(records=[author("a9", bio="UNMISTAKABLE bio of somebody who leaves, long enough to be told")]))
        store.fold(Batch(records=[Deletion("x", "post", "1", at(2)), Deletion("x", "author", "a9", at(3))]))
        store.rewrite()
        kinds = {
            kind: [row for _, k, rows in waiting(store) if k == kind for row in rows] for _, kind, _ in waiting(store)
        }
        store.checkpoint()
        assert b"UNMISTAKABLE" not in path.read_bytes()
    assert [] == kinds["post"] + kinds["match"] + kinds["author"]
    assert ["1", "2"] == sorted(row["post_id"] for row in kinds["removed"])
    assert ["1", "2"] == sorted(row["post_id"] for row in kinds["refused"])
    assert ["1", "a9"] == [row["target_id"] for row in kinds["deletion"]]
