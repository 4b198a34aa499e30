"""What is kept, and for how long: forgetting on request, retention, and that deleted words leave tapes and file too.

Folding a deletion purges every table at once. Three things need more than that and are done here: the tapes, which hold
raw payloads; profiles of whom no post is left; and the file, in whose free blocks purged words live on until it is
written anew.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

import pyarrow as pa

from pipelines.access import Person
from pipelines.clock import Clock
from pipelines.congresses import Congress
from pipelines.errors import UsageError
from pipelines.model import Batch, Deletion
from pipelines.sources.parsers import PARSERS
from pipelines.sources.scrub import Doomed, scrub
from pipelines.store.database import Store
from pipelines.store.keep import keep_certificate, note_tape, note_upkeep, sweep_authors, words_left
from pipelines.store.reader import Reader

log = logging.getLogger(__name__)

ROUND = 3600.0  # seconds between two rounds
LONE = timedelta(hours=24)  # a profile may stand this long without a post: its post may still come
REWRITE_AFTER = timedelta(hours=12)  # purged words leave the file within this time, well inside the 24 h that X allows
BORNE_OUT = timedelta(days=2)
PAGE = 10_000  # posts of which one transaction disposes

Target = Literal["post", "author"]


@dataclass(frozen=True, slots=True)
class Certificate:
    """That something was forgotten. Holds no word of it: the id, and a hash of each text for whoever has to compare."""

    target: Target
    platform: str
    target_id: str
    done_by: str
    reason: str
    done_at: datetime  # naive UTC
    posts: int
    text_hashes: tuple[str, ...]  # sha256 of each text that was removed
    tape_lines: int
    left: Mapping[str, int]  # rows that still hold one of those texts, by table: empty when all is gone
    rewritten: bool  # the file was written anew, so that its free blocks hold nothing either


def forget(
    store: Store, *, person: Person, now: datetime, platform: str, target: Target, target_id: str, reason: str
) -> None:
    """Forget a post, or an author with all posts, in every table, tape and block of the file; it never comes back.

    What was done is kept as a certificate (``certificates``). ``reason`` says who asked for it and how.

    Raises:
        UsageError: when nothing of it is here, or no reason is given.
    """
    if target not in get_args(Target):
        raise UsageError(f'target "{target}": choose one of {", ".join(get_args(Target))}')
    if not reason.strip():
        raise UsageError("forgetting needs a reason: who asked for it, and how")
    texts = _texts(store.reader, platform, target, target_id)
    if texts is None:
        raise UsageError(f'no {target} "{target_id}" on {platform}')
    store.fold(Batch(records=[Deletion(platform, target, target_id, now, "request")]))
    store.keep_house(lambda db: sweep_authors(db, now))
    lines = scrub_tapes(store, now)
    store.rewrite()
    gone = _tombstones(store.reader)
    store.keep_house(lambda db: note_upkeep(db, "rewrite", now, gone))
    left: dict[str, int] = {}
    for each in filter(_telling, texts):
        for table, count in store.keep_house(lambda db, each=each: words_left(db, each)).items():
            left[table] = left.get(table, 0) + count
    hashes = tuple(sorted(hashlib.sha256(each.encode()).hexdigest() for each in texts))
    done = Certificate(
        target, platform, target_id, person.name, reason, now, len(texts), hashes, lines, left, store.path is not None
    )
    store.keep_house(lambda db: keep_certificate(db, now, certificate_text(done)))


def certificate_text(done: Certificate) -> str:
    """The certificate as JSON, keys in order."""
    return json.dumps(dataclasses.asdict(done), default=str, sort_keys=True, ensure_ascii=False)


def certificates(reader: Reader, as_of: datetime) -> pa.Table:
    """What was forgotten on request up to ``as_of``, newest first: done_at, certificate (JSON)."""
    return reader.ask(
        "SELECT done_at, certificate FROM certificates WHERE done_at <= $as_of ORDER BY done_at DESC, certificate",
        as_of=as_of,
    )


def _telling(text: str) -> bool:
    """Whether a text is long enough that another's post does not hold it by chance."""
    return len(text) >= 24


def _texts(reader: Reader, platform: str, target: Target, target_id: str) -> list[str] | None:
    """The texts that go, those of reposts left out where they only repeat; None where nothing is known of the target."""
    column = "post_id" if target == "post" else "author_id"
    posts = reader.ask(
        f"SELECT text FROM posts WHERE platform = $platform AND {column} = $target_id",
        platform=platform,
        target_id=target_id,
    )
    profile = reader.ask(
        "SELECT bio FROM authors WHERE platform = $platform AND author_id = $target_id",
        platform=platform,
        target_id=target_id if target == "author" else "",
    )
    if not posts.num_rows and not profile.num_rows:
        return None
    return [each for each in (*posts["text"].to_pylist(), *profile["bio"].to_pylist()) if each]


def expire(store: Store, congresses: Sequence[Congress], now: datetime) -> int:
    """Purge the posts of congresses whose retention has ended, but for those another congress still keeps; how many."""
    kept = [each.id for each in congresses if each.kept_until > now]
    ended = [each.id for each in congresses if each.kept_until <= now]
    purged = 0
    for congress_id in ended:
        while rows := _expired(store.reader, congress_id, kept):
            deletions = [Deletion(row["platform"], "post", row["post_id"], now, "retention") for row in rows]
            store.fold(Batch(records=deletions))
            purged += len(rows)
    if purged:
        store.keep_house(lambda db: note_upkeep(db, "expire", now, purged))
    return purged


