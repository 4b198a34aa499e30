"""Jetstream on loopback: v1 and v2 over real websockets, with their cursors, retention, refusals and bad days.

Events are v1-shaped dicts; v2 frames are made of them. The log starts at ``seq`` 1; what is published later wakes the
connections that wait at the tip.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from pipelines.sources.bluesky.fields import moment

LEXICON = "network.bsky.jetstream.subscribeEvents"
V2_PATH = f"/xrpc/{LEXICON}"
TIME_CURSORS_FROM = 10**15
KINDS = {"commit", "identity", "account", "sync"}

Event = dict[str, Any]


@dataclass(frozen=True)
class Turn:
    """What one connection gets: ``status`` other than 101 refuses it; else ``frames`` of them (None: all) and an end.

    Ends: ``hold`` (waits for more), ``stall`` (says nothing more, not even to new events), ``abort`` (TCP reset),
    ``error`` (a stream error, then a close), a websocket close code as text, or ``torn``: half a frame's JSON first.
    """

    frames: int | None = None
    end: str = "hold"
    status: int = 101
    body: str = '{"error":"Busy","message":"later"}'
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Asked:
    """What a client asked for."""

    path: str
    query: dict[str, list[str]]
    subprotocol: str | None
    cursor: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.cursor = int(self.query["cursor"][0]) if "cursor" in self.query else None


class FakeJetstream:
    """An append-only log of events, served to anybody.

    Args:
        turn: what the n-th connection (from 0) is to get.
        floor: the first seq that is retained; may be raised at any time.
    """

    def __init__(
        self, events: Iterable[Event] = (), turn: Callable[[int], Turn] = lambda number: Turn(), floor: int = 1
    ):
        self.log: list[Event] = list(events)
        self.turn, self.floor = turn, floor
        self.asked: list[Asked] = []
        self.sent = 0
        self._grown = asyncio.Condition()
        self._server: Server | None = None

    async def __aenter__(self) -> FakeJetstream:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            0,
            process_request=self._admit,
            select_subprotocol=_select_subprotocol,
            compression=None,
            ping_interval=None,
            close_timeout=0.2,
        )
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def url(self, version: str = "v2") -> str:
        assert self._server is not None
        port = next(iter(self._server.sockets)).getsockname()[1]
        return f"ws://127.0.0.1:{port}{V2_PATH if version == 'v2' else '/subscribe'}"

    async def publish(self, *events: Event) -> None:
        async with self._grown:
            self.log += events
            self._grown.notify_all()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        parts = urlsplit(request.path)
        asked = Asked(parts.path, parse_qs(parts.query), request.headers.get("Sec-WebSocket-Protocol"))
        turn = self.turn(len(self.asked))
        self.asked.append(asked)
        connection.asked, connection.turn = asked, turn  # type: ignore[attr-defined]
        if turn.status != 101:
            return _refuse(connection, turn.status, turn.body, turn.headers)
        if asked.path == V2_PATH and (wrong := self._wrong_in_v2(asked)):
            return _refuse(connection, 400, json.dumps(wrong))
        return None if asked.path in (V2_PATH, "/subscribe") else _refuse(connection, 404, "no such method")

    def _wrong_in_v2(self, asked: Asked) -> dict[str, str] | None:
        if not set(asked.query.get("kinds", ())) <= KINDS:
            return {"error": "InvalidRequest", "message": "kinds"}
        if asked.cursor is not None and asked.cursor < min(self.floor, TIME_CURSORS_FROM):
            return {"error": "CursorTooOld", "message": f"floor {self.floor}"}
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        asked, turn = connection.asked, connection.turn  # type: ignore[attr-defined]
        is_v2 = asked.path == V2_PATH
        index, clamped = self._start(asked, is_v2)
        with contextlib.suppress(ConnectionClosed):
            if clamped and is_v2:
                await connection.send(info(self.floor))
            sending = asyncio.create_task(self._send(connection, index, asked, turn, is_v2))
            gone = asyncio.create_task(connection.wait_closed())
            await asyncio.wait((sending, gone), return_when=asyncio.FIRST_COMPLETED)
            gone.cancel()
            if not sending.done():
                sending.cancel()  # it waits at the tip for nobody
                return
            await sending
            await _end(connection, turn.end)

    def _start(self, asked: Asked, is_v2: bool) -> tuple[int, bool]:
        """The index of the first event to send, and whether retention moved it."""
        if asked.cursor is None:
            return len(self.log), False
        if is_v2 and asked.cursor < TIME_CURSORS_FROM:
            return asked.cursor - 1, False
        later = (i for i, event in enumerate(self.log) if event["time_us"] >= asked.cursor)
        index = next(later, len(self.log))
        return max(index, self.floor - 1), index < self.floor - 1

    async def _send(self, connection: ServerConnection, index: int, asked: Asked, turn: Turn, is_v2: bool) -> None:
        left = turn.frames
        wanted = asked.query.get("collections" if is_v2 else "wantedCollections")
        while left is None or left > 0:
            if index >= len(self.log):
                if turn.end == "stall":
                    return
                async with self._grown:
                    while index >= len(self.log):
                        await self._grown.wait()
            event = self.log[index]
            index += 1
            if _is_wanted(event, wanted):
                await connection.send(v2_frame(event, index) if is_v2 else v1_frame(event))
                self.sent += 1
                left = None if left is None else left - 1


async def _end(connection: ServerConnection, how: str) -> None:
    if how == "abort":
        connection.transport.abort()
    elif how == "error":
        await connection.send('{"$type":"error","error":"ConsumerTooSlow","message":"behind"}')
        await connection.close(1008)
    elif how == "torn":
        await connection.send('{"did":"did:plc:torn","kind":"commit","commit":{"rev"')
        await connection.close(1001)
    elif how.isdecimal():
        await connection.close(int(how))
    else:
        await connection.wait_closed()


def v1_frame(event: Event) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def v2_frame(event: Event, seq: int) -> str:
    """The event as v2 serves it: a commit's fields flat beside did and time, the rest nested."""
    kind = event["kind"]
    body = event["commit"] if kind == "commit" else {kind: event[kind]}
    at = moment(event["time_us"])
    assert at is not None
    time = at.isoformat(timespec="microseconds") + "Z"
    payload = {"$type": f"{LEXICON}#{kind}", "seq": seq, "did": event["did"], "time": time, **body}
    return json.dumps({"$type": "message", "payload": payload}, ensure_ascii=False, separators=(",", ":"))


def info(floor: int) -> str:
    payload = {"$type": f"{LEXICON}#info", "name": "OutdatedCursor", "message": f"resumed at {floor}"}
    return json.dumps({"$type": "message", "payload": payload})


def _is_wanted(event: Event, wanted: list[str] | None) -> bool:
    return event["kind"] != "commit" or not wanted or event["commit"]["collection"] in wanted


def _refuse(
    connection: ServerConnection, status: int, body: str, headers: tuple[tuple[str, str], ...] = ()
) -> Response:
    response = connection.respond(HTTPStatus(status), body)
    for name, value in headers:
        response.headers[name] = value
    return response


def _select_subprotocol(connection: ServerConnection, offered: Any) -> Any:
    return "xrpc.v1.json" if "xrpc.v1.json" in offered else None
