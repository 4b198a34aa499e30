"""One thread asks for all viewers; the last good picture survives whatever the owner does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from dashboard.asks import ALWAYS, HEALTH, Span, ask
from dashboard.reads import Hub
from pipelines.errors import ReadsUnavailable
from tests.dashboard.fake_owner import FakeOwner

OVERVIEW = ask("overview", congress_id="esmo-2026", minutes=60)


@pytest.fixture
def owner() -> FakeOwner:
    return FakeOwner(posts=200)


@pytest.fixture
def hub(owner: FakeOwner) -> Iterator[Hub]:
    made = Hub(owner, period=0.2)
    yield made
    made.stop()


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end, "nothing happened in five seconds"
        time.sleep(0.01)


def test_a_first_look_waits_for_its_answer(hub):
    sight = hub.look([OVERVIEW])
    assert sight.complete
    assert sight.snapshot[OVERVIEW].num_rows == 1


def test_fifty_viewers_cost_one_question_a_commit(hub, owner):
    hub.look([OVERVIEW])
    asked, number = owner.calls["overview"], hub.snapshot.number
    owner.commit()
    until(lambda: hub.snapshot.number > number + 1)
    for _ in range(50):
        hub.look([OVERVIEW])
    assert asked + 1 == owner.calls["overview"]


def test_a_snapshot_is_never_changed_only_replaced(hub, owner):
    first = hub.look([OVERVIEW]).snapshot
    owner.commit(60)
    until(lambda: hub.snapshot.now > first.now)
    assert first is not hub.snapshot
    with pytest.raises(TypeError):
        first.answers[HEALTH] = None


def test_when_the_owner_goes_the_last_picture_stays_and_when_it_comes_back_it_goes_on(hub, owner):
    last = hub.look([OVERVIEW]).snapshot
    owner.away = True
    until(lambda: hub.error)
    sight = hub.look([OVERVIEW])
    assert sight.complete
    assert last.now == sight.snapshot.now
    assert "nobody answers" in sight.error
    owner.away = False
    owner.commit()
    until(lambda: hub.error is None)
    assert hub.look([OVERVIEW]).snapshot.now > last.now


def test_nobody_waits_for_an_owner_that_is_away(owner):
    owner.away = True
    hub = Hub(owner, period=0.2)
    until(lambda: hub.error)
    started = time.monotonic()
    assert hub.look([OVERVIEW]).snapshot is None
    assert time.monotonic() - started < 0.2
    hub.stop()


def test_a_broken_read_leaves_the_others_standing(hub, owner):
    owner.broken = "overview"
    sight = hub.look([OVERVIEW])
    assert not sight.complete
    assert "post_count" in sight.snapshot.failed[OVERVIEW]
    assert sight.snapshot.has(ALWAYS)


def test_the_whole_picture_is_of_one_moment(hub, owner, monkeypatch):
    asked = []
    answer = owner.read
    monkeypatch.setattr(owner, "read", lambda name, **p: (asked.append((name, p.get("as_of"))), answer(name, **p))[1])
    snapshot = hub.look([OVERVIEW, ask("newest_posts", congress_id="esmo-2026", limit=5)]).snapshot
    assert {snapshot.now} == {at for name, at in asked if name in ("overview", "newest_posts")}


def test_a_dear_read_is_not_asked_again_at_once(owner, monkeypatch):
    answer = owner._read_overview
    monkeypatch.setattr(owner, "_read_overview", lambda **params: (time.sleep(0.3), answer(**params))[1])
    hub = Hub(owner, period=0.1)
    first = hub.look([OVERVIEW]).snapshot
    owner.commit()
    until(lambda: hub.snapshot.now > first.now)
    assert owner.calls["overview"] == 1
    until(lambda: owner.calls["overview"] == 2)
    hub.stop()


def test_a_read_the_owner_refuses_is_not_taken_for_an_absent_owner(hub, owner, monkeypatch):
    def refuse(**params):
        raise ReadsUnavailable("the collector refused overview (500)")

    monkeypatch.setattr(owner, "_read_overview", refuse)
    sight = hub.look([OVERVIEW])
    assert (sight.error, sight.complete) == (None, False)
    assert "refused" in sight.snapshot.failed[OVERVIEW]


def test_a_span_follows_the_clock_in_whole_buckets():
    now = datetime(2026, 10, 25, 16, 52, 14)
    assert (datetime(2026, 10, 24, 17), datetime(2026, 10, 25, 17)) == Span(1440, 10).bounds(now)
    assert (datetime(2026, 10, 25, 15, 53), datetime(2026, 10, 25, 16, 53)) == Span(60, 1).bounds(now)


def test_a_span_on_the_edge_of_a_bucket_begins_the_next():
    now = datetime(2026, 10, 25, 17)
    assert now + timedelta(minutes=10) == Span(1440, 10).bounds(now)[1]


def test_a_span_since_a_moment_grows_and_keeps_its_start():
    span = Span(0, 60, since=datetime(2026, 10, 15, 22, 20))
    assert span.bounds(datetime(2026, 10, 25, 17, 1)) == (datetime(2026, 10, 15, 22), datetime(2026, 10, 25, 18))
    assert span.bounds(datetime(2026, 10, 29, 9)) == (datetime(2026, 10, 15, 22), datetime(2026, 10, 29, 10))


def test_a_span_since_the_future_is_one_bucket():
    now = datetime(2026, 10, 25, 17, 1)
    assert Span(0, 60, since=now + timedelta(days=40)).bounds(now) == (
        datetime(2026, 10, 25, 17),
        datetime(2026, 10, 25, 18),
    )


def test_what_is_drawn_of_an_answer_is_drawn_once_as_long_as_it_stands(hub, owner):
    first = hub.look([OVERVIEW]).snapshot.answers[OVERVIEW]
    assert len({id(first.once("key", object)) for _ in range(3)}) == 1
    owner.commit()
    until(lambda: hub.look([OVERVIEW]).snapshot.answers[OVERVIEW] is not first)
    assert first.once("key", object) is not hub.snapshot.answers[OVERVIEW].once("key", object)


def test_a_post_is_asked_for_the_moment_it_is_committed_and_the_rest_takes_its_turn(owner):
    newest, voices = (
        ask("newest_posts", congress_id="esmo-2026", limit=5),
        ask("voices", congress_id="esmo-2026", minutes=60, limit=5),
    )
    hub = Hub(owner)
    hub.look([newest, voices])
    owner.commit()
    started = time.monotonic()
    until(lambda: owner.calls["newest_posts"] == 2)
    assert time.monotonic() - started < 0.9
    assert owner.calls["voices"] == 1
    until(lambda: owner.calls["voices"] == 2)
    hub.stop()


def test_a_new_post_is_shown_while_a_dear_read_is_still_computed(owner, monkeypatch):
    newest, voices = (
        ask("newest_posts", congress_id="esmo-2026", limit=5),
        ask("voices", congress_id="esmo-2026", minutes=60, limit=5),
    )
    hub = Hub(owner, period=0.1)
    hub.look([newest, voices])
    answer, held = owner._read_voices, threading.Event()
    monkeypatch.setattr(owner, "_read_voices", lambda **params: (held.wait(5), answer(**params))[1])
    try:
        owner.commit()
        until(lambda: owner.calls["voices"] == 2)
        owner.commit()
        until(lambda: hub.snapshot.answers[newest].version == owner._version)
        assert owner._version > hub.snapshot.answers[voices].version
    finally:
        held.set()
        hub.stop()


def test_nothing_is_asked_but_the_clock_while_nothing_is_committed(hub, owner):
    hub.look([OVERVIEW])
    until(lambda: owner.calls["clock"] > 6)
    assert (1, 1) == (owner.calls["overview"], owner.calls["health"])


def test_a_read_that_fails_is_not_put_again_at_every_look(owner):
    owner.broken = "overview"
    hub = Hub(owner, period=3.0)
    hub.look([OVERVIEW])
    until(lambda: owner.calls["clock"] > 3)
    assert owner.calls["overview"] == 1
    owner.broken = None
    until(lambda: hub.look([OVERVIEW]).complete)
    assert hub.snapshot.failed == {}
    hub.stop()


def test_many_dear_reads_do_not_keep_a_new_post_waiting(owner, monkeypatch):
    answer = owner._read_voices
    monkeypatch.setattr(owner, "_read_voices", lambda **params: (time.sleep(0.3), answer(**params))[1])
    dear = [ask("voices", congress_id="esmo-2026", minutes=m, limit=5) for m in range(60, 66)]
    newest = ask("newest_posts", congress_id="esmo-2026", limit=5)
    hub = Hub(owner, period=0.5)
    hub.look([*dear, newest], patience=5)
    asked = owner.calls["voices"]
    for _ in range(3):
        owner.commit()
        started, calls = time.monotonic(), owner.calls["newest_posts"]
        until(lambda calls=calls: owner.calls["newest_posts"] > calls)
        assert time.monotonic() - started < 1.0
    until(lambda: owner.calls["voices"] >= asked + 6)
    hub.stop()
