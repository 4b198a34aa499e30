"""A Jetstream v2 feed for measurements: seeded made-up events, framed once and sent as fast as the reader takes them.

The mix is that of the network (of a hundred events some 70 likes, 10 reposts, the rest posts and profiles), a share of
the events are posts with a followed hashtag. It knows nothing of cursors or faults.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import multiprocessing
import random
import struct
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

import orjson

from pipelines.sources.bluesky.fields import LIKE, POST, PROFILE, REPOST

HASHTAGS = tuple(f"{name}{year}" for name in ("ash", "asco", "esmo", "sabcs", "aacr") for year in range(17, 27))
PATH = "/xrpc/network.bsky.jetstream.subscribeEvents"

_START = datetime(2025, 12, 6, 10)  # long ago: so much at once only comes when an outage is made good
_CHUNK = 200  # frames written at once
_WEBSOCKET_KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
_WORDS = (
    *("the", "of", "and", "trial", "results", "today", "survival", "patients", "great", "talk", "from", "our", "lab"),
    *("data", "look", "at", "this", "morning", "coffee", "weather", "football", "election", "cat", "garden", "music"),
    *("new", "phase", "response", "cohort", "arm", "week", "months", "hazard", "ratio", "研究", "発表", "🩸", "naïve"),
)


def frames(events: int, followed_share: float, seed: int) -> Iterator[bytes]:
    """Websocket frames of ``events`` v2 events; the last one always carries a followed hashtag."""
    dice = random.Random(seed)
    for number in range(1, events + 1):
        payload = orjson.dumps({"$type": "message", "payload": _event(number, number == events, followed_share, dice)})
        yield _head(len(payload)) + payload


@contextmanager
def serving(events: int, followed_share: float = 0.05, seed: int = 7) -> Generator[str]:
    """The base address (``ws://127.0.0.1:port``) of a feed in a process of its own."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=_run, args=(theirs, events, followed_share, seed), daemon=True)
    process.start()
    try:
        yield f"ws://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _run(parent: Connection, events: int, followed_share: float, seed: int) -> None:
    asyncio.run(_serve(parent, list(frames(events, followed_share, seed))))


async def _serve(parent: Connection, sent: list[bytes]) -> None:
    chunks = [b"".join(sent[start : start + _CHUNK]) for start in range(0, len(sent), _CHUNK)]

    async def blast(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _shake_hands(reader, writer)
            for chunk in chunks:
                writer.write(chunk)
                await writer.drain()
            writer.write(b"\x88\x02\x03\xe8")  # close 1000: at it the SDK's client ends by itself
            await writer.drain()
            await reader.read(1)  # the reader's own close
        except ConnectionError:
            pass  # the reader has seen enough
        finally:
            writer.close()

    server = await asyncio.start_server(blast, "127.0.0.1", 0)
    parent.send(server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()


async def _shake_hands(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    request = (await reader.readuntil(b"\r\n\r\n")).decode()
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in request.split("\r\n"))
    }
    digest = hashlib.sha1((headers["sec-websocket-key"] + _WEBSOCKET_KEY).encode(), usedforsecurity=False).digest()
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Protocol: xrpc.v1.json\r\nSec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )


def _head(size: int) -> bytes:
    """A text frame's header, unmasked as servers send it."""
    if size < 126:
        return bytes([0x81, size])
    return bytes([0x81, 126]) + struct.pack(">H", size)


def _event(number: int, is_last: bool, followed_share: float, dice: random.Random) -> dict[str, Any]:
    at = _START + number * timedelta(milliseconds=2)
    if is_last or dice.random() < followed_share:
        collection, record = POST, _post(dice, dice.choice(HASHTAGS).upper())
    else:
        collection, record = _stranger(dice)
    created_at = at.isoformat(timespec="milliseconds") + "Z"
    return {
        "$type": "network.bsky.jetstream.subscribeEvents#commit",
        "seq": number,
        "did": _did(dice),
        "time": at.isoformat(timespec="microseconds") + "Z",
        "rev": _key(dice, 13),
        "operation": "create",
        "collection": collection,
        "rkey": "self" if collection == PROFILE else _key(dice, 13),
        "record": {"$type": collection, "createdAt": created_at, **record},
        "cid": f"bafyrei{_key(dice, 52)}",
    }


def _stranger(dice: random.Random) -> tuple[str, dict[str, Any]]:
    collection = dice.choices((LIKE, REPOST, POST, PROFILE), (75, 10, 14, 1))[0]
    if collection == POST:
        return collection, _post(dice, dice.choice(_WORDS))
    if collection == PROFILE:
        return collection, {"displayName": _text(dice, 2), "description": _text(dice, 12)}
    uri = f"at://{_did(dice)}/{POST}/{_key(dice, 13)}"
    return collection, {"subject": {"cid": f"bafyrei{_key(dice, 52)}", "uri": uri}}


def _post(dice: random.Random, tag: str) -> dict[str, Any]:
    text = _text(dice, dice.randint(3, 30))
    start = len(text.encode()) + 1
    facet = {
        "$type": "app.bsky.richtext.facet",
        "index": {"byteStart": start, "byteEnd": start + 1 + len(tag.encode())},
        "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": tag}],
    }
    return {"langs": ["en"], "text": f"{text} #{tag}", "facets": [facet]}


def _text(dice: random.Random, words: int) -> str:
    return " ".join(dice.choices(_WORDS, k=words))


def _did(dice: random.Random) -> str:
    return f"did:plc:{_key(dice, 24)}"


def _key(dice: random.Random, length: int) -> str:
    return "".join(dice.choices(_LETTERS, k=length))
