"""What was missed on X, and what is still to be refilled. Pure; the clock is a parameter.

A gap reaches a little before the last byte, since X delivers a post up to seven seconds after it was
written, and past the reconnection. Refilling asks search for it once its end is old enough. Gaps that
wait for that are part of the cursor, so that a restart does not forget them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import orjson

from pipelines.model import Cursor, Gap, GapStatus

SOURCE = "x"
SEARCH_REACH = timedelta(days=7) - timedelta(minutes=1)  # how far back recent search goes


@dataclass(frozen=True, slots=True)
class Margins:
    """``before`` covers X's slow deliveries (P99 6-7 s), ``after`` the first seconds of a connection,
    ``ripe`` how old the end of a search must be (X: 10 s). A search reaches ``further`` back than its gap
    for the one post in a hundred that is slower still; what it finds twice is billed and counted once."""

    before: timedelta = timedelta(seconds=8)
    after: timedelta = timedelta(seconds=5)
    ripe: timedelta = timedelta(seconds=15)
    further: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Span:
    """A closed gap that waits to be refilled."""

    from_at: datetime
    to_at: datetime
    cause: str


@dataclass(slots=True)
class GapBook:
    """The open gap, if any, and the spans that wait to be refilled. Each change gives the Gap to record.

    ``known`` holds all spans of the last day, so that a check of completeness leaves them out.
    """

    margins: Margins = field(default_factory=Margins)
    waiting: list[Span] = field(default_factory=list)
    known: list[Span] = field(default_factory=list)
    _open: tuple[datetime, str] | None = None
    _for_money: bool = False

    def begin(self, last_byte_at: datetime, cause: str, now: datetime) -> Gap | None:
        """The connection went away; None if a gap is open already."""
        if self._open:
            return None
        self._open = (last_byte_at - self.margins.before, cause)
        return Gap(SOURCE, self._open[0], None, cause, "open", now)

    def begin_without_money(self, at: datetime, cause: str, now: datetime) -> Gap:
        """Reading stops to stay within the budget; this gap is not refilled. It takes the place of an open one."""
        from_at = self._open[0] if self._open else at
        self._open, self._for_money = (from_at, cause), True
        return Gap(SOURCE, from_at, None, cause, "budget", now)

    def end(self, connected_at: datetime) -> Gap | None:
        """The connection is back: the gap has an end and waits to be refilled."""
        if not self._open:
            return None
        (from_at, cause), self._open = self._open, None
        span = Span(from_at, connected_at + self.margins.after, cause)
        if self._for_money:
            self._for_money = False
            self.known.append(span)
            return Gap(SOURCE, from_at, span.to_at, cause, "budget", connected_at)
        return self.add(span, connected_at)

    def add(self, span: Span, now: datetime) -> Gap:
        """A span known to be missing; it waits to be refilled."""
        self.waiting.append(span)
        self.known = [*(each for each in self.known if each.to_at > now - timedelta(days=1)), span]
        return Gap(SOURCE, span.from_at, span.to_at, span.cause, "open", now)

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether any gap, open or over, lies in [start, end)."""
        if self._open and self._open[0] < end:
            return True
        return any(span.from_at < end and span.to_at > start for span in self.known)

    def ripe(self, now: datetime) -> Span | None:
        """The next span whose end is old enough to be searched."""
        return next((span for span in self.waiting if span.to_at + self.margins.ripe <= now), None)

    def replaying(self, span: Span, now: datetime) -> Gap:
        """It is being refilled."""
        return Gap(SOURCE, span.from_at, span.to_at, span.cause, "replaying", now)

    def settle(self, span: Span, status: GapStatus, now: datetime) -> Gap:
        """Refilled, or given up; it waits no longer."""
        if span in self.waiting:
            self.waiting.remove(span)
        return Gap(SOURCE, span.from_at, span.to_at, span.cause, status, now)

    def cursor(self, last_byte_at: datetime | None) -> Cursor | None:
        """Where the source stands: all that was written until then has arrived, but for the spans that wait.
        None before anything came."""
        if self._open:
            until = self._open[0]
        elif last_byte_at:
            until = last_byte_at - self.margins.before
        else:
            return None
        position = {
            "until": until.isoformat(),
            "waiting": [[each.from_at.isoformat(), each.to_at.isoformat(), each.cause] for each in self.waiting],
        }
        return Cursor(SOURCE, orjson.dumps(position).decode(), until)

    def resume(self, cursor: Cursor, now: datetime) -> tuple[Gap, ...]:
        """Take up a cursor: the spans it holds, and the time nobody collected as one more."""
        self.waiting = list(_waiting_in(cursor))
        self.known = list(self.waiting)
        self._open = (cursor.event_at, "not running")
        return (Gap(SOURCE, cursor.event_at, None, "not running", "open", now),)


def reachable(span: Span, now: datetime) -> Span | None:
    """The part of a span that search can still reach; None if it is all too old."""
    from_at = max(span.from_at, now - SEARCH_REACH)
    return replace(span, from_at=from_at) if from_at < span.to_at else None


def _waiting_in(cursor: Cursor) -> Iterable[Span]:
    try:
        found = orjson.loads(cursor.position)["waiting"]
        return [Span(datetime.fromisoformat(a), datetime.fromisoformat(b), str(cause)) for a, b, cause in found]
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return []
