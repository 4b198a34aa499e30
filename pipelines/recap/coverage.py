"""What was collected in the window and what was not, in figures and in one sentence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pipelines.recap.definitions import PLATFORMS
from pipelines.recap.model import Gap, SourceState
from pipelines.recap.window import Window

TOLD = 3  # gaps named one by one
FILLED = "filled"


def uncollected(gaps: Iterable[Gap]) -> list[Gap]:
    """The gaps that nothing filled afterwards, or not wholly."""
    return [each for each in gaps if each.status != FILLED]


def minutes_of(gap: Gap, window: Window) -> float:
    """How many minutes of the window a gap takes; one that lasts reaches to the end."""
    end = min(gap.to_at or window.end, window.end)
    return max(0.0, (end - max(gap.from_at, window.start)).total_seconds() / 60)


def touches(gaps: Iterable[Gap], start: datetime, end: datetime) -> bool:
    """Whether an unfilled gap lies in [start, end)."""
    return any(each.from_at < end and (each.to_at is None or each.to_at > start) for each in uncollected(gaps))


def sources_of(posts: Mapping[str, int], gaps: Sequence[Gap], window: Window) -> tuple[SourceState, ...]:
    """One row a source: its posts, its gaps, and the minutes that were not collected."""
    names = sorted({*posts, *(each.source for each in gaps)})
    return tuple(
        SourceState(
            name,
            posts.get(name, 0),
            sum(each.source == name for each in gaps),
            round(sum(minutes_of(each, window) for each in uncollected(gaps) if each.source == name), 1),
        )
        for name in names
    )


def coverage_line(gaps: Sequence[Gap], window: Window, zone: ZoneInfo, posts: int) -> str:
    """One sentence: what was not collected."""
    if not posts and not gaps:
        return "Nothing was collected in this window."
    missing = uncollected(gaps)
    filled = len(gaps) - len(missing)
    after = f" {filled} gap{'s were' if filled > 1 else ' was'} collected afterwards." if filled else ""
    if not missing:
        return f"No gap in collection is known that was not filled.{after}"
    largest = sorted(missing, key=lambda each: -minutes_of(each, window))[:TOLD]
    told = "; ".join(_gap_in_words(each, window, zone) for each in sorted(largest, key=lambda each: each.from_at))
    rest = len(missing) - len(largest)
    more = f"; and {rest} more" if rest else ""
    return f"Not collected: {told}{more}.{after}"


def gap_minutes_in_words(gaps: Sequence[Gap], window: Window) -> str:
    """The caveat of a finding: how many minutes are missing, by source; nothing where none are."""
    by_source: dict[str, float] = {}
    for each in uncollected(gaps):
        by_source[each.source] = by_source.get(each.source, 0.0) + minutes_of(each, window)
    told = [
        f"{lasting(minutes)} of {PLATFORMS.get(name, name)}" for name, minutes in sorted(by_source.items()) if minutes
    ]
    return f"Not collected: {' and '.join(told)}." if told else ""


def lasting(minutes: float) -> str:
    """``35 min``, ``3 h 20 min``."""
    whole = max(1, round(minutes))
    if whole < 120:
        return f"{whole} min"
    return f"{whole // 60} h {whole % 60} min" if whole % 60 else f"{whole // 60} h"


def _gap_in_words(gap: Gap, window: Window, zone: ZoneInfo) -> str:
    start = _local(max(gap.from_at, window.start), zone)
    end = _local(min(gap.to_at or window.end, window.end), zone)
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%-d %B %H:%M}"
    partly = ", reposts only" if gap.status == "filled_no_reposts" else ""
    name = PLATFORMS.get(gap.source, gap.source)
    return f"{name} on {start:%-d %B %H:%M}–{until} ({lasting(minutes_of(gap, window))}{partly})"


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.replace(tzinfo=UTC).astimezone(zone)
