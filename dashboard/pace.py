"""How often a page looks at the snapshot: soon while few watch, rarer the more there are, so that every tick is answered.

Drawing a page takes some 15 ms of the processor. Few viewers are worth two and a half looks a second: a post is then on
the screen within a second of its commit. Fifty are not.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

import streamlit as st

STEPS = ((5, 0.4), (15, 1.0), (30, 1.5))  # up to so many viewers -> seconds between two looks
SLOWEST = 2.0
RETHINK = 15.0  # seconds after which a page asks again how many watch
LEFT = 2.5 * SLOWEST  # seconds without a look after which a viewer is gone

_seen: dict[str, float] = {}
_lock = threading.Lock()


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
    viewer = st.session_state.setdefault("viewer", secrets.token_hex(8))
    with _lock:
        _seen[viewer] = now


def keep(draw: Callable[..., None], *args: Any) -> None:
    """Draw ``draw(*args)`` now and at each tick of the page; the tick follows how many watch."""

    def tick() -> None:
        look(time.monotonic())
        draw(*args)

    def rethink() -> None:
        now = time.monotonic()
        look(now)
        st.fragment(tick, run_every=seconds(watching(now)))()

    st.fragment(rethink, run_every=RETHINK)()
