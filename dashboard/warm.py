"""What the first viewer would wait for, done before anybody looks: pages loaded, and the figures of the first page asked for."""

from __future__ import annotations

import importlib
import pkgutil
import threading
import time

from dashboard import views
from dashboard.asks import ALWAYS
from dashboard.frame import congresses, first_shown
from dashboard.reads import Hub
from dashboard.selection import Selection, default_window, window, zone_named
from dashboard.views import live

PATIENCE = 60.0  # seconds in which a collector that was started at the same time has answered


def load_pages() -> None:
    """Import every page, and what is heavy in them."""
    import altair  # noqa: F401
    import pandas  # noqa: F401

    for page in pkgutil.iter_modules(views.__path__):
        importlib.import_module(f"{views.__name__}.{page.name}")


def begin(hub: Hub) -> None:
    """Ask for the figures of the page Live in a thread of its own, as a viewer would who chose nothing."""
    threading.Thread(target=ask_first, args=(hub,), daemon=True, name="first answers").start()


def ask_first(hub: Hub, patience: float = PATIENCE) -> None:
    """Ask for the page Live of the congress shown first, as soon as it is known which; not where there is none."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        snapshot = hub.look(ALWAYS, 1.0).snapshot
        if snapshot is not None and snapshot.has(ALWAYS):
            if found := congresses(snapshot):
                first = first_shown(found, snapshot.now)
                span = window(default_window(first, snapshot.now), first)
                chosen = Selection(first, span, "role", zone_named(first.timezone), "", False, False)
                hub.look(live.figures(chosen).values(), 0)
            return
        time.sleep(0.1)  # while the collector is away a look does not wait
