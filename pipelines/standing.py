"""The order of voices in one window: persons by voice rank, by who takes them up, by posts. Authors go by number here.

Pure arithmetic over what ``voices.py`` asked the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines.rank import scores_of


@dataclass(frozen=True, slots=True)
class Edges:
    """Who took up whom, by number, side by side; each pair once."""

    heads: np.ndarray
    tails: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True, slots=True)
class Standing:
    """All HCP voices of one window by person, best first, side by side; ``accounts`` are all accounts with their person."""

    persons: np.ndarray
    scores: np.ndarray
    engagers: np.ndarray
    accounts: pa.Table


def numbers_of(table: pa.Table, name: str = "author") -> np.ndarray:
    return table[name].to_numpy()


def standing_of(own: pa.Table, edges: Edges, hcps: np.ndarray, persons: Mapping[int, int]) -> Standing:
    """All HCP voices of one window from their own posts (by account) and the edges."""
    of_accounts = _as_persons(numbers_of(own), persons)
    by_hcp = np.isin(edges.heads, hcps)
    edges, by_hcp = _between_persons(edges, by_hcp, persons)
    graph, ends = np.unique(np.concatenate([edges.heads, edges.tails]), return_inverse=True)
    heads, tails = ends[: len(edges.heads)], ends[len(edges.heads) :]
    restart = np.isin(graph, of_accounts)
    restart[heads[by_hcp]] = True
    scores = scores_of(heads, tails, edges.counts, restart)
    engagers = np.bincount(tails[by_hcp], minlength=len(graph))
    accounts = own.append_column("person", pa.array(of_accounts))
    faces, first, post_counts = _faces(accounts)
    place = np.searchsorted(graph, faces).clip(max=max(len(graph) - 1, 0))
    inside = graph[place] == faces if len(graph) else np.zeros(len(faces), bool)
    score = np.where(inside, scores[place], 0.0) if len(graph) else np.zeros(len(faces))
    engager = np.where(inside, engagers[place], 0) if len(graph) else np.zeros(len(faces), np.int64)
    order = np.lexsort((first, -post_counts, -engager, -score))
    return Standing(faces[order], score[order], engager[order], accounts)


def _faces(accounts: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each person once: the number, the place in the order of ids of the account with most posts, the posts of all accounts.

    ``accounts`` come in the order of their ids.
    """
    people, counts = numbers_of(accounts, "person"), numbers_of(accounts, "post_count")
    order = np.lexsort((np.arange(len(people)), -counts, people))
    faces, begins = np.unique(people[order], return_index=True)
    sums = np.add.reduceat(counts[order], begins) if len(begins) else counts
    return faces, order[begins], sums


def _as_persons(numbers: np.ndarray, persons: Mapping[int, int]) -> np.ndarray:
    if not persons:
        return numbers
    known = np.array(sorted(persons), np.int64)
    meant = np.array([persons[int(each)] for each in known], np.int64)
    place = np.searchsorted(known, numbers).clip(max=len(known) - 1)
    return np.where(known[place] == numbers, meant[place], numbers)


def _between_persons(edges: Edges, by_hcp: np.ndarray, persons: Mapping[int, int]) -> tuple[Edges, np.ndarray]:
    """The edges with each person as one end, self-edges left out, each pair once; ``by_hcp`` likewise."""
    if not persons:
        return edges, by_hcp
    heads, tails = _as_persons(edges.heads, persons), _as_persons(edges.tails, persons)
    pairs, pair = np.unique(np.column_stack([heads, tails]), axis=0, return_inverse=True)
    counts = np.bincount(pair.ravel(), edges.counts, len(pairs))
    hcp = np.bincount(pair.ravel(), by_hcp, len(pairs)) > 0
    kept = pairs[:, 0] != pairs[:, 1]
    return Edges(pairs[kept, 0], pairs[kept, 1], counts[kept]), hcp[kept]
