"""Before the first viewer comes: pages are loaded and the first page's figures are there."""

from __future__ import annotations

import sys
import time

from dashboard import warm
from dashboard.reads import Hub
from tests.dashboard.fake_owner import FakeOwner

FIRST_PAGE = {"overview", "volume", "sessions", "gaps", "voices", "abstracts", "trending"}


def answered(hub: Hub) -> set[str]:
    return {one.read for one in hub.snapshot.answers} if hub.snapshot else set()


def test_the_first_pages_figures_are_there_before_anybody_looks(full_owner):
    hub = Hub(full_owner, 0.2)
    try:
        warm.ask_first(hub, 5.0)
        until = time.monotonic() + 10
        while not answered(hub) >= FIRST_PAGE and time.monotonic() < until:
            time.sleep(0.05)
        assert FIRST_PAGE <= answered(hub)
    finally:
        hub.stop()


def test_where_nothing_is_followed_nothing_more_is_asked():
    owner = FakeOwner(posts=0, followed=False)
    hub = Hub(owner, 0.2)
    try:
        warm.ask_first(hub, 5.0)
        time.sleep(0.5)
        assert {"clock", "congresses", "health"} == set(owner.calls)
    finally:
        hub.stop()


def test_every_page_is_loaded():
    warm.load_pages()
    assert {"dashboard.views.live", "dashboard.views.wall", "dashboard.views.coverage", "altair"} <= set(sys.modules)
