"""The window a recap tells of: from a local midnight to another, or from moment to moment; never beyond what is known. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipelines.congresses import Congress
from pipelines.errors import UsageError

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """[start, end), naive UTC, whole minutes."""

    start: datetime
    end: datetime

    @property
    def minutes(self) -> int:
        """How long it is."""
        return round((self.end - self.start).total_seconds() / 60)

    @property
    def until(self) -> datetime:
        """The last microsecond of it: reads of "so many minutes up to a moment" then see exactly [start, end)."""
        return self.end - _MICROSECOND

    def moved(self, by: timedelta) -> Window:
        """The same window, later by so much."""
        return Window(self.start + by, self.end + by)


def window_of(congress: Congress, said: str, as_of: datetime) -> Window:
    """``congress`` (its local days), ``all`` (all that is followed), ``2026-12-13`` (a local day) or ``START..END``.

    START and END are local days (END included) or moments like 2026-12-13T09:30; a moment without a zone is local. What
    lies behind ``as_of`` (naive UTC) is cut off.

    Raises:
        UsageError: when it is none of these, ends before it starts, or has not begun at ``as_of``.
    """
    zone = congress.zone
    if said == "congress":
        wanted = days(congress.starts_on, congress.ends_on, zone)
    elif said == "all":
        wanted = Window(congress.follow_from, congress.follow_until)
    else:
        first, dots, last = said.partition("..")
        wanted = Window(moment(first, zone), moment(last if dots else first, zone, end=True))
    if wanted.end <= wanted.start:
        raise UsageError(f'--window "{said}" ends before it starts')
    known = Window(wanted.start, min(wanted.end, as_of.replace(second=0, microsecond=0)))
    if known.end <= known.start:
        raise UsageError(
            f"{congress.name}: the window begins {_local(wanted.start, zone):%Y-%m-%d %H:%M %Z}, after --as-of"
        )
    return known


def days(first: date, last: date, zone: ZoneInfo) -> Window:
    """From local midnight of the first day to that after the last."""
    return Window(
        _utc(datetime.combine(first, time(), zone)), _utc(datetime.combine(last + timedelta(1), time(), zone))
    )


def moment(text: str, zone: ZoneInfo, end: bool = False) -> datetime:
    """A day or moment as a person writes it, naive UTC, to the minute; a day as ``end`` is included.

    Raises:
        UsageError: when it is neither.
    """
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip()):
            day = date.fromisoformat(text.strip()) + timedelta(1 if end else 0)
            return _utc(datetime.combine(day, time(), zone))
        said = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f'"{text}" is no moment: write 2026-12-13 or 2026-12-13T09:30 (local), or with Z for UTC'
        ) from None
    return _utc(said if said.tzinfo else said.replace(tzinfo=zone)).replace(second=0, microsecond=0)


def aligned(window: Window, congress: Congress, other: Congress) -> Window:
    """The window of another congress that lies at the same congress days and local hours."""
    apart = other.starts_on - congress.starts_on
    start = _local(window.start, congress.zone).replace(tzinfo=None) + apart
    begin = _utc(start.replace(tzinfo=other.zone))
    return Window(begin, begin + (window.end - window.start))


def local_days(window: Window, zone: ZoneInfo) -> list[tuple[date, Window]]:
    """The window cut at local midnights."""
    found, start = [], window.start
    while start < window.end:
        day = _local(start, zone).date()
        end = min(days(day, day, zone).end, window.end)
        found.append((day, Window(start, end)))
        start = end
    return found


def words(window: Window, zone: ZoneInfo) -> str:
    """``12 to 15 December 2026, Chicago time``, with the hours where it is not whole days."""
    place = f"{zone.key.rpartition('/')[2].replace('_', ' ')} time"
    start, end = _local(window.start, zone), _local(window.end, zone)
    if start.time() == end.time() == time():
        last = (end - timedelta(1)).date()
        return f"{_days_in_words(start.date(), last)}, {place}"
    if start.date() == end.date():
        return f"{start:%-d %B %Y}, {start:%H:%M} to {end:%H:%M}, {place}"
    return f"{start:%-d %B %Y, %H:%M} to {end:%-d %B %Y, %H:%M}, {place}"


def _days_in_words(first: date, last: date) -> str:
    if first == last:
        return f"{first:%-d %B %Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {last:%-d %B %Y}"
    return f"{first:%-d %B}{f' {first.year}' if first.year != last.year else ''} to {last:%-d %B %Y}"


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(zone)
