"""The page Safety desk, for reviewers: possible adverse events with their clock, decisions, the log; posts before embargoes.

"Possible adverse event, for human review": the page shows what the words say and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import access, deciding, download, marks, parts, states, wording
from dashboard.asks import Ask, ask
from dashboard.selection import Selection
from dashboard.snapshot import Snapshot
from dashboard.timeline import PLATFORM_WORDS
from pipelines.desk.cases import elements_of
from pipelines.desk.paper import LOG_COLUMNS, case_paper

Row = Mapping[str, Any]
STYLE = (Path(__file__).parents[1] / "desk.css").read_text(encoding="utf-8")
SHOWN = 60  # cases on the page; the log holds all
STATES = {"open": "To review", "decided": "Decided", "apart": "Study data, kept apart"}
DECIDED = {"forwarded": "Forwarded", "not_an_event": "Not an event", "duplicate": "Duplicate", "reopened": "Back in the queue"}  # fmt: skip
ELEMENTS = {"patient": "Patient", "reporter": "Reporter", "product": "Product", "reaction": "Reaction"}
RULES_SHOWN = 6  # the weightiest of a case's rules; the words marked say the rest
EMPTY = {
    "open": "Nothing waits. A post that names a tracked product and tells of a reaction comes here by itself.",
    "decided": "Nothing was decided yet.",
    "apart": "No post of study data names a tracked product and a reaction.",
}


def page(chosen: Selection) -> None:
    """Draw the page for reviewers; a calm word for everybody else."""
    if not access.require("reviewer", "desk"):
        return
    st.html(f"<style>{STYLE}</style>")
    state = st.segmented_control(
        "Which cases", list(STATES), format_func=STATES.__getitem__, default="open", key="desk_state", label_visibility="collapsed",
    ) or "open"  # fmt: skip
    congress = chosen.congress.id
    wanted = {
        "waiting": ask("waiting", congress_id=congress),
        "cases": ask("cases", congress_id=congress, state=state, limit=SHOWN),
        "log": ask("case_log", congress_id=congress),
        "early": ask("early_posts", congress_id=congress, limit=20),
    }
    states.live(
        chosen, wanted, lambda *shown: _draw(*shown, state) if access.may("reviewer") else None, (120, 420), empty=True
    )
    deciding.draw()


def _draw(chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask], state: str) -> None:
    log = snapshot.rows(wanted["log"]) or []
    with st.container(border=True, key="desk_panel", gap=None):
        _summary(snapshot.rows(wanted["waiting"]), log, chosen, snapshot)
    rows = snapshot.rows(wanted["cases"])
    with st.container(key="desk_list"):
        if not rows:
            st.html(f'<p class="empty">{EMPTY[state] if rows is not None else "The cases could not be read."}</p>')
        for row in rows or ():
            _card(row, log, chosen, snapshot)
        if rows and rows[0]["total_count"] > len(rows):
            more = rows[0]["total_count"] - len(rows)
            st.html(f'<p class="quiet">{wording.plural(more, "more case")}; the log holds all.</p>')
    with st.container(border=True, key="early_panel", gap="small"):
        _early(snapshot.rows(wanted["early"]), chosen)


def _summary(figures: Sequence[Row] | None, log: Sequence[Row], chosen: Selection, snapshot: Snapshot) -> None:
    name = download.safe_name("safety log", chosen.congress.id, f"{snapshot.now:%Y-%m-%d}")
    address = download.offer("safety_log", f"{name}.csv", lambda: download.csv_of(log, LOG_COLUMNS))
    saves = f'<span class="saves">{download.link(address, "Log as CSV", "Save the log of all cases and decisions as CSV, for reconciliation")}</span>'
    at = "as it stood then" if chosen.at is not None else "for human review; nothing is decided by the software"
    st.html(f'<div class="head"><h2>Possible adverse events</h2><span class="quiet">{at}</span>{saves}</div>')
    if not figures:
        return
    told = figures[0]
    oldest = told["oldest_at"]
    since = f"oldest since {wording.duration((snapshot.now - oldest).total_seconds())}" if oldest else ""
    st.html(
        parts.facts((
            ("To review", wording.count(told["open_count"]), since),
            ("Overdue", wording.count(told["overdue_count"]), f"after {told['hours']:g} h"),
            ("Decided", wording.count(told["decided_count"]), ""),
            ("Study data", wording.count(told["apart_count"]), "kept apart, no number"),
        ))
    )  # fmt: skip


def _card(row: Row, log: Sequence[Row], chosen: Selection, snapshot: Snapshot) -> None:
    elements = elements_of(row["elements"])
    with st.container(key=f"case_{row['case_id']}"):
        st.html(_headline(row, chosen, snapshot))
        st.html(_told(row, elements))
        if elements:
            st.html(_elements(elements))
            st.html(_why(row, elements))
        if row["entry"] is not None:
            st.text(_decision(row, chosen))
        with st.container(horizontal=True, key=f"acts_{row['case_id']}", gap="small", vertical_alignment="center"):
            if chosen.at is None and st.button("Decide", key=f"decide_{row['case_id']}", type="primary" if row["state"] == "open" else "secondary"):  # fmt: skip
                deciding.open_for(row)
            st.html(_ways_out(row, log, chosen))


def _headline(row: Row, chosen: Selection, snapshot: Snapshot) -> str:
    number = f"Case {row['number']}" if row["number"] is not None else "Study data"
    seen = f"first seen {parts.moment(row['first_seen_at'], chosen)}"
    role = parts.ROLE_WORDS.get(row["role"]) or "Role not known"
    shared = wording.plural(row["repost_count"], "repost") if row["repost_count"] else ""
    twin = f"likely a duplicate of case {row['twin_of']}" if row["twin_of"] else ""
    facts = (PLATFORM_WORDS.get(row["platform"], row["platform"]), role, seen, shared, twin)
    told = "".join(f"<span>{escape(each)}</span>" for each in facts if each)
    special = parts.badge("Special situation") if row["special"] else ""
    product = escape(wording.shorten(row["product"], 80))
    return f'<div class="line">{_clock(row, snapshot)}<b>{number}</b><b>{product}</b>{special}{told}</div>'


def _clock(row: Row, snapshot: Snapshot) -> str:
    """The clock as shape, word and colour."""
    if row["state"] not in ("open", "apart"):
        return f'<span class="due done"><i class="shape check"></i>{escape(DECIDED[row["state"]])}</span>'
    if row["state"] == "apart":
        return '<span class="due done"><i class="shape ring"></i>Kept apart</span>'
    left = (row["due_at"] - snapshot.now).total_seconds()
    if left < 0:
        return f'<span class="due over"><i class="shape square"></i>Overdue by {wording.duration(-left)}</span>'
    kind, shape = ("soon", "triangle") if row["clock"] >= 0.5 else ("", "dot")
    return f'<span class="due {kind}"><i class="shape {shape}"></i>{wording.duration(left)} left</span>'


def _told(row: Row, elements: Mapping[str, Mapping[str, Any]]) -> str:
    if row["removed_at"] is not None:
        why = "at its author's wish" if row["removed_why"] in ("deleted", "request", "account_deleted") else "since it may no longer be kept"  # fmt: skip
        return f'<p class="passage quiet">Text removed {why} on {row["removed_at"]:%d %b %Y}. Number, times and decisions stay.</p>'
    if not row["text"]:
        return '<p class="passage quiet">Its account is not to be shown at the moment, so its words are not either.</p>'
    return f'<p class="passage">{marks.passage(row["text"], elements)}</p>'


def _elements(elements: Mapping[str, Mapping[str, Any]]) -> str:
    return f'<dl class="elements">{"".join(_element(word, elements.get(name, {})) for name, word in ELEMENTS.items())}</dl>'


def _why(row: Row, elements: Mapping[str, Mapping[str, Any]]) -> str:
    """The rules that counted most, each with its points: why the post waits, or is kept apart."""
    rules = [str(each).rpartition(" ") for each in elements.get("rules", {}).get("words", ())]
    if not rules:
        return ""
    told = " · ".join(f"{name} {points.replace('-', '−')}" for name, _, points in rules[:RULES_SHOWN])
    more = f" · {len(rules) - RULES_SHOWN} more" if len(rules) > RULES_SHOWN else ""
    why = "Why it is kept apart" if row["state"] == "apart" else "Why it was found"
    return f'<p class="quiet why">{why}: {escape(told)}{more}</p>'


def _element(word: str, said: Mapping[str, Any]) -> str:
    present = bool(said.get("present"))
    words = ", ".join(dict.fromkeys(wording.shorten(each, 40) for each in said.get("words", ())))
    shape, state = ("check", "") if present else ("ring", " absent")
    told = escape(words) if words else ("by whoever wrote it" if present else "not found")
    return f'<div><dt class="{state.strip()}"><i class="shape {shape}"></i>{word}</dt><dd>{told}</dd></div>'


def _decision(row: Row, chosen: Selection) -> str:
    """What was decided last, as plain text: it holds a reviewer's words."""
    of = f" of case {row['duplicate_of']}" if row["duplicate_of"] else ""
    reference = f" · reference {row['reference']}" if row["reference"] else ""
    comment = f"\n{wording.clean(row['comment'])}" if row["comment"] else ""
    who = wording.shorten(row["person"], 60)
    return f"{DECIDED[row['decision']]}{of} by {who} on {parts.moment(row['decided_at'], chosen)}{reference}{comment}"


