"""The report's charts: what they draw is what the recap says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from pipelines.pictures import picture
from pipelines.recap.charts import CHARTS, charts
from pipelines.recap.figures import moment
from pipelines.recap.hourly import volume
from pipelines.recap.lanes import LANES, in_lanes
from pipelines.recap.model import Hour, Session
from pipelines.recap.strokes import COLOURS
from tests.recap.examples import START, empty, example, hostile


def rows(spec: dict, field: str) -> list[dict]:
    """All rows of a specification that have a field."""
    return [row for layer in spec["layer"] for row in layer["data"]["values"] if field in row]


def test_a_rich_recap_has_every_chart():
    assert list(CHARTS) == list(charts(example()))


def test_a_recap_without_posts_has_no_chart():
    assert {} == charts(empty())


def test_the_volume_chart_draws_every_hour_of_the_recap():
    recap = example()
    drawn = {row["t"]: row["posts"] for row in rows(volume(recap, 700), "hcp")}
    assert [each.post_count for each in recap.hours] == [drawn[each] for each in sorted(drawn)]


def test_peaks_stand_numbered_at_their_own_hour():
    recap = example()
    layers = [
        each
        for each in volume(recap, 700)["layer"]
        if each["mark"]["type"] == "text" and "posts" in str(each["encoding"].get("y"))
    ]
    marked = [(row["label"], row["posts"]) for row in layers[-1]["data"]["values"]]
    assert [(str(each.number), each.post_count) for each in recap.peaks] == marked


def test_only_what_was_never_collected_is_shaded():
    spans = [row for row in rows(volume(example(), 700), "t2") if "title" not in row]
    assert 1 == len(spans)  # the other gap was filled afterwards


def test_ticks_stand_at_local_midnight_on_the_day_the_clock_changes():
    recap = example()
    start = datetime(2026, 10, 31, 5)  # midnight in Chicago; the clock goes back on 1 November
    told = replace(recap.provenance, start=start, end=start + timedelta(hours=73), starts_on=date(2026, 10, 31))
    hours = tuple(Hour(start + timedelta(hours=each), 1, 0, True) for each in range(73))
    spec = volume(replace(recap, provenance=told, hours=hours, peaks=(), sessions=(), gaps=()), 700)
    labels = {row["label"]: row["t"] for row in rows(spec, "label") if ":" not in row["label"]}
    assert ["Sat 31 Oct", "Sun 1 Nov", "Mon 2 Nov"] == list(labels)
    assert 25 * 3_600_000 == labels["Mon 2 Nov"] - labels["Sun 1 Nov"]


def test_hcp_posts_and_others_add_up_to_the_posts_of_an_abstract():
    recap = example()
    found: dict[str, int] = {}
    for row in charts(recap)["abstracts"]["layer"][0]["data"]["values"]:
        found[row["label"].split()[0]] = found.get(row["label"].split()[0], 0) + row["value"]
    assert {each.number: each.post_count for each in recap.abstracts[:10]} == found


def test_share_of_voice_is_of_the_posts_that_name_any_item_of_the_kind():
    drawn = {row["label"]: row["end"] for row in rows(charts(example())["products"], "end")}
    assert "35%" == drawn["velantib"]  # 438 of 1,254


def test_the_words_of_a_chart_tell_its_figures():
    words = charts(example())["days"]["description"]
    assert "Tue 15 Sep 4,627" in words


def test_every_chart_can_be_drawn_whatever_people_wrote_and_is_the_same_twice():
    for name, spec in charts(hostile(), 350).items():
        assert picture(spec, format="svg") == picture(json.loads(json.dumps(spec)), format="svg"), name


def test_a_chart_uses_no_colour_that_a_dark_page_cannot_exchange():
    said = json.dumps(charts(hostile()))
    found = {
        said[at : at + 7] for at in range(len(said)) if said[at] == "#" and said[at - 1] == '"' and said[at + 7] == '"'
    }
    assert set() == found - set(COLOURS.values())


def test_sessions_never_lie_on_one_another():
    sessions = [
        Session(f"S{each}", START + timedelta(minutes=20 * each), START + timedelta(minutes=20 * each + 70))
        for each in range(40)
    ]
    laid = in_lanes(sessions, START, START + timedelta(hours=12))
    assert set(range(LANES)) == {each.lane for each in laid}
    for lane in range(LANES):
        own = [each for each in laid if each.lane == lane]
        assert all(first.ends_at <= second.starts_at for first, second in pairwise(own))


def test_a_session_that_reaches_over_the_window_is_cut_to_it():
    laid = in_lanes(
        [Session("Night", START - timedelta(hours=2), START + timedelta(hours=1))], START, START + timedelta(days=1)
    )
    assert [START] == [each.starts_at for each in laid]


def test_moments_are_told_in_the_zone_of_the_congress():
    assert "Mon 21 Sep 2026, 09:30 CDT" == moment(example().provenance, datetime(2026, 9, 21, 14, 30))
