"""When people post: before, during and after the congress, with a peak around noon of every day."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from pipelines.sources.demo.chance import Urn, between
from pipelines.sources.demo.programme import local

DAYS = {-1: 3, 0: 25, 1: 34, 2: 23, 3: 12, 4: 3}  # congress day (0 = the first): share of the posts
HOURS = dict(enumerate((0.4, 0.3, 0.3, 0.3, 0.5, 1, 2, 5, 8, 9.5, 9, 11, 24, 12, 8.5, 7.5, 6, 5, 4, 3.5, 3, 2.5, 2, 1)))
_SWELL = ((0.25, 0, 10), (0.45, 10, 30), (0.30, 30, 80))  # share, from and to in minutes after a burst's onset


class Rhythm:
    """Draws instants (naive UTC).

    None falls on the first second of a minute, so that a question asked "as of" a full minute has one answer.
    """

    def __init__(self, rng: Random):
        self._rng = rng
        self._days, self._hours = Urn(DAYS), Urn(HOURS)

    def draw(self) -> datetime:
        hour = local(self._days.draw(self._rng), f"{self._hours.draw(self._rng):02d}:00")
        return hour + self._within(60)

    def after(self, onset: datetime) -> datetime:
        """An instant in the swell that follows a burst's onset."""
        luck = self._rng.random()
        for share, start, end in _SWELL:
            if luck < share:
                return off_minute(onset + timedelta(minutes=start) + self._within(end - start))
            luck -= share
        return off_minute(onset + timedelta(minutes=_SWELL[-1][2]))  # only by rounding

    def soon(self, at: datetime, low: int, high: int) -> datetime:
        """``low`` to ``high`` seconds after ``at``."""
        return off_minute(at + timedelta(seconds=between(self._rng, low, high)))

    def _within(self, minutes: int) -> timedelta:
        return timedelta(minutes=int(self._rng.random() * minutes), seconds=between(self._rng, 1, 59))


def off_minute(at: datetime) -> datetime:
    return at + timedelta(seconds=1) if at.second == 0 else at
