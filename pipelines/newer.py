"""What is said later counts, also where the clock says that it was said earlier: of a hole, and of a source's health."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pipelines.model import Gap, Health, Record
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
        self._seen: dict[str, datetime] = {}  # of each source's health

    def than_before(self, gap: Gap) -> Gap:
        """The gap as it is to be folded."""
        key = (gap.source, gap.from_at)
        before = self._noted.get(key) or self._stored(gap)
        if before and gap.noted_at < before:
            gap = replace(gap, noted_at=before + _NEXT)
        self._noted[key] = gap.noted_at
        return gap

    def last_health(self, records: Sequence[Record]) -> tuple[list[Record], list[str]]:
        """The records with the last word alone on each source's health; and the sources of which the store holds one
        with a later time. That is of a clock that was ahead, and would stand until its time has come: it has to go."""
        last = {each.source: each for each in records if isinstance(each, Health)}
        kept = [each for each in records if not isinstance(each, Health) or last[each.source] is each]
        outlived = [
            source for source, health in last.items() if (seen := self._seen_at(source)) and health.seen_at < seen
        ]
        self._seen |= {source: health.seen_at for source, health in last.items()}
        return kept, outlived

    def _seen_at(self, source: str) -> datetime | None:
        if source in self._seen:
            return self._seen[source]
        rows = self._reader.ask("SELECT seen_at FROM health WHERE source = $source", source=source)
        return rows["seen_at"][0].as_py() if rows.num_rows else None

    def _stored(self, gap: Gap) -> datetime | None:
        rows = self._reader.ask(
            "SELECT noted_at FROM gaps WHERE source = $source AND from_at = $from_at",
            source=gap.source,
            from_at=gap.from_at,
        )
        return rows["noted_at"][0].as_py() if rows.num_rows else None
