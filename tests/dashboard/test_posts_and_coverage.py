"""The pages Posts and Coverage: filtered, paged, at rest while read; every gap with its cause."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard import reads
from tests.dashboard.fake_owner import FakeOwner
from tests.dashboard.fake_pages import HOSTILE
from tests.dashboard.test_abstracts import texts
from tests.dashboard.test_app import markup, url, wait_for


def test_posts_stand_with_rule_numbers_and_the_way_to_the_original(show, full_owner):
    app = show(full_owner, "posts", window="all")
    assert not app.exception
    assert 40 == len(app.text)
    assert "1–20 of" in markup(app)
    assert "Followed for its hashtag #esmo26" in texts(app)
    assert "https://bsky.app/profile/" in markup(app)
    assert "are counted and not listed" in markup(app)


def test_filters_of_a_link_hold_and_go_back_into_it(show, full_owner):
    app = show(full_owner, "posts", window="all", kind="quote", role="hcp", abstract="LBA2", q="great data")
    assert ("quote", "hcp", "LBA2", "great data") == tuple(url(app)[k] for k in ("kind", "role", "abstract", "q"))
    marks = [each.proto.body for each in app.get("html") if 'class="card"' in each.proto.body]
    assert marks
    assert all(" quote<" in mark and ">HCP<" in mark for mark in marks)
    assert "Read by its number: “LBA2”" in texts(app)


def test_patients_are_no_filter(show, full_owner):
    app = show(full_owner, "posts", role="patient_advocate")
    assert "" == app.selectbox(key="role").value
    assert "Patient advocate" not in markup(app)


def test_pages_turn_and_stand_in_the_link(show, full_owner):
    app = show(full_owner, "posts", window="all")
    first = texts(app)
    app.button(key="page_on").click().run()
    assert "2" == url(app)["page"]
    assert "21–40 of" in markup(app)
    assert first != texts(app)


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "9" * 400, "<b>"])
def test_a_page_that_is_none_does_no_harm(show, full_owner, page):
    assert not show(full_owner, "posts", page=page).exception


def test_the_list_stands_still_and_says_how_many_came_since(show):
    owner = FakeOwner(posts=2000)
    owner.moment -= timedelta(hours=1)
    app = show(owner, "posts", window="all")
    before = texts(app)
    version = reads.hub().snapshot.version
    owner.commit(1800)
    wait_for(lambda: all(each.version > version for each in reads.hub().snapshot.answers.values()))
    app.run()
    assert before == texts(app)
    app.button(key="newer").click().run()
    assert before != texts(app)


def test_nothing_found_and_a_broken_read_say_so(show, full_owner):
    assert "fits the filters" in markup(show(full_owner, "posts", q="no such words"))
    app = show(FakeOwner(posts=300, broken="browse"), "posts")
    assert not app.exception
    assert "the log says why: browse" in markup(app)


def test_hostile_text_stays_text(show):
    app = show(FakeOwner(posts=800, hostile=True), "posts", window="all")
    assert not app.exception
    elsewhere = markup(app) + "".join(each.value for each in app.markdown)
    assert not [text for text in HOSTILE[:7] if text[:12] in elsewhere]
    assert "javascript:" not in elsewhere


def test_coverage_tells_state_delay_gaps_and_bill(show, full_owner):
    app = show(full_owner, "coverage")
    assert not app.exception
    shown = markup(app)
    assert all(
        word in shown for word in ("Reconnecting", "41 s", "no data", "partly refilled", "$71.50", "14,300", "70 min")
    )
    assert "Sun 25 Oct 11:40 CET to Sun 25 Oct 12:50 CET\nConnection lost" in texts(app)


def test_coverage_without_gaps_and_bill_says_so(show):
    app = show(FakeOwner(posts=0), "coverage")
    assert not app.exception
    assert "every source was collected all the time" in markup(app)
    assert "Nothing metered was read this month" in markup(app)


@pytest.mark.parametrize("broken", ["gaps", "bill", "overview"])
def test_a_broken_read_of_coverage_is_named(show, broken):
    app = show(FakeOwner(posts=300, broken=broken), "coverage")
    assert not app.exception
    assert f"the log says why: {broken}." in markup(app)


@pytest.mark.parametrize("page", ["posts", "coverage"])
def test_a_collector_that_goes_away_leaves_the_picture(show, page):
    owner = FakeOwner(posts=500)
    app = show(owner, page, window="all")
    before = texts(app)
    owner.away = True
    wait_for(lambda: reads.hub().error)
    app.run()
    assert "The collector does not answer." in markup(app)
    assert before == texts(app)
