"""Taking deleted words out of a tape: in place and as long as before, so that cursors into the tape still hold.

A payload that holds nothing else becomes ``null``; of a page that holds others too, only the deleted part goes. What is
left is filled up with spaces, which JSON allows between its values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from ahocorasick_rs import BytesAhoCorasick

from pipelines.model import Author, Post, Record
from pipelines.sources.tape import Parse, decoded

Key = tuple[str, str]  # platform, id


@dataclass(frozen=True, slots=True)
class Doomed:
    """What must not stay: posts, and authors with the moment (naive UTC) up to which they are deleted."""

    posts: frozenset[Key]
    authors: Mapping[Key, datetime]

    def reaches(self, record: Record) -> bool:
        """Whether a record holds words that must go; a repost carries those of what it reposts."""
        if isinstance(record, Post):
            named = {(record.platform, record.post_id), (record.platform, record.repost_of_id or "")}
            until = self.authors.get((record.platform, record.author_id))
            return bool(named & self.posts) or (until is not None and record.created_at <= until)
        if isinstance(record, Author):
            until = self.authors.get((record.platform, record.author_id))
            return until is not None and record.seen_at <= until
        return False

    def names(self) -> list[bytes]:
        """How posts and authors are written on the wire: a Bluesky post by the last part of its address."""
        posts = {post_id.rsplit("/", 1)[-1] for _, post_id in self.posts}
        return sorted(each.encode() for each in posts | {author for _, author in self.authors} if each)


def scrub(path: Path, doomed: Doomed, parsers: Mapping[str, Parse]) -> int:
    """Take what is doomed out of a tape; how many lines were changed. Lines that cannot be read are left alone."""
    names = doomed.names()
    if not names:
        return 0
    finder, changed, offset = BytesAhoCorasick(names), 0, 0
    with path.open("r+b") as file:
        for line in iter(file.readline, b""):
            if finder.find_matches_as_indexes(line) and (clean := _clean(line, doomed, parsers)):
                file.seek(offset)
                file.write(clean)
                file.flush()
                changed += 1
            offset += len(line)
            file.seek(offset)
    return changed


def _clean(line: bytes, doomed: Doomed, parsers: Mapping[str, Parse]) -> bytes | None:
    """The line without what is doomed, as long as before; None where nothing of it is."""
    entry = decoded(line)
    parse = parsers.get(entry[1]) if entry else None
    if entry is None or parse is None:
        return None
    at, source, raw = entry
    if not any(doomed.reaches(record) for record in parse(raw, at)):
        return None
    rest = b"null" if source == "bluesky" else _rest(raw, doomed, source, at)
    if len(rest) > len(raw) or any(doomed.reaches(record) for record in parse(rest, at)):
        rest = b"null"
    start = line.index(raw, line.index(b',"payload":'))
    return line[:start] + rest.ljust(len(raw)) + line[start + len(raw) :]


def _rest(raw: bytes, doomed: Doomed, platform: str, at: datetime) -> bytes:
    """A payload of X without what is doomed; all of it goes where it is nested so deep that its parts cannot be parted."""
    try:
        return orjson.dumps(_without(orjson.loads(raw), doomed, platform, at))
    except (RecursionError, orjson.JSONEncodeError):
        return b"null"


def _without(value: Any, doomed: Doomed, platform: str, at: datetime) -> Any:
    """A page of X without the posts and users that are doomed, at whatever depth they stand."""
    if isinstance(value, list):
        return [_without(each, doomed, platform, at) for each in value if not _is_doomed(each, doomed, platform, at)]
    if isinstance(value, dict):
        return {
            key: _without(each, doomed, platform, at)
            for key, each in value.items()
            if not _is_doomed(each, doomed, platform, at)
        }
    return value


def _is_doomed(value: Any, doomed: Doomed, platform: str, at: datetime) -> bool:
    if not isinstance(value, dict):
        return False
    taken_up: Sequence[Any] = value.get("referenced_tweets") or value.get("referenced_posts") or ()
    reposted = [each.get("id") for each in taken_up if isinstance(each, dict) and each.get("type") in REPOSTED]
    if any((platform, str(each)) in doomed.posts for each in (value.get("id"), *reposted)):
        return "text" in value
    author = value.get("author_id") if "text" in value else value.get("id") if "username" in value else None
    until = doomed.authors.get((platform, str(author)))
    return until is not None and at <= until


REPOSTED = ("retweeted", "reposted")
