"""What was collected and what was not: sources now and at a past moment, gaps, the bill."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from pipelines.store.reader import Reader


def gaps(reader: Reader, start: datetime, end: datetime, as_of: datetime) -> pa.Table:
    """Gaps that touch [start, end) and had begun by ``as_of``: source, from_at, to_at (null while it lasts), cause, status.

    One that ended later still lasts at ``as_of``; ``status`` is the newest word on it, as what was refilled later stands
    in every past picture too.
    """
    return reader.ask(
        """
        SELECT source, from_at, CASE WHEN to_at <= $as_of THEN to_at END AS to_at, cause, status FROM gaps
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


def collection(reader: Reader, as_of: datetime) -> pa.Table:
    """Whether each source collected at a past moment, in the columns of ``health``, which keeps no past itself.

    ``state`` is ``away`` inside a gap (``detail`` says why) and ``collecting`` outside; what only the source itself could
    tell of that moment is null.
    """
    return reader.ask(
        """
        WITH sources AS (SELECT source FROM health UNION SELECT source FROM gaps WHERE from_at <= $as_of),
        holes AS (
            SELECT source, arg_max(cause, from_at) AS cause FROM gaps
            WHERE from_at <= $as_of AND (to_at IS NULL OR to_at > $as_of) GROUP BY source
        )
        SELECT s.source, $as_of AS seen_at, CASE WHEN h.cause IS NULL THEN 'collecting' ELSE 'away' END AS state,
            coalesce(h.cause, '') AS detail, NULL::TIMESTAMP AS connected_since,
            NULL::TIMESTAMP AS last_data_at, NULL::TIMESTAMP AS last_event_at, NULL::BIGINT AS reconnect_count,
            NULL::BIGINT AS dropped_count, NULL::BIGINT AS received_count, NULL::BIGINT AS queue_depth,
            NULL::DOUBLE AS spent_usd, NULL::DOUBLE AS budget_usd
        FROM sources s LEFT JOIN holes h USING (source) ORDER BY s.source
        """,
        as_of=as_of,
    )
