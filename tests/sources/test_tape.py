"""The tape: what was received can be replayed to the same database, also after a crash in the middle of a line."""

from __future__ import annotations

import asyncio
import json

import pytest

from pipelines.errors import InputError
from pipelines.model import Post
from pipelines.run import PARSERS
from pipelines.sources.demo import World
from pipelines.sources.tape import TapeSource, TapeWriter
from tests.records import at


@pytest.fixture(scope="module")
def payloads():
    world = World(7)
    return [each for each, _ in zip(world.payloads(), range(300), strict=False)]


@pytest.fixture
def tape(tmp_path, payloads):
    with TapeWriter(tmp_path / "a.tape") as writer:
        writer.write(payloads)
    return tmp_path / "a.tape"


def replay(path, cursor=None, speed=None):
    async def gather():
        return [arrival async for arrival in TapeSource(path, speed, PARSERS).events(cursor)]

    arrivals = asyncio.run(gather())
    return arrivals, [record for arrival in arrivals for record in arrival.records]


def test_a_replay_gives_the_very_records_that_were_parsed_live(tape, payloads):
    live = [record for at_, source, raw in payloads for record in PARSERS[source](raw, at_)]
    assert live == replay(tape)[1][:-1]  # behind them the tape says that it ended


def test_a_replay_goes_on_behind_its_cursor(tape):
    arrivals, everything = replay(tape)
    rest = replay(tape, arrivals[0].cursor)[1]
    assert everything[len(arrivals[0].records) :][:-1] == rest[:-1]


def test_a_line_that_was_cut_off_is_named_and_the_rest_is_read(tape):
    whole = tape.read_bytes()
    tape.write_bytes(whole[:-40])
    health = replay(tape)[1][-1]
    assert (1, 299) == (health.dropped_count, health.received_count)
    assert "cut off" in health.detail


def test_a_writer_that_starts_again_removes_the_torn_line_and_goes_on(tape, payloads):
    tape.write_bytes(tape.read_bytes()[:-40])
    with TapeWriter(tape) as writer:
        writer.write(payloads[-1:])
    assert 300 == replay(tape)[1][-1].received_count


def test_a_payload_keeps_its_bytes_and_its_moment(tape, payloads):
    line = json.loads(tape.read_text(encoding="utf-8").splitlines()[0])
    assert payloads[0][0].isoformat(timespec="microseconds") == line["at"]
    assert json.loads(payloads[0][2]) == line["payload"]


def test_at_a_speed_the_replay_takes_its_time(tmp_path, payloads):
    post = next(raw for _, source, raw in payloads if any(isinstance(r, Post) for r in PARSERS[source](raw, at(0))))
    source = next(s for _, s, raw in payloads if raw == post)
    with TapeWriter(tmp_path / "b.tape") as writer:
        writer.write([(at(0), source, post), (at(1), source, post)])

    async def timed():
        loop = asyncio.get_running_loop()
        started = loop.time()
        _ = [arrival async for arrival in TapeSource(tmp_path / "b.tape", 200.0, PARSERS).events(None)]
        return loop.time() - started

    assert 0.3 <= asyncio.run(timed()) < 3  # a minute at 200 times real time


@pytest.mark.parametrize("content", [b"hello\nworld\n", b'{"a": 1}\n'])
def test_a_file_that_is_no_tape_is_refused_for_reading_and_for_writing(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(InputError, match="is no tape"):
        TapeSource(tmp_path / "x", None, PARSERS)
    with pytest.raises(InputError, match="is no tape"):
        TapeWriter(tmp_path / "x")
