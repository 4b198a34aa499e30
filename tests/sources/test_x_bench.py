from __future__ import annotations

import asyncio

import pytest

from pipelines.sources.x.bench import FAULTS, chaos
from pipelines.sources.x.bench_stream import measure


def test_through_every_fault_and_a_restart_no_original_is_lost_and_the_bill_is_right():
    result = asyncio.run(chaos(seed=11, connections=len(FAULTS), rate=40.0, longest_life=0.8))
    assert set(FAULTS) <= set(result.faults)
    assert (0, 0) == (result.originals_missing, result.duplicated)
    assert 0 == result.reposts_missing_outside_gaps
    assert 0.0 < result.in_gaps < 1.0
    assert result.billed_usd == pytest.approx(result.ledger_usd)
    assert result.lost_in_flight == result.billed["post"] - result.ledger["post"]
    assert result.passed


def test_both_sides_of_the_bench_find_every_post():
    found = measure(300, rounds=1)
    assert (300, 300, 300) == (found["found"], found["found_in_records"], found["found_by_tweepy"])
