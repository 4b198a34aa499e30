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
    """Who took up whom, side by side, once for each time; ``before`` marks those of the window before.

    Both ends stand as places in ``authors``, which holds each author's number once.
    """

    authors: pa.Array
    heads: np.ndarray
    tails: np.ndarray
    before: np.ndarray

    @classmethod
    def of(cls, heads: np.ndarray, tails: np.ndarray, before: np.ndarray) -> Edges:
        """Edges whose ends are given by number."""
        # by hashing, several times as fast as by sorting
        coded = pa.array(np.concatenate([heads, tails])).dictionary_encode()
        return cls(coded.dictionary, *np.split(coded.indices.to_numpy().astype(np.int64), 2), before)


@dataclass(frozen=True, slots=True)
class Graph:
    """Who took up whom in one window, person by person: ``people`` by number, ``inside`` whether one is in this window's graph.

    The other arrays stand side by side, each pair once: their places in ``people``, how often, and whether it was ever an HCP's
    account. Whom nobody took up and who is no HCP passes nothing on: those pairs are left out.
    """

    people: np.ndarray
    inside: np.ndarray
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


def graphs_of(edges: Edges, hcps: tuple[np.ndarray, np.ndarray], persons: Mapping[int, int]) -> tuple[Graph, Graph]:
    """The graphs of the window and of the one before, with each person as one end; ``hcps`` are the HCPs of each by number."""
    people, heads, tails = edges.authors.to_numpy(), edges.heads, edges.tails
    if persons:
        people, person = np.unique(_as_persons(people, persons), return_inverse=True)
        heads, tails = person[heads], person[tails]
    now, before = (
        _graph(people, heads[kept], tails[kept], is_in(edges.authors, those)[edges.heads[kept]])
        for kept, those in zip((~edges.before & (heads != tails), edges.before & (heads != tails)), hcps, strict=True)
    )
    return now, before


def _graph(people: np.ndarray, heads: np.ndarray, tails: np.ndarray, by_hcp: np.ndarray) -> Graph:
    inside, taken_up = np.zeros(len(people), bool), np.zeros(len(people), bool)
    taken_up[tails] = True
    inside[heads] = inside[tails] = True
    leads = by_hcp | taken_up[heads]
    keys, by_hcp = heads[leads] * len(people) + tails[leads], by_hcp[leads]
    order = np.argsort(keys, kind="stable")  # authors are numbered as they come: much of it is in order already
    keys, by_hcp = keys[order], by_hcp[order]
    begins = np.flatnonzero(np.diff(keys, prepend=-1))
    counts = np.diff(begins, append=len(keys))
    hcp = np.logical_or.reduceat(by_hcp, begins) if len(begins) else by_hcp
    heads, tails = np.divmod(keys[begins], max(len(people), 1))
    return Graph(people, inside, heads, tails, counts, hcp)


def standing_of(own: pa.Table, graph: Graph, persons: Mapping[int, int]) -> Standing:
    """All HCP voices of one window from their own posts (by account) and the graph; ties go by number, for want of anything else."""
    accounts = own.append_column("person", pa.array(_as_persons(numbers_of(own), persons)))
    faces, post_counts = _faces(accounts)
    place, known = _places(graph, faces)
    restart = np.zeros(len(graph.people), bool)
    restart[place[known]] = True
    restart[graph.heads[graph.by_hcp]] = True
    scores = scores_of(graph.heads, graph.tails, graph.counts, restart)
    engagers = np.bincount(graph.tails[graph.by_hcp], minlength=len(graph.people))
    score, engager = np.zeros(len(faces)), np.zeros(len(faces), np.int64)
    score[known], engager[known] = scores[place[known]], engagers[place[known]]
    order = np.lexsort((faces, -post_counts, -engager, -score))
    return Standing(faces[order], score[order], engager[order], accounts)


def places_of(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each of ``wanted`` stands in ``known``, -1 where it stands nowhere; neither holds anything twice."""
    found = pc.call_function("index_in", [pa.array(known)], pc.SetLookupOptions(value_set=pa.array(wanted)))
    places = np.full(len(wanted), -1)
    places[found.drop_null().to_numpy()] = np.flatnonzero(found.is_valid().to_numpy(zero_copy_only=False))
    return places


def _places(graph: Graph, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each of ``wanted`` stands among the graph's people, and whether it is in this window's graph."""
    place = places_of(graph.people, wanted)
    known = place >= 0
    known[known] = graph.inside[place[known]]
    return place, known


def _faces(accounts: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Each person once, by number, and the posts of all its accounts."""
    people, counts = numbers_of(accounts, "person"), numbers_of(accounts, "post_count")
    faces, place = np.unique(people, return_inverse=True)
    return faces, np.bincount(place, counts, len(faces)).astype(np.int64)  # exact: far below 2 ** 53


def _as_persons(numbers: np.ndarray, persons: Mapping[int, int]) -> np.ndarray:
    if not persons:
        return numbers
    known = np.array(sorted(persons), np.int64)
    meant = np.array([persons[int(each)] for each in known], np.int64)
    place = np.searchsorted(known, numbers).clip(max=len(known) - 1)
    return np.where(known[place] == numbers, meant[place], numbers)
