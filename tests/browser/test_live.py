"""What only a browser shows: the page moves by itself and nothing else does."""

from __future__ import annotations

import re

import pytest

from tests.dashboard.fake_owner import HOSTILE

pytestmark = pytest.mark.browser

CLOCK = "document.querySelector('.pulse').dataset.number"
SCROLL = "(() => { const e = document.querySelector('[data-testid=stMain]'); return [e.scrollHeight - e.clientHeight, e.scrollWidth - e.clientWidth] })()"


def ticks(page, number: int) -> None:
    """Wait for that many further snapshots on the screen."""
    page.wait_for_function(
        f"start => {CLOCK} - start >= {number}", arg=int(page.evaluate(CLOCK)), timeout=6000 * number
    )


def drawn(page) -> None:
    page.locator(".stVegaLiteChart svg").wait_for()


def test_the_page_moves_by_itself_without_drawing_anew(visit, live):
    page = visit(live.address)
    drawn(page)
    ticks(page, 1)
    page.evaluate(
        "() => { window.kept = ['.stVegaLiteChart svg', '.st-key-voices', '.st-key-tiles .stMetric'].map(q => document.querySelector(q));"
        "window.jumps = 0; new ResizeObserver(() => window.jumps++).observe(document.querySelector('.stMainBlockContainer')); }"
    )
    before = page.locator(".pulse .clock").inner_text()
    page.locator(".st-key-voices .stText").first.select_text()
    chosen = page.evaluate("getSelection().toString()")
    ticks(page, 5)
    page.wait_for_function("before => document.querySelector('.pulse .clock').innerText !== before", arg=before)
    assert page.evaluate("window.kept.every(e => e.isConnected)"), "a panel was drawn anew"
    assert page.evaluate("window.jumps") <= 1, "the page changed its height"
    assert chosen == page.evaluate("getSelection().toString()")


def test_one_screen_of_1920_by_1080_needs_no_scrolling(visit, live):
    page = visit(live.address)
    drawn(page)
    assert page.evaluate(SCROLL) == [0, 0]
    box = page.locator(".st-key-board").bounding_box()
    assert box["y"] + box["height"] <= 1080


@pytest.mark.parametrize("dark", [False, True])
def test_the_wall_fits_one_screen_dark_and_without_controls(visit, live, dark):
    page = visit(f"{live.address}/?wall=1", dark=dark)
    drawn(page)
    assert page.evaluate(SCROLL) == [0, 0]
    assert page.locator(".st-key-board").bounding_box()["height"] > 300
    box = page.locator(".st-key-board").bounding_box()
    assert box["y"] + box["height"] <= 1080
    assert page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor") == "rgb(11, 15, 20)"
    assert (
        page.locator("[data-testid=stSelectbox], [data-testid=stButtonGroup], [data-testid=stHeader]:visible").count()
        == 0
    )


def test_a_deep_link_restores_the_choice_and_a_click_changes_the_link(visit, live):
    page = visit(f"{live.address}/?congress=esmo-2026&window=6h&by=platform&zone=utc")
    page.get_by_text("Posts per 5 minutes · UTC").wait_for()
    assert "UTC" in page.locator(".pulse .clock").inner_text()
    page.get_by_role("radio", name="72 h").or_(page.get_by_role("button", name="72 h")).first.click()
    page.get_by_text("Posts per 30 minutes · UTC").wait_for()
    page.wait_for_url(re.compile("window=72h"))
    assert "by=platform" in page.url


def test_the_back_button_brings_back_the_choice_before(visit, live):
    page = visit(f"{live.address}/?congress=esmo-2026&window=6h&by=role&zone=congress")
    page.get_by_text("Posts per 5 minutes").wait_for()
    page.get_by_role("radio", name="24 h").or_(page.get_by_role("button", name="24 h")).first.click()
    page.get_by_text("Posts per 10 minutes").wait_for()
    page.wait_for_url(re.compile("window=24h"))
    page.go_back()
    page.get_by_text("Posts per 5 minutes").wait_for()
    assert "window=6h" in page.url


def test_hostile_posts_are_inert(visit, live):
    page = visit(live.address)
    drawn(page)
    with live.switched("hostile"):
        page.locator(".st-key-newest").get_by_text("<img src=x onerror=").or_(
            page.get_by_text("<script>window")
        ).first.wait_for()
        ticks(page, 1)
        assert page.evaluate("window.__xss") is None
        assert (
            page.locator("a[href^='javascript'], .st-key-board img, .st-key-board script, .st-key-board svg").count()
            == 0
        )
        assert HOSTILE[1] in page.locator(".st-key-board").inner_text()
        assert page.evaluate(SCROLL) == [0, 0]


def test_a_collector_that_goes_down_turns_the_badge_red_and_back(visit, live):
    page = visit(live.address)
    drawn(page)
    posts = page.locator(".st-key-tiles .stMetric").first.inner_text()
    with live.switched("away"):
        page.get_by_role("alert").filter(has_text="The collector does not answer.").wait_for(timeout=20_000)
        assert page.locator(".pulse.lost .late").is_visible()
        assert posts.split("\n")[0] in page.locator(".st-key-tiles").inner_text()
        assert page.evaluate(SCROLL) == [0, 0]
    page.locator(".pulse:not(.lost) .fresh").wait_for(timeout=20_000)
    assert page.get_by_role("alert").count() == 0


def test_without_news_for_twelve_seconds_the_badge_turns_red_by_itself(visit, live):
    page = visit(live.address)
    seen = page.evaluate(
        """() => {
            const late = () => ['.fresh', '.late'].map(q => getComputedStyle(document.querySelector(q)).visibility);
            const before = late();
            const own = document.getAnimations().filter(a => ['gone', 'shown'].includes(a.animationName));
            const waits = own.map(a => a.effect.getTiming().delay);
            own.forEach(a => a.finish());
            return [before, waits, late()];
        }"""
    )
    assert seen == [["visible", "hidden"], [12_000, 12_000], ["hidden", "visible"]]
    ticks(page, 1)
    assert page.locator(".pulse .late").is_hidden()