def _ways_out(row: Row, log: Sequence[Row], chosen: Selection) -> str:
    """The way to the original, and the case as PDF."""
    found = [parts.link(row["url"], "Open the post", "Open the post where it was written")] if row["url"] else []
    if row["number"] is not None:
        own = [each for each in log if each["case_id"] == row["case_id"]]
        name = download.safe_name("case", str(row["number"]), chosen.congress.id)
        address = download.offer(
            f"case_{row['case_id']}", f"{name}.pdf", lambda: case_paper(row, own, chosen.congress.name)
        )
        found.append(download.link(address, "Case as PDF", f"Save case {row['number']} as PDF"))
    return f'<span class="saves">{"".join(found)}</span>'


def _early(rows: Sequence[Row] | None, chosen: Selection) -> None:
    held = rows[0]["held_count"] if rows else 0
    note = f"{wording.plural(held, 'post')} held from viewers and exports until the embargo lifts" if held else ""
    st.html(parts.heading("Posts before the listed embargo time", note))
    if not rows:
        st.html('<p class="empty">None was found. An abstract’s time stands in its catalogue.</p>')
    for row in rows or ():
        state = ('<span class="due soon"><i class="shape half"></i>Held</span>' if row["held"] else '<span class="due done"><i class="shape check"></i>Lifted</span>')  # fmt: skip
        numbers = escape(", ".join(wording.shorten(each, 20) for each in row["abstracts"][:4]))
        times = f"written {parts.moment(row['created_at'], chosen)} · listed for {parts.moment(row['embargo_lift_at'], chosen)}"
        where = parts.link(row["url"], "Open the post", "Open the post where it was written")
        st.html(
            f'<div class="line early">{state}<b>{numbers}</b><span class="quiet">{escape(times)}</span>{where}</div>'
        )
        if row["text"]:
            st.text(wording.shorten(row["text"], 240))
