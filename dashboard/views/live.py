"""The page Live: what is being said now, by whom, about which abstracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import streamlit as st

from dashboard import charts, frame, parts, tiles, wording
from dashboard.reads import ALWAYS, Ask, Sight, Snapshot, ask, hub
from dashboard.selection import Selection
from dashboard.timeline import Frame, Timeline, timeline


@dataclass(frozen=True, slots=True)
class Room:
    """How much fits on one screen of 1920x1080: rows of each list, height of the chart, its type."""

    voices: int
    abstracts: int
    last: int  # newest posts at a desk, hashtags on a wall: nobody checks what strangers write before it hangs there
    title: int  # letters of an abstract's title
    chart: int
    font: int


DESK, ON_WALL = Room(6, 5, 5, 140, 290, 11), Room(5, 4, 8, 96, 304, 14)


def room(chosen: Selection) -> Room:
    """The room there is at a desk or on a wall."""
    return ON_WALL if chosen.wall else DESK


def asks(chosen: Selection) -> dict[str, Ask]:
    """What the page wants to know."""
    congress, window, fits = chosen.congress.id, chosen.window, room(chosen)
    last = (
        ask("hashtags", congress_id=congress, minutes=window.minutes, limit=fits.last)
        if chosen.wall
        else ask("newest_posts", congress_id=congress, limit=fits.last)
    )
    return {
        "overview": ask("overview", congress_id=congress, minutes=window.minutes),
        "volume": ask(
            "volume", window.span, congress_id=congress, bucket_minutes=window.span.bucket_minutes, split=chosen.by
        ),
        "sessions": ask("sessions", window.span, congress_id=congress),
        "gaps": ask("gaps", window.span),
        "voices": ask("voices", congress_id=congress, minutes=window.minutes, limit=fits.voices),
        "abstracts": ask("abstracts", congress_id=congress, minutes=window.minutes, limit=fits.abstracts),
        "last": last,
    }


def page(chosen: Selection) -> None:
    """Draw the page for a choice; it refreshes by itself."""
    _live(chosen)


@st.fragment(run_every=frame.TICK)
def _live(chosen: Selection) -> None:
    wanted = asks(chosen)
    sight = hub().look((*ALWAYS, *wanted.values()))
    frame.pulse(sight, chosen)
    snapshot = sight.snapshot
    if snapshot is None or not snapshot.has(wanted.values()):
        _waiting(sight, wanted)
        return
    _broken(sight, wanted)
    figures = snapshot[wanted["overview"]].to_pylist()[0]
    if not figures["total_post_count"]:
        _nothing(chosen, snapshot.now)
        return
    tiles.draw(figures, chosen, snapshot.now)
    with st.container(border=True, key="volume_panel", gap=None):
        _volume(snapshot, wanted, chosen)
    with st.container(key="board", gap=None):
        _voices(snapshot[wanted["voices"]].to_pylist(), chosen)
        _abstracts(snapshot[wanted["abstracts"]].to_pylist(), snapshot.now, chosen)
        last = snapshot[wanted["last"]].to_pylist()
        if chosen.wall:
            _hashtags(last, chosen)
        else:
            _posts(last, snapshot.now, chosen)


def _waiting(sight: Sight, wanted: Mapping[str, Ask]) -> None:
    """Instead of the page: which figures cannot be read, or the shape of what comes in a moment."""
    if sight.error is None and not _broken(sight, wanted):
        st.skeleton(90)
        st.skeleton(DESK.chart)
        st.skeleton(420)


def _broken(sight: Sight, wanted: Mapping[str, Ask]) -> list[str]:
    """The asks whose read fails at the owner, by name; said in one red line, over older figures where there are any."""
    snapshot = sight.snapshot
    broken = [name for name, one in wanted.items() if snapshot and one in snapshot.failed]
    if broken and sight.error is None:
        shown = "Older ones are shown" if sight.complete else "Nothing can be shown"
        st.html(parts.notice("Some figures could not be read.", f"{shown}; the log says why: {', '.join(broken)}."))
    return broken


def _nothing(chosen: Selection, now: datetime) -> None:
    """Instead of the page, while no post of the congress was ever seen: what is followed, and when it begins."""
    congress = chosen.congress
    tags = " ".join(f"#{tag}" for tag in congress.hashtags[:4])
    away = (congress.starts_on - wording.local(now, chosen.zone).date()).days
    when = (
        f"It begins in {away} day{'s' * (away != 1)}."
        if away > 0
        else "It is on."
        if now.date() <= congress.ends_on
        else "It is over."
    )
    with st.container(border=True, key="nothing"):
        st.html("<h2>No posts yet</h2>")
        st.text(f"Following {wording.shorten(tags, 120)}. {when}", width="stretch")
        st.html(
            '<p class="quiet">The figures begin by themselves with the first post. Above stands whether the sources are connected.</p>'
        )


def _volume(snapshot: Snapshot, wanted: Mapping[str, Ask], chosen: Selection) -> None:
    drawn = snapshot.once(("timeline", chosen.key), lambda: _timeline(snapshot, wanted, chosen))
    newest = None if chosen.wall else next((row["created_at"] for row in snapshot[wanted["last"]].to_pylist()), None)
    st.html(parts.headline(drawn.facts, chosen, newest))
    fits = room(chosen)
    spec = charts.volume(chosen.dark, chosen.by, fits.chart, fits.font, drawn.facts.lanes)
    st.vega_lite_chart(
        {**spec, "datasets": dict(drawn.datasets)}, theme=None, key="volume", alt="Posts over time, with sessions and gaps",
    )  # fmt: skip


def _timeline(snapshot: Snapshot, wanted: Mapping[str, Ask], chosen: Selection) -> Timeline:
    span, now = chosen.window.span, snapshot.answers[wanted["volume"]].now
    start, end = span.bounds(now)
    volume = snapshot[wanted["volume"]].to_pylist()
    if not chosen.window.minutes and volume:  # all: begin where the posts begin
        start = max(start, min(row["bucket_at"] for row in volume))
    shown = Frame(start, end, now, span.bucket_minutes, chosen.by, chosen.zone)
    return timeline(shown, volume, snapshot[wanted["sessions"]].to_pylist(), snapshot[wanted["gaps"]].to_pylist())


def _voices(rows: list[dict[str, Any]], chosen: Selection) -> None:
    with st.container(border=True, key="voices", gap=None):
        st.html(parts.heading("Top HCP voices", "" if chosen.wall else "ranked by who takes them up"))
        if not rows:
            st.html('<p class="empty">No post by a recognised HCP in this window.</p>')
            return
        with st.container(key="voices_rows", gap=None):
            st.html(parts.voice_figures(rows))
            for row in rows:
                st.text(voice_text(row), width="stretch")


def voice_text(row: Mapping[str, Any]) -> str:
    """Name; then field, confidence and the words that prove it."""
    name = wording.shorten(row["display_name"], 44) or wording.shorten(row["handle"], 44) or "Name not known yet"
    proof = ", ".join(f"“{wording.shorten(word, 40)}”" for word in (row["evidence"] or [])[:3])
    sure = "probable HCP" if row["confidence"] == "probable" else ""
    specialty = wording.sentence(wording.shorten(row["specialty"], 40))
    return f"{name}\n" + " · ".join(filter(None, (specialty, sure, proof)))


def _abstracts(rows: list[dict[str, Any]], now: datetime, chosen: Selection) -> None:
    with st.container(border=True, key="abstracts", gap=None):
        st.html(parts.heading("Abstracts most talked about", "" if chosen.wall else chosen.window.words))
        if not rows:
            st.html(
                '<p class="empty">No abstract named in this window. They are found by number, trial name and wording once the catalogue is loaded.</p>'
            )
            return
        with st.container(key="abstracts_rows", gap=None):
            st.html(parts.abstract_figures(rows, chosen.comparable(now)))
            for row in rows:
                st.text(abstract_text(row, room(chosen).title), width="stretch")


def abstract_text(row: Mapping[str, Any], width: int) -> str:
    """Number and trial; then the title, whole words only."""
    trial = row["trial"] if isinstance(row["trial"], str) else ", ".join(row["trial"] or [])
    first = " · ".join(filter(None, (wording.shorten(row["number"], 20), wording.shorten(trial, 30))))
    return f"{first}\n{wording.shorten(row['title'], width)}"


def _posts(rows: list[dict[str, Any]], now: datetime, chosen: Selection) -> None:
    with st.container(border=True, key="newest", gap=None):
        st.html(parts.heading("Newest posts"))
        with st.container(key="newest_rows", gap=None):
            st.html(parts.post_marks(rows, now, chosen))
            for row in rows:
                st.text(post_text(row), width="stretch")


def post_text(row: Mapping[str, Any]) -> str:
    """Name and handle; then the text, whole words only."""
    name, handle = wording.shorten(row["display_name"], 34), wording.shorten(row["handle"], 34)
    who = " ".join(filter(None, (name, f"@{handle}" if handle else ""))) or "Name not known yet"
    return f"{who}\n{wording.shorten(row['text'], 210)}"


def _hashtags(rows: list[dict[str, Any]], chosen: Selection) -> None:
    with st.container(border=True, key="hashtags", gap=None):
        note = f"line: the {wording.minutes(chosen.window.minutes)} before" if chosen.window.minutes else ""
        st.html(parts.heading("Hashtags", note))
        if not rows:
            st.html('<p class="empty">No hashtag in this window.</p>')
            return
        with st.container(key="hashtags_rows", gap=None):
            st.html(parts.hashtag_figures(rows))
            for row in rows:
                st.text(f"#{wording.shorten(row['hashtag'], 24)}", width="stretch")
