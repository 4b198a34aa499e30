"""The wall: three pages that take turns by themselves, large, dark, without controls.

``?wall=1`` begins with the page of the address and turns every 45 s; ``rotate=60`` sets the seconds, ``rotate=0`` stays.
Nothing strangers wrote hangs there but hashtags, and of voices name and the words of the profile that prove their role.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from dashboard import lists, states, wording
from dashboard.asks import Ask, ask
from dashboard.selection import Selection
from dashboard.snapshot import Snapshot
from dashboard.views import live

ROTATE = 45  # seconds each page stands
SHORTEST, LONGEST = 3, 3600
AMONG = 60  # abstracts among which those that are taking off come first
VOICES, ABSTRACTS, HASHTAGS = 10, 8, 12


def seconds() -> int:
    """How long each page stands, by the URL; 0 for ever."""
    asked = st.query_params.get("rotate", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 6):
        return ROTATE
    return min(max(int(asked), SHORTEST), LONGEST) if int(asked) else 0


def begin(slug: str) -> Callable[[Selection], None]:
    """What hangs on the wall when ``slug`` was opened: that page, and in turn the others."""

    def draw(chosen: Selection) -> None:
        names = list(PAGES)
        stands = seconds()
        turn = st.session_state.setdefault(f"turn_{slug}", [names.index(slug), time.monotonic()])
        shown = names[turn[0] % len(names)]
        st.html(_pager(shown, stands))
        PAGES[shown](chosen)
        if stands:
            st.fragment(_turn, run_every=stands)(turn, stands)

    return draw


def _turn(turn: list[Any], stands: int) -> None:
    """Go on to the next page, when this one has stood its time."""
    st.html("<span></span>")  # a part that draws nothing is not asked again
    if time.monotonic() - turn[1] >= stands - 0.5:
        turn[:] = [turn[0] + 1, time.monotonic()]
        st.rerun()


def _pager(shown: str, stands: int) -> str:
    """The pages by name, the one that hangs marked, with how much of its time is over."""
    names = "".join(
        f'<span class="{"on" if name == shown else ""}">{name.capitalize()}'
        f"{f'<i style=animation-duration:{stands}s></i>' if name == shown and stands else ''}</span>"
        for name in PAGES
    )
    return f'<div class="turns">{names if stands else ""}</div>'


def _abstracts(chosen: Selection) -> None:
    congress = chosen.congress.id
    wanted = {
        "abstracts": ask("abstracts", congress_id=congress, minutes=chosen.window.minutes, limit=AMONG),
        "trending": ask("trending", congress_id=congress, kind="abstract"),
    }
    states.live(chosen, wanted, _draw_abstracts, heights=(900,))


def _draw_abstracts(chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask]) -> None:
    rises = lists.rising(snapshot.rows(wanted["trending"]))
    rows = lists.rising_first(snapshot.rows(wanted["abstracts"]), rises, ABSTRACTS)
    with st.container(key="wide", gap=None), st.container(key="board", gap=None):
        lists.abstracts(rows, rises, chosen, snapshot.now, 150)


def _voices(chosen: Selection) -> None:
    congress, minutes = chosen.congress.id, chosen.window.minutes
    wanted = {
        "voices": ask("voices", congress_id=congress, minutes=minutes, limit=VOICES),
        "hashtags": ask("hashtags", congress_id=congress, minutes=minutes, limit=HASHTAGS),
    }
    states.live(chosen, wanted, _draw_voices, heights=(900,))


def _draw_voices(chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask]) -> None:
    with st.container(key="pair_wide", gap=None), st.container(key="board", gap=None):
        why = "No post by a recognised HCP in this window."
        title = ("Top HCP voices", f"{chosen.window.words}, ranked by who takes them up")
        lists.panel("voices", title, snapshot.rows(wanted["voices"]), why, voice_figures, _ranked)
        lists.hashtags(snapshot.rows(wanted["hashtags"]), chosen)


def _ranked(row: Mapping[str, Any]) -> str:
    return f"{row['rank']}\u2002{lists.voice_text(row)}"


def voice_figures(rows: list[dict[str, Any]]) -> str:
    """Rank and where it was, HCP engagers as bar and figure, posts, engagements of each voice."""
    known = any(row.get("rank_before") is not None for row in rows)
    top = max((row["hcp_engager_count"] for row in rows), default=0) or 1
    head = '<div class="labels"><span></span><span>HCP engagers</span><span>Posts</span><span>Engagements</span><span>{}</span></div>'.format(
        "Place before" if known else ""
    )
    lines = "".join(
        f'<div><i class="bar"><i style="width:{100 * row["hcp_engager_count"] / top:.0f}%"></i></i><span>{wording.count(row["hcp_engager_count"])}</span>'
        f'<span>{wording.count(row["post_count"])}</span><span>{wording.count(row["engagement_count"])}</span>{_moved(row) if known else ""}</div>'
        for row in rows
    )  # fmt: skip
    return f'<div class="figures wide">{head}{lines}</div>'


def _moved(row: Mapping[str, Any]) -> str:
    """Its place in the window before, with a shape for the way it went."""
    before, rank = row.get("rank_before"), row["rank"]
    if before is None:
        return '<span class="moved">new</span>'
    way = "up" if before > rank else "down" if before < rank else "same"
    return f'<span class="moved {way}"><i class="shape {way}"></i>{before}</span>'


PAGES: Mapping[str, Callable[[Selection], None]] = {"live": live.page, "abstracts": _abstracts, "voices": _voices}
