"""The script Streamlit runs for every viewer: frame, navigation, page."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import access, corrections, frame, selection
from dashboard.selection import Selection
from dashboard.views import (
    abstracts,
    access_and_audit,
    compare,
    coverage,
    desk,
    live,
    method,
    posts,
    privacy,
    recap,
    topics,
    voices,
    wall,
)

# title, slug, page; a further page is one file in views and one line here
PAGES: list[tuple[str, str, Callable[[Selection], None]]] = [
    ("Live", "live", live.page),
    ("Abstracts", "abstracts", abstracts.page),
    ("Voices", "voices", voices.page),
    ("Topics", "topics", topics.page),
    ("Posts", "posts", posts.page),
    ("Compare", "compare", compare.page),
    ("Recap", "recap", recap.page),
    ("Coverage", "coverage", coverage.page),
    ("Method", "method", method.page),
    ("Privacy", "privacy", privacy.page),
    ("Safety desk", "desk", desk.page),
    ("Access", "access", access_and_audit.page),
]
ADMINS = ("access",)  # pages that only admins see in the navigation, and can open
REVIEWERS = ("desk",)  # the same for reviewers and admins


def main() -> None:
    """Draw the frame, then the page asked for; without a congress, say what to do."""
    st.set_page_config(page_title="Congress Pulse", page_icon=str(frame.HERE / "static" / "icon.svg"), layout="wide")
    on_wall = selection.is_wall()
    frame.look(on_wall)
    chosen: list[Selection] = []

    def shown(slug: str, draw: Callable[[Selection], None]) -> Callable[[], None]:
        hung = wall.begin(slug) if on_wall and slug in wall.PAGES else draw
        return lambda: hung(chosen[0]) if chosen else frame.nothing_yet()

    hidden = {
        slug for role, few in (("admin", ADMINS), ("reviewer", REVIEWERS)) for slug in few if not access.may(role)
    }
    pages = [
        st.Page(shown(slug, draw), title=title, url_path=slug, default=slug == "live", visibility="hidden" if slug in hidden else "visible")
        for title, slug, draw in PAGES
    ]  # fmt: skip
    let_in = access.gate()
    current = st.navigation(pages, position="hidden" if on_wall or not let_in else "top")
    if not let_in:
        return
    choice = frame.choose(on_wall)
    chosen += [choice] if choice else []
    current.run()
    corrections.draw()


main()
