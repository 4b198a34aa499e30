"""Two topics of one kind beside each other: their lines over time, their figures, and the posts that name both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from dashboard import chart_box, charts, overlay, parts, shares, states, wording
from dashboard.asks import Ask, ask
from dashboard.reads import hub
from dashboard.selection import Selection
from dashboard.snapshot import Snapshot
from dashboard.timeline import Frame

FILTERS: Mapping[str, Sequence[str] | None] = {"topic": list(shares.KINDS), "one": None, "two": None}
LIMIT, CHART = 200, 300


def controls(chosen: Selection) -> None:
    """What to compare; without a choice the two most named."""
    state = st.session_state
    if state["topic"] not in shares.KINDS:
        state["topic"] = next((kind for kind in shares.KINDS if _rows(kind, chosen)), "hashtag")
    st.selectbox(
        "Kind", list(shares.KINDS), key="topic", width=160, label_visibility="collapsed", on_change=_anew,
        format_func=lambda kind: shares.KINDS[kind][0],
    )  # fmt: skip
    names = [row["name"] for row in _rows(state["topic"], chosen)]
    for key, other in (("one", "two"), ("two", "one")):
        if not state[key]:
            state[key] = next((name for name in names if name != state[other]), "")
    for key in ("one", "two"):
        choice = sorted({*names, state[key]} - {""}, key=str.casefold) or [""]
        st.selectbox(
            key.capitalize(), choice, key=key, width=280, label_visibility="collapsed",
            format_func=lambda name: shares.label(state["topic"], name) or "nothing named yet",
        )  # fmt: skip


def _anew() -> None:
    """Another kind has other names."""
    st.session_state["one"] = st.session_state["two"] = ""


def share_ask(kind: str, chosen: Selection) -> Ask:
    """The ask for the shares of one kind; the same for every part of the page, so that it is put once."""
    return ask("share_of_voice", congress_id=chosen.congress.id, minutes=chosen.window.minutes, by=kind, limit=LIMIT)


def _rows(kind: str, chosen: Selection) -> list[dict[str, Any]]:
    one = share_ask(kind, chosen)
    snapshot = hub().look((one,)).snapshot
    return (snapshot.rows(one) or []) if snapshot else []


def page(chosen: Selection) -> None:
    """Draw what the controls chose."""
    topic, first, second = (st.session_state[name] for name in FILTERS)
    span, congress = chosen.window.span, chosen.congress.id
    wanted = {
        "volume": ask("topic_volume", span, congress_id=congress, by=topic, first=first, second=second, bucket_minutes=span.bucket_minutes),
        "gaps": ask("gaps", span),
        "share": share_ask(topic, chosen),
    }  # fmt: skip
    states.live(chosen, wanted, partial(_draw, topic, (first, second)), heights=(CHART, 160))


def _draw(topic: str, names: tuple[str, str], chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask]) -> None:
    rows, shared = snapshot.rows(wanted["volume"]), snapshot.rows(wanted["share"])
    with st.container(border=True, key="panel_overlay", gap=None):
        if rows is None or not snapshot.has([wanted["gaps"]]):
            st.html(parts.heading("Posts over time") + '<p class="empty">Could not be read.</p>')
        elif not all(names):
            st.html(
                parts.heading("Nothing to compare")
                + '<p class="empty">Nothing of this kind was named in this window.</p>'
            )
        else:
            _lines(topic, names, rows, chosen, snapshot, wanted)
    with st.container(key="topics_first", gap=None):
        for place, name in enumerate(names):
            with st.container(border=True, key=f"panel_topic{place}", gap=None):
                _figures(topic, name, place, shared, chosen)


def _lines(
    topic: str, names: tuple[str, str], rows: list[dict[str, Any]], chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask]
) -> None:  # fmt: skip
    answer = snapshot.answers[wanted["volume"]]
    start, end = chosen.window.span.bounds(answer.now)
    if not chosen.window.minutes and rows:
        start = max(start, min(row["bucket_at"] for row in rows))
    frame = Frame(start, end, answer.now, chosen.window.span.bucket_minutes, "role", chosen.zone)
    words = tuple(shares.label(topic, name, 40) for name in names)
    key = ("overlay", chosen.key, snapshot.answers[wanted["gaps"]].asked, names)
    gaps = snapshot.rows(wanted["gaps"]) or []
    drawn = answer.once(key, lambda: overlay.overlay(frame, rows, gaps, (words[0], words[1])))
    legend = [*zip(charts.pair_colours(chosen.dark), (words[0], f"{words[1]} (dashed)"), strict=True)]
    legend += [("gap", "Not collected")] if drawn.gap_count else []
    chart_box.drawn(
        "overlay", charts.overlay(chosen.dark, CHART), drawn.datasets, partial(_table, drawn.buckets, words, chosen), f"{topic}-{'-and-'.join(names)}",
        words=chart_box.Words(_title(snapshot.rows(wanted["share"]), names, words), f"Posts per {wording.minutes(frame.bucket_minutes)} · {chosen.zone_word}", legend, alt="Posts on two topics over time, with gaps"),
        chosen=chosen, now=answer.now,
    )  # fmt: skip
    both = sum(row["post_count"] for row in rows if row["series"] == "both")
    if both and names[0] != names[1]:
        to = parts.lead(
            "posts", wording.plural(both, "post"), "Open the posts that name both", chosen, **{topic: "|".join(names)}
        )
        st.html(f'<p class="quiet">{to} {"names" if both == 1 else "name"} both.</p>')


def _title(rows: Sequence[Mapping[str, Any]] | None, names: Sequence[str], words: Sequence[str]) -> str:
    """Who is named more, and how much, by rows of the read ``share_of_voice``."""
    counts = {row["name"].casefold(): row["post_count"] for row in rows or []}
    told = sorted(
        zip((counts.get(name.casefold(), 0) for name in names), words, strict=True), key=lambda each: -each[0]
    )
    (most, first), (least, second) = told
    if most == least:
        return f"{first} and {second}: {wording.plural(most, 'post')} each"
    return f"{first} {wording.plural(most, 'post')}, {second} {wording.count(least)}"


def _table(buckets: Sequence[Mapping[str, Any]], words: Sequence[str], chosen: Selection) -> list[dict[str, Any]]:
    return [
        {
            f"From ({chosen.zone.key})": wording.local(wording.moment_of(each["t"]), chosen.zone).isoformat(timespec="minutes"),
            "From (UTC)": f"{wording.moment_of(each['t']).isoformat(timespec='minutes')}Z",
            words[0]: each["first"], f"{words[1]} ": each["second"], "Both": each["both"], "Count": each["note"],
        }
        for each in buckets
    ]  # fmt: skip


def _figures(topic: str, name: str, place: int, rows: list[dict[str, Any]] | None, chosen: Selection) -> None:
    """The figures of one of the two in the window, each leading to its posts."""
    found = next((row for row in rows or [] if row["name"].casefold() == name.casefold()), None)
    mark = charts.pair_colours(chosen.dark)[place]
    st.html(parts.heading(shares.label(topic, name) or "–", "dashed line" if place else "line", ((mark, ""),)))
    if found is None:
        st.html(f'<p class="empty">{"Could not be read." if rows is None else "Not named in this window."}</p>')
        return
    posts, hcp, whole = found["post_count"], found["hcp_post_count"], found["whole_count"]
    told = "".join(
        f"<div><dt>{label}</dt><dd>{parts.lead('posts', wording.count(count), f'Open: {label}', chosen, role=role, **{topic: name})}"
        f"<small>{wording.share(count, of)} of {wording.count(of)}</small></dd></div>"
        for label, count, of, role in (
            ("Posts", posts, whole, ""),
            ("Posts by HCPs", hcp, found["hcp_whole_count"], "hcp"),
        )
    )
    authors = f"{wording.share(found['hcp_author_count'], found['author_count'])} HCPs"
    told += f"<div><dt>Authors</dt><dd>{wording.count(found['author_count'])}<small>{authors}</small></dd></div>"
    told += f"<div><dt>Only taken over</dt><dd>{wording.share(found['inherited_count'], posts)}<small>by repost, quote or reply</small></dd></div>"
    st.html(f'<dl class="facts">{told}</dl><p class="quiet">{wording.sentence(shares.note(topic, [found]))}.</p>')
