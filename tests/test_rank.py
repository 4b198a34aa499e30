import math
import random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.rank import DAMPING, rank_voices, t_index

names = st.sampled_from("abcdef")
edge_lists = st.lists(st.tuples(names, names, st.integers(1, 50)), max_size=30)


def by_hand(edges, hcp, rounds=400):
    """The published formula, iterated in plain Python."""
    counts: dict[tuple[str, str], int] = {}
    for head, tail, count in edges:
        if head != tail:
            counts[head, tail] = counts.get((head, tail), 0) + count
    authors = sorted({author for pair in counts for author in pair})
    restart = {a: float(a in hcp) for a in authors}
    total = sum(restart.values())
    if not total:
        return dict.fromkeys(authors, 0.0)
    restart = {a: r / total for a, r in restart.items()}
    weights = {pair: 1 + math.log(n) for pair, n in counts.items()}
    out = {a: sum(w for (h, _), w in weights.items() if h == a) for a in authors}
    scores = restart
    for _ in range(rounds):
        dangling = sum(scores[a] for a in authors if not out[a])
        scores = {
            b: (1 - DAMPING) * restart[b]
            + DAMPING * (sum(scores[h] * w / out[h] for (h, t), w in weights.items() if t == b) + dangling * restart[b])
            for b in authors
        }
    return scores


@given(edge_lists, st.sets(names))
def test_scores_follow_the_published_formula(edges, hcp):
    expected = by_hand(edges, hcp)
    found = dict(rank_voices(edges, hcp))
    assert expected.keys() == found.keys()
    assert all(abs(expected[author] - score) < 1e-9 for author, score in found.items())


@given(edge_lists, st.sets(names), st.randoms(use_true_random=False))
def test_the_order_of_edges_and_repeats_does_not_matter(edges, hcp, dice):
    singles = [(head, tail, 1) for head, tail, count in edges for _ in range(count)]
    dice.shuffle(singles)
    assert rank_voices(edges, hcp) == rank_voices(singles, hcp)


def test_an_arrow_table_ranks_as_triples_do():
    edges = [("a", "b", 2), ("c", "b", 1), ("b", "a", 1)]
    table = pa.table({"from_id": ["a", "c", "b"], "to_id": ["b", "b", "a"], "edge_count": [2, 1, 1]})
    assert rank_voices(edges, {"a"}) == rank_voices(table, {"a"})


def test_who_only_non_clinicians_take_up_scores_nothing():
    scores = dict(rank_voices([("bot1", "loud", 900), ("bot2", "loud", 900), ("doctor", "quiet", 1)], {"doctor"}))
    assert 0 == scores["loud"]
    assert 0 < scores["quiet"]


def test_naming_oneself_gains_nothing():
    edges = [("a", "b", 1), ("c", "d", 1)]
    assert rank_voices(edges, {"a", "c"}) == rank_voices([*edges, ("b", "b", 500)], {"a", "c"})


def test_a_repeated_pair_is_damped_by_a_logarithm():
    scores = dict(rank_voices([("doctor", "fan", 100), ("doctor", "peer", 1)], {"doctor"}))
    assert pytest.approx(1 + math.log(100)) == scores["fan"] / scores["peer"]


def test_ties_are_broken_by_author_id():
    ranked = rank_voices([("z", name, 1) for name in ("c", "a", "b")], {"z"})
    assert ["z", "a", "b", "c"] == [author for author, _ in ranked]


def test_without_clinicians_or_edges_nobody_scores():
    assert [("a", 0.0), ("b", 0.0)] == rank_voices([("a", "b", 1)], set())
    assert [] == rank_voices([], {"a"})
    assert [] == rank_voices([("a", "a", 3)], {"a"})


def test_scores_of_a_large_graph_sum_to_one():
    dice = random.Random(7)
    edges = [(str(dice.randrange(900)), str(dice.randrange(900)), 1) for _ in range(5_000)]
    assert pytest.approx(1, abs=1e-6) == sum(score for _, score in rank_voices(edges, {"1", "2", "3"}))


def test_the_t_index_is_the_largest_t_with_t_posts_of_t_reposts():
    assert [0, 0, 1, 3, 2] == [t_index(counts) for counts in ([], [0, 0], [9], [5, 4, 3, 2], [2, 2, 2])]


@given(st.lists(st.integers(0, 30), max_size=40))
def test_the_t_index_meets_its_definition(counts):
    t = t_index(counts)
    assert t <= sum(count >= t for count in counts)
    assert sum(count >= t + 1 for count in counts) < t + 1
