"""Is the stream losing posts without a word? Collected originals against X's own counts, by minute. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipelines.sources.x.gaps import Span
from pipelines.sources.x.payload import Bucket

ALERT_BELOW = 0.90
FEWEST = 20  # under this many expected posts a ratio says nothing
CAUSE = "X counts more posts than arrived"


@dataclass(slots=True)
class Tally:
    """Originals collected in each minute (UTC, by the time they were written), for the last hours."""

    minutes: Counter[datetime] = field(default_factory=Counter)

    def note(self, created_at: datetime) -> None:
        self.minutes[created_at.replace(second=0, microsecond=0)] += 1

    def forget_before(self, instant: datetime) -> None:
        for minute in [each for each in self.minutes if each < instant]:
            del self.minutes[minute]


@dataclass(frozen=True, slots=True)
class Coverage:
    """``collected`` of the ``expected`` posts arrived; ``losses`` are the spans where too few did."""

    collected: int
    expected: int
    losses: tuple[Span, ...]

    @property
    def ratio(self) -> float | None:
        """None while too little is expected to say."""
        return min(1.0, self.collected / self.expected) if self.expected >= FEWEST else None


def compare(buckets: Iterable[Bucket], collected: Mapping[datetime, int]) -> Coverage:
    """Counts (minute buckets of the same query) against what was collected.

    A loss is a run of minutes, quiet ones between included, in which less than ``ALERT_BELOW`` of the
    posts arrived, reported only if the whole ratio is below it too: one late post in a quiet minute is no loss.
    """
    rows = [(each, collected.get(each.start_at.replace(second=0, microsecond=0), 0)) for each in buckets]
    expected = sum(bucket.count for bucket, _ in rows)
    arrived = sum(min(bucket.count, count) for bucket, count in rows)
    whole = Coverage(arrived, expected, ())
    if whole.ratio is None or whole.ratio >= ALERT_BELOW:
        return whole
    return Coverage(arrived, expected, tuple(_losses(rows)))


def _losses(rows: Iterable[tuple[Bucket, int]]) -> Iterable[Span]:
    start: datetime | None = None
    end = datetime(1970, 1, 1)
    for bucket, count in rows:
        if bucket.count == 0:
            continue
        if count < ALERT_BELOW * bucket.count:
            start, end = start or bucket.start_at, bucket.end_at
        elif start is not None:
            yield Span(start, end, CAUSE)
            start = None
    if start is not None:
        yield Span(start, end, CAUSE)


def window(now: datetime, minutes: int = 15, settle: timedelta = timedelta(minutes=2)) -> tuple[datetime, datetime]:
    """Whole minutes to compare: the last ``minutes`` that ended at least ``settle`` ago."""
    end = (now - settle).replace(second=0, microsecond=0)
    return end - timedelta(minutes=minutes), end
