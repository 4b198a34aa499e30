"""Ids as the platforms give them out: they carry the time, and a reader may look."""

from __future__ import annotations

import hashlib
from base64 import b32encode
from datetime import datetime, timedelta

from pipelines.sources.demo.chance import sortable32

EPOCH = datetime(1970, 1, 1)
_X_EPOCH_MS = 1_288_834_974_657
_MICROSECOND, _MILLISECOND = timedelta(microseconds=1), timedelta(milliseconds=1)


def micros(at: datetime) -> int:
    """Microseconds since 1970 of a naive UTC time."""
    return (at - EPOCH) // _MICROSECOND


def snowflake(at: datetime, serial: int) -> str:
    """An id on X."""
    return str(((at - EPOCH) // _MILLISECOND - _X_EPOCH_MS << 22) | serial & 0x3FFFFF)


def record_key(at: datetime, serial: int) -> str:
    """A record key on Bluesky: microseconds and a clock id, in an alphabet that sorts."""
    return sortable32(micros(at) << 10 | serial & 0x3FF)


def content_id(uri: str) -> str:
    """What looks like the hash of a record."""
    digest = hashlib.sha256(uri.encode()).digest()
    return "bafyrei" + b32encode(digest).decode().lower().rstrip("=")[:52]


def iso(at: datetime, *, millis: bool = True) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + (f"{at.microsecond // 1000:03d}Z" if millis else "000Z")
