"""Voice rank: whom clinicians take up, directly and through others.

The published formula. Let n(a, b) be how often author a mentioned, reposted, quoted or answered b, a ≠ b.

* Edge weight w(a, b) = 1 + ln n(a, b): a pair that repeats itself counts more, but ever less.
* Score: s(b) = (1 - d) * r(b) + d * ( Σ_a s(a) * w(a, b) / Σ_c w(a, c)  +  D * r(b) ), with damping d = 0.85,
  r(b) = 1 / |HCPs in the graph| for an HCP and 0 for everybody else, and D the scores of authors without outgoing edges.
* So the walk restarts from HCPs only: what no HCP leads to, however loud, scores 0. Scores sum to 1.
* The iteration stops when the scores of one round and the next differ by less than 1e-12 per author in sum.

After Page, Brin, Motwani, Winograd (1998), personalised as in their section 6. Without any HCP in the graph there is
nothing to restart from: everybody scores 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Set
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import rustworkx as rx

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
    pairs = _summed_pairs(edges)
    authors, heads, tails = _numbered(pairs)
    restart = {index: 1.0 for index, author in enumerate(authors) if author in hcp}
    if not restart:
        return [(author, 0.0) for author in authors]
    weights = 1.0 + np.log(pairs["count"].to_numpy())
    graph = rx.PyDiGraph(multigraph=False, node_count_hint=len(authors), edge_count_hint=len(weights))
    graph.add_nodes_from(range(len(authors)))
    graph.add_edges_from(list(zip(heads.tolist(), tails.tolist(), weights.tolist(), strict=True)))
    scores = rx.pagerank(
        graph, alpha=DAMPING, weight_fn=float, personalization=restart, tol=TOLERANCE, max_iter=MAX_ROUNDS
    )
    ranked = [(author, round(scores[index], TIE_DIGITS)) for index, author in enumerate(authors)]
    return sorted(ranked, key=lambda voice: (-voice[1], voice[0]))


def t_index(repost_counts: Iterable[int]) -> int:
    """The largest t such that t posts have at least t reposts each."""
    index = 0
    for count in sorted(repost_counts, reverse=True):
        if count <= index:
            break
        index += 1
    return index


def edge_weight(count: int) -> float:
    """1 + ln(count): the weight of one author taking up another ``count`` times; ``count`` is at least 1."""
    return 1.0 + math.log(count)


def _summed_pairs(edges: Edges) -> pa.Table:
    """One row per pair of different authors in a fixed order: from_id, to_id, count (all positive)."""
    if isinstance(edges, pa.Table):
        table = edges.select(edges.column_names[:3]).rename_columns(["from_id", "to_id", "count"])
    else:
        columns = list(zip(*edges, strict=True)) or [(), (), ()]
        types = (pa.string(), pa.string(), pa.int64())
        arrays = [pa.array(column, each) for column, each in zip(columns, types, strict=True)]
        table = pa.table(arrays, names=["from_id", "to_id", "count"])
    meant = (pc.field("from_id") != pc.field("to_id")) & (pc.field("count") > 0)
    summed = table.filter(meant).group_by(["from_id", "to_id"]).aggregate([("count", "sum")])
    pairs = summed.select(["from_id", "to_id", "count_sum"]).rename_columns(["from_id", "to_id", "count"])
    return pairs.sort_by([("from_id", "ascending"), ("to_id", "ascending")])


def _numbered(pairs: pa.Table) -> tuple[list[str], np.ndarray, np.ndarray]:
    """All authors in the order of their ids, and both ends of every pair as places in that list."""
    both = pa.chunked_array([*pairs["from_id"].chunks, *pairs["to_id"].chunks], pairs.schema.field("from_id").type)
    coded = both.combine_chunks().dictionary_encode()
    known = coded.dictionary.to_pylist()
    order = sorted(range(len(known)), key=known.__getitem__)
    place = np.empty(len(known), dtype=np.int64)
    place[order] = np.arange(len(known))
    places = place[coded.indices.to_numpy()]
    return [known[index] for index in order], places[: pairs.num_rows], places[pairs.num_rows :]
