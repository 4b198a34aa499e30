"""The frame around every page: look, controls, clock and freshness, health, and what to say when there is nothing."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from dashboard import access, parts, selection, wording
from dashboard.palette import variables
from dashboard.reads import ALWAYS, CONGRESSES, HEALTH, Sight, Snapshot, hub
from dashboard.selection import Congress, Selection

HERE = Path(__file__).parent
LOOK = (HERE / "look.css").read_text(encoding="utf-8")
WALL = (HERE / "wall.css").read_text(encoding="utf-8")
TICK = 1.0  # seconds between two looks at the snapshot; one timer a page


def is_dark(wall: bool) -> bool:
    """Whether to draw dark: as the viewer's theme says, and always on a wall."""
    return wall or st.context.theme.type == "dark"


def look(wall: bool) -> None:
    """The style sheet, in the viewer's colours."""
    st.html(f"<style>{variables(is_dark(wall))}{LOOK}{WALL if wall else ''}</style>")
    if not wall:
        st.logo(HERE / "static" / ("logo-dark.svg" if is_dark(wall) else "logo-light.svg"), size="large")


def congresses(snapshot: Snapshot) -> list[Congress]:
    """The followed congresses, as the owner lists them."""
    return [Congress.of(row) for row in snapshot.rows(CONGRESSES) or []]


def choose(wall: bool) -> Selection | None:
    """Draw the controls (none on a wall) and return the choice; ``None`` when there is nothing to choose."""
    snapshot = hub().look(ALWAYS).snapshot
    found = congresses(snapshot) if snapshot and snapshot.has(ALWAYS) else []
    if not snapshot or not found:
        return None
    busiest = max(found, key=lambda c: c.post_count)
    defaults = {"congress": busiest.id, "window": "24h", "by": "role", "zone": "congress"}
    allowed = selection.options(found)
    if st.session_state.get("congress") is None and st.query_params.get("window") is None:
        defaults["window"] = selection.default_window(busiest, snapshot.now)
    selection.settle(allowed, defaults)
    by_id = {c.id: c for c in found}
    if not wall:
        _controls(by_id, snapshot)
    selection.publish()
    chosen, state = by_id[st.session_state["congress"]], st.session_state
    window = selection.window(state["window"], chosen)
    zone, word = selection.zone_of(state["zone"], chosen), selection.zone_word(state["zone"], chosen)
    return Selection(chosen, window, state["by"], zone, word, is_dark(wall), wall)


def _controls(by_id: dict[str, Congress], snapshot: Snapshot) -> None:
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small", key="controls"):
        st.selectbox(
            "Congress", list(by_id), key="congress", format_func=lambda i: wording.shorten(by_id[i].name, 48),
            label_visibility="collapsed", width=330,
        )  # fmt: skip
        chosen = by_id[st.session_state["congress"]]
        st.html(parts.place(chosen, snapshot.speed), width="stretch")
        st.segmented_control(
            "Window", list(selection.WINDOWS), key="window", format_func=selection.WINDOW_WORDS.__getitem__,
            label_visibility="collapsed", required=True,
        )  # fmt: skip
        st.segmented_control(
            "Bars", list(selection.SPLITS), key="by", format_func=selection.SPLITS.__getitem__,
            label_visibility="collapsed", required=True,
        )  # fmt: skip
        st.selectbox(
            "Time zone", list(selection.ZONES), key="zone", label_visibility="collapsed", width=170,
            format_func=lambda z: selection.zone_word(z, chosen) + (" (yours)" if z == "mine" else ""),
        )  # fmt: skip
        access.account()


def pulse(sight: Sight, chosen: Selection) -> None:
    """Clock, freshness, health, and a word when the owner is away. The first thing in every page's fragment."""
    snapshot = sight.snapshot
    if snapshot is None:
        return
    st.html(parts.pulse(snapshot.now, snapshot.number, chosen, lost=sight.error is not None))
    if chosen.wall:
        name = escape(wording.shorten(chosen.congress.name, 60))
        st.html(f'<div class="wall-title"><h1>{name}</h1>{parts.place(chosen.congress, snapshot.speed)}</div>')
    if sight.error is None:
        st.html(parts.health(snapshot.rows(HEALTH) or [], snapshot.now, snapshot.speed))
    else:
        at = wording.local(snapshot.now, chosen.zone)
        shown = (
            f"This is the picture of {at:%H:%M:%S} {at.tzname()}"
            if sight.complete
            else "These figures were not loaded yet"
        )
        st.html(
            parts.notice("The collector does not answer.", f"{shown}; it goes on by itself when the collector is back.")
        )


@st.fragment(run_every=TICK)
def nothing_yet() -> None:
    """The page while there is no congress to show: what to do, and a look every tick whether there is one now."""
    access.watch()
    sight = hub().look(ALWAYS, patience=0)
    if sight.snapshot and sight.snapshot.has(ALWAYS) and congresses(sight.snapshot):
        st.rerun()
    away = sight.snapshot is None
    with st.container(key="first"):
        st.html(
            "<h1>No collector is answering yet</h1><p>This page begins by itself as soon as one does.</p>"
            if away
            else "<h1>Follow your first congress</h1><p>Nothing is followed yet. This page begins by itself as soon as something is.</p>"
        )
        with st.container(border=True, key="first_demo"):
            st.html(
                "<h2>See it work</h2><p>A simulated congress, with posts, sessions and a late-breaking abstract taking off. No key, no network.</p>"
            )
            st.code("congress demo", language=None)
        with st.container(border=True, key="first_run"):
            st.html(
                "<h2>Follow a real one</h2><p>Bluesky needs no key. X wants one line in <code>.env</code>. Congresses, hashtags and dates stand in <code>congresses.yaml</code>.</p>"
            )
            st.code("congress run ash-2026", language=None)
