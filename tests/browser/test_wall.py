"""The wall in a real browser: it takes turns, fits its screen, and comes back by itself when its server does."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import free_port, start, wait_until_well
from tests.browser.test_live import SCROLL, drawn, ticks

pytestmark = pytest.mark.browser

CONTROLS = "[data-testid=stSelectbox], [data-testid=stButtonGroup], [data-testid=stTextInput], .stMain button:visible, .stMain a:visible, .stDataFrame"


def test_the_three_pages_take_turns_and_the_address_stays(visit, live):
    page = visit(f"{live.address}/?wall=1&rotate=3")
    drawn(page)
    for name, panel in (
        ("Live", ".st-key-tiles"),
        ("Abstracts", ".st-key-wide"),
        ("Voices", ".st-key-pair_wide"),
        ("Live", ".st-key-tiles"),
    ):
        page.locator(".turns .on").filter(has_text=name).wait_for(timeout=12_000)
        page.locator(panel).wait_for()
        assert page.evaluate(SCROLL) == [0, 0]
    assert "wall=1" in page.url
    assert "rotate=3" in page.url


@pytest.mark.parametrize("path", ["abstracts", "voices"])
def test_each_page_of_the_wall_fits_one_screen_without_controls(visit, live, path):
    page = visit(f"{live.address}/{path}?wall=1&rotate=0")
    board = page.locator(".st-key-board")
    board.wait_for()
    assert page.evaluate(SCROLL) == [0, 0]
    box = board.bounding_box()
    assert box["y"] + box["height"] <= 1080
    assert box["height"] > 880, "the screen is used"
    assert page.locator(CONTROLS).count() == 0
    small = page.evaluate(
        "[...document.querySelectorAll('.st-key-board .stText > span, .figures span')].filter(e => e.textContent.trim() && parseFloat(getComputedStyle(e).fontSize) < 17).length"
    )
    assert small == 0, "type too small to be read across a hall"
    cut = page.evaluate(
        "[...document.querySelectorAll('.figures > div')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
    )
    assert cut == 0, "figures are cut off"


def test_a_wall_stays_where_it_is_told_to(visit, live):
    page = visit(f"{live.address}/voices?wall=1&rotate=0")
    page.locator(".st-key-pair_wide").wait_for()
    page.wait_for_timeout(4000)
    assert page.locator(".st-key-pair_wide").count() == 1
    assert page.locator(".turns span").count() == 0


def test_the_wall_comes_back_by_itself_after_the_server_was_killed(visit, live, tmp_path):
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    server = start(port, tmp_path)
    try:
        wait_until_well(address, server)
        page = visit(f"{address}/?congress=esmo-2026&window=6h&by=platform&zone=utc&wall=1&rotate=0", cut=True)
        page.get_by_text("Posts per 5 minutes · UTC").wait_for()
        page.evaluate("() => { window.kept = true; }")
        ticks(page, 3)
        server.kill()
        server.wait()
        before = page.locator(".pulse .clock").inner_text()  # without a server it stands still
        server = start(port, tmp_path)
        wait_until_well(address, server)
        page.locator(".pulse .clock", has_not_text=before).wait_for(timeout=60_000)
        page.locator(".pulse .fresh").wait_for(state="visible")
        assert page.evaluate("window.kept"), "the page was not loaded anew"
        assert re.search("congress=esmo-2026&window=6h&by=platform&zone=utc&wall=1", page.url)
        assert page.get_by_text("Posts per 5 minutes · UTC").count() == 1
        assert page.locator("[role=dialog]:visible, [data-testid=stToast]:visible").count() == 0
        assert page.evaluate(SCROLL) == [0, 0]
    finally:
        server.kill()
        server.wait()
