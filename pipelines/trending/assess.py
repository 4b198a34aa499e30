"""Each minute, each item: observed authors, expected authors, and how improbable the difference is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipelines.trending.expectation import WINDOW, Baseline, History, Programme, fit
from pipelines.trending.tail import upper_tail
from pipelines.trending.windows import Sightings, sliding

LEAST_AUTHORS = 3  # fewer are never looked at
WORTH_TELLING = 0.1  # q-value above which an item is neither at the beginning nor in the middle of a rise
HOUR = 60  # minutes for which one baseline is used


@dataclass(frozen=True, slots=True)
class Assessed:
    """One item in the half hour that ended at ``minute``. ``independent`` counts those of the observed authors who
    are no company's or society's account and do not pass everything on."""

    item: int
    minute: int
    observed: int
    expected: float
    p_value: float
    q_value: float
    independent: int

    @property
    def lift(self) -> float:
        return self.observed / self.expected


@dataclass(frozen=True, slots=True)
class Talk:
    """What there is to look at: who named what, all who spoke, what went before, and when items are on.

    ``sightings`` and ``everyone`` reach back at least half an hour before the first minute that is looked at,
    ``independent`` says of each sighting whether its author stands for itself; ``looked_at`` is the number of
    things that could have risen (the catalogue).
    """

    programme: Programme
    sightings: Sightings
    independent: np.ndarray
    everyone: Sightings
    history: History
    looked_at: int


def assess(talk: Talk, first: int, last: int) -> Iterator[tuple[int, list[Assessed]]]:
    """Minute by minute from ``first`` to ``last``: every item with at least three authors that is improbable at all,
    the least probable first.

    The baseline of an hour is fitted on the buckets that ended half an hour before it began, so that any two looks
    at one minute see the same, and a window is never part of what it is compared with.
    """
    for hour in range(first // HOUR * HOUR, last + 1, HOUR):
        start, end = max(first, hour), min(last, hour + HOUR - 1)
        baseline = fit(talk.history, talk.programme, hour - WINDOW)
        by_minute = _by_minute(_assess_span(talk, baseline, start, end))
        for minute in range(start, end + 1):
            yield minute, by_minute.get(minute, [])


def _assess_span(talk: Talk, baseline: Baseline, first: int, last: int) -> list[Assessed]:
    size, count = talk.programme.size, last - first + 1
    near = _between(talk.sightings, first - WINDOW, last)
    sightings = _taken(talk.sightings, near)
    observed = sliding(sightings, size, first, count)
    items, columns = np.nonzero(observed >= LEAST_AUTHORS)
    if not len(items):
        return []
    independent = sliding(_taken(sightings, talk.independent[near]), size, first, count)
    speaking = _taken(talk.everyone, _between(talk.everyone, first - WINDOW, last))
    pace = sliding(speaking, 1, first, count)[0]
    counts = observed[items, columns]
    others = np.maximum(pace[columns] - counts, 1)  # an item's own crowd must not explain itself
    nearness = baseline.nearness(talk.programme, items, columns + first)
    expected = np.maximum(others * nearness * baseline.shares[items], 1e-6)
    p_values = upper_tail(counts, expected, baseline.spread(items, expected))
    q_values = _q_by_minute(columns, p_values, talk.looked_at)
    told = np.flatnonzero(q_values <= WORTH_TELLING)
    columns_told = (items, columns + first, counts, expected, p_values, q_values, independent[items, columns])
    return [Assessed(*row) for row in zip(*(each[told].tolist() for each in columns_told), strict=True)]


def _q_by_minute(minutes: np.ndarray, p_values: np.ndarray, looked_at: int) -> np.ndarray:
    """Benjamini-Hochberg q-values (1995) within each minute, out of ``looked_at`` things.

    What was not tested counts as p = 1, which can only make the answer more careful.
    """
    order = np.lexsort((p_values, minutes))
    begins = np.concatenate([[True], minutes[order][1:] != minutes[order][:-1]])
    group = np.cumsum(begins) - 1
    rank = np.arange(len(order)) - np.flatnonzero(begins)[group] + 1
    raw = np.minimum(p_values[order] * np.maximum(looked_at, rank) / rank, 1.0)
    # running minimum from the right within each minute: an offset of 2 keeps the minutes apart
    smallest = np.minimum.accumulate((raw + 2.0 * group)[::-1])[::-1] - 2.0 * group
    found = np.empty(len(order))
    found[order] = np.where(rank == _sizes(group), raw, smallest)
    return found


def _sizes(group: np.ndarray) -> np.ndarray:
    return np.bincount(group)[group]


def _by_minute(found: list[Assessed]) -> dict[int, list[Assessed]]:
    by_minute: dict[int, list[Assessed]] = {}
    for each in sorted(found, key=lambda each: (each.p_value, each.item)):
        by_minute.setdefault(each.minute, []).append(each)
    return by_minute


def _between(sightings: Sightings, first: int, last: int) -> np.ndarray:
    return (sightings.minutes > first) & (sightings.minutes <= last)


def _taken(sightings: Sightings, which: np.ndarray) -> Sightings:
    return Sightings(sightings.items[which], sightings.authors[which], sightings.minutes[which])
