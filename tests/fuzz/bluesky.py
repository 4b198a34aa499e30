"""Jetstream: the bytes of the websocket, and what stands in its frames."""

from __future__ import annotations

import asyncio

from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from pipelines.sources.bluesky.payload import Parsed, parse
from pipelines.sources.bluesky.route import MAX_BYTES
from pipelines.sources.bluesky.wire import Line
from pipelines.sources.server_time import ServerClock
from tests.fuzz.holding import AT, lines_of, recorded, storable

TRACED = ("pipelines.sources.bluesky", "pipelines.sources.server_time", "pipelines.hashtags")

_POST = (
    b'{"did":"did:plc:a","time_us":1783175888172335,"kind":"commit","commit":{"rev":"3m","operation":"create",'
    b'"collection":"app.bsky.feed.post","rkey":"3k","record":{"text":"see #ASH26","createdAt":"2026-12-12T18:00:00.000Z",'
    b'"langs":["en-US"],"tags":["ASH26"],"facets":[{"features":[{"tag":"ash26"},{"did":"did:plc:b"},{"uri":"https://a.org"}]}],'
    b'"reply":{"root":{"uri":"at://did:plc:b/app.bsky.feed.post/1"},"parent":{"uri":"at://did:plc:b/app.bsky.feed.post/1"}},'
    b'"embed":{"record":{"record":{"uri":"at://did:plc:c/app.bsky.feed.post/2"}},"media":{"external":{"uri":"https://b.org"}}}}}}'
)


def seeds() -> list[bytes]:
    own = [
        _POST,
        b'{"did":"did:plc:a","time_us":1,"kind":"account","account":{"active":false,"status":"deleted"}}',
        b'{"did":"did:plc:a","time_us":1,"kind":"identity","identity":{"handle":"A.bsky.social"}}',
        b'{"$type":"error","error":"ConsumerTooSlow"}',
        b'{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#commit","seq":7,"did":"did:plc:a",'
        b'"time":"2026-12-12T18:00:00Z","collection":"app.bsky.feed.post","operation":"delete","rkey":"3k"}}',
        b"\x81\x02{}\x89\x00\x01\x01{\x80\x01}\x88\x02\x03\xe8",
        b"Sat, 12 Dec 2026 18:00:00 GMT",
    ]
    found = recorded("payloads", "bluesky", "jetstream-golden", "golden_v1.jsonl")
    found += recorded("payloads", "bluesky", "jetstream-corpus", "expected_v1.jsonl")
    return own + lines_of(found, 60)


def run(data: bytes) -> None:
    parsed = parse(data, AT)
    assert isinstance(parsed, Parsed)
    storable(parsed.records, len(data))
    _date(data)
    asyncio.run(_taken(data))


class _Fixed:
    def now(self):
        return AT


def _date(data: bytes) -> None:
    clock = ServerClock(_Fixed(), lambda: 0.0)
    clock.heard(data.decode("latin-1"), 0.1)
    clock.now(), clock.complaint


class _Transport(asyncio.Transport):
    """A transport that drops what is written."""

    def write(self, data):
        pass

    def write_eof(self):
        pass

    def can_write_eof(self):
        return False

    def close(self):
        pass

    def abort(self):
        pass

    def set_write_buffer_limits(self, high=None, low=None):
        pass

    def is_closing(self):
        return False

    def pause_reading(self):
        pass

    def resume_reading(self):
        pass


def line() -> Line:
    """A websocket after its handshake, on a transport that drops what is written; needs a running loop."""
    made = Line(ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN, max_size=MAX_BYTES))
    made.response = Response(101, "Switching Protocols", Headers())
    made.connection_made(_Transport())
    return made


async def _taken(data: bytes) -> None:
    """The bytes of a connection, cut in two."""
    made, half = line(), len(data) // 2
    for piece in (data[:half], data[half:]):
        made.data_received(piece)
    assert sum(map(len, made._frames)) <= len(data)
