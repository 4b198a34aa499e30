"""What every page does before it draws: refresh by itself, and say so when it waits, is empty, stale or broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import streamlit as st

from dashboard import access, frame, pace, parts, wording
from dashboard.asks import CONGRESSES, Ask, always
from dashboard.reads import hub
from dashboard.selection import Selection
from dashboard.snapshot import Sight, Snapshot

Draw = Callable[[Selection, Snapshot, Mapping[str, Ask]], None]


def live(chosen: Selection, wanted: Mapping[str, Ask], draw: Draw, heights: Sequence[int], empty: bool = False) -> None:
    """Draw a page of a choice from the answers to ``wanted``, anew each tick.

    Where the choice is a past moment, every ask is put as of then, and the page is handed the picture of that moment.

    Args:
        heights: of the panels that come, shown in their place while a viewer waits.
        empty: whether ``draw`` also draws a congress of which no post was ever seen.
    """
    if chosen.at is not None:
        wanted = {name: one.as_it_stood(chosen.at) for name, one in wanted.items()}
    hub().look((*always(chosen.at), *wanted.values()))  # the one time a viewer waits: for figures nobody asked before
    pace.keep(_tick, chosen, wanted, draw, heights, empty)


def _tick(chosen: Selection, wanted: Mapping[str, Ask], draw: Draw, heights: Sequence[int], empty: bool) -> None:
    access.watch()
    sight = hub().look((*always(chosen.at), *wanted.values()), patience=0)
    if chosen.at is not None and sight.snapshot is not None:
        sight = replace(sight, snapshot=sight.snapshot.as_it_stood(chosen.at))
    frame.pulse(sight, chosen)
    snapshot = sight.snapshot
    if snapshot is None or not all(one in snapshot.answers or one in snapshot.failed for one in wanted.values()):
        _waiting(sight, heights)
        return
    _broken(sight, wanted)
    if not empty and not _posts(snapshot, chosen):
        _nothing(chosen, snapshot.now)
        return
    draw(chosen, snapshot, wanted)


def _posts(snapshot: Snapshot, chosen: Selection) -> int:
    rows = snapshot.rows(CONGRESSES) or []
    return next((row["post_count"] for row in rows if row["id"] == chosen.congress.id), 0)


def _waiting(sight: Sight, heights: Sequence[int]) -> None:
    """The shape of what comes in a moment; nothing while the owner is away, for the frame says that."""
    if sight.error is None:
        for height in heights:
            st.skeleton(height)


def _broken(sight: Sight, wanted: Mapping[str, Ask]) -> None:
    """One red line that names the reads that fail at the owner."""
    snapshot = sight.snapshot
    broken = [one.read for one in wanted.values() if snapshot and one in snapshot.failed]
    if broken and sight.error is None:
        shown = "Older ones are shown" if sight.complete else "The rest is up to date"
        st.html(parts.notice("Some figures could not be read.", f"{shown}; the log says why: {', '.join(broken)}."))


def _nothing(chosen: Selection, now: datetime) -> None:
    """Instead of the page, while no post of the congress was ever seen: what is followed, and when it begins."""
    congress = chosen.congress
    tags = " ".join(f"#{tag}" for tag in congress.hashtags[:4])
    away = (congress.starts_on - wording.local(now, chosen.zone).date()).days
    when = (
        f"It begins in {wording.plural(away, 'day')}."
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
