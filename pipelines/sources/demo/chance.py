"""Drawing lots that come out the same on every machine.

Only ``random.Random`` and the four basic operations are used: no logarithm, no power, no set order and no
clock, so that a seed gives the same world under every Python and on every processor.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import fsum
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")

BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
SORTABLE32 = "234567abcdefghijklmnopqrstuvwxyz"  # keeps the order of numbers: record keys on Bluesky


class Urn(Generic[T]):
    """Things drawn in proportion to their weights."""

    def __init__(self, weights: Mapping[T, float]):
        self._things = list(weights)
        self._sums = list(accumulate(weights.values()))

    def draw(self, rng: Random) -> T:
        return self._things[bisect_right(self._sums, rng.random() * self._sums[-1], hi=len(self._things) - 1)]


def pick(rng: Random, things: Sequence[T]) -> T:
    return things[int(rng.random() * len(things))]


def between(rng: Random, low: int, high: int) -> int:
    """A whole number from ``low`` to ``high``, both included."""
    return low + int(rng.random() * (high - low + 1))


def spread(total: int, shares: Sequence[float]) -> list[int]:
    """``total`` split in proportion to ``shares`` into whole numbers that sum up to it (largest remainders)."""
    whole = fsum(shares)  # sum() of floats adds differently since Python 3.12
    exact = [total * share / whole for share in shares]
    parts = [int(value) for value in exact]
    by_rest = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_rest[: total - sum(parts)]:
        parts[i] += 1
    return parts


def shuffled(rng: Random, things: Sequence[T]) -> list[T]:
    mixed = list(things)
    for i in range(len(mixed) - 1, 0, -1):
        j = int(rng.random() * (i + 1))
        mixed[i], mixed[j] = mixed[j], mixed[i]
    return mixed


def letters(rng: Random, count: int, alphabet: str = BASE32) -> str:
    return "".join(alphabet[int(rng.random() * len(alphabet))] for _ in range(count))


def sortable32(number: int, width: int = 13) -> str:
    """``number`` in the sortable base 32 of Bluesky's record keys."""
    return "".join(SORTABLE32[number >> 5 * place & 31] for place in reversed(range(width)))
