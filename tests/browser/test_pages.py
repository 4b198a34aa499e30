"""The pages beyond Live in a real browser: no overflow, a click on a name leads to what it names."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import ROOT
from tests.browser.test_live import SCROLL, drawn, ticks
from tests.dashboard.fake_pages import HOSTILE

pytestmark = pytest.mark.browser


def slugs() -> list[str]:
    """The pages of the navigation, as app.py lists them."""
    return re.findall(
        r'^    \("[^"]+", "([^"]+)",', (ROOT / "dashboard" / "app.py").read_text(encoding="utf-8"), re.MULTILINE
    )


FIRST_ROW = {"x": 40, "y": 37 + 17}


PAGES = ["", *(slug for slug in slugs() if slug not in ("live", "access"))]
STANDS = ".head, .empty, .st-key-nothing"
WIDER = "[...document.querySelectorAll('.stMain *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.stDataFrame')).map(e => e.className).slice(0, 3)"


def hard_to_use(page) -> list[str]:
    """What axe-core finds against WCAG: contrast, names, roles, reach."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    found = [
        (each["id"], node["html"]) for each in axe.Axe().run(page).response["violations"] for node in each["nodes"]
    ]
    # Vega gives the frame of a dragged span a role and no name; the chart around it has both
    return [f"{rule}: {html[:120]}" for rule, html in found if "brush_brush" not in html]


@pytest.mark.parametrize(
    ("width", "height", "dark"), [(1366, 768, False), (1920, 1080, True)], ids=["laptop, light", "desk, dark"]
)
def test_no_page_is_wider_than_its_screen_and_each_wears_the_viewers_theme(visit, live, width, height, dark):
    page = visit(live.address, width, height, dark)
    for slug in (*PAGES, "abstracts?abstract=LBA1"):
        page.goto(f"{live.address}/{slug}")
        page.locator(STANDS).first.wait_for()
        assert (slug, []) == (slug, hard_to_use(page))
        assert (slug, 0) == (slug, page.evaluate(SCROLL)[1])
        assert (slug, []) == (slug, page.evaluate(WIDER))
        colour = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
        assert (slug, "rgb(11, 15, 20)" if dark else "rgb(246, 247, 249)") == (slug, colour)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_viewer_anywhere_sees_the_congresss_time_on_every_page(visit, live, zone):
    page = visit(f"{live.address}/posts", zone=zone)
    assert zone == page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    page.locator(".st-key-posts_cards").get_by_text(re.compile(r"Sun 25 Oct 1[5-7]:\d\d CET")).first.wait_for()
    page.goto(f"{live.address}/coverage")
    page.locator(".st-key-panel_gaps").get_by_text(re.compile(r"Sun 25 Oct 11:40 CET")).first.wait_for()
    page.goto(live.address)
    labels = page.locator(".stVegaLiteChart svg text")
    labels.first.wait_for()
    assert labels.all_text_contents().count("02:00") == 2, "the hour of the clock change comes twice"
    assert re.search(r"Sun 25 Oct 1[78]:\d\d:\d\d CET", page.locator(".pulse .clock").inner_text())


def test_a_page_that_is_read_stays_where_it_was_scrolled_to(visit, live):
    page = visit(live.address, 1366, 768)
    page.locator(".st-key-newest .stText").first.wait_for()
    drawn(page)
    ticks(page, 1)  # all is drawn: what grows above a reader moves the place along with what is read
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop = 300")
    ticks(page, 3)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 300


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


ACTIVE = "a[href^='javascript'], .stMain img, .stMain script, .stMain iframe, .stMain object, .stMain embed, .stMain svg [onload], .stMain [onerror]"


def test_hostile_posts_are_inert_on_every_page(visit, live):
    with live.switched("hostile"):
        page = visit(f"{live.address}/posts?window=all")
        page.locator(".st-key-posts_cards").get_by_text(HOSTILE[1], exact=False).first.wait_for()
        for path in (
            *PAGES,
            "abstracts?abstract=LBA2",
            "voices?voice=bluesky:did:plc:3",
            "?wall=1&rotate=0",
            "abstracts?wall=1",
            "voices?wall=1",
        ):
            page.goto(f"{live.address}/{path}")
            page.locator(f"{STANDS}, .st-key-board").first.wait_for()
            assert (path, None) == (path, page.evaluate("window.__xss ?? null"))
            assert (path, 0) == (path, page.locator(ACTIVE).count())
            assert (path, 0) == (path, page.evaluate(SCROLL)[1])
