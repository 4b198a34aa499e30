"""Where posts come from. One file a source; all behind one protocol, all yielding the same records.

A raw payload becomes records in its source and nowhere else. Replay and demo are sources like any
other: nothing downstream knows the difference.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from pipelines.model import Arrival, Cursor


class Source(Protocol):
    """A source is asked for its events from a cursor on, and yields until it ends or is cancelled.

    ``events`` survives every fault upstream by itself (reconnecting, recording ``Gap`` and ``Health``
    among its records) and raises ``SourceStopped`` only when a person must act. A source that has
    nothing to say still yields empty arrivals with its cursor, so that progress is committed.
    """

    name: str

    def events(self, cursor: Cursor | None) -> AsyncGenerator[Arrival, None]: ...
