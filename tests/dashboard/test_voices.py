"""The page Voices: ranked with evidence, filtered, downloaded without formulas; nobody but HCPs has a view."""

from __future__ import annotations

import pytest

from dashboard import reads
from dashboard.download import csv_of, safe_cell
from tests.dashboard.fake_owner import FakeOwner
from tests.dashboard.fake_pages import HOSTILE
from tests.dashboard.test_abstracts import texts
from tests.dashboard.test_app import markup, url, wait_for


def some_voice(owner: FakeOwner) -> str:
    row = owner.read("voices", congress_id="esmo-2026", minutes=1440, limit=1).to_pylist()[0]
    return f"{row['platform']}:{row['author_id']}"


def test_the_ranking_shows_parts_and_evidence(show, full_owner):
    app = show(full_owner, "voices")
    assert not app.exception
    (row,) = full_owner.read("voices", congress_id="esmo-2026", minutes=1440, limit=1).to_pylist()
    first = app.dataframe[0].value.iloc[0]
    assert (1, f"@{row['handle']}", row["hcp_engager_count"]) == tuple(first[["Rank", "Voice", "HCP engagers"]])
    assert row["evidence"][0] in first["Evidence"]
    assert "never ranked or listed" in markup(app)


def test_filters_keep_the_rank_and_stand_in_the_link(show, full_owner):
    app = show(full_owner, "voices", specialty="haematology")
    table = app.dataframe[0].value
    assert {"Haematology"} == set(table["Specialty"])
    assert list(range(1, len(table) + 1)) != list(table["Rank"])
    assert "haematology" == url(app)["specialty"]
    app.selectbox(key="platform").select("x").run()
    assert "fits the filters" in markup(app)


def test_one_voice_shows_why_topics_posts_and_whom_it_takes_up(show, full_owner):
    app = show(full_owner, "voices", voice=some_voice(full_owner))
    assert not app.exception
    shown = texts(app)
    assert "HCP because of: “" in shown
    assert "LBA2  Primary results" in shown
    assert "Aiko Tanaka · HCP" in shown
    assert "3 other accounts, not named here" in shown
    assert "t-index" in markup(app)


@pytest.mark.parametrize("role", ["patient_advocate", "other"])
def test_who_is_no_hcp_has_no_view(show, full_owner, role):
    who = next(i for i, person in enumerate(full_owner._people) if person["role"] == role)
    app = show(full_owner, "voices", voice=f"bluesky:did:plc:{who}")
    assert "No recognised HCP" in markup(app)
    assert full_owner._people[who]["name"] not in texts(app)


@pytest.mark.parametrize("voice", ["", ":", "x", "<script>", "x:" + "9" * 500])
def test_nonsense_in_a_link_does_no_harm(show, full_owner, voice):
    assert not show(full_owner, "voices", voice=voice).exception


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_of_a_download_is_a_formula(text):
    assert f"'{text}" == safe_cell(text)
    assert b"'" in csv_of([{"Name": text}], ["Name"])


def test_numbers_of_a_download_stay_numbers():
    assert "Name,Posts\r\nAnn,-3\r\n" == csv_of([{"Name": "Ann", "Posts": -3}], ["Name", "Posts"]).decode("utf-8-sig")


@pytest.mark.parametrize("broken", ["voices", "overview"])
def test_a_broken_read_is_named(show, broken):
    app = show(FakeOwner(posts=300, broken=broken), "voices")
    assert not app.exception
    assert f"the log says why: {broken}." in markup(app)


@pytest.mark.parametrize("broken", ["one_voice", "voice_topics", "voice_engages", "browse"])
def test_a_broken_read_of_one_voice_leaves_the_rest(show, full_owner, broken):
    app = show(FakeOwner(posts=3000, broken=broken), "voices", voice=some_voice(full_owner))
    assert not app.exception
    assert f"the log says why: {broken}." in markup(app)


def test_empty_and_stale_states_are_told(show, full_owner):
    assert "No posts yet" in markup(show(full_owner, "voices", congress="ash-2026"))
    owner = FakeOwner(posts=500)
    app = show(owner, "voices")
    owner.away = True
    wait_for(lambda: reads.hub().error)
    app.run()
    assert "The collector does not answer." in markup(app)
    assert app.dataframe


def test_hostile_text_stays_text(show, full_owner):
    for query in ({}, {"voice": some_voice(full_owner)}):
        app = show(FakeOwner(posts=3000, hostile=True), "voices", **query)
        assert not app.exception
        elsewhere = markup(app) + "".join(each.value for each in app.markdown)
        assert not [text for text in HOSTILE[:7] if text[:12] in elsewhere]
        assert "javascript:" not in elsewhere
