"""The tape: what was received can be replayed to the same database, also after a crash in the middle of a line."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import InputError
from pipelines.model import Post
from pipelines.sources.demo import World
from pipelines.sources.parsers import PARSERS
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


def test_a_torn_line_is_read_once_it_is_whole(tape):
    whole = tape.read_bytes()
    tape.write_bytes(whole[:-40])
    cursor = replay(tape)[0][-1].cursor
    tape.write_bytes(whole)
    assert 1 == replay(tape, cursor)[1][-1].received_count


def test_a_long_torn_line_is_removed_down_to_the_last_whole_one(tape, payloads):
    whole = tape.read_bytes()
    with tape.open("ab") as file:
        file.write(b'{"at":"2026-12-12T18:00:00","source":"bluesky","payload":{"text":"' + b"x" * 200_000)
    TapeWriter(tape).close()
    assert whole == tape.read_bytes()


def test_a_payload_written_over_several_lines_becomes_one(tmp_path):
    pretty = json.dumps({"did": "did:plc:a", "kind": "sync", "time_us": 1}, indent=2).encode()
    with TapeWriter(tmp_path / "c.tape") as writer:
        writer.write([(at(0), "bluesky", pretty)])
    (line,) = (tmp_path / "c.tape").read_bytes().splitlines()
    assert json.loads(pretty) == json.loads(line)["payload"]
    assert (0, 1) == (
        replay(tmp_path / "c.tape")[1][-1].dropped_count,
        replay(tmp_path / "c.tape")[1][-1].received_count,
    )


@given(st.binary(max_size=300))
def test_no_bytes_after_a_whole_line_stop_a_replay(junk):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "d.tape"
        with TapeWriter(path) as writer:
            writer.write([(at(0), "bluesky", b'{"did":"did:plc:a","kind":"sync","time_us":1}')])
        with path.open("ab") as file:
            file.write(junk)
        assert "finished" == replay(path)[1][-1].state
        TapeWriter(path).close()
        assert path.read_bytes().endswith(b"\n")


@pytest.mark.parametrize(
    "line",
    [
        b"[1]",
        b'{"at":"2026-12-12T18:00:00","source":{},"payload":{}}',
        b'{"at":"2026-12-12T18:00:00Z","source":"bluesky","payload":{}}',
        b'{"at":"today","source":"bluesky","payload":{}}',
        b'{"at":"2026-12-12T18:00:00","source":"myspace","payload":{}}',
    ],
)
def test_a_line_that_is_none_is_named_with_its_place(tape, line):
    size = len(tape.read_bytes())
    with tape.open("ab") as file:
        file.write(line + b"\n")
    health = replay(tape)[1][-1]
    assert (1, 300) == (health.dropped_count, health.received_count)
    assert f"byte {size}: " in health.detail


FULL = """
import sys
from datetime import datetime
from pathlib import Path
from pipelines.errors import StoreError
from pipelines.sources.tape import TapeWriter
with TapeWriter(Path(sys.argv[1])) as tape:
    try:
        while True:
            tape.write([(datetime(2026, 12, 5, 10), "bluesky", b'{"text": "words of a post"}')] * 7)
    except StoreError as error:
        print(error)
"""


def test_a_full_disk_leaves_whole_lines_and_says_what_to_do(tmp_path):
    import resource
    import subprocess
    import sys

    tape = tmp_path / "t.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tape)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )
    assert 0 == done.returncode, done.stderr
    assert "the tape cannot be written (File too large); make room and start again" in done.stdout
    lines = tape.read_bytes().splitlines(keepends=True)
    assert 0 == len(lines) % 7
    assert all(line.endswith(b'{"text": "words of a post"}}\n') for line in lines)
