"""A rise told in words and by its posts: who started it, which posts carry it, and one sentence made of the numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pipelines.privacy import NAMED_ROLES
from pipelines.trending.expectation import WINDOW

SHOWN_POSTS = 12  # posts named as carrying a rise, those that most authors stand behind first
UNNAMED = "an individual"


@dataclass(frozen=True, slots=True)
class Bearer:
    """One post that names a rising item. ``root_id`` is what it reposts, or itself."""

    post_id: str
    root_id: str
    author_id: str  # unique across platforms
    created_at: datetime
    handle: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Rise:
    """An item that rises, as it stood at ``as_of``, the last minute in which it was improbable. Times are naive UTC; probabilities are of at least ``observed``."""

    kind: str
    item: str
    as_of: datetime
    observed: int  # distinct authors in the half hour before as_of
    expected: float
    p_value: float
    q_value: float
    since: datetime  # the minute from which it was improbable
    peak: int  # most authors in any half hour since
    started_by: str
    started_at: datetime
    post_ids: tuple[str, ...]

    @property
    def lift(self) -> float:
        return self.observed / self.expected


def started(bearers: Sequence[Bearer], expected: float) -> Bearer | None:
    """The post a rise began with, out of those that name its item up to the minute it was noticed.

    Not simply the first: the first author after whom authors come in densest, by the likelihood ratio of a Poisson
    scan (Kulldorff, *Communications in Statistics* 26, 1997): n ln(n / e) - (n - e) for the n authors from there on,
    of whom e were expected. So a lone post half an hour earlier does not take the credit.
    """
    firsts: dict[str, Bearer] = {}
    for each in sorted(bearers, key=lambda each: (each.created_at, each.post_id)):
        firsts.setdefault(each.author_id, each)
    arrivals = list(firsts.values())
    if not arrivals:
        return None
    rate = expected / (WINDOW * 60)
    end = arrivals[-1].created_at
    ratios = [
        _likelihood(len(arrivals) - place, rate * ((end - each.created_at).total_seconds() + 60))
        for place, each in enumerate(arrivals)
    ]
    return arrivals[max(range(len(arrivals)), key=lambda place: (ratios[place], -place))]


def carrying(bearers: Iterable[Bearer], count: int = SHOWN_POSTS) -> tuple[str, ...]:
    """Ids of the posts behind a rise: most authors (its own and those who repost it) first, then the oldest.

    Posts of patients and advocates count, and are not listed.
    """
    behind: dict[str, list[Bearer]] = {}
    for each in sorted(bearers, key=lambda each: (each.created_at, each.post_id)):
        behind.setdefault(each.root_id, []).append(each)
    ranked = sorted(
        behind.items(), key=lambda pair: (-len({each.author_id for each in pair[1]}), pair[1][0].created_at)
    )
    shown = [_shown(root, those) for root, those in ranked]
    return tuple(each.post_id for each in shown if each.role in NAMED_ROLES)[:count]


def _shown(root: str, bearers: Sequence[Bearer]) -> Bearer:
    """The post itself; where it was not collected, the first repost stands for it."""
    return next((each for each in bearers if each.post_id == root), bearers[0])


def name_of(bearer: Bearer | None) -> str:
    """``@handle`` of a professional or an organisation; "an individual" for everybody else."""
    if bearer is None or not bearer.handle or bearer.role not in NAMED_ROLES:
        return UNNAMED
    return f"@{bearer.handle}"


def why(rise: Rise, zone: ZoneInfo) -> str:
    """One sentence: ``14 authors in 30 min, 1.9 expected (chance below 1 in a million); started by @h at 14:02``."""
    started_at = _local(rise.started_at, zone)
    return (
        f"{rise.observed} authors in {WINDOW} min, {_figure(rise.expected)} expected "
        f"({chance(rise.p_value)}); started by {rise.started_by} at {started_at:%H:%M}"
    )


def chance(p_value: float) -> str:
    """A probability as odds, in two digits: ``chance 1 in 4,200``."""
    if p_value < 1e-6:
        return "chance below 1 in a million"
    odds = 1 / p_value
    digits = max(0, math.floor(math.log10(odds)) - 1)
    return f"chance 1 in {round(odds / 10**digits) * 10**digits:,}"


def _figure(expected: float) -> str:
    return f"{expected:.0f}" if expected >= 10 else f"{expected:.1f}" if expected >= 0.1 else "under 0.1"


def _likelihood(count: int, expected: float) -> float:
    return count * math.log(count / expected) - (count - expected) if count > expected > 0 else 0.0


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)
