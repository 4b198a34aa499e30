"""Reviewers' corrections: what was said of a link or an author, and the forms to say it. Viewers see the words only."""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st

from dashboard import access, parts, wording
from dashboard.asks import Ask, ask
from dashboard.reads import hub
from dashboard.selection import Selection
from dashboard.snapshot import Snapshot
from pipelines.errors import CongressError

Row = Mapping[str, Any]
PATIENCE = 3.0  # seconds a form waits for the figures it changed
LONGEST = 300  # letters of a reason
VERDICTS = {
    "accept": "Right: the post speaks of it",
    "reject": "Wrong: the post does not speak of it",
    "re-point": "The post speaks of another abstract",
}
ROLES = {**parts.ROLE_WORDS, "patient_advocate": "Patient or advocate", "other": "Other"}
NEW = ""  # the choice of a link that no rule found
TRAVELS = {  # what another host may carry out, on a mirror
    "correct_mention": "The correction of a link",
    "correct_role": "The correction of a role",
    "decide_case": "The decision on a case",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What reviewers said: of links by platform and post, of authors by platform and author."""

    links: Mapping[tuple[str, str], list[Row]]
    authors: Mapping[tuple[str, str], Row]


NOTHING = Said({}, {})


@dataclass(frozen=True, slots=True)
class Subject:
    """What a form is about: a post's links, what an author is, or who a private person is."""

    about: str  # link, role or reveal
    congress_id: str
    platform: str
    author_id: str
    name: str
    role: str
    post_id: str = ""
    text: str = ""
    numbers: tuple[str, ...] = ()


def wanted(chosen: Selection) -> dict[str, Ask]:
    """What a page asks to show corrections: to be merged into its own asks."""
    return {"corrections": ask("corrections", congress_id=chosen.congress.id)}


def said(snapshot: Snapshot, asked: Mapping[str, Ask]) -> Said:
    """What reviewers said, from the answers to ``wanted``; nothing while it could not be read."""
    found = snapshot.answers.get(asked["corrections"])
    return found.once("said", lambda: _grouped(found.table.to_pylist())) if found else NOTHING


def _grouped(rows: list[dict[str, Any]]) -> Said:
    links: dict[tuple[str, str], list[Row]] = defaultdict(list)
    authors: dict[tuple[str, str], Row] = {}
    for row in rows:
        if row["subject"] == "link":
            links[row["platform"], row["post_id"]].append(row)
        else:
            authors[row["platform"], row["author_id"]] = row
    return Said(links, authors)


def words(row: Row, told: Said, chosen: Selection) -> list[str]:
    """What was said of a post and its author, a line each: what, by whom, when, why."""
    lines = [
        f"{wording.shorten(each['number'], 20)} {each['word']}ed by {_by(each, chosen)}"
        for each in told.links.get((row["platform"], row.get("post_id", "")), ())
    ]
    own = told.authors.get((row["platform"], row["author_id"]))
    return [*lines, f"{ROLES.get(own['word'], 'Other')} by {_by(own, chosen)}"] if own else lines


def _by(row: Row, chosen: Selection) -> str:
    why = f": {wording.shorten(row['reason'], 120)}" if row["reason"] else ""
    return f"{wording.shorten(row['reviewer'], 60)} on {parts.moment(row['decided_at'], chosen)}{why}"


def buttons(key: str, row: Row, chosen: Selection) -> None:
    """Beneath a card or a record: the ways to correct it, for reviewers and admins; nothing for everybody else.

    Args:
        key: of the list the row stands in.
        row: with platform, author_id, handle, display_name and role; a post also with post_id, text and abstracts.
    """
    if chosen.wall or not access.may("reviewer"):
        return
    post_id = row.get("post_id", "")
    name = hashlib.sha256(f"{row['platform']} {row['author_id']} {post_id}".encode()).hexdigest()[:16]
    with st.container(horizontal=True, key=f"correct_{key}_{name}", gap="small"):
        if post_id and st.button("Correct link", type="tertiary", key=f"link_{key}_{name}"):
            _open("link", row, chosen)
        if post_id and not row["author_id"]:  # a private person, under a pseudonym
            if st.button("Show who wrote it", type="tertiary", key=f"reveal_{key}_{name}"):
                _open("reveal", row, chosen)
        elif st.button("Correct role", type="tertiary", key=f"role_{key}_{name}"):
            _open("role", row, chosen)


def _open(about: str, row: Row, chosen: Selection) -> None:
    who = row["display_name"] or row["handle"] or "Name not known yet"
    st.session_state["correcting"] = Subject(
        about, chosen.congress.id, row["platform"], row["author_id"], wording.shorten(who, 60), row["role"] or "",
        row.get("post_id", ""), wording.shorten(row.get("text", ""), 240), tuple(row.get("abstracts") or ()),
    )  # fmt: skip
    st.rerun()


def draw() -> None:
    """After the page: the form that a click asked for, or the word that it was kept; what became of words under way."""
    _hear()
    if kept := st.session_state.pop("kept", None):
        st.toast(kept, duration="long")
    subject = st.session_state.get("correcting")
    if subject is not None and access.may("reviewer"):
        {"link": _link_form, "role": _role_form, "reveal": _reveal_form}[subject.about](subject)


def _close() -> None:
    st.session_state.pop("correcting", None)


@st.dialog("Correct a link", on_dismiss=_close)
def _link_form(subject: Subject) -> None:
    with st.container(key="correcting"):
        st.text(f"{subject.name}\n{subject.text}")
        number = verdict = to = None
        if subject.numbers:
            number = st.selectbox(
                "Abstract",
                [*subject.numbers, NEW],
                format_func=lambda each: each or "Another one, which no rule found",
                key="correct_number",
            )
        if number:
            verdict = st.radio(
                "What is right?", list(VERDICTS), format_func=VERDICTS.__getitem__, key="correct_verdict"
            )
        else:
            number, verdict = st.text_input("Number of the abstract it speaks of", max_chars=40).strip(), "accept"
        if verdict == "re-point":
            to = st.text_input("Number of the abstract it really speaks of", max_chars=40).strip()
        reason = st.text_input("Why", max_chars=LONGEST, placeholder="What the post shows or says").strip()
        ready = bool(number and reason and (to or verdict != "re-point"))
        _keep(
            ready,
            "Link corrected. The figures follow.",
            lambda: do(
                "correct_mention",
                congress_id=subject.congress_id,
                post_id=subject.post_id,
                number=number,
                verdict=verdict,
                to=to,
                reason=reason,
            ),
        )


@st.dialog("Correct a role", on_dismiss=_close)
def _role_form(subject: Subject) -> None:
    with st.container(key="correcting"):
        st.text(f"{subject.name}\nNow: {ROLES.get(subject.role, 'Role not known')}")
        choices = [slug for slug in ROLES if slug != subject.role]
        role = st.selectbox("What this author is", choices, format_func=ROLES.__getitem__, key="correct_role")
        if role == "patient_advocate":
            st.html('<p class="quiet">Patients and advocates are counted and no longer listed.</p>')
        reason = st.text_input("Why", max_chars=LONGEST, placeholder="What the profile or a public page says").strip()
        _keep(
            bool(reason),
            "Role corrected. The figures follow.",
            lambda: do(
                "correct_role", platform=subject.platform, author_id=subject.author_id, role=role, reason=reason
            ),
        )


@st.dialog("Show who wrote it", on_dismiss=_close)
def _reveal_form(subject: Subject) -> None:
    with st.container(key="correcting"):
        st.text(subject.name)
        st.html(
            '<p class="quiet">A private person wrote this. From now on reviewers see the name and the words of all posts '
            "by this author; viewers, recaps and exports do not.</p>"
        )
        reason = st.text_input("Why this has to be seen", max_chars=LONGEST).strip()
        _keep(
            bool(reason),
            "Shown to reviewers from now on.",
            lambda: do("reveal_writer", platform=subject.platform, post_id=subject.post_id, reason=reason),
        )


def _keep(ready: bool, kept: str, act: Callable[[], str]) -> None:
    """The button that keeps a correction, and a word when the owner refuses it."""
    here = access.person()
    st.html(f'<p class="quiet">Kept with your name ({_name(here.name if here else "")}), the time and your reason.</p>')
    if not st.button("Keep the correction", type="primary", disabled=not ready, key="keep_correction"):
        return
    try:
        on_its_way = act()
    except CongressError as error:
        st.html(parts.notice("Not kept.", str(error)))
        return
    _close()
    st.session_state["kept"] = on_its_way or kept
    st.session_state.pop("posts_of", None)  # a list at rest moves on to the moment after the correction
    st.rerun()


def _name(name: str) -> str:
    return escape(wording.shorten(name, 60))


def do(command: str, **params: str | None) -> str:
    """Ask the owner to carry out a command for whoever looks, and wait until there is a picture of after it.

    "" when it is done; on a mirror, a sentence on what is on its way to the host that collects.
    """
    here = access.person()
    if here is None:
        return ""
    before = hub().snapshot
    underway = hub().do(command, here, **params)
    if underway is not None:
        st.session_state.setdefault("underway", {})[underway.request] = TRAVELS.get(command, command)
        return underway.said
    until = time.monotonic() + PATIENCE
    while before and time.monotonic() < until:
        now = hub().snapshot
        if now and now.version > before.version:
            break
        time.sleep(0.1)
    return ""


def _hear() -> None:
    """Say what became of words that were on their way to another host when the form was closed."""
    waits: dict[str, str] = st.session_state.get("underway", {})
    if not waits or not access.may("reviewer"):
        return
    asked = ask("requests")
    snapshot = hub().look([asked], 0).snapshot
    for row in (snapshot.rows(asked) if snapshot else None) or ():
        if row["id"] in waits and row["state"] in ("done", "refused"):
            what, host = waits.pop(row["id"]), wording.shorten(row["answered_by"] or "the lake", 40)
            told = (
                f"carried out on {host}"
                if row["state"] == "done"
                else f"refused by {host}: {wording.shorten(row['said'], 160)}"
            )
            st.toast(f"{what}: {told}", duration="long")
