"""The page Access, for admins: how people come in, what the roles may do, and who did what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import access, parts, states, wording
from dashboard.asks import Ask, ask
from dashboard.selection import Selection
from dashboard.snapshot import Snapshot

SIZE = 50  # rows a page
ROLES = (
    ("Viewer", "sees every page; saves pictures and tables, each noted below"),
    ("Reviewer", "also corrects links and roles, reveals and decides, and sees what is kept from viewers"),
    ("Admin", "also sees this page"),
)
ACTIONS = {
    "note_sign_in": "Signed in",
    "note_sign_out": "Signed out",
    "note_denied": "Was refused",
    "note_export": "Took away",
    "correct_mention": "Corrected a link",
    "correct_role": "Corrected a role",
    "decide_case": "Decided a case",
    "forget": "Forgot",
    "reveal_author": "Revealed an author",
    "reveal_writer": "Revealed a writer",
    "backup": "Made a backup",
    "restore": "Brought a backup back",
    "head_missing": "Found audit.head missing",
}


def page(chosen: Selection) -> None:
    """Draw the page for admins; a calm word for everybody else."""
    if not access.require("admin", "access"):
        return
    asked = st.query_params.get("page", "1")
    number = max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    wanted = {"audit": ask("audit", limit=SIZE, offset=SIZE * (number - 1))}
    states.live(
        chosen, wanted, lambda *shown: _draw(*shown, number) if access.may("admin") else None, (180, 520), empty=True
    )


def _draw(chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask], number: int) -> None:
    with st.container(border=True, key="panel_roles", gap=None):
        st.html(parts.heading("Who comes in", _way_in()))
        listed = "".join(f"<div><dt>{role}</dt><dd>{may}</dd></div>" for role, may in ROLES)
        st.html(f'<dl class="meanings">{listed}</dl>')
    rows = snapshot.rows(wanted["audit"])
    total = rows[0]["total_count"] if rows else 0
    with st.container(border=True, key="panel_audit", gap="small"):
        st.html(parts.heading("Who did what", f"{wording.plural(total, 'row')}, newest first · time in UTC"))
        if not rows:
            st.html(
                f'<p class="empty">{"The audit could not be read." if rows is None else "Nothing was corrected, taken away or refused yet."}</p>'
            )
            return
        st.dataframe(
            [_line(row) for row in rows],
            hide_index=True,
            width="stretch",
            row_height=35,
            height=min(37 + 35 * len(rows), 640),
        )
        _pager(number, total)
        st.html(
            f'<p class="quiet">The chain ends with {rows[0]["hash"][:16] if number == 1 else "the first page’s first row"}. '
            "Each row holds the hash of the one before; <code>congress audit verify</code> checks them all.</p>"
        )


def _way_in() -> str:
    door = access.door()
    if door.sign_in is not None:
        return "sign-in with the organisation; roles stand in congresses.yaml under access"
    return (
        "without sign-in: whoever reaches the address is a viewer"
        if door.open
        else "no sign-in: only the person at this machine"
    )


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    action = row["action"]
    refused, asked = action.startswith("denied_"), action.startswith("asked_")  # asked: on a mirror
    said = ACTIONS.get(action.removeprefix("denied_").removeprefix("asked_"), action.replace("_", " ").capitalize())
    return {
        "Row": row["seq"],
        "When": f"{row['noted_at']:%Y-%m-%d %H:%M:%S}",
        "Who": wording.shorten(row["person"], 80),
        "Role": access.ROLE_WORDS.get(row["role"], row["role"]),
        "What": f"Was refused: {said.lower()}" if refused else f"Asked another host: {said.lower()}" if asked else said,
        "Congress": row["congress_id"],
        "On": wording.shorten(row["target"], 120),
        "How": wording.shorten(_told(row["params"]), 300),
    }


def _told(params: str) -> str:
    return params.strip("{}").replace('","', " · ").replace('":"', ": ").strip('"')


def _pager(number: int, total: int) -> None:
    if total <= SIZE:
        return
    with st.container(horizontal=True, key="pager", gap="small"):
        if st.button("← Newer", key="page_back", disabled=number <= 1):
            _turn(number - 1)
        if st.button("Older →", key="page_on", disabled=number * SIZE >= total):
            _turn(number + 1)


def _turn(number: int) -> None:
    st.query_params["page"] = str(number)
    st.rerun()
