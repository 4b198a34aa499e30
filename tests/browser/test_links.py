"""Every number leads to what is behind it, by mouse and by keyboard; what is shown can be taken away."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_live import drawn

pytestmark = pytest.mark.browser


def test_a_click_on_a_bar_opens_its_posts(visit, live):
    page = visit(live.address)
    drawn(page)
    box = page.locator(".stVegaLiteChart svg").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.6)
    page.wait_for_url(re.compile(r"/posts\?.*start=2026-10-25T\d\d.*end=2026-10-25T\d\d"))
    page.locator(".st-key-posts_cards").wait_for()
    assert 1 <= page.locator(".st-key-posts_cards .card").count()


def test_a_tile_opens_the_posts_behind_its_share(visit, live):
    page = visit(f"{live.address}/?window=6h&zone=utc")
    page.get_by_role("link", name="HCP post share: open what is behind it").click()
    page.wait_for_url(re.compile(r"/posts\?.*role=hcp"))
    assert "window=6h" in page.url
    assert "zone=utc" in page.url
    page.locator(".st-key-posts_cards").wait_for()


def test_the_keyboard_reaches_the_figures_and_shows_where_it_is(visit, live):
    page = visit(live.address)
    drawn(page)
    link = page.get_by_role("link", name=re.compile("Open the posts on LBA2$"))
    link.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert link.evaluate("e => e === document.activeElement")
    assert link.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/posts\?.*abstract=LBA2"))


def test_a_chart_is_saved_as_picture_and_as_csv_while_the_page_goes_on(visit, live):
    page = visit(live.address)
    drawn(page)
    kept = {}
    for kind in ("CSV", "PNG"):
        with page.expect_download() as download:
            page.locator(".saves").get_by_role("link", name=re.compile("posts over time")).filter(has_text=kind).click()
        kept[kind] = (download.value.suggested_filename, download.value.path().read_bytes())
    assert kept["CSV"][0] == "esmo-2026-posts-over-time-24h.csv"
    assert "From (Europe/Madrid)" in kept["CSV"][1].decode("utf-8-sig")
    assert kept["PNG"][0] == "esmo-2026-posts-over-time-24h.png"
    assert kept["PNG"][1].startswith(b"\x89PNG")
    assert page.url.startswith(live.address)
    page.locator(".pulse .fresh").wait_for(state="visible")
