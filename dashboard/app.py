"""The script Streamlit runs for every viewer: frame, navigation, page."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import frame, selection
from dashboard.selection import Selection
from dashboard.views import abstracts, coverage, live, method, posts, voices

# title, slug, page; a further page is one file in views and one line here
PAGES: list[tuple[str, str, Callable[[Selection], None]]] = [
    ("Live", "live", live.page),
    ("Abstracts", "abstracts", abstracts.page),
    ("Voices", "voices", voices.page),
    ("Posts", "posts", posts.page),
    ("Coverage", "coverage", coverage.page),
    ("Method", "method", method.page),
]


def main() -> None:
    """Draw the frame, then the page asked for; without a congress, say what to do."""
    st.set_page_config(page_title="Congress Pulse", page_icon=str(frame.HERE / "static" / "icon.svg"), layout="wide")
    wall = selection.is_wall()
    frame.look(wall)
    chosen: list[Selection] = []

    def shown(draw: Callable[[Selection], None]) -> Callable[[], None]:
        return lambda: draw(chosen[0]) if chosen else frame.nothing_yet()

    pages = [st.Page(shown(draw), title=title, url_path=slug, default=slug == "live") for title, slug, draw in PAGES]
    current = st.navigation(pages, position="hidden" if wall else "top")
    choice = frame.choose(wall)
    chosen += [choice] if choice else []
    current.run()


main()
