"""The volume chart's data: nothing is zero that was not counted, labels never overlap, ticks are local."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import charts, timeline, wording
from dashboard.timeline import LETTER, NARROW, PAD, Frame
from dashboard.volume_panel import part_between
from tests.dashboard.fake_owner import FakeOwner

START = datetime(2026, 10, 25)
FRAME = Frame(
    START, START + timedelta(hours=6), START + timedelta(hours=5, minutes=55), 60, "platform", ZoneInfo("Europe/Madrid")
)


def bucket(hour: int, series: str = "bluesky", count: int = 5) -> dict:
    return {"bucket_at": START + timedelta(hours=hour), "series": series, "post_count": count}


def gap(first: int, last: int | None, source: str = "bluesky", status: str = "open") -> dict:
    end = None if last is None else START + timedelta(hours=last)
    return {
        "source": source,
        "from_at": START + timedelta(hours=first),
        "to_at": end,
        "cause": "connection lost",
        "status": status,
    }


def session(first: float, last: float, title: str, number: int = 0, kind: str = "") -> dict:
    return {
        "session_id": str(number),
        "title": title,
        "starts_at": START + timedelta(hours=first),
        "ends_at": START + timedelta(hours=last),
        "kind": kind,
    }


def volume_rows(drawn: timeline.Timeline) -> list[dict]:
    return drawn.datasets["volume"].to_pylist()


def test_a_quiet_hour_is_zero_and_a_gap_is_unknown():
    rows = volume_rows(timeline.timeline(FRAME, [bucket(0)], [], [gap(2, 3)]))
    assert [row["total"] for row in rows] == [5, 0, None, 0, 0, 0]
    assert rows[2]["note"] == "Not collected: Bluesky"


def test_a_gap_of_one_platform_leaves_the_others_counted():
    row = volume_rows(timeline.timeline(FRAME, [bucket(2, "x", 4)], [], [gap(2, 3)]))[2]
    assert (row["s1"], row["s2"], row["total"]) == (None, 4, 4)


def test_posts_seen_during_a_gap_are_not_hidden():
    rows = volume_rows(timeline.timeline(replace(FRAME, by="role"), [bucket(2, "hcp", 3)], [], [gap(2, 3)]))
    assert (rows[2]["s0"], rows[2]["total"]) == (3, 3)


def test_an_open_gap_lasts_until_now():
    drawn = timeline.timeline(FRAME, [bucket(0)], [], [gap(4, None)])
    assert [row["total"] for row in volume_rows(drawn)] == [5, 0, 0, 0, None, None]


def test_a_filled_gap_is_not_drawn():
    drawn = timeline.timeline(FRAME, [bucket(0)], [], [gap(2, 3, status="filled")])
    assert (drawn.datasets["gaps"].num_rows, drawn.facts.gap_count) == (0, 0)


def test_buckets_sum_to_the_count():
    rows = [bucket(h, s, h + 1) for h in range(6) for s in ("x", "bluesky", "mastodon", "linkedin")]
    assert sum(r["post_count"] for r in rows) == sum(
        r["total"] for r in volume_rows(timeline.timeline(FRAME, rows, [], []))
    )


def test_the_running_bucket_says_it_is_still_counting():
    assert volume_rows(timeline.timeline(FRAME, [bucket(5)], [], []))[-1]["note"] == "Still counting"


def test_the_busiest_bucket_is_the_title():
    facts = timeline.timeline(FRAME, [bucket(1, count=9), bucket(3, count=41), bucket(4, "x", 2)], [], []).facts
    assert (START + timedelta(hours=3), 41, (1, 2)) == (facts.busiest_at, facts.busiest_count, facts.present)


@given(st.floats(-3.6e6, 9e7), st.floats(0, 9e7))
def test_a_part_dragged_out_is_whole_buckets_and_counts_what_is_in_them(offset, length):
    drawn = timeline.timeline(FRAME, [bucket(8), bucket(9, count=7), bucket(12, count=2)], [], [])
    first = volume_rows(drawn)[0]["t"]
    part = part_between(drawn, first + offset, first + offset + length)
    touched = [
        each for each in volume_rows(drawn) if each["t"] < first + offset + length and each["t2"] > first + offset
    ]
    if not touched:
        assert part is None
        return
    assert part is not None
    assert (touched[0]["t"], touched[-1]["t2"]) == (wording.epoch_ms(part.start), wording.epoch_ms(part.end))
    assert sum(each["total"] for each in touched) == part.count


def test_ticks_stand_at_round_local_times_through_a_clock_change():
    day = replace(FRAME, start=datetime(2026, 10, 24, 20), end=datetime(2026, 10, 25, 8))
    labels = [row["label"] for row in timeline.timeline(day, [], [], []).datasets["ticks"].to_pylist()]
    assert labels[:6] == ["23:00", "Sun 25", "01:00", "02:00", "02:00", "03:00"]


def test_important_sessions_get_a_lane_first_and_the_rest_is_counted():
    parallel = [session(1, 2, f"Parallel session number {i}", i) for i in range(6)]
    drawn = timeline.timeline(FRAME, [], [*parallel, session(1, 2, "Presidential Symposium", 9)], [])
    titles = [row["title"] for row in drawn.datasets["sessions"].to_pylist()]
    assert "Presidential Symposium" in titles
    assert (len(titles), drawn.facts.lanes, drawn.facts.sessions_left_out) == (3, 3, 4)


def test_a_session_at_the_right_edge_is_named_to_its_left():
    row = (
        timeline.timeline(FRAME, [], [session(5.5, 7, "Presidential Symposium II")], [])
        .datasets["sessions"]
        .to_pylist()[0]
    )
    assert (row["side"], row["label"]) == ("right", "Presidential Symposium II")


@given(
    st.lists(st.tuples(st.floats(0, 5.9), st.floats(0.1, 2), st.text("abcdef: ", min_size=1, max_size=60)), max_size=25)
)
def test_labels_and_blocks_of_a_lane_never_overlap(slots):
    rows = [session(first, first + length, title, i) for i, (first, length, title) in enumerate(slots)]
    drawn = timeline.timeline(FRAME, [], rows, []).datasets["sessions"].to_pylist()
    width = (FRAME.end - FRAME.start).total_seconds() * 1000
    taken = []
    for row in drawn:
        left, right = ((row[k] - drawn_start()) / width * NARROW for k in ("t", "t2"))
        words = len(row["label"]) * LETTER + (PAD if row["label"] else 0)
        taken.append(
            (row["lane"], left - words, right)
            if row["side"] == "right"
            else (row["lane"], left, max(right, left + words))
        )
    for i, (lane, left, right) in enumerate(taken):
        assert all(lane != other or right <= a + 0.01 or b <= left + 0.01 for other, a, b in taken[i + 1 :])


def drawn_start() -> int:
    return timeline.wording.epoch_ms(FRAME.start)


def test_gap_labels_do_not_overlap():
    gaps = [gap(1, 2), gap(2, 3, "x"), gap(5, 6, "x")]
    labels = [row["label"] for row in timeline.timeline(FRAME, [], [], gaps).datasets["gaps"].to_pylist()]
    assert labels == ["Bluesky not collected", "X not collected", "X not collected"]


@pytest.mark.parametrize("by", ["role", "platform"])
@pytest.mark.parametrize("dark", [True, False])
def test_the_specification_holds_no_data_no_clock_and_no_zone(by, dark):
    text = str(charts.volume(dark, by, 290))
    assert "'utc'" in text
    assert "values" not in text.replace("'value'", "")
    assert "2026" not in text
    assert charts.volume(dark, by, 290) is charts.volume(dark, by, 290)


def test_instants_travel_as_epoch_milliseconds(full_owner: FakeOwner):
    table = timeline.timeline(FRAME, [bucket(0)], [], []).datasets["volume"]
    assert table["t"][0].as_py() == 1_792_886_400_000
