"""The time by a source's server, for a machine whose own clock is wrong or jumps.

Where a hole begins and ends, and what is asked for again, is said in times that the server must understand. A clock
that is set back by an hour in the middle of an outage would put the hole where nothing is missing. Every HTTP answer
carries the server's time; from it on the machine's monotonic clock counts, which no setting of the clock moves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from pipelines.clock import Clock

TOLERANCE = timedelta(seconds=3)  # a date in a header is up to a second old


class ServerClock:
    """The machine's time (naive UTC) as long as the server agrees with it within 3 s, else the server's.

    What an answer took to come counts as agreement too: a busy machine that hears late has no wrong clock.
    """

    def __init__(self, clock: Clock, monotonic: Callable[[], float] = time.monotonic):
        self._clock, self._monotonic = clock, monotonic
        # the server's time, the monotonic moment it was heard, and how much earlier it may have been said
        self._said: tuple[datetime, float, timedelta] | None = None

    def heard(self, date: str | None, took: float) -> None:
        """Take in the ``Date`` header of an answer that came ``took`` seconds after it was asked for; one that is missing
        or cannot be read says nothing."""
        try:
            said = parsedate_to_datetime(date or "")
        except ValueError:
            return
        utc = said.astimezone(UTC).replace(tzinfo=None) if said.tzinfo else said
        self._said = (utc, self._monotonic(), timedelta(seconds=took))

    def now(self) -> datetime:
        return self._clock.now() - self._off()

    @property
    def complaint(self) -> str:
        """What a person should know of this machine's clock; empty while it is right."""
        off = round(self._off().total_seconds())
        if not off:
            return ""
        return f"this machine's clock is {abs(off):,} s {'ahead' if off > 0 else 'behind'}: set it"

    def _off(self) -> timedelta:
        """By how much the machine's clock is ahead of the server's; zero within the tolerance."""
        if self._said is None:
            return timedelta(0)
        said, at, took = self._said
        off = self._clock.now() - (said + timedelta(seconds=self._monotonic() - at))
        return off if not -TOLERANCE <= off <= TOLERANCE + took else timedelta(0)


def heard(clock: Clock, date: str | None, took: float) -> None:
    """Tell a clock that listens to servers what one of them said; any other clock is right by itself."""
    if isinstance(clock, ServerClock):
        clock.heard(date, took)


def complaint(clock: Clock) -> str:
    """What is wrong with the machine's clock, as far as this clock knows."""
    return clock.complaint if isinstance(clock, ServerClock) else ""
