"""A short run of the chaos suite: real collectors, some 25 faults, and what is stored equals what was sent."""

from __future__ import annotations

import pytest

from pipelines.bench.chaos.page import write_page
from pipelines.bench.chaos.plan import KINDS, plan
from pipelines.bench.chaos.run import run

QUICK = (
    *("close_1000", "abort", "torn", "half_frame", "garbage", "duplicate", "disorder", "refused_503", "no_v2", "slow"),
    *("close", "torn_abort", "error", "untagged", "503", "search_down"),
    *("kill", "disk_full", "log_torn", "clock_behind"),
)


def test_a_plan_is_the_same_for_the_same_seed_and_holds_every_kind():
    assert plan(7, 200) == plan(7, 200)
    assert plan(7, 200) != plan(8, 200)
    faults = [fault for lane in plan(7, 200).values() for fault in lane]
    assert 200 == len(faults)
    assert {kind for kinds in KINDS.values() for kind in kinds} == {fault.kind for fault in faults}


def test_whatever_goes_wrong_nothing_is_lost_nothing_doubled_and_a_person_is_told(tmp_path):
    done = run(5, 25, QUICK)
    figures = done.figures()
    assert [] == done.wrong
    assert [] == [(each.fault.kind, each.said) for each in done.undone]
    assert (0, 0, 0, []) == (done.verdict.lost, done.verdict.duplicated, done.verdict.unlike, done.verdict.unsettled), (
        figures
    )
    assert done.passed
    assert len(done.faults) >= 25
    assert set(QUICK) == {each.fault.kind for each in done.faults}
    assert done.verdict.expected > 300
    write_page(tmp_path / "CHAOS.md", [done], done.faults[0].at)
    page = (tmp_path / "CHAOS.md").read_text(encoding="utf-8")
    assert "make room and start again" in page
    assert "this machine's clock is" in page
    assert str(tmp_path) not in page


@pytest.mark.parametrize("lane", KINDS)
def test_a_short_plan_keeps_to_the_kinds_it_is_given(lane):
    only = sorted(KINDS[lane])[:2]
    assert set(only) == {fault.kind for fault in plan(1, 60, only)[lane]}
