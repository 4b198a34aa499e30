"""What reading X costs: a ledger per UTC day and resource, and what may still be read. Pure.

X bills each post and each user once per UTC day, and each request for counts. Whether posts and users
that come along as "includes" are billed is not known for sure: the ledger assumes the worst and is
compared with what the usage endpoint says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from pipelines.model import LedgerEntry

Kind = Literal["post", "user", "counts"]
Stage = Literal["normal", "warn", "lean", "stopped"]
PRICES: Mapping[Kind, float] = {"post": 0.005, "user": 0.010, "counts": 0.005}  # US dollars, November 2026
WARN_AT, LEAN_AT = 0.70, 0.90
SMALLEST_PAGE, LARGEST_PAGE = 10, 100  # what search takes as max_results


@dataclass(slots=True)
class Ledger:
    """Entries folded by their key. ``usage`` holds what X itself counted as posts read, by UTC day."""

    source: str = "x"
    prices: Mapping[Kind, float] = field(default_factory=lambda: PRICES)
    usage: dict[date, int] = field(default_factory=dict)
    _ids: dict[tuple[date, Kind], dict[str, None]] = field(default_factory=dict)
    _spent: dict[date, float] = field(default_factory=dict)

    def fold(self, entries: Iterable[LedgerEntry]) -> None:
        """Take in entries noted before, e.g. by an earlier process today."""
        for entry in entries:
            self._take(entry.day, entry.kind, entry.resource_id, entry.cost_usd)

    def note(self, reads: Iterable[tuple[Kind, str]], now: datetime) -> tuple[LedgerEntry, ...]:
        """Note what was read at ``now`` (UTC); gives back the entries that are new today."""
        return tuple(
            LedgerEntry(self.source, now.date(), kind, resource_id, self.prices[kind], now)
            for kind, resource_id in reads
            if self._take(now.date(), kind, resource_id, self.prices[kind])
        )

    def _take(self, day: date, kind: Kind, resource_id: str, cost_usd: float) -> bool:
        known = self._ids.setdefault((day, kind), {})
        if resource_id in known:
            return False
        known[resource_id] = None
        self._spent[day] = self._spent.get(day, 0.0) + cost_usd
        return True

    def count(self, day: date, kind: Kind) -> int:
        """How many distinct resources of a kind were read on a UTC day."""
        return len(self._ids.get((day, kind), ()))

    def ids(self, day: date, kind: Kind) -> tuple[str, ...]:
        """The resources themselves: reading these again on ``day`` costs nothing."""
        return tuple(self._ids.get((day, kind), ()))

    def spent_on(self, day: date) -> float:
        """US dollars on a UTC day; where X counted more posts than we did, X is right."""
        unseen = max(0, self.usage.get(day, 0) - self.count(day, "post"))
        return self._spent.get(day, 0.0) + unseen * self.prices["post"]

    def spent_in(self, month: date) -> float:
        """US dollars in the calendar month (UTC) that ``month`` lies in."""
        days = {*self._spent, *self.usage}
        return sum(self.spent_on(day) for day in days if (day.year, day.month) == (month.year, month.month))


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent in a calendar month (UTC). Zero reads nothing.

    ``includes_billed``: whether posts and users that come along are assumed to be billed.
    """

    monthly_usd: float
    includes_billed: bool = True

    def stage(self, ledger: Ledger, now: datetime) -> Stage:
        """Normal; from 70 % warn; from 90 % lean (no reposts, no look-ups); from 100 % stopped."""
        spent = ledger.spent_in(now.date())
        if spent >= self.monthly_usd:
            return "stopped"
        share = spent / self.monthly_usd
        return "lean" if share >= LEAN_AT else "warn" if share >= WARN_AT else "normal"

    def left(self, ledger: Ledger, now: datetime) -> float:
        """US dollars left this month, never below 0."""
        return max(0.0, self.monthly_usd - ledger.spent_in(now.date()))

    def affordable(self, ledger: Ledger, now: datetime, kind: Kind) -> int:
        """How many resources of a kind the rest pays for."""
        return int(self.left(ledger, now) / ledger.prices[kind] + 1e-9)

    def page_size(self, ledger: Ledger, now: datetime, with_users: bool = False) -> int:
        """The largest page of posts that the rest pays for in the worst case; 0 if not even the smallest."""
        worst = ledger.prices["post"] + (ledger.prices["user"] if with_users else 0.0)
        size = min(LARGEST_PAGE, int(self.left(ledger, now) / worst + 1e-9))
        return size if size >= SMALLEST_PAGE else 0


def allowance(left_usd: float, day: date, last_day: date, shape: Mapping[date, float] | None = None) -> float:
    """What may be spent on ``day`` so that the rest lasts until ``last_day``: by ``shape`` (share of the
    posts expected on each day), or evenly."""
    days = [date.fromordinal(each) for each in range(day.toordinal(), last_day.toordinal() + 1)]
    if not days:
        return left_usd
    weights = {each: (shape or {}).get(each, 0.0) for each in days}
    if sum(weights.values()) <= 0 or weights[day] <= 0:
        return left_usd / len(days)
    return left_usd * weights[day] / sum(weights.values())


def disagreement(ledger: Ledger, day: date) -> str | None:
    """Ledger against usage endpoint for one day, in words; None while they are within 5 % or nothing is known."""
    if day not in ledger.usage:
        return None
    ours, theirs = ledger.count(day, "post"), ledger.usage[day]
    if abs(ours - theirs) <= max(5, 0.05 * max(ours, theirs)):
        return None
    return f"ledger {ours:,} posts on {day}, X counts {theirs:,}"
