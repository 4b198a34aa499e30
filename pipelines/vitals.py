"""How collecting itself is doing, in figures alone: what a monitoring system asks every few seconds. No words, no people."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from pipelines.store.reader import Reader

SCHEMA = pa.schema(
    [("figure", pa.string()), ("congress_id", pa.string()), ("source", pa.string()), ("word", pa.string()), ("value", pa.float64())]
)  # fmt: skip


def vitals(reader: Reader, as_of: datetime) -> pa.Table:
    """What the tables tell at ``as_of`` (naive UTC), in the columns of ``SCHEMA``; what a figure has no use for is ``''``.

    Figures: ``posts`` (kept, by congress and platform), ``received``, ``dropped``, ``reconnects``, ``backlog`` (arrivals that
    wait), ``lag_seconds`` (how far behind the newest event was when it came), ``silent_seconds`` (since the source last said
    anything), ``state`` (1, with the state as ``word``), ``gaps_open`` (not refilled), ``gaps_lasting``
    (not over), ``spent_usd`` and ``budget_usd`` (this month) by source;
    ``cases_open`` and ``cases_overdue`` by congress.
    """
    table = reader.ask(
        """
        WITH sources AS (SELECT * FROM health)
        SELECT 'posts' AS figure, congress_id, platform AS source, '' AS word, count(*)::DOUBLE AS value
            FROM matches GROUP BY ALL
        UNION ALL SELECT 'received', '', source, '', received_count FROM sources
        UNION ALL SELECT 'dropped', '', source, '', dropped_count FROM sources
        UNION ALL SELECT 'reconnects', '', source, '', reconnect_count FROM sources
        UNION ALL SELECT 'backlog', '', source, '', queue_depth FROM sources
        UNION ALL SELECT 'lag_seconds', '', source, '', greatest(0, epoch(seen_at - last_event_at)) FROM sources
            WHERE last_event_at IS NOT NULL
        UNION ALL SELECT 'silent_seconds', '', source, '', greatest(0, epoch($as_of - seen_at)) FROM sources
        UNION ALL SELECT 'state', '', source, state, 1 FROM sources
        UNION ALL SELECT 'gaps_open', '', s.source, '', count(g.source)
            FROM sources s LEFT JOIN gaps g ON g.source = s.source AND g.status IN ('open', 'replaying') GROUP BY ALL
        UNION ALL SELECT 'gaps_lasting', '', s.source, '', count(g.source)
            FROM sources s LEFT JOIN gaps g ON g.source = s.source AND g.to_at IS NULL GROUP BY ALL
        UNION ALL SELECT 'spent_usd', '', source, '', sum(cost_usd) FROM ledger
            WHERE date_trunc('month', day) = date_trunc('month', $as_of::DATE) GROUP BY ALL
        UNION ALL SELECT 'budget_usd', '', source, '', budget_usd FROM sources WHERE budget_usd IS NOT NULL
        UNION ALL SELECT 'cases_open', c.congress_id, '', '', count(k.case_id)
            FROM congresses c LEFT JOIN cases_at($as_of) k ON k.congress_id = c.congress_id AND k.state = 'open' GROUP BY ALL
        UNION ALL SELECT 'cases_overdue', c.congress_id, '', '', count(k.case_id)
            FROM congresses c LEFT JOIN safety s ON s.congress_id = c.congress_id
            LEFT JOIN cases_at($as_of) k ON k.congress_id = c.congress_id AND k.state = 'open'
                AND epoch($as_of - k.first_seen_at) > coalesce(s.hours, 24) * 3600 GROUP BY ALL
        ORDER BY ALL
        """,
        as_of=as_of,
    )
    return table.cast(SCHEMA)


def vitals_of(figures: dict[tuple[str, str], float]) -> pa.Table:
    """Figures of a process, by name and word, in the same columns."""
    rows = [
        {"figure": name, "congress_id": "", "source": "", "word": word, "value": float(value)}
        for (name, word), value in figures.items()
    ]
    return pa.Table.from_pylist(rows, SCHEMA)
