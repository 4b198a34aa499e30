"""The page Abstracts: which abstracts are talked about, and one abstract with all that is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import chart_box, lists, parts, selection, states, wording
from dashboard.asks import Ask, ask
from dashboard.selection import Selection
from dashboard.snapshot import Snapshot
from dashboard.views import one_abstract

LIMIT = 500
ROW, HEAD, TALLEST = 35, 37, 24  # pixels of a row and of the head; rows before the table scrolls
SEARCHED = ("number", "title", "trial", "presenter", "session")


def page(chosen: Selection) -> None:
    """The leaderboard, or the abstract that the URL names."""
    number = st.query_params.get("abstract")
    if number:
        one_abstract.page(chosen, number[:40])
        return
    selection.settle_filters({"q": None})
    st.text_input(
        "Search abstracts", key="q", placeholder="Search number, title, trial, drug, company or presenter",
        label_visibility="collapsed", max_chars=selection.LONGEST_FILTER,
    )  # fmt: skip
    selection.publish_filters(["q"])
    congress = chosen.congress.id
    wanted = {
        "abstracts": ask("abstracts", congress_id=congress, minutes=chosen.window.minutes, limit=LIMIT),
        "trending": ask("trending", congress_id=congress, kind="abstract"),
    }
    states.live(chosen, wanted, _draw, heights=(120, 600))


def _draw(chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask]) -> None:
    rows, rises = snapshot.rows(wanted["abstracts"]), lists.rising(snapshot.rows(wanted["trending"]))
    with st.container(border=True, key="rising", gap=None):
        _rising(list(rises.values()), chosen, wanted["trending"] in snapshot.answers)
    words = st.session_state.get("q", "").strip()
    found = found_in(rows or [], words)
    with st.container(border=True, key="leaderboard", gap="small"):
        note = (
            f"{wording.of_all(len(found), len(rows or []), LIMIT)} · {chosen.window.words} · press a number to open it"
        )
        shown = [_row(row, rises, chosen.comparable(snapshot.now), chosen) for row in found]
        saves = chart_box.links("abstracts", None, shown, "abstracts", chosen)
        st.html(parts.heading("Abstracts most talked about", note, saves=saves))
        if not found:
            st.html(f'<p class="empty">{_empty(rows, words)}</p>')
            return
        table(shown, bool(rises))


def _empty(rows: lists.Rows, words: str) -> str:
    if rows is None:
        return "Could not be read."
    if words and rows:
        return "No abstract named in this window fits the search."
    return "No abstract named in this window. They are found by number, trial and wording once a catalogue is loaded."


def found_in(rows: Sequence[dict[str, Any]], words: str) -> list[dict[str, Any]]:
    """Rows of the read ``abstracts`` that hold every word of ``words`` in number, title, trial, drug, company or presenter."""
    wanted = words.casefold().split()

    def fits(row: Mapping[str, Any]) -> bool:
        parts = [str(row.get(name) or "") for name in SEARCHED]
        held = " ".join([*parts, *(row["drugs"] or []), *(row["companies"] or [])]).casefold()
        return all(word in held for word in wanted)

    return [row for row in rows if fits(row)]


def _rising(rows: Sequence[Mapping[str, Any]], chosen: Selection, known: bool) -> None:
    """What is taking off, each with why; one quiet line when nothing is."""
    st.html(
        parts.heading("Taking off", "more distinct authors in half an hour than pace, share and session let expect")
    )
    if not rows:
        why = "Nothing is taking off right now." if known else "Could not be read."
        st.html(f'<p class="empty">{why}</p>')
        return
    with st.container(key="rising_cards", gap=None):
        for row in rows[:6]:
            opened = parts.inner(
                "abstracts",
                row["item"],
                f"Open abstract {row['item']}",
                congress=chosen.congress.id,
                abstract=row["item"],
            )
            st.html(f'<div class="card">{opened}{parts.taking_off()}</div>')
            st.text(f"{wording.shorten(row['why'], 200)}\n{wording.shorten(row['title'], 160)}", width="stretch")
            st.html(f'<div class="card"><small>since {parts.moment(row["since"], chosen)}</small></div>')


def table(shown: Sequence[Mapping[str, Any]], rises: bool) -> None:
    """The leaderboard; a click on a number opens that abstract, whatever row it stands in by then."""
    column = st.column_config
    config = {
        "Abstract": column.ButtonColumn("Abstract", type="tertiary", key="abstract_button", on_click=_open, width=96, alignment="left"),
        "Rise": column.TextColumn("Rise", width=96, help="Taking off: more distinct authors than expected; why stands above."),
        "Title": column.TextColumn("Title", width="large"),
        "Posts over time": column.AreaChartColumn("Posts over time", width=120, y_min=0, help="24 equal steps of the window."),
        "Change": column.TextColumn("Change", width=70, alignment="right", help="Against the window before."),
        "By HCPs": column.NumberColumn("By HCPs", format="%d%%", width=70, help="Posts by health-care professionals, of all posts."),
        "Number": column.NumberColumn("Number", width=70, format="localized", help="Posts that name it by number, DOI or registry id."),
        "Trial": column.NumberColumn("Trial", width=60, format="localized", help="Posts that name its trial."),
        "Wording": column.NumberColumn("Wording", width=70, format="localized", help="Posts that use its title's words or name its presenter."),
        "Shared": column.NumberColumn("Shared", width=70, format="localized", help="Reposts, quotes and replies of posts that name it."),
        "Posts": column.NumberColumn("Posts", format="localized"),
        "Authors": column.NumberColumn("Authors", format="localized"),
    }  # fmt: skip
    if not rises:
        shown = [{name: value for name, value in row.items() if name != "Rise"} for row in shown]
    tall = HEAD + ROW * min(len(shown), TALLEST)
    st.dataframe(
        pa.Table.from_pylist([dict(row) for row in shown]), hide_index=True, column_config=config, height=tall, row_height=ROW, key="abstract_table",
        alt="Abstracts by posts in the window", placeholder="",
    )  # fmt: skip
    if st.session_state.pop("abstract_opened", False):
        st.rerun()


def _row(row: Mapping[str, Any], rises: Mapping[str, Any], compared: bool, chosen: Selection) -> dict[str, Any]:
    posts = row["post_count"]
    moved = wording.change(posts, row["before_count"]) or "new" if compared else ""
    trial = row["trial"] if isinstance(row["trial"], str) else ", ".join(row["trial"] or [])
    return {
        "Abstract": row["number"], "Rise": "▲ taking off" if row["number"] in rises else "", "Title": wording.shorten(row["title"], 200),
        "Posts over time": list(row["sparkline"] or []), "Posts": posts, "Change": moved, "Authors": row["author_count"],
        "By HCPs": round(100 * row["hcp_post_count"] / posts) if posts else 0, "Number": row["tier_1"], "Trial": row["tier_2"],
        "Wording": row["tier_3"], "Shared": row["inherited"], "Named trial": wording.shorten(trial, 40), "Drugs": wording.shorten(", ".join(row["drugs"] or []), 60),
        "Presenter": wording.shorten(row.get("presenter"), 40), "First post": parts.moment(row["first_post_at"], chosen),
    }  # fmt: skip


def _open() -> None:
    """Turn the clicked label, which is the abstract's number, into the URL."""
    st.query_params["abstract"] = st.session_state["abstract_button"]["label"]
    st.session_state["abstract_opened"] = True
