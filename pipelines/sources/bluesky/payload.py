"""One Jetstream frame into records. Pure: no clock, no network, and no exception whatever the bytes are.

Two shapes, told apart by content. v1 (``/subscribe``): ``{"did", "time_us", "kind", "commit": {...}}``.
v2 (``network.bsky.jetstream.subscribeEvents``): ``{"$type": "message", "payload": {"$type": "...#commit",
"seq", "did", "time", ...}}``, with ``{"$type": "error", ...}`` and ``#info`` frames beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import orjson

from pipelines.model import AccountState, Author, Deletion, Record
from pipelines.sources.bluesky.fields import (
    COLLECTIONS,
    HIDE_FROM_STRANGERS,
    LIKE,
    PLATFORM,
    POST,
    PROFILE,
    REPOST,
    Json,
    child,
    children,
    instant,
    moment,
    text,
)
from pipelines.sources.bluesky.post import Written, like_of, post_of, repost_of


class Parsed(NamedTuple):
    """What one frame said: records, where it stands in the stream, or why it could not be read.

    ``event_at`` is when Jetstream saw the event; v1 has no ``seq``. ``notice`` names an ``#info`` frame
    (``OutdatedCursor``), ``error`` a stream error (``ConsumerTooSlow``); neither moves the cursor.
    """

    records: tuple[Record, ...] = ()
    event_at: datetime | None = None
    seq: int | None = None
    unreadable: str | None = None
    notice: str | None = None
    error: str | None = None


class _Event(NamedTuple):
    """A frame of either shape with its envelope taken off."""

    kind: str
    did: str
    at: datetime
    seq: int | None
    body: Json  # the commit, identity or account object


class _Unreadable(Exception):
    """Why a frame is dropped; never leaves this module."""


def parse(raw: bytes, retrieved_at: datetime) -> Parsed:
    """Records of one Jetstream v1 or v2 frame; ``retrieved_at`` (naive UTC) is when it came in."""
    try:
        frame = orjson.loads(raw)
    except ValueError:
        return Parsed(unreadable="not JSON")
    if not isinstance(frame, dict):
        return Parsed(unreadable="not an object")
    aside = _aside(frame)
    if aside is not None:
        return aside
    try:
        event = _event_v2(frame["payload"]) if isinstance(frame.get("payload"), dict) else _event_v1(frame)
        return Parsed(tuple(_records(event, retrieved_at)), event.at, event.seq)
    except _Unreadable as reason:
        return Parsed(unreadable=str(reason))


def records_of(raw: bytes, retrieved_at: datetime) -> tuple[Record, ...]:
    """Only the records of ``parse``: what a tape needs."""
    return parse(raw, retrieved_at).records


def _aside(frame: Json) -> Parsed | None:
    """Frames that are about the stream itself: errors and ``#info``."""
    if frame.get("$type") == "error":
        return Parsed(error=text(frame, "error") or "error")
    payload = child(frame, "payload")
    if text(payload, "$type").endswith("#info"):
        return Parsed(notice=text(payload, "name") or "info")
    return None


def _event_v1(frame: Json) -> _Event:
    kind = text(frame, "kind")
    at = moment(frame.get("time_us"))
    if not kind or at is None:
        raise _Unreadable("neither a v1 nor a v2 event")
    return _Event(kind, _did(frame), at, None, child(frame, kind))


def _event_v2(payload: Json) -> _Event:
    kind = text(payload, "$type").rpartition("#")[2]
    at = instant(payload.get("time"))
    seq = payload.get("seq")
    if not kind or at is None or not isinstance(seq, int):
        raise _Unreadable("a v2 event without type, time or seq")
    # v2 writes a commit's fields flat beside did and time; identity and account nest as in v1
    body = payload if kind == "commit" else child(payload, kind)
    return _Event(kind, _did(payload), at, seq, body)


def _did(holder: Json) -> str:
    did = text(holder, "did")
    if not did.startswith("did:"):
        raise _Unreadable("an event without a did")
    return did


def _records(event: _Event, retrieved_at: datetime) -> Iterator[Record]:
    if event.kind == "commit":
        yield from _commit(event, retrieved_at)
    elif event.kind == "account":
        yield from _account(event)
    elif event.kind == "identity":
        yield from _identity(event)
    # "sync" tells of a broken commit chain: there is nothing in it to show


def _commit(event: _Event, retrieved_at: datetime) -> Iterator[Record]:
    commit = event.body
    collection, operation, rkey = (text(commit, key) for key in ("collection", "operation", "rkey"))
    if not collection or not operation or not rkey:
        raise _Unreadable("a commit without collection, operation or rkey")
    if collection not in COLLECTIONS:
        return
    uri = f"at://{event.did}/{collection}/{rkey}"
    if operation == "delete":
        yield _deletion(event, collection, uri)
        return
    record = commit.get("record")
    if not isinstance(record, dict):
        raise _Unreadable(f"a commit of {collection} without its record")
    if collection == PROFILE:
        yield from _profile(event, record)
        return
    written = Written(uri, text(commit, "rev"), event.did, event.at, record)
    found = _written(collection, written, retrieved_at)
    if found is not None:
        yield found


def _written(collection: str, written: Written, retrieved_at: datetime) -> Record | None:
    if collection == POST:
        return post_of(written, retrieved_at)
    if collection == REPOST:
        return repost_of(written, retrieved_at)
    return like_of(written)


def _deletion(event: _Event, collection: str, uri: str) -> Record:
    if collection == PROFILE:
        return Author(PLATFORM, event.did, event.at, display_name="", bio="")
    return Deletion(PLATFORM, "like" if collection == LIKE else "post", uri, event.at)


def _profile(event: _Event, record: Json) -> Iterator[Record]:
    # a profile commit is the whole profile: what it leaves out has been emptied, hence "" and not None
    name, bio = text(record, "displayName"), text(record, "description")
    yield Author(PLATFORM, event.did, event.at, display_name=name, bio=bio)
    labels = children(child(record, "labels"), "values")
    hidden = any(text(label, "val") == HIDE_FROM_STRANGERS for label in labels)
    # only an active account can commit, so a profile without the label also lifts an earlier one
    yield AccountState(PLATFORM, event.did, not hidden, event.at, "no_unauthenticated" if hidden else None)


def _account(event: _Event) -> Iterator[Record]:
    active = event.body.get("active")
    if not isinstance(active, bool):
        raise _Unreadable("an account event that does not say whether it is active")
    status = text(event.body, "status") or None
    yield AccountState(PLATFORM, event.did, active, event.at, status)
    if not active and status == "deleted":
        yield Deletion(PLATFORM, "author", event.did, event.at, reason="account_deleted")


def _identity(event: _Event) -> Iterator[Record]:
    handle = text(event.body, "handle").lower()
    if handle and handle != "handle.invalid":  # the placeholder for a handle that does not resolve
        yield Author(PLATFORM, event.did, event.at, handle=handle)
