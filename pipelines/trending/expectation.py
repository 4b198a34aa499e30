"""How many authors an item may be expected to have: pace of the congress x its share of the talk x nearness of its session.

    expected(item, window) = authors of the whole congress in the window x proximity(window - starts_at) x share(item)
    variance(expected)     = expected^2 / shape(item) + clustering x expected

``share`` is shrunk towards the catalogue (Gamma prior fitted by moments, an empirical Bayes estimate: Robbins 1956;
DuMouchel, *The American Statistician* 53, 1999, for the same Gamma-Poisson shrinker on report counts). ``proximity``
is learned from the congress itself, starting from what congresses usually look like. ``clustering`` says that authors
come in flocks (somebody posts, others repost): with logarithmic flocks the count stays negative binomial
(Quenouille, *Biometrics* 5, 1949). Minutes are counted from the
epoch, UTC; a bucket is half an hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

WINDOW = 30  # minutes in which distinct authors are counted, and the length of a bucket of history
EDGES = (-1440, -20, 0, 30, 75, 240, 720)  # minutes after an item's session starts, where its nearness changes
USUAL = (0.3, 0.5, 3.0, 8.0, 6.0, 2.0, 1.2, 0.6)  # how much more an item is named there than on average
_USUAL_WEIGHT = 8.0  # author-windows that the usual picture is worth against the congress's own
_SHARE_WEIGHT = 4.0  # author-windows that the usual share is worth while there is little history
_USUAL_NAMING = 0.25  # share of authors who name something of a kind
_CLUSTERING, _CLUSTERING_WEIGHT = 2.0, 200.0  # usual variance over mean, and the author-windows that is worth
_LARGEST_FLOCK = 10  # a cell of history counts as no further from its mean: a burst must not hide the next one
_FLOOR = 1e-9


@dataclass(frozen=True, slots=True)
class Programme:
    """When items are on: item ``i`` has the ``counts[i]`` members from ``offsets[i]`` on; ``starts`` holds their minutes.

    An abstract has one member; a drug, trial or company one for each of its abstracts; a hashtag one that is unknown (NaN).
    """

    counts: np.ndarray
    offsets: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, starts: Sequence[Sequence[float | None]]) -> Programme:
        """From the start minutes of every item, unknown ones as None."""
        known = [each or (None,) for each in starts]
        counts = np.array([len(each) for each in known], np.int64)
        flat = [np.nan if start is None else start for each in known for start in each]
        return cls(counts, np.cumsum(counts) - counts, np.array(flat, float))

    @property
    def size(self) -> int:
        return len(self.counts)

    def mean(self, of_members: np.ndarray) -> np.ndarray:
        """Averages over the members of each item; the last axis runs over members."""
        if len(self.starts) == self.size or not self.size:
            return of_members
        return np.add.reduceat(of_members, self.offsets, axis=-1) / self.counts

    def since(self, items: np.ndarray, minutes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For pairs of item and minute: the minutes since each member's start, and the pair each belongs to."""
        pairs = np.repeat(np.arange(len(items)), self.counts[items])
        place = np.arange(len(pairs)) - np.repeat(
            np.cumsum(self.counts[items]) - self.counts[items], self.counts[items]
        )
        return minutes[pairs] - self.starts[self.offsets[items][pairs] + place], pairs


@dataclass(frozen=True, slots=True)
class History:
    """What was counted in half-hour buckets: distinct authors of every item, and of the whole congress.

    ``items``, ``buckets`` and ``counts`` stand side by side; ``pace[b - first]`` holds all authors of bucket ``b``.
    Bucket ``b`` covers the minutes ``30 b < m <= 30 b + 30``.
    """

    items: np.ndarray
    buckets: np.ndarray
    counts: np.ndarray
    first: int
    pace: np.ndarray

    @classmethod
    def of(cls, named: tuple[np.ndarray, np.ndarray, np.ndarray], everyone: tuple[np.ndarray, np.ndarray]) -> History:
        """From (items, buckets, counts) side by side, and (buckets, counts) of the whole congress."""
        items, buckets, counts = named
        all_buckets = np.concatenate([buckets, everyone[0]])
        first = int(all_buckets.min()) if len(all_buckets) else 0
        length = int(all_buckets.max()) - first + 1 if len(all_buckets) else 0
        return cls(items, buckets, counts, first, np.bincount(everyone[0] - first, everyone[1], minlength=length))


