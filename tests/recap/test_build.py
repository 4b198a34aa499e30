"""The recap of a small congress: its figures are the dashboard's own, and what may not leave does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pipelines.recap.build import build, config_hash
from pipelines.recap.window import Window, aligned, window_of
from tests.recap.conftest import AS_OF, FORMULA, at

TEXTS = ("notable", "questions")


def kpi(recap, key):
    return next(each for each in recap.kpis if each.key == key)


def quoted(recap):
    return [*recap.notable, *recap.questions]


def test_the_totals_are_those_of_the_tiles_for_the_same_window(recap, reads, window):
    tiles = reads.read("overview", congress_id="ash-2026", minutes=window.minutes, until=window.until).to_pylist()[0]
    assert 207 == tiles["post_count"]  # 208 folded, one deleted
    assert tiles["post_count"] == kpi(recap, "post_count").value
    assert (tiles["hcp_author_count"], tiles["author_count"]) == (
        kpi(recap, "hcp_author_share").value,
        kpi(recap, "hcp_author_share").whole,
    )
    assert (tiles["hcp_post_count"], tiles["post_count"]) == (
        kpi(recap, "hcp_post_share").value,
        kpi(recap, "hcp_post_share").whole,
    )


def test_hours_days_roles_and_sources_sum_to_the_posts(recap):
    posts, by_hcps = kpi(recap, "post_count").value, kpi(recap, "hcp_post_share").value
    for rows in (recap.hours, recap.days, recap.roles, recap.sources):
        assert posts == sum(each.post_count for each in rows)
    for rows in (recap.hours, recap.days):
        assert by_hcps == sum(each.hcp_post_count for each in rows)
    hcps = next(each for each in recap.roles if each.role == "hcp")
    assert (kpi(recap, "hcp_author_share").value, by_hcps) == (hcps.author_count, hcps.post_count)
    assert kpi(recap, "author_count").value == sum(each.author_count for each in recap.roles)
    assert posts == recap.post_links.num_rows + recap.unlisted_count


def test_a_part_of_the_congress_reconciles_too(reads, this):
    window = window_of(this, "2026-12-12T08:15..2026-12-12T09:50", AS_OF)
    part = build(reads, this, window, AS_OF, "1.2.3")
    tiles = reads.read("overview", congress_id="ash-2026", minutes=95, until=window.until).to_pylist()[0]
    assert 0 < tiles["post_count"] < 207
    assert tiles["post_count"] == sum(each.post_count for each in part.hours) == kpi(part, "post_count").value
    assert [window.start, window.start + timedelta(hours=1)] == [each.at for each in part.hours]


def test_every_hour_stands_there_and_those_with_an_unfilled_gap_are_marked(recap):
    assert 96 == len(recap.hours)
    assert [at(20)] == [each.at for each in recap.hours if not each.collected]
    assert "Not collected: X on 12 December 20:00–20:30 (30 min)." == recap.provenance.coverage_line
    assert {"x": (1, 30.0), "bluesky": (0, 0)} == {
        each.source: (each.gap_count, each.gap_minutes) for each in recap.sources
    }


def test_posts_of_patients_and_reposts_of_them_are_counted_and_not_listed(recap):
    listed = recap.post_links["post_id"].to_pylist()
    assert not {"1", "2", "7"} & {*listed}
    assert 4 == recap.unlisted_count  # these three, and one before its embargo time
    assert 1 == next(each.author_count for each in recap.roles if each.role == "patient_advocate")


def test_who_turns_out_to_be_a_patient_is_not_listed_in_a_recap_of_before(recap):
    assert "7" not in recap.post_links["post_id"].to_pylist()
    assert "h_late" not in [each.handle for each in recap.voices]


def test_a_post_before_the_listed_embargo_time_stays_out(recap):
    assert "3" not in recap.post_links["post_id"].to_pylist()
    assert "7" in [each.number for each in recap.abstracts]  # counted


def test_a_deleted_post_is_nowhere(recap):
    assert "4" not in recap.post_links["post_id"].to_pylist()
    assert "4" not in [each.post_id for each in quoted(recap)]


def test_posts_are_quoted_whole_and_clean_or_not_at_all(recap):
    by_id = {each.post_id: each for each in quoted(recap)}
    assert FORMULA.replace("\u202e", "") == by_id["5"].text
    assert ("", "") == (by_id["6"].text, by_id["6"].url)  # 45,000 characters, and no http link
    assert all(each.role == "hcp" and each.author_name for each in quoted(recap))
    assert len({each.post_id for each in quoted(recap) if each.text and each.platform == "x"}) == recap.full_post_count


def test_questions_are_what_hcps_ask_outside_links(recap):
    assert ["5"] == [each.post_id for each in recap.questions]


def test_links_to_posts_of_private_people_carry_no_handle(recap):
    rows = recap.post_links.to_pylist()
    assert {"https://x.com/i/status/1001"} == {row["url"] for row in rows if row["post_id"] == "1001"}
    assert not any("h_someone" in row["url"] for row in rows)


def test_a_link_that_is_no_web_page_is_left_out(recap):
    assert [("https://journal.example/a", 200)] == [(each.url, each.post_count) for each in recap.links]


def test_the_peaks_stand_where_the_posts_are_and_say_what_they_coincide_with(recap):
    first = recap.peaks[0]
    assert (1, at(9)) == (first.number, first.at)
    assert first.coincides_with.startswith("Plenary; ")
    assert "posts speak of abstract LBA-3" in first.coincides_with
    assert "" == recap.peaks[1].coincides_with.split("; ")[0] or recap.peaks[1].at == at(33)


def test_the_congress_before_stands_beside_on_the_same_days_and_hours(recap, this, before, window):
    assert 120 == kpi(recap, "post_count").before
    assert len(recap.hours) == len(recap.comparison.hours)
    assert (0, 3) == (recap.comparison.hours[40], recap.comparison.hours[0])
    assert Window(window.start - timedelta(days=371), window.end - timedelta(days=371)) == aligned(window, this, before)


def test_without_a_congress_before_nothing_is_compared(reads, this, window):
    alone = build(reads, this, window, AS_OF, "1.2.3")
    assert alone.comparison is None
    assert {None} == {each.before for each in alone.kpis} | {each.before_count for each in alone.topics}


def test_the_same_store_gives_the_same_recap(recap, reads, this, before, window):
    assert recap == build(reads, this, window, AS_OF, "1.2.3", before)


def test_an_earlier_as_of_knows_only_what_was_written_by_then(reads, this):
    early = build(reads, this, window_of(this, "congress", at(9.5)), at(9.5), "1.2.3")
    assert at(9.5) == early.provenance.end
    assert 0 < kpi(early, "post_count").value < 50


def test_the_configuration_hash_changes_with_what_is_configured_and_not_with_where_the_catalogue_lies(
    reads, this, recap
):
    catalogue = reads.read("catalogue", congress_id="ash-2026")
    assert recap.provenance.config_hash == config_hash(this.model_copy(update={"catalog": "/elsewhere"}), catalogue)
    assert recap.provenance.config_hash != config_hash(this.model_copy(update={"keywords": ("x",)}), catalogue)
    assert recap.provenance.config_hash != config_hash(this, catalogue.slice(1))


def test_no_text_of_a_recap_breaks_a_file(recap):
    from pipelines.recap.clean import clean

    for each in _strings(replace(recap, post_links=None)):
        assert clean(each) == each


def _strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _strings(each)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from _strings(getattr(value, name))
