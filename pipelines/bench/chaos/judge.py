"""What is stored against what the servers know: lost, doubled, outside a recorded gap, unlike a clean fold of the same records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.abstracts import Linker
from pipelines.bench.chaos import x
from pipelines.bench.chaos.host import CONGRESS
from pipelines.bench.chaos.jetstream import Jetstream
from pipelines.bench.chaos.story import writer_of
from pipelines.congresses import Congress, load
from pipelines.digest import Digest
from pipelines.interest import Interest
from pipelines.matching import Matcher, cheap_terms
from pipelines.model import Like, Post, Record
from pipelines.sources.bluesky.payload import parse as parse_bluesky
from pipelines.sources.files.formats import read_x
from pipelines.sources.x.loopback import Loopback
from pipelines.sources.x.payload import parse_payload
from pipelines.store.database import Store
from pipelines.store.reader import Reader

_STEP = 1_000
_EDGE = timedelta(milliseconds=1)

# the state that does not depend on when something was taken in
_POSTS = "SELECT platform, post_id, revision, author_id, text, created_at, reply_to_id, repost_of_id FROM posts"
_MATCHES = "SELECT platform, post_id, congress_id, rule, kind, visible FROM matches"
_LIKES = "SELECT 'bluesky' AS platform, post_id, like_id FROM likes"
# an unlike leaves its mark in the likes; of one on a post that is gone nobody needs to hear
_DELETIONS = "SELECT platform, target_id AS post_id, target FROM deletions WHERE target <> 'like'"
_STATES = "SELECT platform, author_id AS post_id, active, status FROM account_states SEMI JOIN posts USING (platform, author_id) WHERE platform = 'bluesky'"
_SAME: tuple[str, ...] = (_POSTS, _MATCHES, _LIKES, _DELETIONS, _STATES)


@dataclass(slots=True)
class Verdict:
    """What came out. ``unlike`` holds rows of the stored state that a clean fold has otherwise, or not at all."""

    expected: int = 0
    lost: int = 0  # expected, not stored, and in no recorded gap
    duplicated: int = 0
    strangers: int = 0  # stored, and known to nobody
    in_gaps: int = 0  # not stored, and within a recorded gap
    holes: int = 0  # gaps that stay open or partial: what a server no longer has
    unsettled: list[str] = field(default_factory=list)  # gaps that are still open or being refilled
    unlike: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return (
            not (self.lost or self.duplicated or self.strangers or self.unsettled or self.unlike) and self.expected > 0
        )


def judge(
    database: Path, config: Path, jetstream: Jetstream, server: Loopback, until: float, files: Sequence[Path]
) -> Verdict:
    """Compare the database with the logs of the servers and the files that were brought.

    Args:
        until: X is held to what was written before (seconds since 1970).
    """
    with Store(database) as store, Store(None) as clean:
        gaps = store.reader.ask("SELECT * FROM gaps ORDER BY from_at").to_pylist()
        holes = [gap for gap in gaps if gap["to_at"] and gap["status"] in ("open", "partial")]
        held = _post_ids(store.reader)
        lost_in_gap, excused = _gone(jetstream, holes, held)
        congress = load(config)[CONGRESS]
        digest = Digest(Matcher([congress]), {congress.id: Linker(congress, ())})
        _fold(clean, digest, _bluesky(congress, jetstream, lost_in_gap))
        _fold(clean, digest, _x(server, until, files))
        verdict = Verdict(in_gaps=len(lost_in_gap), holes=len(holes))
        verdict.unsettled = [
            f"{gap['source']} {gap['from_at']:%H:%M:%S} {gap['status']}: {gap['cause']}"
            for gap in gaps
            if gap["status"] in ("open", "replaying") and (gap["to_at"] is None or gap["status"] == "replaying")
        ]
        _compare(verdict, store.reader, clean.reader, excused, server, until)
    return verdict


def _gone(jetstream: Jetstream, holes: Sequence[dict[str, Any]], held: set[str]) -> tuple[set[int], set[str]]:
    """Numbers of events that lie in a hole and were not seen (whose posts are not there; deletions whose posts still are); and
    every id whose state hangs on what lies in a hole."""
    spans = [(gap["from_at"] - _EDGE, gap["to_at"] + _EDGE) for gap in holes if gap["source"] == "bluesky"]
    gone: set[int] = set()
    excused: set[str] = set()
    for event in jetstream.log:
        in_hole = any(start <= event.at <= end for start, end in spans)
        if in_hole and event.post_id and event.post_id not in held:
            gone.add(event.seq)
        if in_hole and event.deleted_id in held:  # then all that took the post up stays too, as with every other post
            gone.add(event.seq)
        if in_hole or not excused.isdisjoint(event.about):
            excused |= {*event.about, *([event.post_id] if event.post_id and event.seq in gone else [])}
            excused |= {event.post_id} if event.post_id and event.about else set()
    return gone, excused


def _is_excused(name: str, excused: set[str]) -> bool:
    return name in excused or (name.startswith("at://") and writer_of(name) in excused)


def _post_ids(reader: Reader) -> set[str]:
    return set(reader.ask("SELECT post_id FROM posts")["post_id"].to_pylist())


def _bluesky(
    congress: Congress, jetstream: Jetstream, gone: set[int]
) -> Iterable[tuple[Sequence[Record], Sequence[str]]]:
    """What the source would hand on of a stream that never breaks."""
    interest = Interest(cheap_terms([congress]))
    for event in jetstream.log[jetstream.first or 0 :]:
        if event.seq in gone or not interest.maybe(event.v2):
            continue
        records = parse_bluesky(event.v2, event.at).records
        for record in records:
            if isinstance(record, Post):
                interest.follow_post(record.post_id)
                interest.follow_author(record.author_id)
            elif isinstance(record, Like):
                interest.follow_post(record.like_id)
        yield records, ()


def _x(server: Loopback, until: float, files: Sequence[Path]) -> Iterable[tuple[Sequence[Record], Sequence[str]]]:
    for post_id in x.expected(server, until):
        yield parse_payload(x.line_of(server, post_id), x.written_at(server, post_id)).records, ()
    for file in files:
        for line in file.read_bytes().splitlines():
            read = read_x(line, datetime(2026, 1, 1))
            yield read.records, read.brought


def _fold(store: Store, digest: Digest, told: Iterable[tuple[Sequence[Record], Sequence[str]]]) -> None:
    records: list[Record] = []
    belongs: set[str] = set()
    for found, brought in told:
        records += found
        belongs |= set(brought)
        if len(records) >= _STEP:
            store.fold(digest.batch(records, store.reader, belongs))
            records, belongs = [], set()
    if records:
        store.fold(digest.batch(records, store.reader, belongs))


def _compare(
    verdict: Verdict, stored: Reader, clean: Reader, excused: set[str], server: Loopback, until: float
) -> None:
    """Rows of both states as sets. What X wrote after ``until`` may be there or not; what a hole took is counted apart."""
    later = {made.post_id for made in server.world.posts if made.created_at >= until}
    early = {made.post_id for made in server.world.posts if made.created_at < (server.streaming_since or 0) + 0.5}
    outside, known = later | early, {made.post_id for made in server.world.posts}
    for question in _SAME:
        ours, theirs = _rows(stored, question), _rows(clean, question)
        missing = [row for row in theirs.keys() - ours.keys() if not _is_excused(row[1], excused)]
        more = [
            row for row in ours.keys() - theirs.keys() if row[1] not in outside and not _is_excused(row[1], excused)
        ]
        if question is _POSTS:
            verdict.expected = len(theirs)
            ids = {row[1] for row in ours}
            away = sorted(row[5] for row in missing if row[1] not in ids)
            verdict.lost = len(away)
            if away:
                verdict.examples.append(f"lost between {away[0]:%H:%M:%S.%f} and {away[-1]:%H:%M:%S.%f}")
            verdict.strangers = sum(row[0] == "x" and row[1] not in known for row in more)
            missing = [row for row in missing if row[1] in ids]
        verdict.duplicated += sum(count - 1 for count in ours.values())
        verdict.unlike += len(missing) + len(more)
        verdict.examples += [f"missing {row}" for row in missing[:3]] + [f"too much {row}" for row in more[:3]]


def _rows(reader: Reader, question: str) -> dict[tuple, int]:
    found: dict[tuple, int] = {}
    for row in reader.ask(question).to_pylist():
        key = tuple(row.values())
        found[key] = found.get(key, 0) + 1
    return found