def borne_out(reader: Reader, now: datetime) -> datetime:
    """``now``, but not more than two days past the newest event that a source has told of.

    What retention purges is gone for good: a clock that leaps ahead by years must not purge everything within the hour.
    """
    newest = reader.ask("SELECT max(event_at) AS at FROM cursors")["at"][0].as_py()
    return now if newest is None else min(now, newest + BORNE_OUT)


def _expired(reader: Reader, congress_id: str, kept: Sequence[str]) -> list[dict[str, str]]:
    return reader.ask(
        """
        SELECT platform, post_id FROM matches m WHERE congress_id = $congress_id AND NOT EXISTS (
            FROM matches o WHERE o.platform = m.platform AND o.post_id = m.post_id AND list_contains($kept, o.congress_id))
        ORDER BY ALL LIMIT $page
        """,
        congress_id=congress_id,
        kept=list(kept),
        page=PAGE,
    ).to_pylist()


def remember_tape(store: Store, path: Path, now: datetime) -> None:
    """Note that a tape is written, so that deletions reach it as long as it is where it is."""
    store.keep_house(lambda db: note_tape(db, str(path.resolve()), now))


def scrub_tapes(store: Store, now: datetime) -> int:
    """Take all that was ever deleted out of the tapes this database knows; how many lines were changed."""
    paths = [Path(each) for each in store.reader.ask("SELECT path FROM tapes ORDER BY path")["path"].to_pylist()]
    doomed, changed = doomed_in(store.reader), 0
    for path in paths:
        if path.exists():
            changed += scrub(path, doomed, PARSERS)
        else:
            log.warning("the tape %s is not where it was written: deletions do not reach it there", path)
    store.keep_house(lambda db: note_upkeep(db, "scrub", now, changed))
    return changed


def doomed_in(reader: Reader) -> Doomed:
    """All posts and authors that tombstones ever reached."""
    posts = reader.ask("""
        SELECT platform, target_id AS id FROM deletions WHERE target = 'post'
        UNION SELECT platform, post_id FROM refused_posts UNION SELECT platform, post_id FROM removed_posts
    """).to_pylist()
    authors = reader.ask("SELECT platform, target_id AS id, deleted_at FROM deletions WHERE target = 'author'")
    return Doomed(
        frozenset((row["platform"], row["id"]) for row in posts),
        {(row["platform"], row["id"]): row["deleted_at"] for row in authors.to_pylist()},
    )


def keep_house(store: Store, congresses: Sequence[Congress], now: datetime) -> None:
    """One round: retention, lone profiles, tapes, and the file, each only where there is something to do."""
    expire(store, congresses, borne_out(store.reader, now))
    swept = store.keep_house(lambda db: sweep_authors(db, now - LONE))
    if swept:
        store.keep_house(lambda db: note_upkeep(db, "sweep", now, swept))
    gone = _tombstones(store.reader)
    if gone != _last(store.reader, "tombstones")[1]:
        scrub_tapes(store, now)
        store.keep_house(lambda db: note_upkeep(db, "tombstones", now, gone))
    rewritten_at, counted = _last(store.reader, "rewrite")
    if gone + swept and gone != counted and (rewritten_at is None or now - rewritten_at >= REWRITE_AFTER):
        store.rewrite()
        store.keep_house(lambda db: note_upkeep(db, "rewrite", now, gone))


def _tombstones(reader: Reader) -> int:
    return reader.ask("SELECT (SELECT count(*) FROM deletions) + (SELECT count(*) FROM refused_posts) AS n")["n"][
        0
    ].as_py()


def _last(reader: Reader, job: str) -> tuple[datetime | None, int]:
    rows = reader.ask("SELECT done_at, touched FROM upkeep WHERE job = $job ORDER BY done_at DESC LIMIT 1", job=job)
    return (rows["done_at"][0].as_py(), rows["touched"][0].as_py()) if rows.num_rows else (None, 0)


def kept(reader: Reader, congress_id: str, as_of: datetime) -> pa.Table:
    """One row: what is kept of a congress and of whom, how long, and when deleted words last left tapes and file.

    ``private_count`` counts authors who stand under a pseudonym; ``forgotten_count`` requests that were carried out.
    Moments are naive UTC; null where nothing had to be done yet.
    """
    return reader.ask(
        """
        WITH people AS (
            SELECT DISTINCT m.platform, m.author_id, may_be_named(r.role) AS named FROM matches m
            LEFT JOIN role_at($as_of) r USING (platform, author_id) WHERE m.congress_id = $congress_id AND m.created_at <= $as_of
        )
        SELECT c.kept_until, c.follow_from, c.follow_until,
            (SELECT count(*) FROM matches WHERE congress_id = $congress_id AND created_at <= $as_of) AS post_count,
            (SELECT count(*) FROM people WHERE named) AS named_count, (SELECT count(*) FROM people WHERE NOT named) AS private_count,
            (SELECT count(*) FROM removed_posts WHERE congress_id = $congress_id) AS removed_count,
            (SELECT count(*) FROM certificates WHERE done_at <= $as_of) AS forgotten_count,
            (SELECT count(*) FROM tapes) AS tape_count,
            (SELECT max(done_at) FROM upkeep WHERE job = 'rewrite') AS rewritten_at,
            (SELECT max(done_at) FROM upkeep WHERE job = 'scrub') AS scrubbed_at
        FROM congresses c WHERE c.congress_id = $congress_id
        """,
        congress_id=congress_id,
        as_of=as_of,
    )


async def keep_house_for_ever(
    store: Store, congresses: Sequence[Congress], clock: Clock, seconds: float = ROUND
) -> None:
    """A round each hour, or every so many ``seconds``, until cancelled; one that fails is logged, and the next is tried."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await asyncio.to_thread(keep_house, store, congresses, clock.now())
        except Exception:
            log.exception("keeping house failed; the next round is in an hour")
