"""A post that comes after its own deletion, or after its author's account was closed, is treated as if it had come before."""

from __future__ import annotations

import asyncio
import itertools
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.congresses import Congress
from pipelines.digest import Digest
from pipelines.interest import Interest
from pipelines.matching import Matcher
from pipelines.model import AccountState, Arrival, Batch, Deletion, Post
from pipelines.sources.bluesky.early import Early
from pipelines.sources.bluesky.fields import LIKE, POST, REPOST
from pipelines.sources.bluesky.payload import parse
from pipelines.sources.parsers import PARSERS
from pipelines.sources.tape import TapeWriter, decoded
from pipelines.store.database import Store
from tests.fakes.jetstream import Event, FakeJetstream, v1_frame, v2_frame
from tests.sources.bluesky_runs import DID, FAST, START, at_event, deletion_event, post_event, post_id, records, run

NOW = START + timedelta(hours=1)
ASH = Congress(
    id="ash-2026", name="ASH 2026", society="Hematology", city="Orlando", timezone="America/New_York",
    starts_on=date(2026, 12, 12), ends_on=date(2026, 12, 15), hashtags=("ash26",),
)  # fmt: skip
COLLECTIONS = {"post": POST, "repost": REPOST, "like": LIKE}
_names = itertools.count(1_000)


def uri(kind: str, name: int) -> str:
    return f"at://{DID}/{COLLECTIONS[kind]}/3m{name:011d}"


def written(kind: str, name: int, at: int, about: str) -> Event:
    """A post with the hashtag, or a repost or like of ``about``."""
    event = post_event(at)
    record = event["commit"]["record"]
    if kind != "post":
        record = {"createdAt": record["createdAt"], "subject": {"uri": about, "cid": "bafy"}}
    commit = event["commit"] | {"collection": COLLECTIONS[kind], "rkey": f"3m{name:011d}", "record": record}
    return event | {"commit": commit}


def deleted(kind: str, name: int, at: int) -> Event:
    event = deletion_event(at, of=name)
    return event | {"commit": event["commit"] | {"collection": COLLECTIONS[kind]}}


def account(active: bool, at: int, status: str | None = None) -> Event:
    said = {"did": DID, "active": active, **({"status": status} if status else {})}
    return {"did": DID, "time_us": post_event(at)["time_us"], "kind": "account", "account": said}


def following(events: Sequence[Event]) -> list[Arrival]:
    """What the source makes of a log in this order, up to a last post that nothing happens to."""
    last = post_event(99_999, every=timedelta(seconds=1))

    async def play() -> list[Arrival]:
        async with FakeJetstream([*events, last]) as server:
            return await run(
                [server.url()],
                lambda arrivals: post_id(99_999) in {post.post_id for post in records(arrivals, Post)},
                at_event(server.url(), -1),
                interest=Interest(["ash26"]),
            )

    return asyncio.run(play())


def fold(store: Store, arrivals: Sequence[Arrival]) -> None:
    digest = Digest(Matcher([ASH]), {})
    for start in range(0, len(arrivals), 5):
        told = [record for arrival in arrivals[start : start + 5] for record in arrival.records]
        store.fold(digest.batch(told, store.reader))


def ids(store: Store, question: str, column: str = "post_id") -> set[str]:
    return set(store.reader.ask(question)[column].to_pylist()) - {post_id(99_999)}


@pytest.fixture(scope="module")
def store():
    with Store(None) as opened:
        opened.fold_congresses([ASH])
        yield opened


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Event], dict[str, set[str]], dict[str, set[str]]]:
    """Events in any order but that what all else is about comes first; the ids that stay, and those that go, by kind."""
    root = next(_names)
    things = draw(st.lists(st.tuples(st.sampled_from(sorted(COLLECTIONS)), st.booleans()), min_size=1, max_size=8))
    events: list[Event] = []
    stays: dict[str, set[str]] = {kind: set() for kind in COLLECTIONS}
    goes: dict[str, set[str]] = {kind: set() for kind in COLLECTIONS}
    for number, (kind, has_gone) in enumerate(things):
        name = next(_names)
        events.append(written(kind, name, 2 * number, uri("post", root)))
        if has_gone:
            events.append(deleted(kind, name, 2 * number + 1))
        events.append(deleted("post", next(_names), 2 * number))  # of strangers
        (goes if has_gone else stays)[kind].add(uri(kind, name))
    stays["post"].add(uri("post", root))
    return [written("post", root, 0, ""), *draw(st.permutations(events))], stays, goes


@settings(max_examples=20)
@given(stories())
def test_in_whatever_order_things_and_their_deletions_come_the_same_stays(store, told):
    events, stays, goes = told
    fold(store, following(events))
    mine = {uri(kind, int(name[-11:])) for kinds in (stays, goes) for kind, names in kinds.items() for name in names}
    assert stays["post"] | stays["repost"] == ids(store, "SELECT post_id FROM posts") & mine
    assert stays["post"] | stays["repost"] == ids(store, "SELECT post_id FROM matches") & mine
    assert stays["like"] == ids(store, "SELECT like_id FROM likes", "like_id") & mine
    gone = goes["post"] | goes["repost"]
    assert gone == ids(store, "SELECT target_id FROM deletions WHERE target = 'post'", "target_id") & mine
    assert gone == ids(store, "SELECT post_id FROM removed_posts") & mine  # counted as removed, like any other


