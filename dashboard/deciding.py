"""The form in which a reviewer decides on a possible adverse event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st

from dashboard import access, parts, wording
from dashboard.corrections import do
from pipelines.errors import CongressError

CHOICES = {
    "forwarded": "Forwarded to drug safety",
    "not_an_event": "Not an event",
    "duplicate": "Duplicate of another case",
    "reopened": "Back in the queue",
}
LONGEST = 2000  # letters of a comment


@dataclass(frozen=True, slots=True)
class Subject:
    """The case that a form is about."""

    case_id: str
    name: str
    text: str
    twin: str
    is_open: bool


def open_for(row: Mapping[str, Any]) -> None:
    """Open the form for a case, at the next drawing."""
    name = f"Case {row['number']}" if row["number"] is not None else "Study data"
    text, twin = wording.shorten(row["text"], 400), str(row["twin_of"] or "")
    st.session_state["deciding"] = Subject(
        row["case_id"], f"{name} · {wording.shorten(row['product'], 60)}", text, twin, row["state"] == "open"
    )
    st.rerun()


def draw() -> None:
    """After the page: the form that a click asked for, or the word that a decision was kept."""
    if kept := st.session_state.pop("decided", None):
        st.toast(kept, duration="long")
    subject = st.session_state.get("deciding")
    if subject is not None and access.may("reviewer"):
        _form(subject)


def _close() -> None:
    st.session_state.pop("deciding", None)


@st.dialog("Possible adverse event, for human review", on_dismiss=_close)
def _form(subject: Subject) -> None:
    with st.container(key="deciding_form"):
        st.text(f"{subject.name}\n{subject.text}")
        choices = [each for each in CHOICES if each != "reopened" or not subject.is_open]
        decision = st.radio("Decision", choices, format_func=CHOICES.__getitem__, index=None, key="decision")
        said: dict[str, str] = {}
        if decision == "forwarded":
            said["reference"] = st.text_input("Number in the safety database, if there is one", max_chars=60).strip()
        if decision == "duplicate":
            said["duplicate_of"] = st.text_input("Number of the case it repeats", subject.twin, max_chars=10).strip()
        said["comment"] = st.text_area("Comment", max_chars=LONGEST, placeholder="Why; it goes when the post goes")
        here = access.person()
        name = escape(wording.shorten(here.name if here else "", 60))
        st.html(f'<p class="quiet">Kept with your name ({name}), the time and the text as it is now.</p>')
        ready = decision is not None and (decision != "duplicate" or bool(said["duplicate_of"]))
        if st.button("Keep the decision", type="primary", disabled=not ready, key="keep_decision"):
            _keep(subject, str(decision), said)


def _keep(subject: Subject, decision: str, said: Mapping[str, str]) -> None:
    try:
        on_its_way = do("decide_case", case_id=subject.case_id, decision=decision, **{key: each for key, each in said.items() if each})  # fmt: skip
    except CongressError as error:
        st.html(parts.notice("Not kept.", str(error)))
        return
    _close()
    st.session_state["decided"] = on_its_way or f"{subject.name.partition(' · ')[0]}: {CHOICES[decision].lower()}."
    st.rerun()
