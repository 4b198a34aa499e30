"""Markup of our own words and figures: nothing foreign gets in, states have word and shape."""

from __future__ import annotations

from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest

from dashboard import parts, selection
from dashboard.asks import Span
from dashboard.selection import Congress, Selection
from tests.dashboard.fake_owner import HOSTILE, NOW, FakeOwner


@pytest.fixture
def chosen(full_owner: FakeOwner) -> Selection:
    congress = Congress.of(full_owner.read("congresses").to_pylist()[0])
    window = selection.Window("24h", Span(1440, 10))
    return Selection(congress, window, "role", selection.zone_named("Europe/Madrid"), "Madrid time", False, False)


@pytest.mark.parametrize(
    "url",
    [
        "https://bsky.app/profile/a.bsky.social/post/3k",
        "https://x.com/a/status/1",
        "http://www.linkedin.com/feed/update/1",
        "https://mobile.twitter.com/a",
    ],
)
def test_links_to_known_platforms_open(url):
    assert url == parts.safe_link(url)
    assert 'rel="noopener noreferrer"' in parts.link(url, "Open", "Open it")


@pytest.mark.parametrize(
    "url",
    [None, "", "javascript:alert(1)", "data:text/html,x", "https://evil.example/x.com", "https://x.com.evil.example/", "https://x.com@evil.example/",
     "https://a@x.com/", "//x.com/a", "https://x.com:8443/a", "http://[", "https://x.com/a b", "https://x.com/\u202e", 'https://notx.com/"><b>'],
)  # fmt: skip
def test_other_addresses_do_not_become_links(url):
    assert parts.safe_link(url) is None
    assert "href" not in parts.link(url, "Open", "Open it")


def test_quotes_in_an_address_cannot_leave_the_attribute():
    assert '"><b>' not in parts.link('https://x.com/"><b>', "Open", "Open it")


def test_freshness_restarts_with_every_snapshot_and_turns_red_when_lost(chosen):
    assert parts.pulse(NOW, 1, chosen, lost=False) != parts.pulse(NOW, 2, chosen, lost=False)
    assert "No news since 17:52:14 CET" in parts.pulse(NOW, 1, chosen, lost=False)
    assert 'class="fresh"' not in parts.pulse(NOW, 1, chosen, lost=True)


def source(**other) -> dict:
    row = {
        "source": "bluesky",
        "seen_at": NOW,
        "state": "live",
        "last_data_at": NOW,
        "last_event_at": NOW - timedelta(seconds=0.4),
        "reconnect_count": 0,
        "dropped_count": 0,
    }
    return row | other


@pytest.mark.parametrize(
    ("word", "shape", "row"),
    [("Live", "dot", source()), ("Stopped", "square", source(state="stopped")), ("Reconnecting", "triangle", source(state="reconnecting")),
     ("Catching up", "half", source(state="catching_up")), ("Silent", "triangle", source(seen_at=NOW - timedelta(minutes=5))),
     ("Finished", "check", source(state="finished", seen_at=NOW - timedelta(days=1))), ("Brand new", "ring", source(state="brand_new"))],
)  # fmt: skip
def test_each_state_of_a_source_has_a_word_and_a_shape(word, shape, row):
    strip = parts.health([row], NOW, 1.0)
    assert f'<span class="word">{word}</span>' in strip
    assert f'class="shape {shape}"' in strip


def test_a_source_tells_how_far_behind_it_is():
    assert "0.4 s behind" in parts.health([source()], NOW, 1.0)


def test_a_quiet_source_is_not_called_late():
    strip = parts.health(
        [source(last_data_at=NOW - timedelta(minutes=5), last_event_at=NOW - timedelta(minutes=5))], NOW, 1.0
    )
    assert "quiet for 5 min" in strip
    assert "behind" not in strip


def test_a_source_without_data_yet_has_no_figures():
    assert "behind" not in parts.health([source(last_data_at=None, last_event_at=None)], NOW, 1.0)


def test_a_simulated_clock_does_not_make_a_source_silent():
    assert "Live" in parts.health([source(seen_at=NOW - timedelta(minutes=20))], NOW, 144.0)


@pytest.mark.parametrize("text", HOSTILE[:7])
def test_a_hostile_source_name_stays_text(text):
    assert set(tags(parts.health([source(source=text)], NOW, 1.0))) <= {"div", "span", "b", "i"}


def test_sparklines_and_mixes_survive_nothing_to_draw():
    assert "clip-path" not in parts.sparkline([0] * 24)
    assert "clip-path" not in parts.sparkline(None)
    assert parts.tier_mix({"tier_1": 0, "tier_2": 0, "tier_3": 0, "inherited": None}) == "<span></span>"


def test_a_mix_names_its_largest_part():
    assert "trial 75%" in parts.tier_mix({"tier_1": 1, "tier_2": 3, "tier_3": 0, "inherited": 0})


def test_posts_of_other_days_carry_their_date(chosen):
    row = {"created_at": NOW - timedelta(days=2), "platform": "x", "role": "hcp", "kind": "quote", "url": None}
    assert "23 Oct 18:52" in parts.post_marks([row], NOW, chosen)
    assert datetime(2026, 10, 25, 16, 52, 14) == NOW


def tags(markup: str) -> list[str]:
    found: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append(tag)  # ty: ignore[invalid-assignment]
    parser.feed(markup)
    return found


def test_a_billed_source_shows_what_it_has_cost_of_what_it_may():
    row = {
        "source": "x", "seen_at": datetime(2026, 12, 12, 18), "state": "live", "last_data_at": None, "last_event_at": None,
        "reconnect_count": 0, "dropped_count": 0, "queue_depth": 0, "spent_usd": 71.5, "budget_usd": 100.0,
    }  # fmt: skip
    assert "$71.50 of $100 this month (72%)" in parts.health([row], datetime(2026, 12, 12, 18), 1.0)
    assert "$" not in parts.health([{**row, "budget_usd": None}], datetime(2026, 12, 12, 18), 1.0)
