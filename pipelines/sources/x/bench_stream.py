"""How fast the read loop of X's filtered stream is, beside ``tweepy.StreamingClient`` on the same server.

The server stands in a process of its own and sends made-up lines, with authors and rules, as fast as the reader takes
them. Both sides turn every line into objects and find the posts with the followed hashtag; a third run of ours also makes
the records that are stored: post, author and counts, each field checked, for which tweepy has no counterpart.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any

import orjson
import tweepy

from pipelines.hashtags import hashtags_in
from pipelines.model import Post
from pipelines.sources.x.api import XApi
from pipelines.sources.x.loopback import TOKEN
from pipelines.sources.x.payload import parse
from pipelines.sources.x.stream import Event, Lines
from pipelines.sources.x.world import made_up

_TAG = "ash26"
_EXPANSIONS = ("author_id", "referenced_tweets.id")
_AT_ONCE = 100  # lines written at once


@dataclass(frozen=True, slots=True)
class _Run:
    """One reading of all posts: how many were found, and how many a second by the clock and by this process's CPU time."""

    found: int
    a_second: int
    a_cpu_second: int


def measure(posts: int = 20_000, seed: int = 7, rounds: int = 3) -> dict[str, Any]:
    """Posts a second of both, by the clock and by CPU time, how many each found, and how many times faster ours is.

    They take turns, and the quickest of each one's ``rounds`` stands: other work on the machine can only slow a round.
    """
    with _serving(posts, seed) as host:
        turns = [(_ours(host, posts, _is_followed), _tweepy(host, posts), _ours(host, posts, _has_followed_record)) for _ in range(rounds)]  # fmt: skip
    ours, theirs, records = (_best(runs) for runs in zip(*turns, strict=True))
    return {
        "posts": posts, "found": ours.found, "found_in_records": records.found, "found_by_tweepy": theirs.found,
        "ours": ours.a_second, "ours_a_cpu_second": ours.a_cpu_second, "ours_to_records": records.a_second,
        "tweepy": theirs.a_second, "tweepy_a_cpu_second": theirs.a_cpu_second,
        "times": round(ours.a_second / theirs.a_second, 1),
        "times_by_cpu": round(ours.a_cpu_second / theirs.a_cpu_second, 1),
    }  # fmt: skip


def _best(runs: Sequence[_Run]) -> _Run:
    """The quickest by the clock and the quickest by CPU time; what was found is the same in each."""
    return _Run(runs[0].found, max(run.a_second for run in runs), max(run.a_cpu_second for run in runs))


class _Stopwatch:
    """Runs from its making on."""

    def __init__(self) -> None:
        self._began, self._cpu_began = time.perf_counter(), time.process_time()

    def stop(self, posts: int, found: int) -> _Run:
        seconds, cpu_seconds = time.perf_counter() - self._began, time.process_time() - self._cpu_began
        return _Run(found, round(posts / seconds), round(posts / cpu_seconds))


def _is_followed(line: bytes, _: datetime) -> bool:
    return _TAG in hashtags_in(orjson.loads(line)["data"]["text"])


def _has_followed_record(line: bytes, at: datetime) -> bool:
    return any(isinstance(each, Post) and _TAG in each.hashtags for each in parse(line, at).records)


def _ours(host: str, posts: int, look: Callable[[bytes, datetime], bool]) -> _Run:
    """Our loop up to the last line, and a look at each line for the hashtag."""
    seen = found = 0
    ended: list[_Run] = []

    def take(event: Event) -> None:
        nonlocal seen, found
        if isinstance(event, Lines):
            seen += len(event.lines)
            found += sum([look(line, event.at) for line in event.lines])
            if seen == posts:
                ended.append(watch.stop(posts, found))
                loop.stop()

    watch = _Stopwatch()
    api = XApi(TOKEN, host)
    loop = api.stream(_EXPANSIONS, take, None)
    loop.run()
    api.close()
    return ended[0]


def _tweepy(host: str, posts: int) -> _Run:
    """The same for the SDK's own loop and models; only the address is another one than X's."""
    seen = found = 0
    ended: list[_Run] = []

    class Client(tweepy.StreamingClient):
        def _connect(self, method: str, endpoint: str, **kwargs: Any) -> None:
            self.session.headers["Authorization"] = f"Bearer {self.bearer_token}"
            tweepy.streaming.BaseStream._connect(self, method, f"{host}/2/tweets/{endpoint}/stream", **kwargs)

        def on_response(self, response: Any) -> None:
            nonlocal seen, found
            seen += 1
            found += _TAG in hashtags_in(response.data.text)
            if seen == posts:
                ended.append(watch.stop(posts, found))
                self.disconnect()

    logging.getLogger("tweepy").setLevel(logging.CRITICAL)  # it calls our own end of the stream an error
    watch = _Stopwatch()
    client = Client(TOKEN)
    thread = threading.Thread(target=lambda: client.filter(expansions=list(_EXPANSIONS)))
    thread.start()
    thread.join()
    return ended[0]


@contextmanager
def _serving(posts: int, seed: int) -> Generator[str]:
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=_run, args=(theirs, posts, seed), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _run(parent: Connection, posts: int, seed: int) -> None:
    asyncio.run(_serve(parent, _chunks(posts, seed)))


def _chunks(posts: int, seed: int) -> list[bytes]:
    """The body of the stream, a line of X in each HTTP chunk, as X sends them."""
    world = made_up(seed, datetime.now(UTC).timestamp() - 3_600, posts / 10, 10.0, reposts=0.0, tag=_TAG.upper())
    lines = [orjson.dumps(_line(made.data, world.users[made.author_id])) + b"\r\n" for made in world.posts]
    framed = [b"%x\r\n%b\r\n" % (len(line), line) for line in lines]
    return [b"".join(framed[first : first + _AT_ONCE]) for first in range(0, len(framed), _AT_ONCE)]


def _line(post: Mapping[str, Any], user: Mapping[str, Any]) -> dict[str, Any]:
    return {"data": post, "includes": {"users": [user]}, "matching_rules": [{"id": "1", "tag": "ash-2026"}]}


async def _serve(parent: Connection, chunks: list[bytes]) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
            for chunk in chunks:
                writer.write(chunk)
                await writer.drain()
            await reader.read(1)  # until the reader has gone: a stream does not end
        except ConnectionError:
            pass  # the reader has seen enough
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    parent.send(server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()
