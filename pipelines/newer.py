"""What is said of a hole later counts, also where the clock says that it was said earlier."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from pipelines.model import Gap
from pipelines.store.reader import Reader

_NEXT = timedelta(microseconds=1)


class Newer:
    """Gives each word on a gap a ``noted_at`` that is not before the last one on the same gap.

    The store keeps the word with the newest ``noted_at``. A clock that was set back, or a start on a machine whose clock
    is behind, would let an old word stand for ever: open although it is filled, or filled although it opened again.
    """

    def __init__(self, reader: Reader):
        self._reader = reader
        self._noted: dict[tuple[str, datetime], datetime] = {}

    def than_before(self, gap: Gap) -> Gap:
        """The gap as it is to be folded."""
        key = (gap.source, gap.from_at)
        before = self._noted.get(key) or self._stored(gap)
        if before and gap.noted_at < before:
            gap = replace(gap, noted_at=before + _NEXT)
        self._noted[key] = gap.noted_at
        return gap

    def _stored(self, gap: Gap) -> datetime | None:
        rows = self._reader.ask(
            "SELECT noted_at FROM gaps WHERE source = $source AND from_at = $from_at",
            source=gap.source,
            from_at=gap.from_at,
        )
        return rows["noted_at"][0].as_py() if rows.num_rows else None
