"""One voice: why it counts as an HCP, what it talks about, its best posts, whom it takes up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import corrections, lists, parts, states, wording
from dashboard.asks import Ask, ask
from dashboard.selection import Selection
from dashboard.snapshot import Snapshot
from dashboard.timeline import PLATFORM_WORDS

BEST, TOPICS, ENGAGED = 8, 10, 10
PROFILES = {"x": "https://x.com/{}", "bluesky": "https://bsky.app/profile/{}"}


def page(chosen: Selection, voice: str) -> None:
    """Draw the voice ``platform:author_id`` of the congress, with the way back."""
    if st.button("← All voices", type="tertiary", key="back"):
        del st.query_params["voice"]
        st.rerun()
    platform, _, author_id = voice.partition(":")
    who: dict[str, Any] = {"congress_id": chosen.congress.id, "platform": platform, "author_id": author_id}
    wanted = {
        "voice": ask("one_voice", **who),
        "topics": ask("voice_topics", limit=TOPICS, **who),
        "engages": ask("voice_engages", limit=ENGAGED, **who),
        "posts": ask("browse", congress_id=chosen.congress.id, platform=platform, author=author_id, limit=BEST, order="engaged"),
        **corrections.wanted(chosen),
    }  # fmt: skip
    states.live(chosen, wanted, _draw, heights=(180, 420), empty=True)


def _draw(chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask]) -> None:
    rows = snapshot.rows(wanted["voice"])
    if not rows:
        why = (
            "The voice could not be read."
            if rows is None
            else "No recognised HCP of this congress stands behind this link. Only HCPs have a view of their own."
        )
        st.html(f'<p class="empty">{why}</p>')
        return
    with st.container(border=True, key="record", gap="small"):
        _record(rows[0], chosen, corrections.said(snapshot, wanted))
    with st.container(key="pair", gap=None):
        with st.container(border=True, key="panel_topics", gap=None):
            _topics(snapshot.rows(wanted["topics"]), chosen)
        with st.container(border=True, key="panel_engages", gap=None):
            _engages(snapshot.rows(wanted["engages"]))
    with st.container(border=True, key="tiers", gap=None):
        posts = snapshot.rows(wanted["posts"])
        st.html(parts.heading("Best posts", "by likes, reposts, replies and quotes"))
        if not posts:
            st.html(f'<p class="empty">{"Could not be read." if posts is None else "No post to show."}</p>')
        else:
            lists.cards("best", posts, chosen, corrections.said(snapshot, wanted))


def _record(one: Mapping[str, Any], chosen: Selection, told: corrections.Said) -> None:
    handle = wording.shorten(one["handle"], 60)
    name = wording.shorten(one["display_name"], 80) or handle or "Name not known yet"
    st.text(
        f"{name}\n{f'@{handle} · ' if handle else ''}{PLATFORM_WORDS.get(one['platform'], 'Other')}", width="stretch"
    )
    posts = one["post_count"]
    st.html(parts.facts([
        ("HCP engagers", wording.count(one["hcp_engager_count"]), "other HCPs who took a post up"), ("Posts", wording.count(posts), f"{wording.count(one['original_count'])} original"),
        ("Engagements", wording.count(one["engagement_count"]), ""), ("t-index", str(one["t_index"]), f"{one['t_index']} posts with as many reposts"),
        ("First post", parts.moment(one["first_post_at"], chosen), ""),
    ]))  # fmt: skip
    st.text("\n".join([*_why(one), *corrections.words(one, told, chosen)]), width="stretch")
    corrections.buttons("voice", one, chosen)
    profile = PROFILES.get(one["platform"], "").format(handle) if handle else None
    opened = (
        parts.link(profile, "Open the profile", "Open the profile on its platform") if parts.safe_link(profile) else ""
    )
    st.html(f'<p class="more quiet">Figures of the whole congress. {opened}</p>')


def _why(one: Mapping[str, Any]) -> list[str]:
    """Why it counts as an HCP, in the words of the profile."""
    sure = (
        "probable: the profile lets one conclude so"
        if one["confidence"] == "probable"
        else "strict: the profile says so plainly"
    )
    proof = ", ".join(f"“{wording.shorten(word, 60)}”" for word in (one["evidence"] or [])[:6])
    by = {"rules": "the rules", "voices.csv": "the curated list"}.get(one["decided_by"], "a reviewer")
    lines = [
        f"HCP because of: {proof or 'no words kept'}",
        f"Decided by {by} ({wording.shorten(one['rule'], 30).replace('_', ' ')}); {sure}",
    ]
    if one["specialty"]:
        lines.append(f"Specialty: {wording.sentence(wording.shorten(one['specialty'], 60))}")
    if one["bio"]:
        lines.append(f"Profile: {wording.shorten(one['bio'], 400)}")
    return lines


def _topics(rows: lists.Rows, chosen: Selection) -> None:
    st.html(parts.heading("Talks about", "posts that name it"))
    if not rows:
        st.html(
            f'<p class="empty">{"Could not be read." if rows is None else "No abstract and no hashtag beyond those of the congress."}</p>'
        )
        return
    with st.container(key="topics_pairs", gap=None):
        for row in rows:
            st.html(f"<span>{wording.count(row['post_count'])}</span>")
            word = wording.shorten(row["item"], 40)
            st.text(
                f"#{word}" if row["kind"] == "hashtag" else f"{word}  {wording.shorten(row['title'], 110)}",
                width="stretch",
            )


def _engages(rows: lists.Rows) -> None:
    st.html(parts.heading("Takes up", "reposts, quotes, replies and mentions"))
    if not rows:
        st.html(f'<p class="empty">{"Could not be read." if rows is None else "Nobody so far."}</p>')
        return
    with st.container(key="engages_pairs", gap=None):
        for row in rows:
            st.html(f"<span>{wording.count(row['edge_count'])}</span>")
            st.text(_taken_up(row), width="stretch")


def _taken_up(row: Mapping[str, Any]) -> str:
    if row["role"] is None:
        return f"{wording.plural(row['author_count'], 'other account')}, not named here"
    name = wording.shorten(row["display_name"], 50) or wording.shorten(row["handle"], 50) or "Name not known yet"
    return f"{name} · {parts.ROLE_WORDS.get(row['role'], '')}"
