"""What was collected and what was not: sources, gaps, the programme beside them."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from pipelines.store.reader import Reader


def gaps(reader: Reader, start: datetime, end: datetime, as_of: datetime) -> pa.Table:
    """Gaps that touch [start, end): source, from_at, to_at (null while it lasts), cause, status."""
    return reader.ask(
        """
        SELECT source, from_at, to_at, cause, status FROM gaps
        WHERE from_at < $end AND coalesce(to_at, $as_of) > $start AND from_at <= $as_of
        ORDER BY from_at, source
        """,
        start=start,
        end=end,
        as_of=as_of,
    )


def health(reader: Reader) -> pa.Table:
    """What each source last said of itself."""
    return reader.ask("SELECT * FROM health ORDER BY source")
