"""Times as exports write them, in UTC. A time without a zone is never guessed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_WITH_ZONE = ("%a %b %d %H:%M:%S %z %Y", "%a, %d %b %Y %H:%M:%S %z", "%Y-%m-%d %H:%M:%S %z")
_WITHOUT_ZONE = (
    "%a, %d %b %Y %H:%M:%S",
    "%d-%b-%Y %H:%M",
    "%d %b %Y %H:%M",
    "%b %d, %Y %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
)
_UTC_NAME = re.compile(r"\s*(?:UTC|GMT|Z)$", re.IGNORECASE)
_SLASHED = re.compile(r"^\d{1,2}[/.]\d{1,2}[/.]\d{2,4}")


class BadTime(ValueError):
    """A time that cannot be read, or not without being told more; the message says what to give."""


def read_time(written: str, zone: ZoneInfo | None, time_format: str | None = None) -> datetime:
    """Naive UTC. A local time that occurs twice (clocks going back) is taken as the earlier one.

    Raises:
        BadTime: unreadable, without a zone while ``zone`` is None, or day and month cannot be told apart.
    """
    try:
        found = _given(written, time_format) if time_format else _known(written)
        if found.tzinfo is None:
            if zone is None:
                raise BadTime(f"time {written!r} has no zone; say which it is in with --timezone, e.g. UTC")
            found = found.replace(tzinfo=zone)
        return found.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise BadTime(f"time {written!r} is out of range") from None


def _given(written: str, time_format: str) -> datetime:
    try:
        return datetime.strptime(written, time_format)
    except (ValueError, re.error):  # "%d %d" is no pattern
        raise BadTime(f"time {written!r} is not written as time_format={time_format}") from None


def _known(written: str) -> datetime:
    if written.isascii() and written.isdecimal() and len(written) in (10, 13):  # seconds or ms since 1970
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(written.ljust(13, "0")))
    named_utc = _UTC_NAME.search(written)
    candidate = _UTC_NAME.sub("+00:00", written) if named_utc else written
    try:
        return datetime.fromisoformat(candidate)
    except ValueError:
        pass
    for layout in (*_WITH_ZONE, *_WITHOUT_ZONE):
        try:
            found = datetime.strptime(_UTC_NAME.sub("", written) if named_utc else written, layout)
        except ValueError:
            continue
        return found.replace(tzinfo=UTC) if named_utc and found.tzinfo is None else found
    if _SLASHED.match(written):
        raise BadTime(f"time {written!r}: which is the day and which the month? Say --map 'time_format=%m/%d/%Y %H:%M'")
    raise BadTime(f"time {written!r} is not understood; say --map 'time_format=...' in strptime's letters")
