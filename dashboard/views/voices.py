"""The page Voices: which HCPs carry the conversation, in which order and why; and one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import chart_box, lists, parts, selection, states, wording
from dashboard.asks import Ask, ask
from dashboard.selection import Selection
from dashboard.snapshot import Snapshot
from dashboard.timeline import PLATFORM_WORDS
from dashboard.views import one_voice

LIMIT = 500
ROW, HEAD, TALLEST = 35, 37, 22  # pixels of a row and of the head; rows before the table scrolls


def page(chosen: Selection) -> None:
    """The ranking, or the voice that the URL names."""
    voice = st.query_params.get("voice")
    if voice:
        one_voice.page(chosen, voice[:200])
        return
    congress = chosen.congress.id
    wanted = {
        "voices": ask("voices", congress_id=congress, minutes=chosen.window.minutes, limit=LIMIT),
        "overview": ask("overview", congress_id=congress, minutes=chosen.window.minutes),
    }
    selection.settle_filters({"platform": ["", *PLATFORM_WORDS], "specialty": None})
    with st.container(horizontal=True, key="filters", gap="small"):
        st.selectbox(
            "Platform", ["", *PLATFORM_WORDS], key="platform", width=180, label_visibility="collapsed",
            format_func=lambda slug: PLATFORM_WORDS.get(slug, "Every platform"),
        )  # fmt: skip
        st.text_input(
            "Specialty", key="specialty", width=320, placeholder="Specialty, e.g. haematology", label_visibility="collapsed",
            max_chars=selection.LONGEST_FILTER,
        )  # fmt: skip
    selection.publish_filters(["platform", "specialty"])
    states.live(chosen, wanted, _draw, heights=(600,))


def _draw(chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask]) -> None:
    rows = snapshot.rows(wanted["voices"])
    found = filtered(rows or [], st.session_state.get("platform") or "", st.session_state.get("specialty") or "")
    with st.container(border=True, key="leaderboard", gap="small"):
        note = (
            f"{wording.of_all(len(found), len(rows or []), LIMIT)} · {chosen.window.words} · press a handle to open it"
        )
        shown = [_row(row) for row in found]
        st.html(parts.heading("HCP voices", note, saves=chart_box.links("voices", None, shown, "hcp-voices", chosen)))
        if not found:
            st.html(f'<p class="empty">{_empty(rows)}</p>')
            return
        _table(shown, found)
        st.html(f'<p class="quiet">{_explained(snapshot.rows(wanted["overview"]))}</p>')


def _empty(rows: lists.Rows) -> str:
    if rows is None:
        return "Could not be read."
    return "No HCP of this window fits the filters." if rows else "No post by a recognised HCP in this window."


def _explained(overview: lists.Rows) -> str:
    """How the order comes about, and who stands in it."""
    told = ""
    if overview:
        told = f" {wording.count(overview[0]['hcp_author_count'])} of {wording.count(overview[0]['author_count'])} authors of this window are recognised HCPs."
    return (
        "Order: a PageRank over reposts, quotes, replies and mentions that starts from HCPs only; followers do not count. Its parts stand beside it."
        f"{told} Patients and advocates are counted in the figures and never ranked or listed."
    )


def filtered(rows: Sequence[dict[str, Any]], platform: str, specialty: str) -> list[dict[str, Any]]:
    """Rows of the read ``voices`` of a platform whose specialty holds the words; the rank stays that among all."""
    words = specialty.strip().casefold()
    return [
        row for row in rows
        if platform in ("", row["platform"]) and words in (row["specialty"] or "").casefold() and row["role"] == "hcp"
    ]  # fmt: skip


def label_of(row: Mapping[str, Any]) -> str:
    """The words on a voice's button, which name it and no other of the same platform."""
    handle = wording.shorten(row["handle"], 60).replace(":", "")  # ":name:" would be an icon
    return f"@{handle}" if handle else wording.shorten(row["author_id"], 80)


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Rank": row["rank"], "Was": row.get("rank_before"), "Voice": label_of(row), "Name": wording.shorten(row["display_name"], 60), "Platform": PLATFORM_WORDS.get(row["platform"], "Other"),
        "Specialty": wording.sentence(wording.shorten(row["specialty"], 40)), "Evidence": _evidence(row), "HCP engagers": row["hcp_engager_count"],
        "Posts": row["post_count"], "Engagements": row["engagement_count"], "Score": round(1000 * row["score"], 2), "Best post": parts.safe_link(row["url"]) or "",
    }  # fmt: skip


def _evidence(row: Mapping[str, Any]) -> str:
    words = ", ".join(wording.shorten(word, 50) for word in (row["evidence"] or [])[:6])
    return f"{words} (probable)" if row["confidence"] == "probable" else words


def _table(shown: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> None:
    column = st.column_config
    config = {
        "Rank": column.NumberColumn("Rank", width=52, help="Among all HCPs of the window, whatever the filters."),
        "Was": column.NumberColumn("Was", width=48, help="Place in the window before; empty: none there, or no window before."),
        "Voice": column.ButtonColumn("Voice", type="tertiary", key="voice_button", on_click=_open, args=(list(rows),), width=206, alignment="left"),
        "Evidence": column.TextColumn("Evidence", help="The words that prove the role, as written. Probable: they let one conclude it, and do not say it plainly."),
        "HCP engagers": column.NumberColumn("HCP engagers", width=98, format="localized", help="Other HCPs who reposted, quoted or answered."),
        "Engagements": column.NumberColumn("Engagements", width=100, format="localized", help="Likes, reposts, replies and quotes of own posts."),
        "Score": column.NumberColumn("Score", width=60, format="%.2f", help="Share of the walk that ends here, in thousandths."),
        "Best post": column.LinkColumn("Best post", display_text="Open", width=80),
        "Posts": column.NumberColumn("Posts", format="localized"),
    }  # fmt: skip
    st.dataframe(
        pa.Table.from_pylist([dict(row) for row in shown]), hide_index=True, column_config=config, row_height=ROW,
        height=HEAD + ROW * min(len(shown), TALLEST), key="voice_table", alt="HCP voices by rank", placeholder="",
    )  # fmt: skip
    if st.session_state.pop("voice_opened", False):
        st.rerun()


def _open(rows: Sequence[Mapping[str, Any]]) -> None:
    """Turn the clicked handle into the URL; the row it stood in plays no part."""
    label = st.session_state["voice_button"]["label"]
    found = next((row for row in rows if label_of(row) == label), None)
    if found:
        st.query_params["voice"] = f"{found['platform']}:{found['author_id']}"
        st.session_state["voice_opened"] = True
