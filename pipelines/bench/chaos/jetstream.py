"""A Jetstream on loopback, v1 and v2 over real websockets, that keeps its log and misbehaves when it is told to.

Uncompressed, as the collector asks for it: zstd with Jetstream's own dictionary is spoken by neither side.
"""

from __future__ import annotations

import asyncio
import bisect
import json
import random
import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from pipelines.bench.chaos.story import Event, Story
from pipelines.sources.bluesky.fields import microseconds

V2 = "/xrpc/network.bsky.jetstream.subscribeEvents"
_TIMES_FROM = 10**15  # a cursor from here on is microseconds
_GARBAGE = (b"<html>bad gateway</html>", b'{"did":1}', b"[]", b"", b'{"did":"did:plc:x","kind":"commit","commit":7}')


@dataclass(frozen=True, slots=True)
class _Answer:
    """How the next connection is answered: ``status`` 0 takes it and says nothing."""

    status: int
    body: str = '{"error":"Busy","message":"later"}'
    retry_after: int | None = None


class Jetstream:
    """Serves a growing log from a thread of its own. ``strike`` makes something go wrong and returns when it has.

    ``first`` is the index from which the collector can be held to the log: where its first connection began.
    """

    def __init__(self, seed: int, events_a_second: float):
        self.log: list[Event] = []
        self.first: int | None = None
        self.v1 = self.v2 = ""
        self.connections = 0
        self._story = Story(random.Random(seed))
        self._interval = 1 / events_a_second
        self._floor = 0  # the index of the first event that is retained
        self._live: ServerConnection | None = None
        self._v2_gone_until = 0.0
        self._answers: deque[_Answer] = deque()
        self._struck: tuple[str, random.Random] | None = None
        self._ready, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True, name="jetstream")

    def __enter__(self) -> Jetstream:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def fall_quiet(self) -> None:
        """From here on only what nobody follows; the network itself is never silent."""
        self._story.quiet = True

    def strike(self, kind: str, dice: random.Random, patience: float = 180.0) -> str:
        """Do it to the next or present connection; what was done, or that nobody was there."""
        if not self._wait(lambda: self._live is not None, patience):
            return "nobody was connected"
        if kind in ("cursor_too_old", "cursor_clamped"):
            return self._forget_events(kind, dice, patience)
        answers = {
            "refused_503": [_Answer(503)] * dice.randint(1, 4),
            "refused_429": [_Answer(429, retry_after=1)],
            "hang": [_Answer(0)],
        }.get(kind, [])
        self._answers.extend(answers)
        if kind == "no_v2":
            self._v2_gone_until = time.monotonic() + 1.5
        self._struck = ("abort" if answers or kind == "no_v2" else kind, dice)
        done = self._wait(lambda: self._struck is None and not self._answers, patience)
        return "" if done else "it did not come to pass"

    def _forget_events(self, kind: str, dice: random.Random, patience: float) -> str:
        """Cut the line, keep it down, and move retention past whatever the collector can have seen."""
        self._story.only_posts = True
        is_v1 = kind == "cursor_clamped"
        try:
            time.sleep(0.3)
            self._answers.extend([_Answer(503)] * 200)
            if is_v1:
                self._v2_gone_until = time.monotonic() + 10.0
            self._struck = ("abort", dice)
            self._wait(lambda: self._struck is None, 10.0)
            time.sleep(dice.uniform(2.0, 3.0))
            before = self.connections
            self._floor = max(0, len(self.log) - dice.randint(3, 12))
            self._answers.clear()
            done = self._wait(lambda: self.connections > before and self._live is not None, patience)
            time.sleep(1.2)  # what is still there has come: from here on anything may happen again
            return "" if done else "nobody came back"
        finally:
            self._v2_gone_until, self._floor, self._story.only_posts = 0.0, 0, False

    @staticmethod
    def _wait(is_so, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if is_so():
                return True
            time.sleep(0.02)
        return False

    async def _run(self) -> None:
        async with serve(
            self._serve,
            "127.0.0.1",
            0,
            process_request=self._admit,
            select_subprotocol=lambda _, offered: "xrpc.v1.json" if "xrpc.v1.json" in offered else None,  # ty: ignore[invalid-argument-type]
            compression=None,
            ping_interval=None,
            close_timeout=0.3,
        ) as server:
            address = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            self.v2, self.v1 = f"{address}{V2}", f"{address}/subscribe"
            self._ready.set()
            due = time.monotonic()
            while not self._stop.is_set():
                while due <= time.monotonic():
                    due += self._interval
                    self._publish()
                await asyncio.sleep(0.01)

    def _publish(self) -> None:
        now = datetime.now(UTC).replace(tzinfo=None)
        last = self.log[-1].at if self.log else now - timedelta(seconds=1)
        self.log.append(self._story.next(max(now, last + timedelta(microseconds=1))))

    async def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        parts = urlsplit(request.path)
        if self._answers:
            answer = self._answers.popleft()
            if answer.status == 0:
                await asyncio.sleep(2.0)
                return connection.respond(503, "")
            refusal = connection.respond(answer.status, answer.body)
            if answer.retry_after is not None:
                refusal.headers["Retry-After"] = str(answer.retry_after)
            return refusal
        if parts.path == V2 and time.monotonic() < self._v2_gone_until:
            return connection.respond(404, "no such method")
        cursor = _cursor(parts.query)
        if parts.path == V2 and cursor is not None and cursor < min(self._floor + 1, _TIMES_FROM):
            body = json.dumps({"error": "CursorTooOld", "message": f"floor {self._floor + 1}"})
            return connection.respond(400, body)
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        parts = urlsplit(connection.request.path if connection.request else "")
        is_v2, cursor = parts.path == V2, _cursor(parts.query)
        index = self._index_of(cursor, is_v2)
        if cursor is None and self.first is None:
            self.first, self._story.quiet = index, False
        try:
            if is_v2 and index < self._floor:
                await connection.send(_info(self._floor))
            self._live, self.connections = connection, self.connections + 1
            await self._send_on(connection, max(index, self._floor), is_v2)
        except ConnectionClosed:
            pass
        finally:
            self._live = None if self._live is connection else self._live

    def _index_of(self, cursor: int | None, is_v2: bool) -> int:
        if cursor is None:
            return len(self.log)
        if is_v2 and cursor < _TIMES_FROM:
            return cursor - 1
        return bisect.bisect_left(self.log, cursor, key=lambda event: microseconds(event.at))

    async def _send_on(self, connection: ServerConnection, index: int, is_v2: bool) -> None:
        """The log from ``index`` on, until the connection ends; strikes are carried out in between."""
        while not self._stop.is_set():
            if self._struck and self._live is connection:
                kind, dice = self._struck
                try:
                    index = await self._misbehave(connection, kind, dice, index, is_v2)
                finally:
                    self._struck, self._story.only_posts, self._story.any_order = None, False, False
            for event in self.log[index : index + 200]:
                await self._send(connection, event, is_v2)
                index += 1
            await asyncio.sleep(0.01)

    async def _misbehave(
        self, connection: ServerConnection, kind: str, dice: random.Random, index: int, is_v2: bool
    ) -> int:
        """Do it; the index from which to go on, if the connection still stands."""
        if kind.startswith("close_"):
            await connection.close(int(kind.removeprefix("close_")))
        elif kind == "abort":
            connection.transport.abort()
        elif kind == "torn":
            await connection.send('{"did":"did:plc:torn","kind":"commit","commit":{"rev"')
            await connection.close(1001)
        elif kind == "half_frame":
            connection.transport.write(b'\x81\x7e\x02\x00{"did":"did:plc:half')
            await asyncio.sleep(0.05)
            connection.transport.abort()
        elif kind == "error":
            await connection.send('{"$type":"error","error":"ConsumerTooSlow","message":"behind"}')
            await connection.close(1008)
        elif kind == "stall":
            await asyncio.wait_for(connection.wait_closed(), 30)
        elif kind == "slow":
            for event in self.log[index : index + 8]:
                await self._send(connection, event, is_v2)
                index += 1
                await asyncio.sleep(dice.uniform(0.1, 0.3))
        elif kind == "garbage":
            for each in dice.choices(_GARBAGE, k=5):
                await connection.send(each, text=True)
        elif kind == "duplicate":
            for event in self.log[max(0, index - dice.randint(5, 80)) : index]:
                await self._send(connection, event, is_v2)
        elif kind == "disorder":
            return await self._mix_up(connection, dice, index, is_v2)
        return index

    async def _mix_up(self, connection: ServerConnection, dice: random.Random, index: int, is_v2: bool) -> int:
        """Old events and new ones in any order. The new ones are posts, their deletions and accounts that close and open: what
        answers a post stands behind it."""
        for event in dice.sample(self.log[max(0, index - 30) : index], min(30, index)):
            await self._send(connection, event, is_v2)
        for event in self.log[index:]:
            await self._send(connection, event, is_v2)
            index += 1
        self._story.any_order = True
        while index < len(self.log):  # what was said meanwhile comes in its order
            await self._send(connection, self.log[index], is_v2)
            index += 1
        await asyncio.sleep(dice.uniform(0.4, 1.0))
        new = self.log[index:]
        cut = dice.randint(1, len(new)) if len(new) > 1 and dice.random() < 0.5 else None
        for number, event in enumerate(dice.sample(new, len(new))):
            if number == cut:
                await asyncio.sleep(0.3)  # long enough for the collector to commit what it has
                connection.transport.abort()
                return index
            await self._send(connection, event, is_v2)
        return index + len(new)

    @staticmethod
    async def _send(connection: ServerConnection, event: Event, is_v2: bool) -> None:
        await connection.send(event.v2 if is_v2 else event.v1, text=True)


def _cursor(query: str) -> int | None:
    found = parse_qs(query).get("cursor")
    return int(found[0]) if found else None


def _info(floor: int) -> str:
    payload = {
        "$type": "network.bsky.jetstream.subscribeEvents#info",
        "name": "OutdatedCursor",
        "message": f"resumed at {floor + 1}",
    }
    return json.dumps({"$type": "message", "payload": payload})
