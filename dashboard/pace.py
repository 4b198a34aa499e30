"""How often a page looks at the snapshot: soon while few watch, rarer the more there are, so that every tick is answered.

Drawing a page takes some 15 ms of the processor. One or two viewers are worth four looks a second: a post is then on the
screen within a second of its entry into the stream. Fifty are not. Each viewer keeps a tick a little of its own length, so that fifty
do not come to look at the same instant, and those that do draw one after another: thirty threads that take turns within
their drawings would all be done last.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import streamlit as st

STEPS = ((2, 0.25), (5, 0.4), (15, 1.0), (30, 1.5))  # up to so many viewers -> seconds between two looks
SLOWEST = 2.0
RETHINK = 15.0  # seconds after which a page asks again how many watch
LEFT = 2.5 * SLOWEST  # seconds without a look after which a viewer is gone
APART = 0.15  # a viewer's tick is longer or shorter than others' by up to this share
LONGEST_TURN = 1.0  # seconds somebody waits for another's drawing to end; then both draw

_seen: dict[str, float] = {}
_lock = threading.Lock()
_turn = threading.Lock()


def seconds(watching: int) -> float:
    """Seconds between two looks while so many watch."""
    return next((pace for most, pace in STEPS if watching <= most), SLOWEST)


def watching(now: float) -> int:
    """How many viewers looked lately; ``now`` in monotonic seconds."""
    with _lock:
        for gone in [viewer for viewer, last in _seen.items() if now - last > LEFT]:
            del _seen[gone]
        return len(_seen)


def look(now: float) -> None:
    """Note that this viewer is looking."""
    viewer = _viewer()
    with _lock:
        _seen[viewer] = now


def own_share(viewer: str) -> float:
    """What a viewer's tick is multiplied with: the same for the same viewer, spread evenly over all of them."""
    return 1 - APART + 2 * APART * int(viewer[:8], 16) / 0xFFFFFFFF


def _viewer() -> str:
    kept = st.session_state.get("viewer")
    if kept is None:
        kept = st.session_state["viewer"] = secrets.token_hex(8)
    return kept


@contextmanager
def turn() -> Generator[None]:
    """One drawing at a time, for as long as that is quick."""
    mine = _turn.acquire(timeout=LONGEST_TURN)
    try:
        yield
    finally:
        if mine:
            _turn.release()


def keep(draw: Callable[..., None], *args: Any) -> None:
    """Draw ``draw(*args)`` now and at each tick of the page; the tick follows how many watch."""

    def tick() -> None:
        look(time.monotonic())
        with turn():
            draw(*args)

    def rethink() -> None:
        now = time.monotonic()
        look(now)
        st.fragment(tick, run_every=round(own_share(_viewer()) * seconds(watching(now)), 3))()

    st.fragment(rethink, run_every=round(own_share(_viewer()) * RETHINK, 3))()
