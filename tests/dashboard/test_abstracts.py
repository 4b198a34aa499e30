"""The page Abstracts: found, opened, honest about what it does not know; hostile text inert."""

from __future__ import annotations

import pytest

from dashboard import reads
from dashboard.views.abstracts import found_in
from tests.dashboard.fake_owner import FakeOwner
from tests.dashboard.fake_pages import HOSTILE
from tests.dashboard.test_app import markup, url, wait_for


def texts(app) -> str:
    return "\n".join(each.value for each in app.text)


def test_the_leaderboard_shows_counts_evidence_and_what_takes_off_with_why(show, full_owner):
    app = show(full_owner, "abstracts")
    assert not app.exception
    table = app.dataframe[0].value
    (row,) = full_owner.read("abstracts", congress_id="esmo-2026", minutes=1440, limit=1).to_pylist()
    assert (row["number"], row["post_count"], row["tier_1"]) == tuple(table.iloc[0][["Abstract", "Posts", "Number"]])
    assert {"LBA7", "LBA2"} == set(table[table["Rise"] == "▲ taking off"]["Abstract"])
    assert "21 authors in 30 min, 1.9 expected" in texts(app)


@pytest.mark.parametrize("words", ["LBA2", "lba2", "aurora-2 sorbe", "SORBECITINIB symposium"])
def test_an_abstract_is_found_by_number_trial_drug_and_session(full_owner, words):
    rows = full_owner.read("abstracts", congress_id="esmo-2026", minutes=0, limit=60).to_pylist()
    assert "LBA2" in [row["number"] for row in found_in(rows, words)]
    assert len(found_in(rows, words)) < len(rows)


def test_a_search_in_a_link_is_restored_and_nothing_found_says_so(show, full_owner):
    app = show(full_owner, "abstracts", q="LBA2")
    assert "LBA2" == app.text_input(key="q").value
    assert "LBA2" in list(app.dataframe[0].value["Abstract"])
    app.text_input(key="q").input("no such thing").run()
    assert "fits the search" in markup(app)
    assert "no such thing" == url(app)["q"]


def test_one_abstract_has_a_record_a_timeline_and_posts_by_evidence(show, full_owner):
    app = show(full_owner, "abstracts", abstract="LBA2", window="all")
    assert not app.exception
    record = full_owner.read("one_abstract", congress_id="esmo-2026", number="LBA2").to_pylist()[0]
    assert record["title"][:60] in texts(app)
    assert "Started by: @elena0.bsky.social, HCP" in texts(app)
    assert "2 posts before it" in texts(app)
    assert f"By number: {record['tier_1']}" in markup(app)
    assert "Read by its number: “LBA2”" in texts(app)
    assert "abstract=LBA2" in markup(app)
    assert len(app.get("vega_lite_chart")) == 1


def test_an_abstract_that_does_not_exist_says_so_and_leads_back(show, full_owner):
    app = show(full_owner, "abstracts", abstract="<b>666")
    assert "no abstract of that number" in markup(app)
    app.button(key="back").click().run()
    assert "abstract" not in url(app)
    assert app.dataframe


@pytest.mark.parametrize("broken", ["abstracts", "trending"])
def test_a_broken_leaderboard_is_named(show, broken):
    app = show(FakeOwner(posts=300, broken=broken), "abstracts")
    assert not app.exception
    assert f"the log says why: {broken}." in markup(app)


@pytest.mark.parametrize("broken", ["one_abstract", "abstract_volume", "browse", "sessions", "gaps", "trending"])
def test_a_broken_read_of_one_abstract_leaves_the_rest(show, broken):
    app = show(FakeOwner(posts=300, broken=broken), "abstracts", abstract="LBA2")
    assert not app.exception
    assert f"the log says why: {broken}." in markup(app)


def test_without_posts_and_without_a_collector_it_says_so(show, full_owner):
    assert "No posts yet" in markup(show(full_owner, "abstracts", congress="ash-2026"))
    assert "No collector is answering yet" in markup(show(FakeOwner(posts=0, away=True), "abstracts"))


def test_when_the_collector_goes_away_the_table_stays(show):
    owner = FakeOwner(posts=500)
    app = show(owner, "abstracts")
    owner.away = True
    wait_for(lambda: reads.hub().error)
    app.run()
    assert "The collector does not answer." in markup(app)
    assert app.dataframe


def test_hostile_text_stays_text(show):
    for query in ({}, {"abstract": "LBA2"}):
        app = show(FakeOwner(posts=800, hostile=True), "abstracts", **query)
        assert not app.exception
        elsewhere = markup(app) + "".join(each.value for each in app.markdown)
        assert not [text for text in HOSTILE[:7] if text[:12] in elsewhere]
        assert "javascript:" not in elsewhere
