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


def bill(reader: Reader, as_of: datetime) -> pa.Table:
    """What each metered source may have cost, in US dollars: source, kind, today (UTC day) and this calendar month."""
    return reader.ask(
        """
        SELECT source, kind, coalesce(sum(cost_usd) FILTER (day = $as_of::DATE), 0) AS today_usd, sum(cost_usd) AS month_usd,
            count(*) AS read_count
        FROM ledger WHERE date_trunc('month', day) = date_trunc('month', $as_of::DATE) AND noted_at <= $as_of
        GROUP BY ALL ORDER BY ALL
        """,
        as_of=as_of,
    )


def health(reader: Reader) -> pa.Table:
    """What each source last said of itself."""
    return reader.ask("SELECT * FROM health ORDER BY source")
