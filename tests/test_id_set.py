"""A set of ids in little memory: all that was added is found, also long after, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import id_set
from pipelines.id_set import IdSet

NAMES = st.lists(st.text(max_size=3), max_size=200)


@pytest.fixture(scope="module", autouse=True)
def few_recent():
    """Seven ids are already many, so that a short test puts ids away and grows the sieve."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(id_set, "RECENT", 7)
        yield


@given(NAMES, NAMES)
def test_it_holds_what_was_added_and_nothing_else(added, asked):
    ids = IdSet()
    for name in added:
        ids.add(name)
    assert [name in set(added) for name in (*added, *asked)] == [name in ids for name in (*added, *asked)]


def test_what_comes_again_and_again_takes_no_more_room():
    ids = IdSet()
    for number in range(10_000):
        ids.add(str(number % 40))
    assert 40 == len(ids._sorted)
    assert len(ids._recent) < 7


def test_strangers_are_told_apart_among_many():
    ids = IdSet()
    for number in range(5_000):
        ids.add(f"at://{number}")
    assert 0 == sum(f"at://{number}" in ids for number in range(5_000, 25_000))
