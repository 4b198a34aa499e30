"""How many posts a congress will bring and what reading them will cost, before it is followed. Pure.

The level comes from X's own counts of the last days, the shape from an earlier congress: the share of
all its posts that fell on each day, counted from its first day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipelines.congresses import Congress
from pipelines.sources.x.budget import PRICES, Kind
from pipelines.sources.x.payload import Bucket

Shape = Mapping[int, float]  # days since the first congress day -> share of all posts; sums to 1

REPOST_SHARE = 0.69  # ASCO 2016: 72,698 posts, 69 % of them reposts
POSTS_PER_AUTHOR = 4.6  # ASCO 2016: 15,796 authors
# Of 21 conference archives the busiest day held 36 % of all posts (median) and the days around stayed under 1 % each.
FOUR_DAYS: Shape = {
    **dict.fromkeys(range(-7, -2), 0.006), -2: 0.01, -1: 0.04, 0: 0.22, 1: 0.36, 2: 0.20, 3: 0.09,
    4: 0.02, **dict.fromkeys(range(5, 11), 0.005),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Forecast:
    """Posts still to come until the end of following, and what reading them costs in US dollars.

    ``low`` and ``high`` bound the posts by the uncertainty of the level: twice the root of what it was
    estimated from, and never narrower than a factor of 1.5 while less than a tenth of the shape was seen.
    """

    posts: int
    low: int
    high: int
    usd: float
    seen: int
    seen_share: float

    def usd_with_reposts(self, repost_share: float = REPOST_SHARE) -> float:
        """What the same congress costs if reposts are read too."""
        return self.usd / (1 - repost_share) if repost_share < 1 else float("inf")


def shape_of(posts_a_day: Mapping[date, int], starts_on: date) -> Shape:
    """The shape of an earlier congress from its daily posts; falls back to ``FOUR_DAYS`` where there are none."""
    total = sum(posts_a_day.values())
    if total <= 0:
        return FOUR_DAYS
    return {(day - starts_on).days: count / total for day, count in posts_a_day.items()}


def stretched(shape: Shape, congress_days: int, shape_days: int = 4) -> Shape:
    """A shape for a congress of another length: the days within it are spread anew, those around it stay."""
    inside = [shape.get(day, 0.0) for day in range(shape_days)]
    cumulative = [sum(inside[:day]) for day in range(shape_days + 1)]

    def up_to(position: float) -> float:
        whole = min(int(position), shape_days - 1)
        return cumulative[whole] + (position - whole) * (cumulative[whole + 1] - cumulative[whole])

    steps = [up_to(day * shape_days / congress_days) for day in range(congress_days + 1)]
    spread = {day: steps[day + 1] - steps[day] for day in range(congress_days)}
    before = {day: share for day, share in shape.items() if day < 0}
    after = {day - shape_days + congress_days: share for day, share in shape.items() if day >= shape_days}
    return {**before, **spread, **after}


def weights(congresses: Iterable[Congress], shape: Shape = FOUR_DAYS) -> dict[date, float]:
    """The share of all posts expected on each day, over several congresses; sums to their number."""
    found: dict[date, float] = {}
    for congress in congresses:
        days = (congress.ends_on - congress.starts_on).days + 1
        for offset, share in stretched(shape, days).items():
            day = congress.starts_on + timedelta(days=offset)
            found[day] = found.get(day, 0.0) + share
    return found


def forecast(
    buckets: Iterable[Bucket],
    starts_on: date,
    now: datetime,
    shape: Shape = FOUR_DAYS,
    prices: Mapping[Kind, float] = PRICES,
    posts_per_author: float = POSTS_PER_AUTHOR,
) -> Forecast:
    """Scale the shape to the posts counted so far, and price what is left of it.

    Args:
        buckets: counts of originals (the query carries ``-is:retweet``), any width, UTC.
        starts_on: first day of the congress; days are UTC days here, which moves at most one night's posts.
        now: where "to come" begins.
    """
    counted = [bucket for bucket in buckets if bucket.end_at <= now]
    seen = sum(bucket.count for bucket in counted)
    seen_share = sum(_share_between(shape, starts_on, each.start_at, each.end_at) for each in counted)
    left_share = _share_between(shape, starts_on, now, now + timedelta(days=400))
    if seen_share <= 0:
        return Forecast(0, 0, 0, 0.0, seen, 0.0)
    posts = seen / seen_share * left_share
    spread = max(2 / max(seen, 1) ** 0.5, 0.5 if seen_share < 0.1 else 0.0)
    usd = posts * prices["post"] + posts / posts_per_author * prices["user"]
    return Forecast(
        posts=round(posts),
        low=round(posts / (1 + spread)),
        high=round(posts * (1 + spread)),
        usd=round(usd, 2),
        seen=seen,
        seen_share=seen_share,
    )


def _share_between(shape: Shape, starts_on: date, start: datetime, end: datetime) -> float:
    """The part of the shape that lies in [start, end), each day's share spread evenly over it."""
    total = 0.0
    for offset, share in shape.items():
        day = datetime.combine(starts_on, datetime.min.time()) + timedelta(days=offset)
        overlap = min(end, day + timedelta(days=1)) - max(start, day)
        total += share * max(0.0, overlap / timedelta(days=1))
    return total
