"""The collector: what was acknowledged is never lost, what failed is recorded, a cancel leaves nothing half-written."""

from __future__ import annotations

import asyncio

import pytest

from pipelines.collect import Collector
from pipelines.digest import Digest
from pipelines.errors import SourceStopped
from pipelines.matching import Matcher
from pipelines.model import AccountState, Arrival, Cursor, Deletion, Engagement, Like
from pipelines.store.database import Store
from tests.records import NOON, at, author, congress, post


class Clock:
    def now(self):
        return at(30)


class Scripted:
    """A source that yields what it is given from its cursor on; an exception in the script is raised, once."""

    def __init__(self, name, script):
        self.name, self.script, self.asked = name, list(script), []

    async def events(self, cursor):
        self.asked.append(cursor)
        start = int(cursor.position) + 1 if cursor else 0
        for index in range(start, len(self.script)):
            if isinstance(self.script[index], Exception):
                error, self.script[index] = self.script[index], ()
                raise error
            yield Arrival(tuple(self.script[index]), Cursor(self.name, str(index), NOON))


@pytest.fixture
def store():
    with Store(None) as opened:
        yield opened


def collect(store, *sources, **more):
    digest = Digest(Matcher([congress()]), {})
    asyncio.run(Collector(store, digest, sources, Clock(), **more).run())


def values(store, sql):
    return [tuple(row.values()) for row in store.reader.ask(sql).to_pylist()]


def test_matched_posts_are_kept_with_why_and_strangers_are_not(store):
    collect(
        store,
        Scripted(
            "x", [[post("1"), author()], [post("2", hashtags=("ashg",), text="#ASHG", author_id="a2"), author("a2")]]
        ),
    )
    assert [("1", "hashtag", "ash26")] == values(store, "SELECT post_id, rule, term FROM matches")
    assert [("1",)] == values(store, "SELECT post_id FROM posts")
    assert [("a1",)] == values(store, "SELECT author_id FROM authors")


def test_an_answer_to_a_kept_post_is_kept_as_part_of_the_thread(store):
    reply = post("2", hashtags=(), text="Agreed", reply_to_id="1", created_at=at(2))
    collect(store, Scripted("x", [[post("1")]]))
    collect(store, Scripted("x2", [[reply]]))
    assert [("1", "hashtag"), ("2", "thread")] == values(store, "SELECT post_id, rule FROM matches ORDER BY post_id")


def test_a_thread_within_one_batch_is_matched_whatever_its_order_there(store):
    answers = [post(str(n), hashtags=(), text="Yes", reply_to_id=str(n - 1), created_at=at(n)) for n in (4, 3, 2)]
    collect(store, Scripted("x", [[*answers, post("1")]]))
    assert [("1",), ("2",), ("3",), ("4",)] == values(store, "SELECT post_id FROM matches ORDER BY post_id")


def test_what_a_matched_post_quotes_is_kept_for_who_takes_up_whom_but_not_counted(store):
    quoted = post("1", hashtags=(), text="An old post", author_id="a2")
    collect(store, Scripted("x", [[quoted, post("2", quoted_id="1")]]))
    assert [("1",), ("2",)] == values(store, "SELECT post_id FROM posts ORDER BY post_id")
    assert [("2",)] == values(store, "SELECT post_id FROM matches")


def test_counts_and_likes_of_strangers_are_left_out(store):
    stranger = [Engagement("x", "9", at(0), 5), Like("x", "l9", "9", at(0))]
    collect(store, Scripted("x", [[post("1"), Engagement("x", "1", at(0), 3), *stranger]]))
    assert [("1", 3)] == values(store, "SELECT post_id, like_count FROM counts")
    assert [] == values(store, "SELECT * FROM likes")


def test_a_source_that_fails_is_asked_again_from_its_last_committed_cursor(store, monkeypatch):
    monkeypatch.setattr("pipelines.collect.RETRY_SECONDS", (1.5, 3.0))
    source = Scripted("x", [[post("1")], [post("2")], RuntimeError("bug"), [post("3")]])
    collect(store, source)
    assert [None, "1"] == [each and each.position for each in source.asked]
    assert [("1",), ("2",), ("3",)] == values(store, "SELECT post_id FROM matches ORDER BY post_id")


def test_a_source_that_needs_a_person_stops_alone_and_says_why(store):
    stopped = Scripted("x", [SourceStopped("X_BEARER_TOKEN is wrong")])
    collect(store, stopped, Scripted("bluesky", [[post("1")]]))
    assert [("x", "stopped", "X_BEARER_TOKEN is wrong")] == values(store, "SELECT source, state, detail FROM health")
    assert [("x", "open")] == values(store, "SELECT source, status FROM gaps")
    assert [("1",)] == values(store, "SELECT post_id FROM matches")


def test_a_store_that_cannot_fold_stops_the_collector_loudly(store, monkeypatch):
    monkeypatch.setattr(store, "fold", lambda batch: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        collect(store, Scripted("x", [[post("1")]]))


def test_deletions_reach_the_store_whoever_wrote_the_post(store):
    collect(
        store, Scripted("x", [[post("1")], [Deletion("x", "post", "1", at(1)), AccountState("x", "a1", False, at(1))]])
    )
    assert [] == values(store, "SELECT * FROM posts")
    assert [(False,)] == values(store, "SELECT active FROM account_states")


def test_the_tape_is_given_what_came_before_it_is_folded(store):
    seen = []
    collect(store, Scripted("x", [[post("1")]]), keep=lambda arrivals: seen.append((len(arrivals), store.version)))
    assert [(1, 0)] == seen


class Dripping:
    """A source whose thirty arrivals come 20 ms after one another, all of one moment."""

    name = "x"

    def __init__(self, event_at):
        self.event_at = event_at

    async def events(self, _):
        for index in range(30):
            yield Arrival((post(f"{index}"),), Cursor("x", str(index), self.event_at))
            await asyncio.sleep(0.02)


def test_what_is_old_when_it_comes_is_folded_in_fewer_batches_and_none_of_it_is_missing(store):
    folds = {}
    for said, event_at in (("old", NOON), ("now", Clock().now())):
        sizes = folds[said] = []
        collect(store, Dripping(event_at), after_fold=sizes.append)
    assert [30, 30] == [sum(sizes) for sizes in folds.values()]
    assert len(folds["old"]) < len(folds["now"])
    assert [(30,)] == values(store, "SELECT count(*) AS n FROM matches")
