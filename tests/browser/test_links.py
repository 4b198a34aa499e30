"""Every number leads to what is behind it, by mouse and by keyboard; what is shown can be taken away."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_live import drawn, ticks

pytestmark = pytest.mark.browser


def test_a_click_on_a_bar_opens_its_posts(visit, live):
    page = visit(live.address)
    drawn(page)
    box = page.locator(".stVegaLiteChart svg").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.6)
    page.wait_for_url(re.compile(r"/posts\?.*start=2026-10-25T\d\d.*end=2026-10-25T\d\d"))
    cards = page.locator(".st-key-posts_cards .card")
    cards.first.wait_for()
    assert 1 <= cards.count()


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_time_dragged_out_says_its_posts_in_the_congresss_time_and_leads_to_them(visit, live, zone):
    page = visit(live.address, zone=zone)
    title = page.locator(".st-key-volume_panel h2").first
    chart = page.locator(".stVegaLiteChart svg").first
    chart.wait_for()
    box = chart.bounding_box()
    y = box["y"] + 0.6 * box["height"]
    page.mouse.move(box["x"] + 0.5 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.62 * box["width"], y, steps=8)
    page.mouse.up()
    page.locator(".st-key-volume_panel h2", has_text=re.compile(r"^Sun 25 Oct 05:50 to 08:50: \d+ posts$")).wait_for()
    ticks(page, 2)
    assert title.inner_text().startswith("Sun 25 Oct 05:50 to 08:50: "), "a new snapshot let go of it"
    count = int(re.search(r"(\d+) posts", title.inner_text())[1])
    page.mouse.dblclick(box["x"] + 0.56 * box["width"], y)
    page.locator(".st-key-volume_panel h2", has_text="Busiest").wait_for()
    page.mouse.move(box["x"] + 0.5 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.62 * box["width"], y, steps=8)
    page.mouse.up()
    page.locator(".st-key-volume_panel h2 a", has_text=f"{count} posts").click()
    page.wait_for_url(re.compile("start=2026-10-25T04%3A50%3A00&end=2026-10-25T07%3A50%3A00"))
    page.locator(".st-key-posts_cards").get_by_text(re.compile(r"Sun 25 Oct 0[5-8]:\d\d C")).first.wait_for()


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


def test_whoever_writes_the_address_of_live_by_hand_is_led_there_with_the_choice(visit, live):
    page = visit(f"{live.address}/live?window=6h&congress=esmo-2026")
    drawn(page)
    page.wait_for_url(re.compile(r":\d+/\?.*window=6h"))
    assert 0 == page.get_by_text("Page not found").count()
