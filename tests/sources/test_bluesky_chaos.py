"""Whatever breaks, and however often the consumer dies: nothing is missing, nothing doubled, every hole on record."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from pipelines.model import Arrival, Cursor, Deletion, Gap, Post, Record
from pipelines.sources.bluesky.source import BlueskySource
from tests.fakes.jetstream import Event, FakeJetstream, Turn
from tests.sources.bluesky_runs import (
    FAST,
    START,
    Everything,
    StoppedClock,
    at_event,
    content,
    deletion_event,
    newest_gaps,
    post_event,
    post_id,
    records,
)

EVENTS = 900
TOO_OLD = "cursor too old for the server"
ENDS = ["1000", "1001", "1012", "abort", "error", "torn", "stall"]
PACE = replace(FAST, idle=0.1, backoff=0.002, backoff_most=0.01)


@dataclass
class Ledger:
    """A store in small: what is committed survives a kill, with the cursor in the same transaction."""

    cursor: Cursor | None
    committed: list[Arrival] = field(default_factory=list)
    pending: list[Arrival] = field(default_factory=list)
    keys: set[tuple[str, str]] = field(default_factory=set)

    def commit(self) -> None:
        self.committed += self.pending
        self.keys |= set(map(key, content(self.pending)))
        self.cursor = next((each.cursor for each in reversed(self.pending) if each.cursor), self.cursor)
        self.pending.clear()

    def is_complete(self) -> bool:
        """Whether every gap is filled, but those that nobody can fill."""
        return all(gap.status == "filled" for gap in newest_gaps(self.committed) if gap.cause != TOO_OLD)


def bad_days(dice: random.Random):
    def turn(number: int) -> Turn:
        if dice.random() < 0.1:
            return Turn(status=dice.choice([503, 429, 500]))
        return Turn(dice.randint(20, 150), dice.choice(ENDS)) if number < 40 else Turn()

    return turn


def story(dice: random.Random) -> list[Event]:
    """Posts, and here and there the deletion of an earlier one."""
    events: list[Event] = []
    for number in range(EVENTS):
        deletes = number > 10 and dice.random() < 0.1
        events.append(deletion_event(number, of=dice.randrange(number)) if deletes else post_event(number))
    return events


def key(record: Record) -> tuple[str, str]:
    assert isinstance(record, Post | Deletion)
    return ("post", record.post_id) if isinstance(record, Post) else ("deletion", record.target_id)


async def consume(servers: list[FakeJetstream], ledger: Ledger, dice: random.Random, is_done) -> None:
    """Run the source, commit now and then, and kill it without warning until everything is there."""
    clock = StoppedClock(START + EVENTS * timedelta(milliseconds=600), step=timedelta(microseconds=10))
    while not is_done():
        life = dice.randint(50, 400)
        source = BlueskySource(Everything(), [each.url() for each in servers], clock, PACE)
        async with aclosing(source.events(ledger.cursor)) as events:
            async for arrival in events:
                ledger.pending.append(arrival)
                if dice.random() < 0.1:
                    ledger.commit()
                life -= 1
                if life < 0 or is_done():
                    break
        ledger.pending.clear()  # killed: what was not committed is gone


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_cuts_and_kills_lose_and_double_nothing(seed: int):
    async def play() -> None:
        async with FakeJetstream(events, bad_days(dice)) as one, FakeJetstream(events, bad_days(dice)) as two:
            ledger.cursor = at_event(one.url(), 0)

            async with asyncio.timeout(20):
                await consume([one, two], ledger, dice, lambda: ledger.keys >= expected and ledger.is_complete())

    dice = random.Random(seed)
    events = story(dice)
    expected = {("post" if "record" in each["commit"] else "deletion", at(each)) for each in events}
    ledger = Ledger(None)
    asyncio.run(play())
    distinct = set(map(as_said, content(ledger.committed)))  # what came twice is the same to the letter
    assert Counter(key(each) for each in distinct if isinstance(each, Post)) == Counter(
        each for each in expected if each[0] == "post"
    )
    assert ledger.keys == expected
    assert len(content(ledger.committed)) > len(distinct)  # the kills did make things come twice
    assert [] == [gap for gap in newest_gaps(ledger.committed) if gap.cause == TOO_OLD]


def as_said(record: Record) -> Record:
    """The record without when it came in."""
    return replace(record, retrieved_at=START) if isinstance(record, Post) else record


def at(event: Event) -> str:
    return post_id(int(event["commit"]["rkey"][2:]))


@pytest.mark.parametrize("seed", [4, 5])
def test_what_the_server_no_longer_has_is_covered_by_an_open_gap(seed: int):
    async def play() -> None:
        def turn(number: int) -> Turn:
            if number == 3:
                server.floor = 601  # while the line was down, retention moved on
            return Turn(dice.randint(50, 200), dice.choice(ENDS)) if number < 12 else Turn()

        server = FakeJetstream([post_event(number) for number in range(EVENTS)], turn)
        async with server:
            ledger.cursor = at_event(server.url(), 0)
            async with asyncio.timeout(20):
                await consume([server], ledger, dice, lambda: last in ledger.keys and ledger.is_complete())

    dice = random.Random(seed)
    ledger = Ledger(None)
    last = ("post", post_id(EVENTS - 1))
    asyncio.run(play())
    seen = {post.post_id for post in records(ledger.committed, Post)}
    lost = [number for number in range(EVENTS) if post_id(number) not in seen]
    open_gaps = [gap for gap in newest_gaps(ledger.committed) if gap.status == "open" and gap.to_at]
    assert lost
    assert max(lost) == 599
    assert [] == [number for number in lost if not any(covers(gap, number) for gap in open_gaps)]
    assert not any(covers(gap, number) for gap in open_gaps for number in (min(lost) - 1, 600))


def covers(gap: Gap, number: int) -> bool:
    at_time = START + number * timedelta(milliseconds=600)
    return gap.to_at is not None and gap.from_at < at_time < gap.to_at
