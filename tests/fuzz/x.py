"""What the X API sends: pages, stream lines, compliance results, and the stream cut anywhere."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import nullcontext

from pipelines.sources.x.compliance import read_result, target_of
from pipelines.sources.x.payload import Parsed, parse
from pipelines.sources.x.stream import Event, Lines, StreamLoop, Timing
from tests.fuzz.holding import AT, lines_of, recorded, storable, weight

TRACED = (
    "pipelines.sources.x.payload", "pipelines.sources.x.post", "pipelines.sources.x.fields", "pipelines.sources.x.compliance",
    "pipelines.sources.x.stream", "pipelines.hashtags",
)  # fmt: skip

_PAGE = (
    b'{"data":[{"id":"1999900000000000001","text":"RT @a: see #ASH26 \xe2\x80\xa6","author_id":"7","created_at":"2026-12-12T18:00:00.000Z",'
    b'"edit_history_tweet_ids":["1999900000000000001"],"referenced_tweets":[{"type":"retweeted","id":"1999900000000000000"}],'
    b'"entities":{"hashtags":[{"tag":"ASH26"}],"urls":[{"url":"https://t.co/a","expanded_url":"https://a.org/","unwound_url":"https://b.org/"}],'
    b'"mentions":[{"username":"a","id":"8"}]},"note_tweet":{"text":"all of it"},"public_metrics":{"like_count":3},"lang":"in",'
    b'"withheld":{"country_codes":["DE"]}}],"includes":{"users":[{"id":"7","username":"b","name":"B","verified_type":"blue",'
    b'"description":"MD https://t.co/x","entities":{"description":{"urls":[{"url":"https://t.co/x","expanded_url":"https://x.org"}]}},'
    b'"public_metrics":{"followers_count":5},"protected":false}],"tweets":[{"id":"1999900000000000000","text":"see","author_id":"8"}]},'
    b'"errors":[{"resource_type":"tweet","parameter":"ids","value":"5","title":"Not Found Error"}],"meta":{"next_token":"n"},'
    b'"matching_rules":[{"id":"1","tag":"t"}]}'
)


def seeds() -> list[bytes]:
    own = [
        _PAGE,
        b'{"data":{"event_type":"post.delete","payload":{"id":"5"}}}',
        b'{"data":[{"start":"2026-12-12T18:00:00Z","end":"2026-12-12T19:00:00Z","tweet_count":4}]}',
        b'{"title":"Unauthorized","status":401,"detail":"no"}',
        b'{"id":"5","action":"delete","reason":"deleted","created_at":"2010-11-01T00:00:00.000Z","redacted_at":"2026-01-01T00:00:00Z"}',
        b'\r\n{"data":{"id":"1","text":"t"}}\r\n\r\n{"da',
    ]
    found = recorded("payloads", "x", "twarc-csv") + recorded("payloads", "x", "tweepy-cassettes", "decoded")
    return own + lines_of(found, 2)


def run(data: bytes) -> None:
    parsed = parse(data, AT)
    assert isinstance(parsed, Parsed)
    storable(parsed.records, len(data))
    assert weight((parsed.unread, parsed.problems, parsed.reads, parsed.rule_ids)) <= 40 * len(data) + 200
    for target in ("post", "author"):
        found = read_result(data, target, AT)
        storable([found] if found else [], len(data))
    _vote(data)
    _stream(data)


def _vote(data: bytes) -> None:
    from pipelines.sources.files.formats import _decoded

    item = _decoded(data)
    target_of([item] if item else [])


class _Answer:
    """A stream's answer: the first byte says with which status, the rest comes in small pieces."""

    def __init__(self, data: bytes):
        self.status = {0: 200, 1: 429, 2: 401, 3: 503}[data[0] % 4 if data else 0]
        self.headers = {"x-rate-limit-reset": data[1:].decode("latin-1")}
        self._data = data[1:]

    def chunks(self) -> Iterator[list[bytes]]:
        step = max(1, len(self._data) // 7)
        yield from (self._data[at : at + step].split(b"\n") for at in range(0, len(self._data), step))

    def body(self) -> bytes:
        return self._data

    def abort(self) -> None:
        pass


def answered(data: bytes) -> tuple[list[Event], float | None]:
    """What the stream's loop tells of one connection that is answered with ``data``, and the seconds until the next."""
    told: list[Event] = []
    loop = StreamLoop(
        lambda: nullcontext(_Answer(data)), lambda: None, told.append, Timing(), random.Random(1), lambda: AT
    )
    return told, loop._live_once()


def _stream(data: bytes) -> None:
    told, wait = answered(data)
    assert wait is None or 0 <= wait <= 1_000
    assert sum(len(line) for each in told if isinstance(each, Lines) for line in each.lines) <= len(data)
