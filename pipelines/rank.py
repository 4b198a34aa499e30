"""Voice rank: whom clinicians take up, directly and through others.

The published formula. Let n(a, b) be how often author a mentioned, reposted, quoted or answered b, a ≠ b.

* Edge weight w(a, b) = 1 + ln n(a, b): a pair that repeats itself counts more, but ever less.
* Score: s(b) = (1 - d) * r(b) + d * ( Σ_a s(a) * w(a, b) / Σ_c w(a, c)  +  D * r(b) ), with damping d = 0.85,
  r(b) = 1 / |HCPs in the graph| for an HCP and 0 for everybody else, and D the scores of authors without outgoing edges.
* So the walk restarts from HCPs only: what no HCP leads to, however loud, scores 0. Scores sum to 1.
* What restarts goes where r says, with one factor for all: so s is x divided by the sum of all x, where
  x(b) = r(b) + d * Σ_a x(a) * w(a, b) / Σ_c w(a, c). Without what flows back, x settles within a few rounds; the iteration
  stops when one round and the next differ by less than 1e-12 per author in sum.

After Page, Brin, Motwani, Winograd (1998), personalised as in their section 6. Without any HCP in the graph there is
nothing to restart from: everybody scores 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import TypeAlias

import numpy as np
import pyarrow as pa

DAMPING = 0.85
TOLERANCE = 1e-12  # per author, summed over authors
MAX_ROUNDS = 1_000  # 0.85 ** 200 is far below the tolerance
TIE_DIGITS = 12  # scores equal to so many digits are a tie

Edges: TypeAlias = pa.Table | Iterable[tuple[str, str, int]]


def rank_voices(edges: Edges, hcp: Set[str]) -> list[tuple[str, float]]:
    """Every author of ``edges`` with its voice rank score, best first, ties by author id.

    ``edges`` are (from author, to author, count) triples, or an Arrow table whose first three columns are these (the
    quicker shape); pairs may repeat, counts add up. ``hcp`` are the author ids to restart from.
    """
    authors, heads, tails, counts = _summed_pairs(edges)
    scores = scores_of(heads, tails, counts, np.array([author in hcp for author in authors], bool))
    ranked = zip(authors, scores.tolist(), strict=True)
    return sorted(ranked, key=lambda voice: -voice[1])  # stable: authors come in the order of their ids


def scores_of(heads: np.ndarray, tails: np.ndarray, counts: np.ndarray, restart: np.ndarray) -> np.ndarray:
    """The score of every author by number: edges as places of both ends and counts, each pair once; ``restart`` marks the HCPs.

    Authors whom no walk from an HCP reaches score 0 and pass nothing on: their edges are left out before anything is
    iterated, which changes no score and leaves a third of a real congress's graph.
    """
    size = len(restart)
    if not restart.any():
        return np.zeros(size)
    reached = _reached(heads, tails, restart)
    kept = reached[heads]
    place = np.cumsum(reached) - 1
    heads, tails, weights = place[heads[kept]], place[tails[kept]], 1.0 + np.log(counts[kept])
    many = int(reached.sum())
    out = np.bincount(heads, weights, many)
    shares = DAMPING * weights / out[heads]
    back = restart[reached] / restart.sum()
    again = np.bincount(tails, minlength=many)[heads] > 0  # whom nobody takes up passes on the same in every round
    once = back + np.bincount(tails[~again], (back[heads] * shares)[~again], many)
    heads, tails, shares = heads[again], tails[again], shares[again]
    found = once
    for _ in range(MAX_ROUNDS):
        before, found = found, once + np.bincount(tails, found[heads] * shares, many)
        if np.abs(found - before).sum() < TOLERANCE * size:
            break
    scores = np.zeros(size)
    scores[reached] = found / found.sum()
    return np.round(scores, TIE_DIGITS)


def _reached(heads: np.ndarray, tails: np.ndarray, restart: np.ndarray) -> np.ndarray:
    """Which authors a walk from the restart can come to."""
    reached = restart.copy()
    while True:
        fresh = tails[reached[heads] & ~reached[tails]]
        if not len(fresh):
            return reached
        reached[fresh] = True


def t_index(repost_counts: Iterable[int]) -> int:
    """The largest t such that t posts have at least t reposts each."""
    index = 0
    for count in sorted(repost_counts, reverse=True):
        if count <= index:
            break
        index += 1
    return index


def _summed_pairs(edges: Edges) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """Authors in the order of their ids, and one edge per pair of different ones: places of both ends, summed count."""
    ends, counts = _columns(edges)
    coded = ends.dictionary_encode()
    known = coded.dictionary.to_pylist()
    places = coded.indices.to_numpy()
    heads, tails = places[: len(counts)], places[len(counts) :]
    meant = (heads != tails) & (counts > 0)
    kept, places = np.unique(np.concatenate([heads[meant], tails[meant]]), return_inverse=True)
    order = np.array(sorted(range(len(kept)), key=lambda at: known[kept[at]]), dtype=np.int64)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    heads, tails = np.split(rank[places], 2)
    keys, pair = np.unique(heads * len(order) + tails, return_inverse=True)
    summed = np.bincount(pair, weights=counts[meant], minlength=len(keys))
    authors = [known[kept[at]] for at in order.tolist()]
    return authors, keys // max(1, len(order)), keys % max(1, len(order)), summed


def _columns(edges: Edges) -> tuple[pa.Array, np.ndarray]:
    """All from-authors followed by all to-authors, and the counts."""
    if isinstance(edges, pa.Table):
        head, tail, count = (edges.column(index).combine_chunks() for index in range(3))
        ends = pa.concat_arrays([head.cast(pa.string()), tail.cast(pa.string())])
        return ends, count.to_numpy(zero_copy_only=False)
    triples = list(edges)
    ends = [head for head, _, _ in triples] + [tail for _, tail, _ in triples]
    return pa.array(ends, pa.string()), np.array([count for _, _, count in triples], dtype=np.int64)
