"""The order of voices in one window: persons by voice rank, by who takes them up, by posts. Authors go by number here.

Pure arithmetic over what ``voices.py`` asked the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.rank import scores_of


@dataclass(frozen=True, slots=True)
class Edges:
    """Who took up whom, by number, side by side, once for each time; ``before`` marks those of the window before."""

    heads: np.ndarray
    tails: np.ndarray
    before: np.ndarray


@dataclass(frozen=True, slots=True)
class Graph:
    """Who took up whom in one window, person by person: ``people`` by number, ascending; the other arrays stand side by side,
    each pair once in the order of its ends: their places in ``people``, how often, and whether it was ever an HCP's account.
    """

    people: np.ndarray
    heads: np.ndarray
    tails: np.ndarray
    counts: np.ndarray
    by_hcp: np.ndarray


@dataclass(frozen=True, slots=True)
class Standing:
    """All HCP voices of one window by person, best first, side by side; ``accounts`` are all accounts with their person."""

    persons: np.ndarray
    scores: np.ndarray
    engagers: np.ndarray
    accounts: pa.Table


def numbers_of(table: pa.Table, name: str = "author") -> np.ndarray:
    return table[name].to_numpy()


def is_in(numbers: pa.Array | pa.ChunkedArray, wanted: np.ndarray) -> np.ndarray:
    """Which of ``numbers`` are among ``wanted``: by hashing, several times as fast as numpy's way."""
    options = pc.SetLookupOptions(value_set=pa.array(wanted))
    return pc.call_function("is_in", [numbers], options).to_numpy(zero_copy_only=False)


def places_in(numbers: pa.ChunkedArray, known: np.ndarray) -> pa.ChunkedArray:
    """Where each of ``numbers`` stands in ``known``; those that stand nowhere are left out."""
    options = pc.SetLookupOptions(value_set=pa.array(known))
    return pc.call_function("index_in", [numbers], options).drop_null()


def by_author(posts: pa.Table) -> pa.Table:
    """Posts (author, original, engagement_count) by author: author, post_count, engagement_count (of what is no repost)."""
    authors, place = np.unique(numbers_of(posts), return_inverse=True)
    met = np.where(numbers_of(posts, "original"), numbers_of(posts, "engagement_count"), 0)
    engagement = np.bincount(place, met, len(authors)).astype(np.int64)  # exact: far below 2 ** 53
    return pa.table(
        {"author": authors, "post_count": np.bincount(place, minlength=len(authors)), "engagement_count": engagement}
    )


def graphs_of(edges: Edges, hcps: tuple[np.ndarray, np.ndarray], persons: Mapping[int, int]) -> tuple[Graph, Graph]:
    """The graphs of the window and of the one before, with each person as one end; ``hcps`` are the HCPs of each by number."""
    coded = pa.array(
        np.concatenate([edges.heads, edges.tails])
    ).dictionary_encode()  # hashing, several times as fast as sorting
    people, person = np.unique(_as_persons(coded.dictionary.to_numpy(), persons), return_inverse=True)
    ends = coded.indices.to_numpy()
    heads, tails = np.split(person[ends], 2)
    now, before = (
        _graph(people, heads[kept], tails[kept], is_in(coded.dictionary, those)[ends[: len(heads)][kept]])
        for kept, those in zip((~edges.before & (heads != tails), edges.before & (heads != tails)), hcps, strict=True)
    )
    return now, before


def _graph(people: np.ndarray, heads: np.ndarray, tails: np.ndarray, by_hcp: np.ndarray) -> Graph:
    keys = heads * len(people) + tails
    pairs, counts = np.unique(keys, return_counts=True)
    hcp = np.zeros(len(pairs), bool)
    hcp[np.searchsorted(pairs, np.unique(keys[by_hcp]))] = True
    heads, tails = np.divmod(pairs, max(len(people), 1))
    inside = np.zeros(len(people), bool)
    inside[heads] = inside[tails] = True
    place = np.cumsum(inside) - 1
    return Graph(people[inside], place[heads], place[tails], counts, hcp)


def standing_of(own: pa.Table, graph: Graph, persons: Mapping[int, int]) -> Standing:
    """All HCP voices of one window from their own posts (by account, in the order of ids) and the graph."""
    of_accounts = _as_persons(numbers_of(own), persons)
    restart = np.zeros(len(graph.people), bool)
    place, inside = _places(graph.people, np.sort(of_accounts))
    restart[place[inside]] = True
    restart[graph.heads[graph.by_hcp]] = True
    scores = scores_of(graph.heads, graph.tails, graph.counts, restart)
    engagers = np.bincount(graph.tails[graph.by_hcp], minlength=len(graph.people))
    accounts = own.append_column("person", pa.array(of_accounts))
    faces, first, post_counts = _faces(accounts)
    place, inside = _places(graph.people, faces)
    score, engager = np.zeros(len(faces)), np.zeros(len(faces), np.int64)
    score[inside], engager[inside] = scores[place[inside]], engagers[place[inside]]
    order = np.lexsort((first, -post_counts, -engager, -score))
    return Standing(faces[order], score[order], engager[order], accounts)


def _places(known: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each of ``wanted`` stands in ``known`` (ascending), and whether it stands there at all."""
    if not len(known):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), bool)
    place = np.searchsorted(known, wanted).clip(max=len(known) - 1)
    return place, known[place] == wanted


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
