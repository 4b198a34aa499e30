"""Distinct authors in a window that slides by the minute, and in buckets of history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.trending.expectation import WINDOW, History


@dataclass(frozen=True, slots=True)
class Sightings:
    """Who named what when: three arrays side by side.

    ``minutes`` is the first full minute (since the epoch, UTC) at which the post had been written; so it counts in
    the windows that end at ``minutes`` ... ``minutes + 29``. Items and authors are numbers from 0.
    """

    items: np.ndarray
    authors: np.ndarray
    minutes: np.ndarray


def sliding(sightings: Sightings, size: int, first: int, count: int) -> np.ndarray:
    """Distinct authors of each of ``size`` items in the windows that end at minutes ``first`` ... (size x count).

    An author's posts are laid end to end: each covers the half hour after it, as far as the next one does not.
    """
    order = np.lexsort((sightings.minutes, sightings.authors, sightings.items))
    items, authors, minutes = (each[order] for each in (sightings.items, sightings.authors, sightings.minutes))
    ends = minutes + WINDOW
    if len(items) > 1:
        again = (items[1:] == items[:-1]) & (authors[1:] == authors[:-1])
        ends[:-1] = np.where(again, np.minimum(ends[:-1], minutes[1:]), ends[:-1])
    width = count + 1
    cells = size * width
    up = np.bincount(items * width + np.clip(minutes - first, 0, count), minlength=cells)
    down = np.bincount(items * width + np.clip(ends - first, 0, count), minlength=cells)
    return np.cumsum((up - down).reshape(size, width), axis=1)[:, :-1]


def bucketed(sightings: Sightings, everyone: Sightings) -> History:
    """Distinct authors of every item, and of ``everyone`` (one item), by half-hour bucket."""
    return History.of(_count(sightings), _count(everyone)[1:])


def _count(sightings: Sightings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = np.column_stack([sightings.items, (sightings.minutes - 1) // WINDOW, sightings.authors])
    pairs, counts = np.unique(np.unique(rows, axis=0)[:, :2], axis=0, return_counts=True)
    return pairs[:, 0], pairs[:, 1], counts
