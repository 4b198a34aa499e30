"""The page Coverage: what was collected, how late, what is missing and why, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import lists, parts, states, wording
from dashboard.asks import HEALTH, Ask, Span, ask
from dashboard.selection import Selection
from dashboard.snapshot import Snapshot
from dashboard.timeline import MISSING, source_word

SHOWN = 60  # gaps
COUNTERS = (
    ("received_count", "Received"), ("dropped_count", "Unreadable"), ("reconnect_count", "Reconnects"), ("queue_depth", "Waiting"),
)  # fmt: skip


def page(chosen: Selection) -> None:
    """Draw the page; it covers everything since following began, whatever the window."""
    since = Span(0, 60, chosen.congress.follow_from)
    wanted = {
        "gaps": ask("gaps", since),
        "bill": ask("bill"),
        "overview": ask("overview", congress_id=chosen.congress.id, minutes=0),
    }
    states.live(chosen, wanted, _draw, heights=(160, 300), empty=True)


def _draw(chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask]) -> None:
    with st.container(border=True, key="panel_sources", gap=None):
        _sources(snapshot.rows(HEALTH) or [], snapshot, chosen)
    with st.container(border=True, key="panel_gaps", gap=None):
        _gaps(snapshot.rows(wanted["gaps"]), snapshot, chosen)
    with st.container(key="pair", gap=None):
        with st.container(border=True, key="panel_bill", gap=None):
            _bill(snapshot.rows(wanted["bill"]))
        with st.container(border=True, key="panel_counts", gap=None):
            _counts(snapshot.rows(wanted["overview"]), snapshot, chosen)


def _sources(rows: list[dict[str, Any]], snapshot: Snapshot, chosen: Selection) -> None:
    """A block a source: state, lag, counters, and what it last said of itself."""
    st.html(parts.heading("Sources", "state, delay and counters since the collector started"))
    if not rows:
        st.html('<p class="empty">No source has reported yet.</p>')
    for row in rows:
        st.html(parts.health([row], snapshot.now, snapshot.speed))
        counted = [(word, row[name]) for name, word in COUNTERS]
        figures = [(word, "–" if value is None else wording.count(value), "") for word, value in counted]
        figures.insert(0, ("Delay", _delay(row, snapshot), ""))
        figures.append(("Connected since", parts.moment(row["connected_since"], chosen), ""))
        figures.append(("Last data", parts.moment(row["last_data_at"], chosen), ""))
        st.html(parts.facts(figures))
        if row["detail"]:
            st.text(f"Last word: {wording.shorten(row['detail'], 300)}", width="stretch")


def _delay(row: Mapping[str, Any], snapshot: Snapshot) -> str:
    if row["last_data_at"] is None or row["last_event_at"] is None:
        return "–"
    return wording.duration((row["last_data_at"] - row["last_event_at"]).total_seconds() / max(snapshot.speed, 1))


def _gaps(rows: lists.Rows, snapshot: Snapshot, chosen: Selection) -> None:
    missing = [row for row in rows or [] if row["status"] in MISSING]
    note = (
        f"{wording.plural(len(missing), 'gap')} with something missing, {len(rows or []) - len(missing)} refilled"
        if rows
        else ""
    )
    st.html(parts.heading("Gaps since following began", note))
    if not rows:
        st.html(
            f'<p class="empty">{"Could not be read." if rows is None else "None: every source was collected all the time."}</p>'
        )
        return
    with st.container(key="gaps_cards", gap=None):
        for row in sorted(rows, key=lambda each: each["from_at"], reverse=True)[:SHOWN]:
            st.html(parts.gap_card(row["source"], row["status"]))
            st.text(
                f"{_span(row, snapshot, chosen)}\n{wording.sentence(wording.shorten(row['cause'], 200))}",
                width="stretch",
            )
            seconds = ((row["to_at"] or snapshot.now) - row["from_at"]).total_seconds()
            st.html(
                f'<div class="card"><small>{wording.duration(seconds)}{"" if row["to_at"] else " so far"}</small></div>'
            )
    if len(rows) > SHOWN:
        st.html(f'<p class="quiet">{wording.plural(len(rows) - SHOWN, "older gap")} not shown.</p>')


def _span(row: Mapping[str, Any], snapshot: Snapshot, chosen: Selection) -> str:
    end = parts.moment(row["to_at"], chosen) if row["to_at"] else "it lasts"
    return f"{parts.moment(row['from_at'], chosen)} to {end}"


def _bill(rows: lists.Rows) -> None:
    st.html(parts.heading("Bill", "an estimate from list prices; UTC days and calendar months"))
    if not rows:
        why = (
            "Could not be read."
            if rows is None
            else "Nothing metered was read this month. Bluesky and imports cost nothing."
        )
        st.html(f'<p class="empty">{why}</p>')
        return
    for row in rows:
        label = f"{source_word(row['source'])}: {wording.shorten(row['kind'], 20)}s read"
        st.html(parts.facts([
            (label, wording.count(row["read_count"]), "this month"), ("Today", f"${row['today_usd']:,.2f}", ""), ("This month", f"${row['month_usd']:,.2f}", ""),
        ]))  # fmt: skip


def _counts(rows: lists.Rows, snapshot: Snapshot, chosen: Selection) -> None:
    st.html(parts.heading("Kept and removed", "since following began"))
    if not rows:
        st.html('<p class="empty">Could not be read.</p>')
        return
    one = rows[0]
    st.html(parts.facts([
        ("Posts kept", wording.count(one["total_post_count"]), ""), ("Authors", wording.count(one["total_author_count"]), ""),
        ("Removed", wording.count(one["deleted_count"]), "deleted or withdrawn on their platform"), ("Collector started", parts.moment(snapshot.started_at, chosen), ""),
    ]))  # fmt: skip
