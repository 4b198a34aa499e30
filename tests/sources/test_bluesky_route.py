"""Hosts, dialects, cursors and the life of a gap, without a network."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.bluesky.fields import COLLECTIONS, microseconds
from pipelines.sources.bluesky.outage import Outage
from pipelines.sources.bluesky.route import HOSTS, Position, Request, Route, dialect

AT = datetime(2026, 12, 5, 10, 0, 0, 123456)
EAST, WEST, OLD = "wss://east/xrpc/m", "wss://west/xrpc/m", "wss://old/subscribe"
SECONDS = timedelta(seconds=1)


def cursor(request: Request) -> int | None:
    given_cursor = parse_qs(urlsplit(request.url).query).get("cursor")
    return int(given_cursor[0]) if given_cursor else None


@given(st.none() | st.integers(0, 10**15), st.datetimes(datetime(1970, 1, 1)), st.none() | st.just(AT))
def test_a_position_is_read_back_as_written(seq: int | None, at: datetime, missing_from: datetime | None):
    position = Position(EAST, seq, at, missing_from)
    assert position == Position.read(str(position))


def test_a_position_is_written_as_dialect_host_number_and_time():
    assert f"v2|{EAST}|7|{microseconds(AT)}" == str(Position(EAST, 7, AT))
    assert f"v1|{OLD}||{microseconds(AT)}" == str(Position(OLD, None, AT))


@pytest.mark.parametrize("text", ["", "17", "v2|a|b", "v2|a|1|x", "v2|a|1|1|x", "v2|a|1|2|3|4", f"v2|a|1|{10**30}"])
def test_what_is_no_position_is_none(text: str):
    assert Position.read(text) is None


@given(st.text())
def test_no_text_raises_as_a_position(text: str):
    assert isinstance(Position.read(text), Position | None)


def test_the_public_hosts_are_asked_v2_first_for_four_collections_of_every_kind():
    request = Route(HOSTS, None).next_request(None)
    query = parse_qs(urlsplit(request.url).query)
    assert request.url.startswith("wss://jetstream.us-east.bsky.network/xrpc/network.bsky.jetstream.subscribeEvents?")
    assert list(COLLECTIONS) == query["collections"]
    assert not {"kinds", "cursor"} & query.keys()
    assert ["v2", "v2", "v1", "v1", "v1", "v1"] == [dialect(host) for host in HOSTS]


def test_a_number_is_only_given_to_the_host_it_comes_from():
    route = Route([EAST, WEST], Position(EAST, 7, AT))
    assert 7 == cursor(route.next_request(Position(EAST, 7, AT)))
    route.failed()
    request = route.next_request(Position(EAST, 7, AT))
    assert (WEST, microseconds(AT) - 5_000_000) == (request.host, cursor(request))


def test_a_restart_goes_back_to_the_v2_host_whose_number_it_holds():
    assert WEST == Route([EAST, WEST, OLD], Position(WEST, 7, AT)).next_request(None).host
    assert EAST == Route([EAST, WEST, OLD], Position(OLD, None, AT)).next_request(None).host


def test_a_cursor_that_is_too_old_is_asked_by_time_and_then_not_at_all():
    position = Position(EAST, 7, AT)
    route = Route([EAST, OLD], position)
    cursors = []
    for _ in range(3):
        request = route.next_request(position)
        cursors.append((request.host, cursor(request), request.from_tip))
        route.refused(400, '{"error":"CursorTooOld"}', request)
    assert [(EAST, 7, False), (EAST, microseconds(AT) - 5_000_000, False), (EAST, None, True)] == cursors


def test_after_a_drop_v2_is_kept_and_v1_is_left():
    route = Route([EAST, WEST, OLD], None)
    route.dropped()
    assert EAST == route.next_request(None).host
    route.refused(404, "", route.next_request(None))
    assert OLD == route.next_request(None).host
    route.dropped()
    assert EAST == route.next_request(None).host


def test_hosts_are_gone_through_in_turn():
    route = Route([OLD, EAST, WEST], None)
    seen = []
    for _ in range(4):
        seen.append(route.next_request(None).host)
        route.failed()
    assert [EAST, WEST, OLD, EAST] == seen


def test_a_gap_that_is_interrupted_again_stays_one_gap():
    outage = Outage("bluesky", 10 * SECONDS)
    outage.begin(AT, "closed", AT)
    outage.replay(AT + 5 * SECONDS)
    again = outage.begin(AT + 3 * SECONDS, "closed again", AT + 6 * SECONDS)
    assert (AT, None, "closed again", "open") == (again.from_at, again.to_at, again.cause, again.status)


def test_a_gap_is_filled_only_near_the_present():
    outage = Outage("bluesky", 10 * SECONDS)
    outage.begin(AT, "closed", AT)
    outage.replay(AT + 60 * SECONDS)
    assert () == outage.reach(AT + 49 * SECONDS, AT + 60 * SECONDS)
    (filled,) = outage.reach(AT + 50 * SECONDS, AT + 60 * SECONDS)
    assert ("filled", AT, AT + 60 * SECONDS) == (filled.status, filled.from_at, filled.to_at)
    assert () == outage.reach(AT + 51 * SECONDS, AT + 60 * SECONDS)


def test_what_is_lost_splits_a_gap_in_filled_lost_and_still_replaying():
    outage = Outage("bluesky", 10 * SECONDS)
    outage.begin(AT, "closed", AT)
    outage.replay(AT + 60 * SECONDS)
    parts = outage.lose(AT + 10 * SECONDS, AT + 20 * SECONDS, "too old", AT + 60 * SECONDS)
    assert [(0, 10, "filled"), (10, 20, "open"), (20, 60, "replaying")] == [
        ((gap.from_at - AT).seconds, (gap.to_at - AT).seconds if gap.to_at else None, gap.status) for gap in parts
    ]


def test_a_run_that_takes_over_closes_what_the_last_one_was_replaying():
    outage = Outage("bluesky", 10 * SECONDS)
    old, new = outage.resume(AT, AT + 9 * SECONDS, "not running", AT + 60 * SECONDS)
    assert (AT, AT + 9 * SECONDS, "filled") == (old.from_at, old.to_at, old.status)
    assert (AT + 9 * SECONDS, None, "open") == (new.from_at, new.to_at, new.status)
    (same,) = outage.resume(AT, AT, "not running", AT + 60 * SECONDS)
    assert "open" == same.status


def test_notes_are_ordered_even_when_the_clock_stands():
    outage = Outage("bluesky", 10 * SECONDS)
    notes = [outage.begin(AT, "a", AT), *outage.replay(AT), *outage.reach(AT, AT)]
    assert sorted({gap.noted_at for gap in notes}) == [gap.noted_at for gap in notes]
