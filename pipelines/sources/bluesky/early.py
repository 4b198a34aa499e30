"""What comes before the post that it is about: its deletion, or that its author's account was closed.

A post and its deletion may change places on their way, as after a cut, and until the post has come nobody can know that
the deletion matters. So of everything that is deleted on the network the last names are remembered for a while. After a
restart nothing is: what is asked for again from the cursor comes with all that stands behind it, deletions too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Generic, TypeVar

import orjson

from pipelines.model import AccountState, Deletion, Like, Post
from pipelines.sources.bluesky.fields import microseconds
from pipelines.sources.bluesky.payload import Parsed, parse

DELETIONS = 60_000  # at least so many, at most twice as many: the whole network's of 10 minutes, at a hundred a second
ACCOUNTS = 5_000
LONGEST = 2_000  # bytes of a frame about an account that is kept
WRITES = b'"record"'  # nine of ten frames: something is written, so nothing is taken away
_NEVER = datetime(1, 1, 1)  # nothing that is read here says when it came in

T = TypeVar("T")


class Early:
    """The last deletions and closed accounts that concerned nothing known. Bounded by their number alone, so a stream that
    is caught up with fast, or whose clock is wrong, needs no more memory than any other."""

    def __init__(self, deletions: int = DELETIONS, accounts: int = ACCOUNTS):
        self._deleted: _Last[int] = _Last(deletions)  # when, in microseconds since 1970, by the hash of what
        self._accounts: _Last[bytes] = _Last(accounts)

    def remember(self, raw: bytes) -> None:
        """Take note of a frame that concerns nothing known yet, if it takes something away."""
        if WRITES in raw:
            return
        for record in parse(raw, _NEVER).records:
            if isinstance(record, AccountState):
                self._accounts.put(record.author_id, raw if len(raw) <= LONGEST else b"")
            elif isinstance(record, Deletion) and record.target != "author":
                self._deleted.put(record.target_id, microseconds(record.deleted_at))

    def frames_about(self, parsed: Parsed) -> Iterator[bytes]:
        """Frames that came before the posts and likes of ``parsed`` although they speak of them.

        What was written anew under the same name after its deletion, or by an account that is back, is not meant.
        """
        at = microseconds(parsed.event_at) if parsed.event_at else 0
        for record in parsed.records:
            if not isinstance(record, Post | Like):
                continue
            name = record.post_id if isinstance(record, Post) else record.like_id
            if (deleted_at := self._deleted.get(name)) is not None and deleted_at >= at:
                yield _deletion(name, deleted_at)
            if isinstance(record, Post) and (raw := self._accounts.get(record.author_id)):
                said = parse(raw, _NEVER)
                is_closed = any(isinstance(each, AccountState) and not each.active for each in said.records)
                if is_closed and said.event_at and microseconds(said.event_at) >= at:
                    yield raw


class _Last(Generic[T]):
    """The values of the last names that were put in: at least ``most`` of them, never more than twice as many.

    Names are kept as hashes, a third of their memory.
    """

    def __init__(self, most: int):
        self._most = most
        self._newer: dict[int, T] = {}
        self._older: dict[int, T] = {}

    def put(self, name: str, value: T) -> None:
        if len(self._newer) >= self._most:
            self._newer, self._older = {}, self._newer
        self._newer[hash(name)] = value

    def get(self, name: str) -> T | None:
        key = hash(name)
        return self._newer[key] if key in self._newer else self._older.get(key)


def _deletion(uri: str, at: int) -> bytes:
    """A deletion's frame (v1), so that it stands on a tape like one that came in its place."""
    did, collection, rkey = uri.removeprefix("at://").split("/", 2)
    commit = {"operation": "delete", "collection": collection, "rkey": rkey}
    return orjson.dumps({"did": did, "time_us": at, "kind": "commit", "commit": commit})
