"""A short run of the chaos suite: real collectors, some 25 faults, and what is stored equals what was sent."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import orjson
import pytest

from pipelines.bench.chaos.disk import Disk
from pipelines.bench.chaos.host import Host
from pipelines.bench.chaos.jetstream import Jetstream
from pipelines.bench.chaos.judge import _gone
from pipelines.bench.chaos.machine import Machine
from pipelines.bench.chaos.page import write_page
from pipelines.bench.chaos.plan import KINDS, plan
from pipelines.bench.chaos.run import run
from pipelines.bench.chaos.story import Story
from pipelines.bench.chaos.x import server_of

AT = datetime(2026, 12, 5, 10)
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


def test_a_deletion_that_nobody_can_have_heard_of_leaves_the_post_and_its_reposts():
    """Only the deletion lies in the hole; the post and the repost came before it, and must be there."""
    jetstream, story = Jetstream(1, 1.0), Story(random.Random(1), quiet=False)
    jetstream.log = [story.next(AT + timedelta(seconds=number)) for number in range(400)]
    taken_up = {
        about: each
        for each in jetstream.log
        if "/app.bsky.feed.repost/" in (each.post_id or "")
        for about in each.about
    }
    deletion = next(each for each in jetstream.log if each.deleted_id in taken_up)
    hole = {"source": "bluesky", "from_at": deletion.at, "to_at": deletion.at}
    post_id, repost = str(deletion.deleted_id), taken_up[str(deletion.deleted_id)]
    gone, excused = _gone(jetstream, [hole], {post_id, str(repost.post_id)})
    assert {deletion.seq} == gone
    assert repost.post_id not in excused
    assert (set(), {post_id}) == _gone(jetstream, [hole], set())


def test_x_finds_the_posts_of_a_dropped_file_when_it_is_asked_for_them(tmp_path):
    """Else the collector, which asks for yesterday's posts once more from noon on, would take them for deleted."""
    with server_of(1, 1.0, 10.0) as server:
        machine = Machine(Host(tmp_path, Disk(tmp_path, False), ("", "", "")), Jetstream(1, 1.0), server)
        lines = machine._file(random.Random(1), whole=True).read_bytes().splitlines()
        ids = [orjson.loads(line)["data"]["id"] for line in lines]
        _, answer = server.answer("GET", "/2/tweets", {"ids": ",".join(ids)}, b"")
    assert ids == [each["id"] for each in answer["data"]]
    assert "errors" not in answer


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_events_that_may_come_in_any_order_are_deleted_soon_and_never_before_they_are_written(seed):
    story = Story(random.Random(seed), quiet=False)
    written = [story.next(AT + timedelta(seconds=number)).post_id for number in range(100)]
    story.any_order = True
    events = [story.next(AT + timedelta(seconds=100 + number)) for number in range(300)]
    deleted = [each.deleted_id for each in events if each.deleted_id]
    assert len(deleted) > 40
    assert len(set(deleted) - set(written)) > 20
    assert {None} == {about for each in events for about in each.about if each.post_id} | {None}


@pytest.mark.parametrize("lane", KINDS)
def test_a_short_plan_keeps_to_the_kinds_it_is_given(lane):
    only = sorted(KINDS[lane])[:2]
    assert set(only) == {fault.kind for fault in plan(1, 60, only)[lane]}
