"""Each way the stream can fail: it goes on, says what it missed, or ends in one clear message."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import httpx
import pytest

from pipelines.errors import SourceStopped
from pipelines.sources.x import payload as x_payload
from pipelines.sources.x import source as x_source
from pipelines.sources.x import thread as x_thread
from pipelines.sources.x.source import XSource
from pipelines.sources.x.stream import ConnectWindow, Down, Event, StreamLoop, Timing, Unreachable, Up
from tests.fakes.x_api import TOKEN, Seen, Step, api, run, source_for, world_now

CAUSES = {
    "close": "closed by X",
    "abort": "connection lost",
    "torn": "closed in the middle of a line",
    "torn_abort": "connection lost",
    "error": "closed by X",
    "stall": "nothing came, not even a keep-alive",
    "503": "X answered 503",
}


def gap_closed(seen: Seen) -> bool:
    return any(gap.to_at for gap in seen.gaps.values()) and len(seen.posts) > 3


@pytest.mark.parametrize("fault", sorted(CAUSES))
def test_the_stream_goes_on_after_a_fault_and_records_the_gap_with_its_cause(fault: str):
    plan = [Step(fault, 0.25)] if not fault.isdecimal() else [Step("close", 0.2), Step(fault, 0.0)]
    with api(world_now(4.0), *plan) as server:
        seen = run(source_for(server), lambda seen: gap_closed(seen) and "hold" in server.served)
    assert any(CAUSES[fault] in gap.cause for gap in seen.gaps.values()) or fault.isdecimal()
    assert TOKEN not in str(seen.arrivals)
    assert len(plan) + 1 == len([each for each in server.served if each != "too many"])


@pytest.mark.parametrize("fault", ["garbage", "untagged"])
def test_a_line_that_is_odd_costs_nothing_but_itself(fault: str):
    with api(world_now(0.8, 60, 0.0, start=0.2), Step(fault, 0.9)) as server:
        seen = run(source_for(server), lambda seen: len(seen.posts) >= 35)
        streamed = set(server.streamed[:35])
    assert streamed <= {post.post_id for post in seen.posts}
    assert 1 == server.served.count(fault)


def test_a_bug_in_reading_one_line_does_not_end_the_stream(monkeypatch: pytest.MonkeyPatch):
    parse, calls = x_payload.parse, []

    def faulty(raw: bytes, at):
        calls.append(raw)
        if len(calls) == 3:
            raise KeyError("a bug")
        return parse(raw, at)

    monkeypatch.setattr(x_payload, "parse", faulty)
    with api(world_now(1.0, 60, 0.0)) as server:
        seen = run(source_for(server), lambda seen: len(seen.posts) > 10 and seen.health.dropped_count == 1)
    assert ["hold"] == server.served
    assert 1 == seen.health.dropped_count


def test_a_stall_with_keep_alives_is_no_fault_of_the_connection():
    with api(None) as server:
        seen = run(source_for(server), seconds=0.6)
    assert ["hold"] == server.served
    assert {} == seen.gaps
    assert seen.cursor is not None


def test_a_connection_left_by_a_former_process_is_freed_and_the_stream_taken():
    key = {"Authorization": f"Bearer {TOKEN}"}
    with (
        api(world_now(3.0)) as server,
        httpx.stream("GET", f"{server.host}/2/tweets/search/stream", headers=key),
    ):
        seen = run(source_for(server), lambda seen: len(seen.posts) > 3)
    assert "too many" in server.served
    assert "DELETE /2/connections/all" in server.requests
    assert "live" == seen.health.state


def test_a_wrong_key_ends_in_one_message_that_names_the_variable_and_never_the_key():
    with api() as server, pytest.raises(SourceStopped) as stop:
        run(source_for(server, token="secret-and-wrong"))
    assert "X does not accept the key in X_BEARER_TOKEN: put a valid one into .env" in str(stop.value)
    assert "secret" not in str(stop.value)
    assert "\n" not in str(stop.value)


def test_a_key_that_is_revoked_later_ends_in_the_same_message():
    with api(world_now(2.0), Step("close", 0.2), Step("401")) as server, pytest.raises(SourceStopped) as stop:
        run(source_for(server))
    assert "X does not accept the key in X_BEARER_TOKEN" in str(stop.value)


def test_a_server_that_closes_at_once_again_and_again_is_asked_ever_more_slowly():
    plan = [Step("close", 0.0)] * 40
    with api(None, *plan) as server:
        run(source_for(server), seconds=0.8)
    # the SDK's own loop made about 130 connections a second here
    assert 3 < len(server.served) < 15


def test_the_last_connects_of_a_window_are_kept_in_reserve():
    window = ConnectWindow(seconds=900.0)
    for number in range(45):
        assert 0.0 == window.wait_before(float(number))
        window.note(float(number))
    assert 855.0 == window.wait_before(45.0)
    assert 0.0 == window.wait_before(900.0)


class Scripted:
    """Connections without a network, each a status, headers and chunks."""

    def __init__(self, *answers: tuple[int, dict[str, str], list[bytes]]):
        self.answers = list(answers)
        self.times: list[float] = []

    @contextlib.contextmanager
    def connect(self) -> Iterator[SimpleNamespace]:
        if not self.answers:
            raise Unreachable("the script is over")
        self.times.append(time.monotonic())
        status, headers, chunks = self.answers.pop(0)
        yield SimpleNamespace(
            status=status,
            headers=headers,
            chunks=lambda: (chunk.split(b"\n") for chunk in chunks),
            body=lambda: b"".join(chunks),
            abort=lambda: None,
        )


def events_of(script: Scripted, timing: Timing) -> list[Event]:
    events: list[Event] = []
    loop = StreamLoop(script.connect, lambda: None, events.append, timing)
    thread = threading.Thread(target=loop.run)
    thread.start()
    while script.answers:
        time.sleep(0.01)
    loop.stop()
    thread.join()
    return events


def test_a_rate_limit_is_waited_out_until_its_reset():
    reset = str(int(time.time()) + 1)
    script = Scripted((429, {"x-rate-limit-reset": reset}, []), (200, {}, []))
    events_of(script, Timing())
    waited = script.times[1] - script.times[0]
    assert 0.9 <= waited <= 3.0


def test_lines_cut_anywhere_are_put_together_and_the_last_unfinished_one_is_dropped():
    script = Scripted((200, {}, [b'{"a"', b":1}\r", b'\n\r\n{"b":2}\r\n{"c"']), (200, {}, []))
    events = events_of(script, Timing().scaled(0.01))
    lines = [line for event in events for line in getattr(event, "lines", ())]
    assert [b'{"a":1}', b'{"b":2}'] == lines
    assert isinstance(events[0], Up)
    assert "closed in the middle of a line" in [event.cause for event in events if isinstance(event, Down)]


def test_what_is_read_late_is_not_taken_for_the_present(monkeypatch: pytest.MonkeyPatch):
    """The collector stands still (a full disk, a lid that was closed) while X goes on and then ends the connection: what lay in
    the buffers is read at the end of the pause, and the gap begins where that was written and not where it was read."""
    for module in (x_source, x_thread):
        monkeypatch.setattr(module, "_QUEUE", 1)
    world = world_now(5.0, 40, 0.0, start=0.1)
    seen, pauses = Seen(), [3.0]

    async def collect(source: XSource) -> None:
        async with asyncio.timeout(15), contextlib.aclosing(source.events(None)) as events:
            async for arrival in events:
                seen.arrivals.append(arrival)
                if pauses and len(seen.posts) >= 20:
                    await asyncio.sleep(pauses.pop())
                if {made.post_id for made in written} <= {post.post_id for post in seen.posts}:
                    return

    with api(world, Step("close", 1.5)) as server:
        began = time.time() + 0.3
        written = [made for made in world.posts if made.created_at >= began]
        with contextlib.suppress(TimeoutError):
            asyncio.run(collect(source_for(server)))
    found = {post.post_id for post in seen.posts}
    assert [] == [round(made.created_at - began, 1) for made in written if made.post_id not in found]
