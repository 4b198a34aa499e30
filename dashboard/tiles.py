"""The six figures at the top, each with its change against the window before, where there is one to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any

import streamlit as st

from dashboard import parts, wording
from dashboard.selection import WINDOW_WORDS, Selection

# count -> label and meaning; (part, whole) -> label and meaning of a share
FIGURES: Mapping[str | tuple[str, str], tuple[str, str]] = {
    "post_count": ("Posts", "Unique posts: originals, reposts, quotes and replies."),
    "author_count": ("Authors", "Unique accounts that posted."),
    ("hcp_author_count", "author_count"): (
        "HCP author share",
        "Authors recognised as health-care professionals, of all authors.",
    ),
    ("hcp_post_count", "post_count"): ("HCP post share", "Posts by health-care professionals, of all posts."),
    "abstract_count": ("Abstracts talked about", "Abstracts named by at least one post, by number, trial or wording."),
    ("original_count", "post_count"): ("Original posts", "Posts that are no repost, quote or reply, of all posts."),
}


# figure -> the page behind it and its filters
BEHIND: Mapping[str | tuple[str, str], tuple[str, Mapping[str, str]]] = {
    "post_count": ("posts", {}),
    "author_count": ("posts", {}),
    ("hcp_author_count", "author_count"): ("voices", {}),
    ("hcp_post_count", "post_count"): ("posts", {"role": "hcp"}),
    "abstract_count": ("abstracts", {}),
    ("original_count", "post_count"): ("posts", {"kind": "original"}),
}


def draw(row: Mapping[str, Any], chosen: Selection, now: datetime) -> None:
    """Draw the tiles of a row of the read ``overview``; ``now`` is its moment (naive UTC)."""
    compared = chosen.comparable(now)
    with st.container(key="tiles_box", gap=None):
        with st.grid(6, gap="small", min_column_width=150, key="tiles"):
            for of, (label, meaning) in FIGURES.items():
                value, moved, note = _count(row, of, chosen) if isinstance(of, str) else _share(row, *of)
                _tile(label, value, moved if compared else None, note, None if chosen.wall else meaning)
        if not chosen.wall:
            st.html(links(chosen))


def links(chosen: Selection) -> str:
    """A link over each tile, to the posts behind its figure."""
    made = []
    for of, (page, filters) in BEHIND.items():
        to, label = escape(parts.address(page, chosen, **filters)), escape(f"{FIGURES[of][0]}: open what is behind it")
        made.append(f'<a href="{to}" target="_self" aria-label="{label}"></a>')
    return f'<nav class="tile-links" aria-label="Behind the figures">{"".join(made)}</nav>'


def _count(row: Mapping[str, Any], of: str, chosen: Selection) -> tuple[str, str | None, str]:
    """Value, change and note of a count."""
    moved = wording.change(row[of], row[f"{of}_before"])
    note = f"vs {WINDOW_WORDS[chosen.window.slug]} before" if chosen.window.minutes else ""
    return wording.count(row[of]), moved, note


def _share(row: Mapping[str, Any], part: str, whole: str) -> tuple[str, str | None, str]:
    """Value, change in points and note of a share."""
    moved = wording.points((row[part], row[whole]), (row[f"{part}_before"], row[f"{whole}_before"]))
    return wording.share(row[part], row[whole]), moved, f"{wording.count(row[part])} of {wording.count(row[whole])}"


def _tile(label: str, value: str, moved: str | None, note: str, meaning: str | None) -> None:
    """One tile. Without a change its place says what is known instead."""
    arrow = "off" if not moved or moved.startswith("±") else "down" if moved.startswith(wording.MINUS) else "up"
    instead = "nothing to compare" if note.startswith("vs") else note or "since the first post"
    st.metric(
        label, value, delta=moved or instead, delta_color="off", delta_arrow=arrow,
        delta_description=note if moved else None, border=True, help=meaning,
    )  # fmt: skip
