"""Reading AT Protocol JSON that anybody may have written: every value may be missing or of another type."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

PLATFORM = "bluesky"
POST = "app.bsky.feed.post"
LIKE = "app.bsky.feed.like"
REPOST = "app.bsky.feed.repost"
PROFILE = "app.bsky.actor.profile"
COLLECTIONS = (POST, LIKE, REPOST, PROFILE)
HIDE_FROM_STRANGERS = "!no-unauthenticated"  # the label by which an author asks for signed-in viewers only

Json = dict[str, Any]

_EPOCH = datetime(1970, 1, 1)


def text(holder: Json, key: str) -> str:
    """The string under ``key``; anything else is the empty string."""
    value = holder.get(key)
    return value if isinstance(value, str) else ""


def child(holder: Json, key: str) -> Json:
    """The object under ``key``; anything else is an empty object."""
    value = holder.get(key)
    return value if isinstance(value, dict) else {}


def children(holder: Json, key: str) -> list[Json]:
    """The objects in the list under ``key``; whatever else stands there is passed over."""
    values = holder.get(key)
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def record_uri(holder: Json) -> str | None:
    """The ``at://`` URI of a reference to a record."""
    uri = text(holder, "uri")
    return uri if uri.startswith("at://") else None


def post_uri(holder: Json) -> str | None:
    """The URI of a reference, if it is a post: feeds, lists and labellers are liked, quoted and reposted too."""
    uri = record_uri(holder)
    return uri if uri is not None and f"/{POST}/" in uri else None


def web_url(uri: str) -> str | None:
    """The page of ``at://did/app.bsky.feed.post/rkey``; ``None`` when it is no such URI."""
    did, separator, rkey = uri.removeprefix("at://").partition(f"/{POST}/")
    return f"https://bsky.app/profile/{did}/post/{rkey}" if separator else None


def instant(value: object) -> datetime | None:
    """ISO 8601 as naive UTC; without a zone it is taken as UTC. ``None`` when it cannot be read."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
        if read.tzinfo is None:
            return read
        return (read if read.tzinfo is UTC else read.astimezone(UTC)).replace(tzinfo=None)
    except (ValueError, OverflowError):  # "0000-01-01", "0001-01-01T00:00:00+12:00"
        return None


def moment(time_us: object) -> datetime | None:
    """Microseconds since 1970 as naive UTC; ``None`` when they are no such number."""
    if not isinstance(time_us, int) or isinstance(time_us, bool):
        return None
    try:
        return _EPOCH + timedelta(microseconds=time_us)
    except OverflowError:
        return None


def microseconds(at: datetime) -> int:
    """Microseconds since 1970 of a naive UTC time; ``moment`` the other way round."""
    return (at - _EPOCH) // timedelta(microseconds=1)
