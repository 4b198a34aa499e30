"""The frame around every page: look, controls, clock and freshness, health, and what to say when there is nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import access, parts, selection, wording
from dashboard.asks import ALWAYS, CONGRESSES, HEALTH, Span, ask
from dashboard.palette import variables
from dashboard.reads import hub
from dashboard.selection import Congress, Selection
from dashboard.snapshot import Sight, Snapshot

HERE = Path(__file__).parent
LOOK = (HERE / "look.css").read_text(encoding="utf-8")
WALL = (HERE / "wall.css").read_text(encoding="utf-8")
PAST = (HERE / "past.css").read_text(encoding="utf-8")
FIRST_DEMO = (
    "<p>A simulated congress, a day in ten minutes: posts and sessions, HCP voices, an abstract that takes off in the first minute, and the year "
    "before to compare with. It says everywhere that it is simulated. No key, no network.</p>"
)
FIRST_RUN = (
    "<ol><li>Find it in <code>congresses.yaml</code>, or add it: hashtags, dates, time zone.</li>"
    "<li>Bluesky needs no key. X wants <code>X_BEARER_TOKEN</code> in <code>.env</code> and a budget; <code>congress check ID</code> says what it "
    "would cost.</li><li>Start with its id. The figures begin with the first post.</li></ol>"
)
TICK = 1.0  # seconds between two looks at the snapshot; one timer a page


def is_dark(wall: bool) -> bool:
    """Whether to draw dark: as the viewer's theme says, and always on a wall."""
    return wall or st.context.theme.type == "dark"


def look(wall: bool) -> None:
    """The style sheet, in the viewer's colours."""
    st.html(f"<style>{variables(is_dark(wall))}{LOOK}{PAST}{WALL if wall else ''}</style>")
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
    first = first_shown(found, snapshot.now)
    defaults = {"congress": first.id, "window": "24h", "by": "role", "zone": "congress"}
    allowed = selection.options(found)
    if st.session_state.get("congress") is None and st.query_params.get("window") is None:
        defaults["window"] = selection.default_window(first, snapshot.now)
    selection.settle(allowed, defaults)
    by_id = {c.id: c for c in found}
    at = selection.settle_moment(by_id[st.session_state["congress"]], snapshot.now)
    if not wall:
        _controls(by_id, snapshot, at)
    selection.publish()
    selection.publish_moment(at)
    chosen, state = by_id[st.session_state["congress"]], st.session_state
    window = selection.window(state["window"], chosen)
    zone, word = selection.zone_of(state["zone"], chosen), selection.zone_word(state["zone"], chosen)
    choice = Selection(chosen, window, state["by"], zone, word, is_dark(wall), wall, at)
    if at is not None and not wall:
        _time_machine(choice, at, snapshot.now)
    return choice


def first_shown(found: Sequence[Congress], now: datetime) -> Congress:
    """The congress shown where nobody chose one: of those that are on, or else of all, the one with most posts."""
    on = [each for each in found if each.follow_from <= now < each.follow_until]
    return max(on or found, key=lambda each: each.post_count)


def _controls(by_id: dict[str, Congress], snapshot: Snapshot, at: datetime | None) -> None:
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
        if at is None:
            st.button(
                "Past",
                key="to_past",
                on_click=_to_past,
                args=(chosen,),
                help="Show every page as it stood at a past moment.",
            )
        access.account()


def _go(moment: datetime | None) -> None:
    """Choose a past moment; ``None`` is back to live."""
    st.session_state["at"] = selection.slug_of(moment) if moment else None


def _to_past(congress: Congress) -> None:
    """Choose the newest moment of the slider, if anything was followed by then."""
    snapshot = hub().snapshot
    bucket = selection.window(st.session_state["window"], congress).span.bucket_minutes
    steps = selection.moments(congress, snapshot.now, bucket) if snapshot else []
    _go(steps[-1] if steps else None)


def _time_machine(chosen: Selection, at: datetime, now: datetime) -> None:
    """The slider over all that was followed, jumps to the sessions beside it, and the way back."""
    steps = sorted({*selection.moments(chosen.congress, now, chosen.window.span.bucket_minutes), at})
    before, after = _sessions_around(chosen, at, steps[-1])
    st.session_state["moment"] = at
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small", key="past"):
        st.html('<span class="quiet">The moment shown</span>', width="content")
        st.select_slider(
            "The moment shown", steps, key="moment", format_func=lambda moment: parts.moment(moment, chosen),
            on_change=lambda: _go(st.session_state["moment"]), label_visibility="collapsed",
        )  # fmt: skip
        for key, words, session in (("back", "‹ Session", before), ("on", "Session ›", after)):
            to = session["starts_at"] if session else None
            told = f"To the start of: {_plain(session['title'])}" if session else "There is none."
            st.button(words, key=f"session_{key}", on_click=_go, args=(to,), disabled=to is None, help=told)
        st.button("Back to live", key="to_live", type="primary", on_click=_go, args=(None,))


def _plain(title: str) -> str:
    """A title for a tooltip, which Streamlit would read as Markdown: letters and digits, nothing that marks up."""
    kept = "".join(c if c.isalnum() or c in " ,.-" else " " for c in wording.clean(title))
    return wording.shorten(kept, 80)


def _sessions_around(
    chosen: Selection, at: datetime, last: datetime
) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """The last session that began before a moment and the next one that began after it, up to ``last``."""
    wanted = ask("sessions", Span(0, 60, chosen.congress.follow_from), congress_id=chosen.congress.id)
    snapshot = hub().look((wanted,)).snapshot
    held = (snapshot.rows(wanted) if snapshot else None) or []
    before = [each for each in held if chosen.congress.follow_from <= each["starts_at"] < at]
    after = [each for each in held if at < each["starts_at"] <= last]
    return (before[-1] if before else None), (after[0] if after else None)


def pulse(sight: Sight, chosen: Selection) -> None:
    """Clock, freshness, health, and a word when the owner is away. The first thing in every page's fragment."""
    snapshot = sight.snapshot
    if snapshot is None:
        return
    if chosen.at is None:
        st.html(parts.pulse(snapshot.now, snapshot.number, chosen, lost=sight.error is not None))
    else:
        when = escape(parts.moment(chosen.at, chosen))
        st.html(f'<div class="pulse past" role="status"><i class="shape ring"></i>As it stood <b>{when}</b></div>')
    if chosen.wall:
        name = escape(wording.shorten(chosen.congress.name, 60))
        st.html(f'<div class="wall-title"><h1>{name}</h1>{parts.place(chosen.congress, snapshot.speed)}</div>')
    if sight.error is None:
        st.html(parts.health(snapshot.rows(HEALTH) or [], snapshot.now, snapshot.speed))
    else:
        at = wording.local(snapshot.now, chosen.zone)
        clock = f"{at:%H:%M:%S} {at.tzname()}" if chosen.at is None else parts.moment(chosen.at, chosen)
        shown = f"This is the picture of {clock}" if sight.complete else "These figures were not loaded yet"
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
        with st.container(key="first_ways", gap=None):
            with st.container(border=True, key="first_demo"):
                st.html(f"<h2>See it work</h2>{FIRST_DEMO}")
                st.code("congress demo", language=None)
            with st.container(border=True, key="first_run"):
                st.html(f"<h2>Follow a real one</h2>{FIRST_RUN}")
                st.code("congress run ash-2026", language=None)
