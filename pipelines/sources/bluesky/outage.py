"""The life of a gap: open when the line drops, replaying when it is back, filled when the present is reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from pipelines.model import Gap

_NEXT = timedelta(microseconds=1)


class Outage:
    """What a source is missing right now, told as Gap records to hand on.

    Every change is the same gap (source, from_at) with a later ``noted_at``, also when the clock stands still.

    Args:
        caught_up: how far behind the clock an event may be for the stream to count as being at the present.
    """

    def __init__(self, source: str, caught_up: timedelta):
        self._source = source
        self._caught_up = caught_up
        self._noted_at = datetime(1, 1, 1)
        self.gap: Gap | None = None

    def begin(self, from_at: datetime, cause: str, now: datetime) -> Gap:
        """The line is down; a gap that has not been filled yet goes on, with the new cause."""
        start = self.gap.from_at if self.gap else from_at
        self.gap = Gap(self._source, start, None, cause, "open", self._note(now))
        return self.gap

    def resume(self, missing_from: datetime | None, from_at: datetime, cause: str, now: datetime) -> tuple[Gap, ...]:
        """A new run goes on at ``from_at``; what an earlier run was replaying from ``missing_from`` on ends there."""
        filled: tuple[Gap, ...] = ()
        if missing_from is not None and missing_from < from_at:
            filled = (Gap(self._source, missing_from, from_at, cause, "filled", self._note(now)),)
        return (*filled, self.begin(from_at, cause, now))

    def replay(self, now: datetime) -> tuple[Gap, ...]:
        """The line is back, and the server was asked to go on from where it broke."""
        return self._change(status="replaying", to_at=now, now=now)

    def reach(self, event_at: datetime, now: datetime) -> tuple[Gap, ...]:
        """An event of ``event_at`` came in: at the present, the gap is filled."""
        if event_at < now - self._caught_up:
            return ()
        filled = self._change(status="filled", now=now)
        self.gap = None
        return filled

    def lose(self, from_at: datetime, to_at: datetime, cause: str, now: datetime) -> tuple[Gap, ...]:
        """The server no longer has (from_at, to_at): that part stays open for good, the rest is being replayed."""
        whole = self.gap
        lost = Gap(self._source, from_at, to_at, cause, "open", self._note(now))
        if whole is None:
            return (lost,)
        before = self._change(status="filled", to_at=from_at, now=now) if whole.from_at < from_at else ()
        if whole.to_at is not None and whole.to_at <= to_at:
            self.gap = None  # nothing is left to replay
            return (*before, lost)
        self.gap = replace(whole, from_at=to_at, noted_at=self._note(now))
        return (*before, lost, self.gap)

    def _change(self, now: datetime, **changes: object) -> tuple[Gap, ...]:
        if self.gap is None:
            return ()
        self.gap = replace(self.gap, **changes, noted_at=self._note(now))
        return (self.gap,)

    def _note(self, now: datetime) -> datetime:
        self._noted_at = max(now, self._noted_at + _NEXT)
        return self._noted_at
