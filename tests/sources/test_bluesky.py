"""The Bluesky source against a server that has bad days."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from pipelines.interest import Interest
from pipelines.model import Arrival, Cursor, Deletion, Gap, Health, Post
from pipelines.sources.bluesky.payload import parse
from tests.fakes.jetstream import FakeJetstream, Turn
from tests.shared import shared_data
from tests.sources.bluesky_runs import (
    FAST,
    START,
    Everything,
    StoppedClock,
    at_event,
    content,
    deletion_event,
    has,
    has_filled,
    newest_gaps,
    place,
    post_event,
    post_id,
    posts,
    records,
    run,
)


def turns(*each: Turn):
    """The given turns for the first connections, a long one for all others."""
    return lambda number: each[number] if number < len(each) else Turn()


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_recorded_day_arrives_in_full_over_the_wire(version: str):
    async def play():
        async with FakeJetstream(events) as server:
            since = Cursor("bluesky", f"v2|elsewhere||{events[0]['time_us']}", parse(lines[0], START).event_at)
            arrivals = await run([server.url(version)], has(len(expected)), since)
            return arrivals, server.asked

    lines = shared_data("payloads", "bluesky", "jetstream-corpus", "expected_v1.jsonl").read_bytes().splitlines()
    events = sorted(map(orjson.loads, lines), key=lambda event: event["time_us"])
    now = START + timedelta(hours=1)
    expected = Counter(record for line in lines for record in parse(line, now).records)
    arrivals, asked = asyncio.run(play())
    assert expected == Counter(content(arrivals))
    assert len(asked) == 1
    assert "kinds" not in asked[0].query


def test_every_arrival_with_a_payload_carries_it_and_the_position_after_it():
    async def play():
        async with FakeJetstream(posts(3)) as server:
            return await run([server.url()], has(2), at_event(server.url(), 0)), server.url()

    arrivals, url = asyncio.run(play())
    told = [each for each in arrivals if each.raw]
    assert [parse(each.raw, START + timedelta(hours=1)).records for each in told] == [each.records for each in told]
    assert [place(Arrival((), at_event(url, number))) for number in range(2)] == [place(each) for each in told]


@pytest.mark.parametrize("end", ["1000", "1001", "1012", "abort", "error", "torn", "stall"])
def test_no_end_of_a_connection_loses_or_repeats_an_event(end: str):
    async def play():
        async with FakeJetstream(posts(30), turns(Turn(10, end), Turn(10, end))) as server:
            arrivals = await run([server.url()], has_filled(30), at_event(server.url(), 0), clock=clock)
            return arrivals, [asked.cursor for asked in server.asked]

    clock = StoppedClock(START + timedelta(seconds=10))
    arrivals, cursors = asyncio.run(play())
    assert {post_id(number) for number in range(30)} == {post.post_id for post in records(arrivals, Post)}
    assert [1, 10, 19] == cursors
    drops = [START + number * timedelta(milliseconds=600) for number in (0, 9, 18)]  # the first one before the start
    assert drops == [gap.from_at for gap in newest_gaps(arrivals)]


def test_a_gap_is_open_then_replaying_then_filled_under_one_key():
    async def play():
        async with FakeJetstream(posts(3), turns(Turn(2, "1001"))) as server:
            return await run([server.url()], lambda arrivals: filled(arrivals), at_event(server.url(), 0), clock=clock)

    def filled(arrivals):
        return [gap for gap in records(arrivals, Gap) if gap.status == "filled"]

    clock = StoppedClock(START + timedelta(seconds=11))  # the third post is 10 s old at most, the second is not
    gaps = records(asyncio.run(play()), Gap)
    assert ["open", "replaying", "open", "replaying", "filled"] == [gap.status for gap in gaps]
    assert {START} == {gap.from_at for gap in gaps}
    assert [None, clock.at, None, clock.at, clock.at] == [gap.to_at for gap in gaps]
    assert sorted({gap.noted_at for gap in gaps}) == [gap.noted_at for gap in gaps]
    assert "closed by the server (1001)" == gaps[-1].cause


def test_without_a_cursor_it_starts_at_the_present_and_there_is_no_gap():
    async def play():
        async with FakeJetstream(posts(5)) as server:
            asyncio.get_running_loop().call_later(0.2, asyncio.create_task, server.publish(post_event(5)))
            return await run([server.url()], has(1))

    arrivals = asyncio.run(play())
    assert [post_id(5)] == [post.post_id for post in content(arrivals)]
    assert [] == records(arrivals, Gap)


def test_a_host_that_cannot_be_reached_from_the_start_leaves_a_gap_from_then_on():
    async def play():
        async with FakeJetstream([], turns(Turn(status=503))) as server:
            asyncio.get_running_loop().call_later(0.2, asyncio.create_task, server.publish(*posts(3)))
            return await run([server.url()], has_filled(3), clock=StoppedClock(START)), server.asked

    arrivals, asked = asyncio.run(play())
    assert [(START, START, "filled", "HTTP 503")] == [
        (gap.from_at, gap.to_at, gap.status, gap.cause) for gap in newest_gaps(arrivals)
    ]
    assert [False, True] == [each.cursor is not None for each in asked]


def test_a_cursor_older_than_the_retention_leaves_an_open_gap_up_to_what_is_left():
    async def play():
        async with FakeJetstream(posts(3000), floor=2001) as server:
            arrivals = await run([server.url()], has(1000), at_event(server.url(), 9))
            return arrivals, [asked.cursor for asked in server.asked]

    arrivals, cursors = asyncio.run(play())
    lost, rest = newest_gaps(arrivals)
    last, first = START + timedelta(milliseconds=9 * 600), START + timedelta(milliseconds=2000 * 600)
    assert (last, first, "open") == (lost.from_at, lost.to_at, lost.status)
    assert (first, "replaying") == (rest.from_at, rest.status)
    assert [10, True] == [cursors[0], cursors[1] > 1e15]


def test_a_silent_clamp_of_v1_is_noticed_by_the_first_event():
    async def play():
        async with FakeJetstream(posts(3000), floor=2001) as server:
            return await run([server.url("v1")], has(1000), at_event(server.url(), 9))

    lost = newest_gaps(asyncio.run(play()))[0]
    last, first = START + timedelta(milliseconds=9 * 600), START + timedelta(milliseconds=2000 * 600)
    assert (last, first, "open") == (lost.from_at, lost.to_at, lost.status)


def test_a_replay_within_the_retention_leaves_no_open_gap():
    async def play():
        async with FakeJetstream(posts(100), floor=5) as server:
            now = StoppedClock(START + timedelta(seconds=60))
            return await run([server.url("v1")], has_filled(80), at_event(server.url(), 20), clock=now)

    assert ["filled"] == [gap.status for gap in newest_gaps(asyncio.run(play()))]


@pytest.mark.parametrize("status", [404, 400])
def test_where_v2_is_refused_v1_is_asked(status: int):
    async def play():
        async with FakeJetstream(posts(5), turns(Turn(status=status, body="no such method"))) as server:
            arrivals = await run([server.url("v1"), server.url("v2")], has(5), None, clock=StoppedClock(START))
            return arrivals, [asked.path for asked in server.asked]

    arrivals, paths = asyncio.run(play())
    assert [True, False] == [path.startswith("/xrpc") for path in paths]
    assert {post_id(number) for number in range(5)} == {post.post_id for post in records(arrivals, Post)}


@pytest.mark.parametrize(
    "refusal", [Turn(status=503), Turn(status=429, headers=(("Retry-After", "0"),)), Turn(status=500)]
)
def test_an_overloaded_host_is_left_for_the_next_one_by_time_not_by_its_numbers(refusal: Turn):
    async def play():
        async with FakeJetstream(posts(30), turns(refusal)) as first, FakeJetstream(posts(30)) as second:
            arrivals = await run([first.url(), second.url()], has(29), at_event(first.url(), 9))
            return arrivals, first.asked, second.asked

    arrivals, first, second = asyncio.run(play())
    assert [10] == [asked.cursor for asked in first]
    five_seconds_back = int(at_event("", 9).position.split("|")[3]) - 5_000_000
    assert [five_seconds_back] == [asked.cursor for asked in second]
    assert {post_id(number) for number in range(9, 30)} <= {post.post_id for post in records(arrivals, Post)}


def test_the_pause_of_retry_after_is_kept():
    async def play():
        loop = asyncio.get_running_loop()
        refusal = Turn(status=429, headers=(("Retry-After", "1"),))
        async with FakeJetstream(posts(3), turns(refusal)) as server:
            started = loop.time()
            await run([server.url()], has(2), at_event(server.url(), 0))
            return loop.time() - started

    assert asyncio.run(play()) >= 1


def test_a_post_and_its_author_are_followed_before_the_next_payload_is_looked_at():
    async def play():
        stranger = deletion_event(3, of=77)
        async with FakeJetstream([post_event(0, "x"), post_event(1), deletion_event(2, of=1), stranger]) as server:
            return await run([server.url()], has(2), at_event(server.url(), 0), interest=Interest(["ash26"]))

    arrivals = asyncio.run(play())
    assert [(Post, post_id(1)), (Deletion, post_id(1))] == [
        (type(each), each.post_id if isinstance(each, Post) else each.target_id) for each in content(arrivals)
    ]


def test_what_is_passed_over_still_moves_the_position():
    async def play():
        async with FakeJetstream([post_event(number, "x") for number in range(50)]) as server:
            last = place(Arrival((), at_event(server.url(), 49)))
            until = lambda arrivals: place(arrivals[-1]) == last  # noqa: E731
            return await run([server.url()], until, at_event(server.url(), 0), interest=Interest(["ash26"]))

    arrivals = asyncio.run(play())
    assert [] == content(arrivals)


def test_health_tells_counts_lag_and_state():
    async def play():
        async with FakeJetstream(posts(30), turns(Turn(10, "torn"))) as server:
            is_live = lambda arrivals: [h for h in records(arrivals, Health) if h.state == "live"]  # noqa: E731
            clock = StoppedClock(START + timedelta(seconds=18))
            return await run([server.url()], is_live, at_event(server.url(), 0), clock=clock)

    health = records(asyncio.run(play()), Health)
    assert ["starting", "catching_up", "reconnecting", "live"] == list(dict.fromkeys(each.state for each in health))
    last = health[-1]
    assert (1, 1, 11 + 21) == (last.reconnect_count, last.dropped_count, last.received_count)
    assert START + timedelta(milliseconds=29 * 600) == last.last_event_at
    assert START + timedelta(seconds=18) == last.last_data_at == last.connected_since


def test_the_position_is_told_at_least_each_tick_while_nothing_comes():
    async def play():
        async with FakeJetstream(posts(2)) as server:
            enough = lambda arrivals: len(arrivals) >= 12  # noqa: E731
            pace = replace(FAST, idle=5, health=0.06)
            loop = asyncio.get_running_loop()
            started = loop.time()
            arrivals = await run([server.url()], enough, at_event(server.url(), 0), pace=pace)
            return arrivals, loop.time() - started, at_event(server.url(), 1)

    arrivals, seconds, last = asyncio.run(play())
    assert seconds < 2
    assert {place(Arrival((), last))} == {place(arrival) for arrival in arrivals[-5:]}
    assert any(not arrival.records for arrival in arrivals[-5:])
    assert any(isinstance(record, Health) for arrival in arrivals[-5:] for record in arrival.records)


def test_everything_told_is_followed():
    async def play():
        async with FakeJetstream(posts(3)) as server:
            await run([server.url()], has(2), at_event(server.url(), 0), interest=interest)

    interest = Everything()
    asyncio.run(play())
    assert [post_id(0), post_id(1)] == interest.posts[:2]
    assert {"did:plc:ewvi7nxzyoun6zhxrhs64oiz"} == set(interest.authors)


def test_what_came_out_of_order_and_was_cut_off_in_between_comes_again():
    """A server sends event 30 before 20 to 29, and ends after the first of them."""

    async def play():
        events = posts(40)
        async with FakeJetstream(
            [*events[:20], events[30], *events[20:30], *events[31:]], turns(Turn(21, "abort"))
        ) as server:
            until = lambda arrivals: post_id(39) in {post.post_id for post in records(arrivals, Post)}  # noqa: E731
            return await run([server.url()], until, at_event(server.url(), 0), pace=replace(FAST, overlap=50))

    arrivals = asyncio.run(play())
    assert {post_id(number) for number in range(40)} == {post.post_id for post in records(arrivals, Post)}
    moments = [int(place(each)[3]) for each in arrivals if place(each)]
    assert sorted(moments) == moments
