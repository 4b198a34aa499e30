"""One abstract: its record, its timeline against its session, who began, and its posts by what names it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import streamlit as st

from dashboard import corrections, lists, parts, shares, states, volume_panel, wording
from dashboard.asks import Ask, ask
from dashboard.selection import Selection
from dashboard.snapshot import Snapshot
from dashboard.timeline import Frame, Timeline, timeline

POSTS, SHOWN = 120, 5  # posts asked for, and shown of each tier
TALK = timedelta(minutes=15)  # a talk whose end no programme tells
CHART = 285
GROUPS = (
    (1, "tier_1", "By number", "number, DOI or registry id: the strongest evidence"),
    (2, "tier_2", "By trial", "the name of its trial"),
    (3, "tier_3", "By wording", "words of its title, its drug or its presenter: the weakest evidence"),
    (4, "inherited", "Shared", "reposts, quotes and replies of posts that name it"),
)


def page(chosen: Selection, number: str) -> None:
    """Draw the abstract ``number`` of the congress, with the way back."""
    if st.button("← All abstracts", type="tertiary", key="back"):
        del st.query_params["abstract"]
        st.rerun()
    congress, span = chosen.congress.id, chosen.window.span
    wanted = {
        "record": ask("one_abstract", congress_id=congress, number=number),
        "volume": ask("abstract_volume", span, congress_id=congress, number=number, bucket_minutes=span.bucket_minutes),
        "sessions": ask("sessions", span, congress_id=congress),
        "gaps": ask("gaps", span),
        "posts": ask("browse", congress_id=congress, abstract=number, limit=POSTS),
        **corrections.wanted(chosen),
        "trending": ask("trending", congress_id=congress, kind="abstract"),
        "topics": ask("abstract_topics", congress_id=congress, number=number),
    }
    states.live(chosen, wanted, _draw, heights=(150, CHART, 420), empty=True)


def _draw(chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask]) -> None:
    rows = snapshot.rows(wanted["record"])
    if not rows:
        st.html('<div class="empty">' + ("The abstract could not be read." if rows is None else _unknown()) + "</div>")
        return
    one, rise = rows[0], lists.rising(snapshot.rows(wanted["trending"])).get(rows[0]["number"])
    with st.container(border=True, key="record", gap="small"):
        _record(one, rise, chosen)
        with st.container(key="known", horizontal=True, gap="large"):
            st.text("\n".join(_details(one, chosen)), width="stretch")
            st.html(shares.split(snapshot.rows(wanted["topics"]) or [], one["number"], chosen), width="stretch")
    if not one["post_count"]:
        st.html('<p class="empty">No post has named this abstract so far.</p>')
        return
    with st.container(border=True, key="volume_panel", gap=None):
        _volume(one, snapshot, wanted, chosen)
    with st.container(border=True, key="tiers", gap=None):
        _posts(one, snapshot.rows(wanted["posts"]), chosen, corrections.said(snapshot, wanted))


def _unknown() -> str:
    return "This congress has no abstract of that number: neither in the catalogue nor in any post."


def _record(one: Mapping[str, Any], rise: Mapping[str, Any] | None, chosen: Selection) -> None:
    st.text(
        f"{wording.shorten(one['number'], 40)}\n{wording.shorten(one['title'], 400) or 'Not in the catalogue'}",
        width="stretch",
    )
    if rise is not None:
        with st.container(key="why", horizontal=True, gap="small", vertical_alignment="center"):
            st.html(parts.taking_off(), width="content")
            st.text(wording.shorten(rise["why"], 200), width="stretch")
    posts, authors = one["post_count"], one["author_count"]
    st.html(parts.facts([
        ("Posts", wording.count(posts), "since the first post"), ("Authors", wording.count(authors), ""),
        ("HCP post share", wording.share(one["hcp_post_count"], posts), f"{wording.count(one['hcp_post_count'])} of {wording.count(posts)}"),
        ("HCP author share", wording.share(one["hcp_author_count"], authors), f"{wording.count(one['hcp_author_count'])} of {wording.count(authors)}"),
        ("First post", parts.moment(one["first_post_at"], chosen), ""), ("Presented", parts.moment(one["starts_at"], chosen), ""),
    ]))  # fmt: skip


def _details(one: Mapping[str, Any], chosen: Selection) -> list[str]:
    """What else is known of it, a line each; what is not known is left out."""
    listed = {
        "Presenter": one["presenter"], "Session": one["session"], "Trial": ", ".join(one["trial"]), "Products": ", ".join(one["drugs"]),
        "Companies": ", ".join(one["companies"]), "Registry": ", ".join(one["nct"]), "DOI": one["doi"],
    }  # fmt: skip
    lines = [f"{name}: {wording.shorten(words, 200)}" for name, words in listed.items() if words]
    if one["post_count"]:
        lines.append(f"Started by: {_starter(one)}")
    if one["embargo_lift_at"]:
        early = wording.plural(one["early_count"], "post")
        lines.append(f"Listed embargo time: {parts.moment(one['embargo_lift_at'], chosen)}; {early} before it")
    return lines


def _starter(one: Mapping[str, Any]) -> str:
    role = parts.ROLE_WORDS.get(one["first_role"], "")
    if one["first_role"] == "patient_advocate":
        return "a patient or advocate, who is not named"
    who = (
        f"@{wording.shorten(one['first_handle'], 50)}" if one["first_handle"] else "an account whose name is not known"
    )
    return f"{who}, {role}" if role else who


def _volume(one: Mapping[str, Any], snapshot: Snapshot, wanted: Mapping[str, Ask], chosen: Selection) -> None:
    if not snapshot.has(wanted[name] for name in ("volume", "sessions", "gaps")):
        st.html(parts.heading("Posts over time") + '<p class="empty">Could not be read.</p>')
        return
    behind = [snapshot.answers[wanted[name]] for name in ("volume", "sessions", "gaps")]
    key = ("timeline", chosen.key, *(each.asked for each in behind))
    drawn = behind[0].once(key, lambda: _timeline(one, snapshot, wanted, chosen))
    volume_panel.draw(
        "abstract_volume",
        drawn,
        chosen,
        snapshot.now,
        height=CHART,
        newest_at=one["last_post_at"],
        abstract=one["number"],
    )


def _timeline(one: Mapping[str, Any], snapshot: Snapshot, wanted: Mapping[str, Ask], chosen: Selection) -> Timeline:
    span, now = chosen.window.span, snapshot.answers[wanted["volume"]].now
    start, end = span.bounds(now)
    volume = [row for row in snapshot.rows(wanted["volume"]) or [] if row["split"] == chosen.by]
    if not chosen.window.minutes and volume:
        start = max(start, min(row["bucket_at"] for row in volume))
    posts = parts.address("posts", chosen, abstract=one["number"])
    shown = Frame(start, end, now, span.bucket_minutes, chosen.by, chosen.zone, posts)
    return timeline(
        shown, volume, own_session(one, snapshot.rows(wanted["sessions"]) or []), snapshot.rows(wanted["gaps"]) or []
    )


def own_session(one: Mapping[str, Any], sessions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The session in which the abstract is presented; the talk alone where the programme does not tell it."""
    at = one["starts_at"]
    if at is None:
        return []
    held = [s for s in sessions if s["title"] == one["session"] and s["starts_at"] <= at <= s["ends_at"]]
    talk = {
        "session_id": one["number"],
        "title": one["session"] or "Presented",
        "starts_at": at,
        "ends_at": at + TALK,
        "kind": one["session_type"],
    }
    return held[:1] or [talk]


def _posts(one: Mapping[str, Any], rows: lists.Rows, chosen: Selection, told: corrections.Said) -> None:
    every = parts.inner(
        "posts", f"All {wording.plural(one['post_count'], 'post')}", "Open all posts on this abstract", congress=chosen.congress.id, abstract=one["number"], window="all",
    )  # fmt: skip
    st.html(f'<div class="head"><h2>Posts by what names it</h2><span class="quiet">{every}</span></div>')
    if rows is None:
        st.html('<p class="empty">Could not be read.</p>')
        return
    for tier, count, title, meaning in GROUPS:
        if one[count]:
            st.html(
                f'<div class="head sub"><h3>{title}: {wording.count(one[count])}</h3><span class="quiet">{meaning}</span></div>'
            )
            lists.cards(f"tier{tier}", [row for row in rows if row["tier"] == tier][:SHOWN], chosen, told)
    st.html(f'<p class="quiet">{lists.unlisted_note(rows)}</p>')
