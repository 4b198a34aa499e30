"""A paced Jetstream v2 on loopback that keeps its log: posts of a congress that is on now, with cursors that mean what they say."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import orjson
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

CONGRESS = "bench"
_KEY = "234567abcdefghijklmnopqrstuvwxyz"
_AUTHORS = 500


def write_config(folder: Path, today: date) -> Path:
    """A congresses.yaml whose one congress is on today."""
    path = folder / "congresses.yaml"
    path.write_text(
        f"congresses:\n  {CONGRESS}:\n    name: BENCH\n    society: Measured\n    city: Loopback\n    timezone: UTC\n"
        f"    starts_on: {today - timedelta(1)}\n    ends_on: {today + timedelta(2)}\n    hashtags: [bench26]\n"
        "    simulated: true\n",
        encoding="utf-8",
    )
    return path


class Feed:
    """Serves a growing log of posts from a thread of its own.

    ``sent_at`` holds the UTC moment at which each post first stood in the log, by its number.
    """

    def __init__(self, posts_a_second: float, total: int, authors: int = _AUTHORS):
        self._interval, self._total, self._authors = 1 / posts_a_second, total, authors
        self._log: list[bytes] = []
        self.sent_at: list[datetime] = []
        self.uris: list[str] = []
        self.connections = 0
        self.url = ""
        self._ready, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> Feed:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def finished(self) -> bool:
        return len(self._log) >= self._total

    async def _run(self) -> None:
        async with serve(self._serve, "127.0.0.1", 0, subprotocols=["xrpc.v1.json"], compression=None) as server:  # ty: ignore[invalid-argument-type]
            self.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            self._ready.set()
            loop = asyncio.get_running_loop()
            started = loop.time()
            while not self._stop.is_set():
                while not self.finished and len(self._log) * self._interval <= loop.time() - started:
                    self._publish()
                await asyncio.sleep(0.01)

    def _publish(self) -> None:
        number, now = len(self._log), datetime.now(UTC).replace(tzinfo=None)
        event = _post(number, now, number % self._authors)
        self.uris.append(f"at://{event['did']}/{event['collection']}/{event['rkey']}")
        self._log.append(orjson.dumps({"$type": "message", "payload": event}))
        self.sent_at.append(now)

    async def _serve(self, connection: ServerConnection) -> None:
        self.connections += 1
        query = parse_qs(urlsplit(connection.request.path if connection.request else "").query)
        cursor = int(query.get("cursor", ["0"])[0])
        index = len(self._log) if not cursor else self._from(cursor)
        try:
            while not self._stop.is_set():
                for raw in self._log[index:]:
                    await connection.send(raw, text=True)
                    index += 1
                await asyncio.sleep(0.005)
        except ConnectionClosed:
            return

    def _from(self, cursor: int) -> int:
        """The first entry at or behind a cursor: a sequence number, or microseconds from 1e15 on."""
        if cursor < 10**15:
            return cursor - 1
        instant = datetime.fromtimestamp(cursor / 1e6, UTC).replace(tzinfo=None)
        return next((i for i, at in enumerate(self.sent_at) if at >= instant), len(self._log))


def _post(number: int, at: datetime, author: int) -> dict:
    stamp = at.isoformat(timespec="microseconds") + "Z"
    return {
        "$type": "network.bsky.jetstream.subscribeEvents#commit",
        "seq": number + 1,
        "did": f"did:plc:{_key(author, 24)}",
        "time": stamp,
        "rev": _key(number, 13),
        "operation": "create",
        "collection": "app.bsky.feed.post",
        "rkey": _key(number, 13),
        "cid": f"bafyrei{_key(number, 52)}",
        "record": {"$type": "app.bsky.feed.post", "createdAt": stamp, "text": f"Post {number} of the run #bench26"},
    }


def _key(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, rest = divmod(number, 32)
        letters.append(_KEY[rest])
    return "".join(reversed(letters))
