"""The time machine in a real browser: a link shows the past and says so, one click leads back."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_live import CLOCK, SCROLL, drawn, ticks

pytestmark = pytest.mark.browser

THEN = "2026-10-25T1200Z"  # Sunday 13:00 in Madrid, after the clocks went back


def test_a_link_to_the_past_says_as_it_stood_and_one_click_leads_back_to_live(visit, live):
    page = visit(f"{live.address}/?congress=esmo-2026&window=6h&at={THEN}")
    drawn(page)
    badge = page.locator(".pulse.past")
    assert re.sub(r"\s+", " ", badge.inner_text()).strip() == "As it stood Sun 25 Oct 13:00 CET"
    assert page.locator(".fresh").count() == 0
    assert page.locator(".st-key-moment").get_by_text("Sun 25 Oct 13:00 CET").is_visible()
    page.evaluate(
        "() => { window.kept = document.querySelector('.stVegaLiteChart svg'); window.badge = document.querySelector('.pulse.past'); }"
    )
    page.wait_for_timeout(2500)
    assert page.evaluate("window.kept.isConnected && window.badge.isConnected"), "the past was drawn anew"
    page.get_by_role("button", name="Back to live").click()
    page.locator(".pulse .fresh").wait_for()
    badge.wait_for(state="detached")
    assert "at=" not in page.url
    ticks(page, 1)
    assert int(page.evaluate(CLOCK)) > 0


def test_the_past_is_chosen_with_the_keyboard_and_goes_into_the_link(visit, live):
    page = visit(f"{live.address}/?congress=esmo-2026&window=24h", 1366, 768)
    drawn(page)
    page.get_by_role("button", name="Past").click()
    page.wait_for_url(re.compile(r"at=2026-10-25T1\d{3}Z"))
    page.locator(".pulse.past").wait_for()
    before = page.url
    page.get_by_role("slider").press("ArrowLeft")
    page.wait_for_function("before => location.href !== before", arg=before)
    assert "at=2026-10-25T1" in page.url
    assert page.evaluate(SCROLL)[1] == 0
    page.get_by_role("link", name="Voices").first.click()
    page.wait_for_url(re.compile(r"/voices.*at=2026-10-25T1"))
    page.locator(".pulse.past").wait_for()
