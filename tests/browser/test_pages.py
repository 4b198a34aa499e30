"""The pages beyond Live in a real browser: no overflow, a click on a name leads to what it names."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_live import SCROLL
from tests.dashboard.fake_pages import HOSTILE

pytestmark = pytest.mark.browser

FIRST_ROW = {"x": 40, "y": 37 + 17}


@pytest.mark.parametrize("page", ["abstracts", "voices", "posts", "coverage"])
def test_a_laptop_screen_has_no_horizontal_overflow(visit, live, page):
    opened = visit(f"{live.address}/{page}", 1366, 768)
    opened.locator("[class*='st-key-panel'], .st-key-leaderboard, .st-key-record").first.wait_for()
    assert opened.evaluate(SCROLL)[1] == 0


def test_a_click_on_a_number_opens_that_abstract_and_its_posts_are_one_link_away(visit, live):
    page = visit(f"{live.address}/abstracts", 1366, 768)
    table = page.locator("[data-testid=stDataFrame] canvas").first
    table.wait_for()
    page.wait_for_timeout(500)
    box = table.bounding_box()
    page.mouse.click(box["x"] + FIRST_ROW["x"], box["y"] + FIRST_ROW["y"])
    page.wait_for_url(re.compile("abstract=LBA1"))
    page.locator(".st-key-record").get_by_text("LBA1", exact=False).first.wait_for()
    page.get_by_role("link", name="Open all posts on this abstract").click()
    page.wait_for_url(re.compile("/posts.*abstract=LBA1"))
    page.locator(".st-key-posts_cards").wait_for()
    assert "abstract=LBA1" in page.url


def test_hostile_posts_are_inert_in_cards_and_tables(visit, live):
    with live.switched("hostile"):
        page = visit(f"{live.address}/posts?window=all")
        page.locator(".st-key-posts_cards").get_by_text(HOSTILE[1], exact=False).first.wait_for()
        assert page.evaluate("window.__xss") is None
        assert page.locator("a[href^='javascript'], [class*='_cards'] img, [class*='_cards'] script").count() == 0
        assert page.evaluate(SCROLL)[1] == 0
