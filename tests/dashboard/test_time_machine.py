"""Every page shows any past moment as it stood, says so, and is one click away from live; over a real store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from dashboard import reads, selection
from dashboard.asks import COLLECTION, HEALTH, Span, ask
from dashboard.reads import Hub
from pipelines.model import Batch, Deletion
from tests.dashboard.store_owner import StoreOwner, two_congresses
from tests.dashboard.test_app import markup, url, wait_for
from tests.records import at

NOW = at(595)
THEN = "2026-12-12T2000Z"  # two hours after noon in New Orleans: 13 posts
PAGES = ["", "abstracts", "voices", "posts", "compare", "coverage", "method"]


@pytest.fixture
def owner() -> Iterator[StoreOwner]:
    with two_congresses() as store:
        yield StoreOwner(store, NOW)


def test_a_past_moment_in_a_link_shows_the_figures_of_then(show, owner):
    app = show(owner, congress="ash-2026", window="24h", at=THEN)
    assert not app.exception
    assert "13" == app.metric[0].value
    assert "As it stood <b>Sat 12 Dec 14:00 CST</b>" in markup(app)
    assert ">Live<" not in markup(app)
    assert "60" == show(owner, congress="ash-2026", window="24h").metric[0].value


@pytest.mark.parametrize("page", PAGES)
def test_every_page_runs_clean_in_the_past_and_asks_nothing_beyond_it(show, owner, page):
    app = show(owner, page, congress="ash-2026", window="24h", at=THEN)
    assert not app.exception
    assert "As it stood <b>Sat 12 Dec 14:00 CST</b>" in markup(app)
    beyond = [
        (name, params)
        for name, params in owner.asked
        if params.get("congress_id") == "ash-2026" and name != "sessions" and params["as_of"] > at(120)
    ]
    assert [] == beyond


def test_one_click_leads_back_to_live_and_one_to_the_newest_past_moment(show, owner):
    app = show(owner, congress="ash-2026", window="24h", at=THEN)
    app.button(key="to_live").click().run()
    assert "at" not in url(app)
    assert ">Live<" in markup(app)
    assert "60" == app.metric[0].value
    app.button(key="to_past").click().run()
    assert "2026-12-13T0330Z" == url(app)["at"]
    assert "58" == app.metric[0].value


def test_the_slider_goes_from_when_following_began_to_now_in_steps_of_the_bucket(show, owner):
    app = show(owner, congress="ash-2026", window="24h", at=THEN)
    slider = app.select_slider(key="moment")
    assert ("Sat 5 Dec 00:30 CST", "Sat 12 Dec 21:30 CST") == (slider.options[0], slider.options[-1])
    slider.set_value(at(60)).run()
    assert "2026-12-12T1900Z" == url(app)["at"]
    assert "7" == app.metric[0].value


def test_sessions_are_one_jump_away(show, owner):
    app = show(owner, congress="ash-2026", window="24h", at="2026-12-12T1900Z")
    assert app.button(key="session_back").disabled
    app.button(key="session_on").click().run()
    assert THEN == url(app)["at"]
    assert app.button(key="session_on").disabled


@pytest.mark.parametrize(
    "nonsense", ["yesterday", "2026-12-13T0400Z", "2019-01-01T0000Z", "<script>", "2026-13-45T9999Z"]
)
def test_a_moment_that_is_nonsense_ahead_or_before_everything_is_live(show, owner, nonsense):
    app = show(owner, congress="ash-2026", at=nonsense)
    assert not app.exception
    assert ">Live<" in markup(app)
    assert "at" not in url(app)


def test_in_the_past_sources_say_whether_they_collected(show, owner):
    app = show(owner, congress="ash-2026", window="24h", at="2026-12-12T2315Z")
    assert "Not collected" in markup(app)
    assert "Collecting" in markup(app)


def test_a_link_to_what_is_behind_a_figure_stays_in_the_past(show, owner):
    assert f"at={THEN}" in markup(show(owner, congress="ash-2026", window="24h", at=THEN))


def test_the_moments_of_a_long_congress_are_at_most_a_thousand(owner):
    row = {
        "id": "x",
        "name": "X",
        "society": "",
        "city": "",
        "timezone": "UTC",
        "simulated": False,
        "hashtags": [],
        "post_count": 1,
    }
    days = {
        "starts_on": NOW.date(),
        "ends_on": NOW.date(),
        "follow_from": NOW,
        "follow_until": NOW + timedelta(days=18),
    }
    congress = selection.Congress.of(row | days)
    found = selection.moments(congress, NOW + timedelta(days=40), 1)
    assert 864 == len(found)
    assert (NOW + timedelta(minutes=30), NOW + timedelta(days=18)) == (found[0], found[-1])
    assert [] == selection.moments(congress, NOW, 1)


def test_the_year_in_the_url_is_read_with_and_without_its_zone():
    assert at(120) == selection.moment_of(THEN) == selection.moment_of("2026-12-12T2000")
    assert THEN == selection.slug_of(at(120))


@pytest.fixture
def hub(owner) -> Iterator[Hub]:
    made = Hub(owner, period=0.1)
    yield made
    made.stop()


OVERVIEW = ask("overview", congress_id="ash-2026", minutes=0)


def test_a_past_moment_is_asked_again_only_when_something_was_committed(owner, hub, monkeypatch):
    monkeypatch.setattr(reads, "PAST_REST", 0.2)
    past = OVERVIEW.as_it_stood(at(120))

    def count() -> int:
        return len([params for name, params in owner.asked if name == "overview" and params["as_of"] == at(120)])

    assert 13 == hub.look([past]).snapshot.rows(past)[0]["post_count"]
    looks = len(owner.asked)
    wait_for(lambda: hub.look([past]) and len(owner.asked) > looks + 4)
    assert 1 == count()
    owner.store.fold(Batch([Deletion("x", "post", "3", NOW)]))
    wait_for(lambda: hub.look([past]).snapshot.rows(past)[0]["post_count"] == 12)
    assert 2 == count()


def test_many_past_moments_do_not_keep_the_live_picture_waiting(owner, hub):
    past = [OVERVIEW.as_it_stood(at(minute)) for minute in range(40)]
    hub.look([OVERVIEW])
    hub.look(past, patience=0)
    owner.now = NOW + timedelta(minutes=1)
    owner.store.fold(Batch([Deletion("x", "post", "3", NOW)]))
    wait_for(lambda: hub.snapshot.rows(OVERVIEW)[0]["post_count"] == 59)
    answered = sum(one in hub.snapshot.answers for one in past)
    assert answered < 40, "the live figure came after every past one"
    wait_for(lambda: all(one in hub.snapshot.answers for one in past))


def test_an_ask_of_the_past_is_bounded_by_its_moment():
    span = Span(60, 10)
    live = ask("volume", span, congress_id="ash-2026", bucket_minutes=10, split="none")
    named = ask("browse", congress_id="ash-2026", limit=1, as_of=at(500))
    assert at(120) == dict(named.as_it_stood(at(120)).params)["as_of"]
    assert at(500) == dict(named.as_it_stood(at(900)).params)["as_of"]
    assert (at(70), at(130)) == span.bounds(at(120))
    assert live.as_it_stood(at(120)) == live.as_it_stood(at(120)) != live


def test_the_picture_of_the_past_carries_its_own_moment_and_sources(hub):
    moment = datetime(2026, 12, 12, 23, 10)
    snapshot = hub.look([HEALTH, COLLECTION.as_it_stood(moment)]).snapshot.as_it_stood(moment)
    assert moment == snapshot.now
    assert ["collecting", "away"] == [row["state"] for row in snapshot.rows(HEALTH)]
