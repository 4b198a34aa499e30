"""The page Live: what is being said now, by whom, about which abstracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from dashboard import access, lists, parts, states, tiles, volume_panel
from dashboard.asks import Ask, ask
from dashboard.selection import Selection
from dashboard.snapshot import Snapshot
from dashboard.timeline import SPLITS, Frame, Timeline, timeline


@dataclass(frozen=True, slots=True)
class Room:
    """How much fits on one screen of 1920x1080: rows of each list, height of the chart, its type."""

    voices: int
    abstracts: int
    last: int  # newest posts at a desk, hashtags on a wall: nobody checks what strangers write before it hangs there
    title: int  # letters of an abstract's title
    chart: int
    font: int


AMONG = 60  # abstracts among which those that are taking off come first
DESK, ON_WALL = Room(6, 5, 5, 140, 290, 11), Room(5, 4, 8, 96, 304, 14)


def room(chosen: Selection) -> Room:
    """The room there is at a desk or on a wall."""
    return ON_WALL if chosen.wall else DESK


def asks(chosen: Selection) -> dict[str, Ask]:
    """What the page wants to know."""
    last = (
        ask("hashtags", congress_id=chosen.congress.id, minutes=chosen.window.minutes, limit=room(chosen).last)
        if chosen.wall
        else ask("newest_posts", congress_id=chosen.congress.id, limit=12 * room(chosen).last)
    )
    return {**figures(chosen), "last": last}


def figures(chosen: Selection) -> dict[str, Ask]:
    """What the page wants to know, whoever looks."""
    congress, window = chosen.congress.id, chosen.window
    return {
        "overview": ask("overview", congress_id=congress, minutes=window.minutes),
        "volume": ask(
            "volume",
            window.span,
            congress_id=congress,
            bucket_minutes=window.span.bucket_minutes,
            split=SPLITS[chosen.by],
        ),
        "sessions": ask("sessions", window.span, congress_id=congress),
        "gaps": ask("gaps", window.span),
        "voices": ask("voices", congress_id=congress, minutes=window.minutes, limit=room(chosen).voices),
        "abstracts": ask("abstracts", congress_id=congress, minutes=window.minutes, limit=AMONG),
        "trending": ask("trending", congress_id=congress, kind="abstract"),
    }


def page(chosen: Selection) -> None:
    """Draw the page for a choice; it refreshes by itself. Reviewers are told what waits at the safety desk."""
    wanted = asks(chosen)
    if not chosen.wall and access.may("reviewer"):
        wanted["waiting"] = ask("waiting", congress_id=chosen.congress.id)
    states.live(chosen, wanted, _draw, heights=(90, DESK.chart, 420))


def _draw(chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask]) -> None:
    _waiting(snapshot, wanted, chosen)
    figures = snapshot.rows(wanted["overview"])
    if figures:
        tiles.draw(figures[0], chosen, snapshot.now)
    with st.container(border=True, key="volume_panel", gap=None):
        _volume(snapshot, wanted, chosen)
    with st.container(key="board", gap=None):
        lists.voices(snapshot.rows(wanted["voices"]), chosen)
        rising = lists.rising(snapshot.rows(wanted["trending"]))
        named = lists.rising_first(snapshot.rows(wanted["abstracts"]), rising, room(chosen).abstracts)
        lists.abstracts(named, rising, chosen, snapshot.now, room(chosen).title)
        last = snapshot.rows(wanted["last"])
        if chosen.wall:
            lists.hashtags(last, chosen)
        else:
            lists.posts(lists.listed(last, room(chosen).last), chosen, snapshot.now)


def _waiting(snapshot: Snapshot, wanted: Mapping[str, Ask], chosen: Selection) -> None:
    """One quiet line for reviewers while something waits at the safety desk; nothing for everybody else."""
    if "waiting" not in wanted or not access.may("reviewer"):
        return
    rows = snapshot.rows(wanted["waiting"])
    count = rows[0]["open_count"] if rows else 0
    if count:
        words = f"{count} {'waits' if count == 1 else 'wait'} at the safety desk"
        # beside the health strip above it, so that the page is no taller for reviewers
        st.html(
            "<style>.stElementContainer:has(.waits) { margin-top: -0.7rem; } .waits { position: relative; height: 0; } .waits a { position: absolute; right: 0; bottom: 0.35rem;"
            " font-size: 0.9rem; color: var(--accent); text-decoration: none; }</style>"
            f'<div class="waits">{parts.lead("desk", words, words, chosen)}</div>'
        )


def _volume(snapshot: Snapshot, wanted: Mapping[str, Ask], chosen: Selection) -> None:
    if not snapshot.has(wanted[name] for name in ("volume", "sessions", "gaps")):
        st.html(parts.heading("Posts over time") + '<p class="empty">Could not be read.</p>')
        return
    behind = [snapshot.answers[wanted[name]] for name in ("volume", "sessions", "gaps")]
    key = ("timeline", chosen.key, *(each.asked for each in behind))
    drawn = behind[0].once(key, lambda: _timeline(snapshot, wanted, chosen))
    posts = None if chosen.wall else snapshot.rows(wanted["last"])
    newest = posts[0]["created_at"] if posts else None
    fits = room(chosen)
    volume_panel.draw("volume", drawn, chosen, snapshot.now, height=fits.chart, font=fits.font, newest_at=newest)


def _timeline(snapshot: Snapshot, wanted: Mapping[str, Ask], chosen: Selection) -> Timeline:
    span, now = chosen.window.span, snapshot.answers[wanted["volume"]].now
    start, end = span.bounds(now)
    volume = snapshot.rows(wanted["volume"]) or []
    if not chosen.window.minutes and volume:  # all: begin where the posts begin
        start = max(start, min(row["bucket_at"] for row in volume))
    posts = "" if chosen.wall else parts.address("posts", chosen)
    shown = Frame(start, end, now, span.bucket_minutes, chosen.by, chosen.zone, posts)
    return timeline(shown, volume, snapshot.rows(wanted["sessions"]) or [], snapshot.rows(wanted["gaps"]) or [])
