"""What time it is: the machine's time, or the time of a simulated congress.

Pure code never asks; whoever asks is given a clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time as naive UTC."""

    def now(self) -> datetime: ...


class RealClock:
    """The machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC).replace(tzinfo=None)


class SimulatedClock:
    """Time that starts at ``start`` (naive UTC) and runs ``speed`` times as fast as the machine's.

    It follows the machine's monotonic clock, so a change of the machine's time does not move it, and it
    stops at ``end``. ``speed=None`` stands for "as fast as possible": the clock then only moves when it is told to.
    A clock that is ``held`` stands still until it is released.
    """

    def __init__(
        self,
        start: datetime,
        speed: float | None = 1.0,
        end: datetime = datetime(9999, 12, 31),
        monotonic: Callable[[], float] = time.monotonic,
        held: bool = False,
    ):
        if speed is not None and speed <= 0:
            raise ValueError(f"a clock cannot run at speed {speed}: give a number above 0")
        self.speed = speed
        self.end = end
        self._monotonic = monotonic
        self._held = held
        self._set(start)

    def now(self) -> datetime:
        if self.speed is None or self._held:
            return self._from
        elapsed = timedelta(seconds=(self._monotonic() - self._since) * self.speed)
        return self.end if elapsed >= self.end - self._from else self._from + elapsed

    def advance_to(self, instant: datetime) -> None:
        """Jump forward to ``instant``; a clock never goes back, so an earlier one changes nothing."""
        if instant > self.now():
            self._set(instant)

    def release(self) -> None:
        """Let a held clock run from where it stands."""
        if self._held:
            self._since = self._monotonic()
            self._held = False

    def seconds_until(self, instant: datetime) -> float:
        """Real seconds until the clock shows ``instant``: 0 when it already does, or when it is told the time."""
        if self.speed is None:
            return 0.0
        return max(0.0, (instant - self.now()).total_seconds() / self.speed)

    def _set(self, instant: datetime) -> None:
        self._from = min(instant, self.end)
        self._since = self._monotonic()
