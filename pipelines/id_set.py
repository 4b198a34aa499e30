"""Ids in a tenth of the memory of a set of them, for what is asked of every event of a network for days."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

RECENT = 1 << 15  # ids in a set of Python's own, 80 bytes each, before they are put away
BITS_EACH = 16  # of the sieve, at least: one of sixteen strangers passes it


class IdSet:
    """Ids that were seen, kept as 64-bit hashes: a stranger is taken for one of them once in 10^13 times at a million.

    Before all stands a sieve of bits, one for each hash: what is not in it needs no search. The newest are in a set, the
    others, ten to twelve bytes each with their part of the sieve, in a sorted array. Grows only. Hashes are of this process: nothing of
    it can be stored.
    """

    __slots__ = ("_mask", "_recent", "_sieve", "_sorted", "_view")

    def __init__(self) -> None:
        self._recent: set[int] = set()
        self._sorted = np.empty(0, np.int64)
        self._view = self._sorted.data
        self._sieve = bytearray(RECENT * BITS_EACH // 8)
        self._mask = len(self._sieve) - 1

    def add(self, name: str) -> None:
        key = hash(name)
        self._recent.add(key)
        self._sieve[(key >> 3) & self._mask] |= 1 << (key & 7)
        if len(self._recent) >= RECENT:
            self._put_away()

    def __contains__(self, name: str) -> bool:
        key = hash(name)
        if not self._sieve[(key >> 3) & self._mask] & (1 << (key & 7)):
            return False
        if key in self._recent:
            return True
        place = bisect_left(self._view, key)
        return place < len(self._view) and self._view[place] == key

    def _put_away(self) -> None:
        fresh = np.fromiter(self._recent, np.int64, len(self._recent))
        fresh.sort()
        both = np.concatenate((self._sorted, fresh))
        both.sort(kind="stable")  # two sorted runs: one pass
        first = np.ones(len(both), bool)
        np.not_equal(both[1:], both[:-1], out=first[1:])
        self._sorted = both if first.all() else both[first]
        self._view = self._sorted.data
        self._recent = set()
        size = 1 << (len(self._sorted) * BITS_EACH // 8).bit_length()
        if size > len(self._sieve):
            self._grow(size)

    def _grow(self, size: int) -> None:
        self._sieve, self._mask = bytearray(size), size - 1
        sieve = np.frombuffer(self._sieve, np.uint8)
        for start in range(0, len(self._sorted), RECENT):
            keys = self._sorted[start : start + RECENT]
            np.bitwise_or.at(sieve, (keys >> 3) & self._mask, _BITS[keys & 7])


_BITS = (1 << np.arange(8)).astype(np.uint8)
