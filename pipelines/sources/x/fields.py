"""Reading one field of an X API object: under its old or its new name, whatever type it turns out to have.

X is renaming (tweet to post, retweet to repost); payloads of both vocabularies are read by the same
calls, which take every name a field has had. None of these functions raises: what is not as
documented reads as absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

SNOWFLAKE_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657_000)  # 1288834974657 ms
FIRST_SNOWFLAKE = 30_000_000_000  # ids below are plain counters from before 2010-11-04 and hold no time
_EMPTY: Mapping[str, Any] = {}


def mapping(obj: Any, *names: str) -> Mapping[str, Any]:
    """The first of ``names`` that holds an object, else an empty one."""
    if isinstance(obj, dict):
        for name in names:
            if isinstance(found := obj.get(name), dict):
                return found
    return _EMPTY


def listing(obj: Any, *names: str) -> list[Any]:
    """The first of ``names`` that holds a list, else an empty one."""
    if isinstance(obj, dict):
        for name in names:
            if isinstance(found := obj.get(name), list):
                return found
    return []


def objects(obj: Any, *names: str) -> list[Mapping[str, Any]]:
    """The objects in the list under the first of ``names``; anything else in it is passed over."""
    if isinstance(obj, dict):
        for name in names:
            if isinstance(found := obj.get(name), list):
                return [item for item in found if isinstance(item, dict)]
    return []


def text(obj: Any, name: str, *others: str) -> str | None:
    """The first of the names that holds a string which can be stored as UTF-8."""
    if isinstance(obj, dict):
        if isinstance(found := obj.get(name), str):  # asked most often of all, so without a loop
            return found
        for other in others:
            if isinstance(found := obj.get(other), str):
                return found
    return None


def number(obj: Any, *names: str) -> int | None:
    """The first of ``names`` that holds a count: a whole number from 0 to the largest 64-bit one."""
    if isinstance(obj, dict):
        for name in names:
            found = obj.get(name)
            if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 2**63:
                return found
    return None


def identifier(value: Any) -> str | None:
    """An X id as text. Rule ids come as numbers in twarc-csv/streaming_output_with_error.jsonl."""
    if not isinstance(value, str):
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        value = str(value)
    return value if value.isdecimal() and value.isascii() and len(value) <= 20 else None


def moment(value: Any) -> datetime | None:
    """An ISO 8601 time with a zone (X writes ``Z`` or ``+00:00``) as naive UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        if found.tzinfo is not UTC and found.tzinfo is not None:
            found = found.astimezone(UTC)
        return found.replace(tzinfo=None) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def minted_at(x_id: str) -> datetime | None:
    """When an id was given out, in UTC to the second, read from the id itself (the snowflake layout)."""
    value = int(x_id)
    if not FIRST_SNOWFLAKE < value < 2**63:
        return None
    return (SNOWFLAKE_EPOCH + timedelta(milliseconds=value >> 22)).replace(microsecond=0)
