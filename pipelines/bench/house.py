"""How long it takes until deleted words are gone, over a large store and a large tape: by request, by retention, by tombstones.

Each step is the product's own function on a real file. Afterwards the words of what was forgotten are looked for in the
bytes of the file and of the tape.
"""

from __future__ import annotations

import mmap
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from pipelines import keeping
from pipelines.access import Person
from pipelines.bench.fill import fill
from pipelines.launch import DATABASE
from pipelines.model import Batch, Deletion, Post
from pipelines.sources.bluesky.payload import parse
from pipelines.sources.demo import World
from pipelines.sources.tape import TapeWriter
from pipelines.store.database import Store

OFFICER = Person("bench", "admin")
DELETED = 1_000  # posts that their authors took back
WORDS = b"A quillon bell rang thrice over the ferrous meadow"
_LINES_AT_ONCE = 5_000
_Payload = tuple[datetime, str, bytes]


class _Timed(Store):
    """A store that knows how long its longest fold was: so long did collecting wait."""

    longest = 0.0  # seconds

    def fold(self, batch: Batch, told: bool = True) -> None:
        took = _seconds(lambda: super(_Timed, self).fold(batch, told))
        self.longest = max(self.longest, took)


def measure(posts: int = 1_000_000, tape_lines: int = 2_000_000) -> dict[str, Any]:
    """Seconds of each step over a store with ``posts`` posts and a tape with ``tape_lines`` lines."""
    world = World(2026)
    with tempfile.TemporaryDirectory() as name:
        filled = fill(Path(name), posts, world)
        return {"posts": filled.posts, **clean(Path(name), world, filled.as_of, tape_lines)}


def clean(data: Path, world: World, as_of: datetime, tape_lines: int) -> dict[str, Any]:
    """Do each step once over the filled store in ``data``; none of its posts is left."""
    now, tape, payloads = as_of + timedelta(minutes=1), data / "bench.tape", list(world.payloads())
    planted = _planted(payloads)
    _write_tape(tape, [planted, *payloads], tape_lines)
    found: dict[str, Any] = {"tape_lines": tape_lines, "tape_mb": tape.stat().st_size >> 20}
    with closing(_Timed(data / DATABASE)) as store:
        keeping.remember_tape(store, tape, now)
        found |= _forgotten(store, tape, planted, now)
        found |= _taken_back(store, now)
        found |= _expired(store, world)
        found["rewrite_of_what_is_left_s"] = _seconds(store.rewrite)
    return found


def _write_tape(path: Path, payloads: Sequence[_Payload], count: int) -> None:
    lines: Iterator[_Payload] = islice(cycle(payloads), count)
    with TapeWriter(path) as tape:
        while chunk := list(islice(lines, _LINES_AT_ONCE)):
            tape.write(chunk)


def _forgotten(store: Store, tape: Path, planted: _Payload, now: datetime) -> dict[str, Any]:
    """One post by request, at once: tables, tape, and the whole file written anew."""
    at, _, raw = planted
    records = parse(raw, at).records
    post = next(each for each in records if isinstance(each, Post))
    store.fold(Batch(records=records))
    store.checkpoint()
    before = _holding(store, tape)
    reason = "a measurement"
    asked = lambda: keeping.forget(  # noqa: E731 - called once, inside the clock
        store, person=OFFICER, now=now, platform="bluesky", target="post", target_id=post.post_id, reason=reason
    )
    return {
        "forget_one_post_s": _seconds(asked),
        "files_with_its_words_before": before,
        "files_with_its_words_after": _holding(store, tape),
        "rewrite_s": _seconds(store.rewrite),
    }


def _planted(payloads: Sequence[_Payload]) -> _Payload:
    """An original post of the demo under another id and with words that nobody else has."""
    at, source, raw = next(
        each for each in payloads if each[1] == "bluesky" and b'"create"' in each[2] and b'"text":"' in each[2]
    )
    raw = re.sub(rb'"rkey":"[^"]*"', b'"rkey":"3zzzzzzzzzz22"', raw)
    return at, source, re.sub(rb'"text":"', b'"text":"' + WORDS + b" ", raw, count=1)


def _taken_back(store: Store, now: datetime) -> dict[str, Any]:
    """Posts that their authors deleted: the fold that purges them, and the tape scrubbed of them."""
    gone = store.reader.ask(
        "SELECT platform, post_id FROM posts WHERE kind = 'original' ORDER BY hash(post_id) LIMIT $many", many=DELETED
    ).to_pylist()
    batch = Batch(records=[Deletion(each["platform"], "post", each["post_id"], now, "deleted") for each in gone])
    return {
        f"purge_of_{DELETED}_deleted_posts_s": _seconds(lambda: store.fold(batch)),
        "scrub_of_the_tape_s": _seconds(lambda: keeping.scrub_tapes(store, now)),
    }


def _expired(store: _Timed, world: World) -> dict[str, Any]:
    """Retention of the whole congress; collecting waits for one page at most."""
    later = world.congress.kept_until + timedelta(days=1)
    began, store.longest = time.perf_counter(), 0.0
    purged = keeping.expire(store, [world.congress], later)
    return {
        "retention_posts": purged,
        "retention_s": round(time.perf_counter() - began, 1),
        "retention_longest_page_s": store.longest,
        "retention_posts_left": store.reader.ask("SELECT count(*) AS n FROM posts")["n"][0].as_py(),
    }


def _seconds(job: Callable[[], Any]) -> float:
    began = time.perf_counter()
    job()
    return round(time.perf_counter() - began, 2)


def _holding(store: Store, tape: Path) -> int:
    """In how many of the two files the planted words stand."""
    return sum(_holds(path) for path in (store.path, tape) if path)


def _holds(path: Path) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
        return held.find(WORDS) >= 0
