"""A rehearsal: a collector in every way real, but for how long its sources wait, whom they ask, and what its clock says.

``congress bench chaos`` and ``soak`` write the file that ``congress collect --rehearsal FILE`` reads; nobody else needs
it. X's 21 s without a byte cannot be waited for a hundred times, and this machine's clock is not ours to set.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.clock import Clock, RealClock, SimulatedClock
from pipelines.errors import UsageError
from pipelines.keeping import ROUND
from pipelines.sources.bluesky.source import Pace

if TYPE_CHECKING:
    from pipelines.sources.x.settings import XSettings


class ShiftedClock:
    """The machine's time, off by as many seconds as a file says; it is read anew whenever it changes."""

    def __init__(self, path: Path):
        self._path, self._clock = path, RealClock()
        self._seen, self._off = 0, timedelta(0)

    def now(self) -> datetime:
        changed = self._path.stat().st_mtime_ns
        if changed != self._seen:
            self._seen, self._off = changed, timedelta(seconds=float(self._path.read_text(encoding="utf-8") or 0))
        return self._clock.now() + self._off


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What is different in a rehearsal.

    ``clock`` may be set wrong while it runs (``shift``: a file with seconds) or run fast (``start`` and ``speed``).
    """

    clock: Clock
    bluesky: Pace | None = None
    x: XSettings | None = None
    round_seconds: float = ROUND


def read_rehearsal(path: Path | None, x_budget: float = 0.0) -> Rehearsal:
    """What a file says; without one, nothing is different.

    Raises:
        UsageError: the file cannot be read.
    """
    if path is None:
        return Rehearsal(RealClock())
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Rehearsal(
            _clock(said.get("clock", {})),
            Pace(**said["bluesky"]) if "bluesky" in said else None,
            _x_settings(said["x"], x_budget) if "x" in said else None,
            float(said.get("round_seconds", ROUND)),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: is no rehearsal ({error})") from None


def _clock(said: dict[str, Any]) -> Clock:
    if "shift" in said:
        return ShiftedClock(Path(said["shift"]))
    return SimulatedClock(datetime.fromisoformat(said["start"]), float(said["speed"])) if said else RealClock()


def _x_settings(said: dict[str, Any], monthly_usd: float) -> XSettings:
    # as in live_x: only who follows X needs what comes with it
    from pipelines.sources.x import settings as x

    budget, pace, margins = x.Budget(monthly_usd), said.get("pace", {}), said.get("margins", {})
    return x.XSettings(
        budget=budget,
        pace=x.Pace(**pace),
        timing=x.Timing().scaled(float(said.get("waits", 1.0))),
        margins=x.Margins(**{name: timedelta(seconds=seconds) for name, seconds in margins.items()}),
        host=said["host"],
    )