@dataclass(frozen=True, slots=True)
class Baseline:
    """The shrunk share of every item: Gamma with ``shapes`` and ``rates``, and the nearness factors it holds with."""

    shapes: np.ndarray
    rates: np.ndarray
    proximity: np.ndarray
    clustering: float = _CLUSTERING

    @property
    def shares(self) -> np.ndarray:
        return self.shapes / self.rates

    def nearness(self, programme: Programme, items: np.ndarray, minutes: np.ndarray) -> np.ndarray:
        """The nearness factors of items in the windows that end at ``minutes`` (pairs, side by side)."""
        since, pairs = programme.since(items, minutes - WINDOW / 2)
        totals = np.bincount(pairs, self.proximity[_places(since)], minlength=len(items))
        return totals / programme.counts[items]

    def spread(self, items: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """The shape of the negative binomial around ``expected``: an unsure share and flocks add up."""
        return 1 / (1 / self.shapes[items] + (self.clustering - 1) / np.maximum(expected, _FLOOR))


def fit(history: History, programme: Programme, until: int) -> Baseline:
    """The baseline from buckets that ended by minute ``until``."""
    past = (history.buckets + 1) * WINDOW <= until
    items, buckets, counts = history.items[past], history.buckets[past], history.counts[past]
    seen = np.bincount(items, counts, minlength=programme.size)
    exposure = _exposures(history, history.pace, programme, until)
    proximity = _proximity(items, buckets, counts, exposure, programme)
    weighed = proximity @ exposure
    shape, rate = _prior(seen, weighed, programme.size)
    found = Baseline(shape + seen, rate + weighed, proximity)
    squares = np.square(proximity) @ _exposures(history, np.square(history.pace), programme, until)
    nearness = found.nearness(programme, items, (buckets + 1) * WINDOW)
    means = found.shares[items] * nearness * history.pace[buckets - history.first]
    return replace(found, clustering=_clustering(counts, means, found.shares, weighed, squares))


def _exposures(history: History, pace: np.ndarray, programme: Programme, until: int) -> np.ndarray:
    """Sums of ``pace`` over the buckets that each item has met at each nearness (places x items)."""
    ends = (history.first + np.arange(len(pace) + 1)) * WINDOW
    told = np.concatenate([[0.0], np.cumsum(pace)])
    starts, member = np.unique(programme.starts, return_inverse=True)  # sessions are few; NaN is one of them
    edges = np.concatenate([[-np.inf], EDGES, [np.inf]])[:, None] + np.where(np.isnan(starts), 0.0, starts)
    met = np.diff(np.interp(np.minimum(edges, until), ends, told), axis=0)
    unknown = np.where(np.isnan(starts), np.interp(until, ends, told), 0.0)
    met = np.where(np.isnan(starts), 0.0, met)
    return programme.mean(np.vstack([met, unknown])[:, member])


def _proximity(
    items: np.ndarray, buckets: np.ndarray, counts: np.ndarray, exposure: np.ndarray, programme: Programme
) -> np.ndarray:
    """How much more an item is named at each nearness than on average, pulled towards what is usual."""
    since, pairs = programme.since(items, buckets * WINDOW + WINDOW / 2)
    credit = (counts / programme.counts[items])[pairs]  # an author who names a drug names one of its abstracts
    named = np.bincount(_places(since), credit, minlength=len(USUAL) + 1)[:-1]
    met = exposure[:-1].sum(axis=1)
    average = named.sum() / max(met.sum(), _FLOOR)
    usual = np.array(USUAL)
    factors = (named + _USUAL_WEIGHT * usual) / (met * average + _USUAL_WEIGHT)
    return np.append(factors, 1.0)


def _prior(seen: np.ndarray, exposure: np.ndarray, size: int) -> tuple[float, float]:
    """Shape and rate of the Gamma that the items' shares come from, by moments."""
    usual = _USUAL_NAMING / max(size, 1)
    share = (seen.sum() + _SHARE_WEIGHT) / (exposure.sum() + _SHARE_WEIGHT / usual)
    spare = (np.square(seen - share * exposure) - share * exposure).sum()
    variance = max(spare, 0.0) / max(np.square(exposure).sum(), _FLOOR)
    shape = float(np.clip(share * share / max(variance, _FLOOR * share * share), 0.2, 5.0))
    return shape, shape / share


def _clustering(
    counts: np.ndarray, means: np.ndarray, shares: np.ndarray, weighed: np.ndarray, squares: np.ndarray
) -> float:
    """Variance over mean of the history, from the sum of squares: E[x^2] = mean^2 + clustering x mean."""
    spare = np.square(np.minimum(counts, means + _LARGEST_FLOCK)).sum() - (np.square(shares) * squares).sum()
    total = (shares * weighed).sum()
    return float(np.clip((spare + _CLUSTERING * _CLUSTERING_WEIGHT) / (total + _CLUSTERING_WEIGHT), 1.2, 10.0))


def _places(since: np.ndarray) -> np.ndarray:
    """Which nearness minutes after the start fall into; the last place stands for an unknown start."""
    found = np.searchsorted(EDGES, np.nan_to_num(since, nan=0.0), side="right")
    return np.where(np.isnan(since), len(USUAL), found)
