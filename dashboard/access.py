"""Who looks at the page and what that person may see; the pages for those who have not signed in or are not listed.

The role is worked out anew at every run and every tick from the sign-in and the lists of ``congresses.yaml``: whoever is
taken off a list loses the page within a second. Pages are not the guard: the owner of the database asks for the role
of every command and of every read that not everybody may see.
"""

from __future__ import annotations

import getpass
import logging
import re
import threading
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from pipelines.access import (
    SIGHTED,
    Access,
    Person,
    PersonRole,
    is_at_the_machine,
    person_of,
    role_for,
    role_to_ask,
)
from pipelines.congresses import load_access
from pipelines.errors import CongressError
from pipelines.sign_in import Door

VISITOR = Person("a visitor without sign-in", "viewer")
ROLE_WORDS = {"viewer": "Viewer", "reviewer": "Reviewer", "admin": "Admin", "nobody": "No access"}
KEPT = 10_000  # arrivals that are remembered, so that each is noted once

log = logging.getLogger(__name__)
_lock = threading.Lock()
_noted: dict[tuple[str, ...], None] = {}
_door = Door()
_lists: tuple[float, Access] = (0.0, Access())


def use(door: Door) -> None:
    """Say how people come in; once, before the dashboard is served."""
    global _door, _lists
    _door, _lists = door, (0.0, Access())
    _noted.clear()


def door() -> Door:
    """How people come in."""
    return _door


def person() -> Person | None:
    """Who looks at the page, with the role it has now; None: somebody who has not signed in, or too long ago."""
    if _door.sign_in is not None:
        return person_behind(st.user.to_dict())
    if _door.open or not is_at_the_machine(st.context.headers):
        return VISITOR
    return Person(_user(), "admin")


def person_behind(claims: Mapping[str, Any]) -> Person | None:
    """The person that a sign-in's claims tell of; None where there is no sign-in, or it is too old."""
    sign_in = _door.sign_in
    if sign_in is None or not claims.get("is_logged_in"):
        return None
    issued = claims.get("iat")
    if not isinstance(issued, int | float) or not 0 <= time.time() + 300 - issued <= 300 + sign_in.session_hours * 3600:
        return None
    return person_of(claims, _access(), sign_in.groups_claim)


@cache
def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        return "local user"


def _access() -> Access:
    """The lists, read anew when their file changed; the last good ones while it has a mistake."""
    global _lists
    path = _door.config or Path("congresses.yaml")
    try:
        changed = path.stat().st_mtime_ns
        if changed != _lists[0]:
            _lists = (changed, load_access(path))
    except (OSError, CongressError) as error:
        log.warning("who may come in could not be read, the lists before hold: %s", error)
    return _lists[1]


def asks_as(read: str) -> PersonRole:
    """The role in which a page asks a read: the viewer's own where it matters, and nothing that a link says."""
    if read not in SIGHTED and role_for(read) == "viewer":
        return "viewer"
    return role_to_ask(read, person() or Person("", "nobody"))


def may(role: PersonRole) -> bool:
    """Whether whoever looks at the page has at least that role."""
    here = person()
    return here is not None and here.may(role)


def gate() -> bool:
    """Whether the page may be drawn; else what stands in its place is."""
    here = person()
    st.session_state["person"] = here
    if here is None:
        _sign_in()
        return False
    if here.role == "nobody":
        _note(here, "note_denied", page="the dashboard")
        _no_access(here)
        return False
    if _door.sign_in is not None:
        _note(here, "note_sign_in", signed_in_at=str(st.user.to_dict().get("iat")))
    return True


def watch() -> None:
    """In each tick: draw everything anew when the person or its role is another than that of the page."""
    if "person" in st.session_state and person() != st.session_state["person"]:
        st.rerun()


def require(role: PersonRole, page: str) -> bool:
    """Whether a page for few may be drawn; else a calm word stands in its place, and the try is noted."""
    here = person()
    if here is not None and here.may(role):
        return True
    if here is not None:
        _note(here, "note_denied", page=page)
    with st.container(key="first"):
        st.html(
            f"<h1>This page is for {role}s</h1><p>Your role does not include it. Whoever runs this dashboard gives roles.</p>"
        )
    return False


def _sign_in() -> None:
    late = st.user.to_dict().get("is_logged_in")
    with st.container(key="first"):
        st.html(
            "<h1>Please sign in again</h1><p>Your sign-in has run out. You come back to this very page.</p>"
            if late
            else "<h1>Sign in to Congress Pulse</h1><p>The live picture of the conversation around your congress. You come back to this very page.</p>"
        )
        st.button("Sign in with your organisation", type="primary", key="sign_in", on_click=st.login)
    _tick()


def _no_access(here: Person) -> None:
    with st.container(key="first"):
        st.html("<h1>No access yet</h1><p>You are signed in, but not on the list of this dashboard. You are:</p>")
        st.text(here.name)
        st.html(
            "<p>Ask whoever runs it to add your address or group. This page opens by itself as soon as they have.</p>"
        )
        st.button("Sign out", key="sign_out", on_click=st.logout)
    _tick()


@st.fragment(run_every=5)
def _tick() -> None:
    watch()


def _leave(here: Person) -> None:
    """Sign out here and at the provider.

    Before the run, not in it: a run that stops halfway leaves a page cut off, and the ticks of what is gone then draw
    into nothing, or begin a new run that throws the redirect away. This way the run draws the sign-in.
    """
    _note(here, "note_sign_out")
    st.logout()


def account() -> None:
    """Who is signed in, as what, and the way out; nothing where nobody signs in."""
    here = person()
    if _door.sign_in is None or here is None:
        return
    with st.popover(_initials(here.name), key="account", help="Your account"):
        st.html(f'<p class="quiet">{ROLE_WORDS[here.role]}</p>')
        st.text(here.name)
        st.button("Sign out", key="sign_out", width="stretch", on_click=_leave, args=(here,))


def _initials(name: str) -> str:
    """One or two letters for a name; nothing that could be read as markup."""
    words = re.split(r"[.\-_ ]+", name.partition("@")[0])
    letters = [word[0].upper() for word in words if word and word[0].isalpha()]
    return "".join(letters[:2]) or "You"


def _note(here: Person, name: str, **params: str) -> None:
    """Tell the audit, once for each sign-in and in the background: nobody waits for it."""
    from dashboard.reads import hub

    key = (here.name, here.role, name, str(st.user.to_dict().get("iat")), *params.values())
    with _lock:
        if key in _noted and name != "note_sign_out":
            return
        _noted[key] = None
        while len(_noted) > KEPT:
            del _noted[next(iter(_noted))]

    def tell() -> None:
        try:
            hub().do(name, here, **params)
        except CongressError as error:
            log.warning("%s of %s could not be noted: %s", name, here.name, error)
            with _lock:  # the next run tries again
                _noted.pop(key, None)

    threading.Thread(target=tell, daemon=True, name="audit").start()