def test_what_was_written_anew_after_its_deletion_is_another():
    arrivals = following([deleted("post", 7, 1), written("post", 7, 2, "")])
    assert [] == records(arrivals, Deletion)


def test_a_post_that_comes_after_its_author_has_left_is_hidden_and_shows_again_with_the_return():
    late, left = written("post", next(_names), 3, ""), account(False, 5, "deactivated")
    with Store(None) as store:
        store.fold_congresses([ASH])
        fold(store, following([left, late])[:-1])
        hidden = "SELECT post_id FROM matches WHERE NOT visible"
        assert {uri("post", int(late["commit"]["rkey"][2:]))} == ids(store, hidden)
        fold(store, following([late, account(True, 9)])[:-1])
        assert set() == ids(store, hidden)


@pytest.mark.parametrize(
    ("events", "states"),
    [
        ([account(False, 1, "deactivated"), post_event(2)], []),  # an account that writes again is back
        ([account(False, 4, "deactivated"), account(True, 5), post_event(2)], []),
        ([account(True, 5), post_event(2)], []),
        ([account(False, 4, "deleted"), post_event(2)], [False]),
    ],
)
def test_only_an_account_that_is_closed_since_a_post_was_written_hides_it(events, states):
    assert states == [each.active for each in records(following(events), AccountState)]


def test_a_closed_account_whose_post_comes_later_is_deleted_with_it():
    arrivals = following([account(False, 4, "deleted"), post_event(2)])
    assert [("author", DID)] == [(each.target, each.target_id) for each in records(arrivals, Deletion)]


def test_after_a_restart_what_is_asked_for_again_brings_the_deletion_behind_its_post():
    """The post came too late for the first run, the deletion too early: the second asks for both again."""
    log = [
        post_event(0),
        post_event(1),
        deletion_event(2, of=1),
        *(deletion_event(n, of=500 + n) for n in range(3, 40)),
    ]

    async def play() -> list[Arrival]:
        async with FakeJetstream(log) as server:
            cursor = at_event(server.url(), 39)  # committed: the end of the log
            options = {"interest": Interest(["ash26"]), "pace": replace(FAST, overlap=50)}
            return await run([server.url()], lambda arrivals: records(arrivals, Deletion), cursor, **options)

    arrivals = asyncio.run(play())
    assert [post_id(0), post_id(1)] == [post.post_id for post in records(arrivals, Post)]
    assert [post_id(1)] == [each.target_id for each in records(arrivals, Deletion)]


def test_the_tape_holds_the_deletion_too(tmp_path: Path):
    arrivals = following([deletion_event(5, of=3), post_event(3)])[:-1]
    with TapeWriter(tmp_path / "tape.jsonl") as tape:
        tape.write((NOW, "bluesky", each.raw) for each in arrivals if each.raw)
    lines = map(decoded, (tmp_path / "tape.jsonl").read_bytes().splitlines())
    told = [record for at, source, raw in filter(None, lines) for record in PARSERS[source](raw, at)]
    assert Deletion("bluesky", "post", post_id(3), START + 5 * timedelta(milliseconds=600)) in told
    with Store(None) as store:
        store.fold_congresses([ASH])
        store.fold(Digest(Matcher([ASH]), {}).batch(told, store.reader))
        assert set() == ids(store, "SELECT post_id FROM posts")


def of(early: Early, number: int) -> list[bytes]:
    return list(early.frames_about(parse(v1_frame(post_event(number)).encode(), NOW)))


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(1, 5))
def test_of_the_last_deletions_none_is_forgotten_and_of_all_twice_as_many_are_kept_at_most(numbers, most):
    early = Early(most)
    for number in numbers:
        early.remember(v2_frame(deletion_event(1_000, of=number), 1).encode())
    last = set(numbers[-most:])
    kept = {number for number in range(31) if of(early, number)}
    assert last <= kept <= set(numbers)
    assert len(kept) <= 2 * most


def test_deletions_of_ten_minutes_of_the_whole_network_fit_in_16_megabytes():
    """At the most 120,000 are kept; here a tenth of them."""
    early = Early(6_000)
    tracemalloc.start()
    for number in range(12_000):
        event = deletion_event(number, of=number) | {"did": f"did:plc:{number:024d}"}
        early.remember(v2_frame(event, number).encode())
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 12_000 == len(early._deleted._newer) + len(early._deleted._older)
    assert 500_000 < used < 1_600_000


def test_endless_frames_about_accounts_are_not_kept():
    early = Early()
    for number in range(20):
        event = account(False, 5, "x" * 1_000_000) | {"did": f"did:plc:{number}"}
        early.remember(v2_frame(event, number).encode())
    assert [] == [each for each in early._accounts._newer.values() if each]


def test_a_batch_may_hold_the_deletion_and_the_post():
    """What the collector folds at once, in the order of its own steps."""
    with Store(None) as store:
        store.fold_congresses([ASH])
        told = [record for each in following([deletion_event(5, of=3), post_event(3)]) for record in each.records]
        batch = Digest(Matcher([ASH]), {}).batch(told, store.reader)
        assert isinstance(batch, Batch)
        store.fold(batch)
        assert set() == ids(store, "SELECT post_id FROM posts")
        assert {post_id(3)} == ids(store, "SELECT post_id FROM removed_posts")


def test_the_moment_of_a_deletion_is_its_own():
    found = records(following([deletion_event(5, of=3), post_event(3)]), Deletion)
    assert [datetime(2026, 12, 5, 10, 0, 3)] == [each.deleted_at for each in found]
