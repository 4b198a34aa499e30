"""What a lake costs beside the embedded file: how fresh, how fast, how large. A real PostgreSQL, Parquet on local disk."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.bench.fill import Filled, fill
from pipelines.bench.postgres import cluster
from pipelines.bench.reads import questions
from pipelines.clock import RealClock
from pipelines.errors import UsageError
from pipelines.lake.connect import Connection
from pipelines.lake.follow import Follower, record_of
from pipelines.lake.log import Lake
from pipelines.lake.mirror import Mirror
from pipelines.lake.publish import Publisher
from pipelines.lake.tables import STATES, columns_of, key_of
from pipelines.lake.upkeep import purge, tidy
from pipelines.launch import DATABASE
from pipelines.model import Batch, Deletion, Match, Post
from pipelines.store.database import Store, migrations

POSTS = 25_000
FRESH_SECONDS, A_SECOND = 15.0, 10  # posts folded a second while freshness is measured
REPEATS = 12

Figures = dict[str, Any]


def measure(posts: int = POSTS) -> Figures:
    """Figures of the lake, each beside the embedded file's.

    Raises:
        UsageError: without PostgreSQL, or without the extra ``lake``.
    """
    with tempfile.TemporaryDirectory() as name, cluster() as server:
        folder = Path(name)
        server.client("createdb", "bench")
        address = server.address("bench")
        Lake.make(address, str(folder / "files"))
        filled = fill(folder, posts)
        with Store(folder / DATABASE) as here, Store(folder / "mirror.duckdb") as there:
            found = _sent_and_followed(here, there, address, filled)
            lake = Lake(address)
            found["six reads, ms (p50)"] = _reads(here, there, lake, filled)
            lake.close()
            found["freshness, ms"] = _freshness(here, there, address, filled)
            found["purge of one post, s"] = _purged(here, address)
        return {"posts": filled.posts, **found}


def _sent_and_followed(here: Store, there: Store, address: str, filled: Filled) -> Figures:
    rows = 0

    def count(more: int) -> None:
        nonlocal rows
        rows += more

    publisher = Publisher(here, address, after_page=count)
    sent = _seconds(publisher.send_all)
    publisher.close()
    lake = Lake(address)
    follower = Follower(lake, there)

    def catch_up() -> None:
        while follower.round():
            pass

    followed = _seconds(catch_up)
    tidied = _seconds(lambda: tidy(lake, RealClock().now() + timedelta(days=1)))
    figures = lake.figures()
    lake.close()
    if there.reader.ask("SELECT count(*) AS n FROM matches")["n"][0].as_py() < filled.posts:
        raise UsageError("bench lake: the mirror does not hold what was sent")
    return {
        "rows": rows,
        "sent, posts/s": round(filled.posts / sent),
        "sent, rows/s": round(rows / sent),
        "followed, posts/s": round(filled.posts / followed),
        "upkeep, s": round(tidied, 1),
        "lake, bytes/post": round(figures["file_bytes"] / filled.posts),
        "embedded file, bytes/post": round((here.path.stat().st_size if here.path else 0) / filled.posts),
        "Parquet files": figures["files"],
        "PostgreSQL, MB": round(figures["PostgreSQL bytes"] / 1e6, 1),
        "rows held by PostgreSQL": figures["rows in PostgreSQL"],
    }


def _reads(here: Store, there: Store, lake: Lake, filled: Filled) -> Figures:
    straight = make_readable(lake)
    places: dict[str, tuple[Any, int]] = {
        "embedded": (here.reader, REPEATS),
        "mirror": (there.reader, REPEATS),
        "straight from the lake": (straight, 3),
    }
    found: Figures = {}
    for place, (reader, repeats) in places.items():
        asks = questions(reader, filled)
        found[place] = {name: _p50(ask, repeats) for name, ask in asks.items()}
        found[place]["all six"] = round(sum(found[place].values()), 1)
    return found


class _OneAtATime:
    """A connection to the lake, which is for one thread, asked as a store is: by as many as like."""

    def __init__(self, line: Connection):
        self._line, self._turn = line, threading.Lock()

    def ask(self, sql: str, **given: Any) -> pa.Table:
        with self._turn:
            return self._line.ask(sql, **given)


def _p50(ask: Callable[[], Any], repeats: int) -> float:
    ask()
    return round(statistics.median(_seconds(ask) * 1000 for _ in range(repeats)), 1)


def _freshness(here: Store, there: Store, address: str, filled: Filled) -> Figures:
    """From the fold's begin until a reader sees the post: in the same file, and in a mirror's."""
    first = here.reader.ask("SELECT * EXCLUDE (kind) FROM posts LIMIT 1").to_pylist()[0]
    template = record_of(Post, first)
    begun: dict[str, float] = {}
    seen: dict[str, dict[str, float]] = {"embedded": {}, "mirror": {}}
    stop = threading.Event()

    def watch(place: str, store: Store) -> None:
        while not stop.is_set():
            rows = store.reader.ask("SELECT post_id FROM posts WHERE starts_with(post_id, 'fresh-')")
            now = time.perf_counter()
            for post_id in rows["post_id"].to_pylist():
                seen[place].setdefault(post_id, now)
            time.sleep(0.01)

    with _at_work(here, there, address):
        watchers = [threading.Thread(target=watch, args=each) for each in (("embedded", here), ("mirror", there))]
        for each in watchers:
            each.start()
        for number in range(int(FRESH_SECONDS * A_SECOND)):
            post = replace(template, post_id=f"fresh-{number}", repost_of_id=None)
            match = Match(post.platform, post.post_id, filled.congress_id, "hashtag", "bench")
            begun[post.post_id] = time.perf_counter()
            here.fold(Batch(records=[post], matches=[match]))
            time.sleep(max(0.0, 1 / A_SECOND - (time.perf_counter() - begun[post.post_id])))
        until = time.perf_counter() + 60
        while len(seen["mirror"]) < len(begun) and time.perf_counter() < until:
            time.sleep(0.1)
        stop.set()
        for each in watchers:
            each.join()
    return {
        place: _spread([at - begun[name] for name, at in found.items()], len(begun)) for place, found in seen.items()
    }


@contextmanager
def _at_work(here: Store, there: Store, address: str) -> Generator[None]:
    """A collector that sends and a mirror that follows, both settled."""
    publisher, mirror = Publisher(here, address).start(), Mirror(there, address, RealClock())
    following = threading.Thread(target=mirror.run)
    following.start()
    time.sleep(5)
    try:
        yield
    finally:
        publisher.stop(10)
        mirror.stop()
        following.join()


def _spread(waits: list[float], sent: int) -> Figures:
    cuts = statistics.quantiles(waits, n=20)
    return {
        "p50": round(statistics.median(waits) * 1000),
        "p95": round(cuts[18] * 1000),
        "seen": len(waits),
        "sent": sent,
    }


def _purged(here: Store, address: str) -> float:
    row = here.reader.ask("SELECT platform, post_id FROM posts LIMIT 1").to_pylist()[0]
    now = RealClock().now()
    here.fold(Batch(records=[Deletion(row["platform"], "post", row["post_id"], now)]))
    publisher, lake = Publisher(here, address), Lake(address)
    publisher.send_all()
    seconds = _seconds(lambda: purge(lake, "bench", now))
    publisher.close()
    lake.close()
    return round(seconds, 1)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def make_readable(lake: Lake) -> Any:
    """Let the named reads ask the log itself, every table of the store a view over what was appended: what to ask."""
    for _, text in migrations():
        lake.line.run(text)
    views = {**_VIEWS, **{name: _newest(name) for name in STATES}}
    for name in views:
        lake.line.run(f'DROP TABLE "{name}"')
    for name, sql in views.items():
        lake.line.run(f'CREATE VIEW "{name}" AS {sql}')
    return _OneAtATime(lake.line)


def _newest(table: str) -> str:
    keys, own = (", ".join(f'"{each}"' for each in names) for names in (key_of(table), columns_of(table)))
    return f"""
        SELECT {own} FROM (FROM lake."{table}" QUALIFY row_number() OVER (PARTITION BY writer, {keys} ORDER BY seq DESC) = 1)
        WHERE NOT gone
    """


_OF_POST = "p.author_id, p.created_at, p.kind"
_BY_NUMBER = "p.post_number, p.author_number"
_VIEWS = {
    "posts": """
        SELECT * EXCLUDE (writer, seq, folded_at), CASE WHEN repost_of_id IS NOT NULL THEN 'repost'
            WHEN reply_to_id IS NOT NULL THEN 'reply' WHEN quoted_id IS NOT NULL THEN 'quote' ELSE 'original' END AS kind,
            number_of(platform, post_id) AS post_number, number_of(platform, author_id) AS author_number,
            number_if_any(platform, repost_of_id) AS repost_of_number, number_if_any(platform, quoted_id) AS quoted_number,
            number_if_any(platform, reply_to_id) AS reply_to_number,
            numbers_of_named(platform, mentioned_ids, repost_of_id) AS mentioned_numbers
        FROM lake.post ANTI JOIN (SELECT platform, target_id AS post_id FROM lake.deletion WHERE target = 'post') USING (platform, post_id)
        QUALIFY row_number() OVER (PARTITION BY platform, post_id ORDER BY revision DESC, length(text) DESC, retrieved_at) = 1
    """,
    "matches": f"""
        SELECT DISTINCT m.congress_id, m.platform, m.post_id, {_OF_POST}, m.rule, m.term, m.terms, true AS visible,
            {_BY_NUMBER}, p.repost_of_number, p.quoted_number, p.reply_to_number
        FROM lake."match" m JOIN posts p USING (platform, post_id)
    """,
    "abstract_mentions": f"""
        SELECT DISTINCT m.congress_id, m.number, m.platform, m.post_id, {_OF_POST}, m.tier, m.rule, m.evidence,
            m.span[1] AS span_start, m.span[2] AS span_end, m.score, m.inherited_from, p.revision, true AS visible, {_BY_NUMBER},
            number_of(m.platform, coalesce(m.inherited_from, m.post_id)) AS said_number
        FROM lake.abstract_mention m JOIN posts p USING (platform, post_id)
    """,
    "authors": """
        SELECT platform, author_id, max(seen_at) AS seen_at,
            arg_max(handle, seen_at) AS handle, max(seen_at) FILTER (handle IS NOT NULL) AS handle_at,
            arg_max(display_name, seen_at) AS display_name, arg_max(bio, seen_at) AS bio, arg_max(location, seen_at) AS location,
            max(seen_at) FILTER (bio IS NOT NULL) AS profile_at, arg_max(followers_count, seen_at) AS followers_count,
            arg_max(verified, seen_at) AS verified, max(seen_at) FILTER (followers_count IS NOT NULL) AS followers_at,
            number_of(platform, author_id) AS author_number,
            speaks_of_elsewhere(arg_max(bio, seen_at), arg_max(location, seen_at)) AS elsewhere
        FROM lake.author GROUP BY ALL
    """,
    "roles": """
        SELECT DISTINCT * EXCLUDE (writer, seq, folded_at), number_of(platform, author_id) AS author_number FROM lake.role
    """,
    "engagement": "SELECT DISTINCT * EXCLUDE (writer, seq, folded_at) FROM lake.engagement",
    "counts": """
        SELECT * EXCLUDE (writer, seq, folded_at), number_of(platform, post_id) AS post_number FROM lake.engagement
        QUALIFY row_number() OVER (PARTITION BY platform, post_id ORDER BY seen_at DESC) = 1
    """,
    "taken_up": "FROM taken_up_now",
    "likes": """
        SELECT DISTINCT * EXCLUDE (writer, seq, folded_at), number_of(platform, post_id) AS post_number FROM lake."like"
    """,
}
