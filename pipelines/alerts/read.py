"""The read: which rises were told, to whom, and what became of it."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from pipelines.store.reader import Reader


def alerts(reader: Reader, congress_id: str, limit: int, as_of: datetime) -> pa.Table:
    """Alerts noticed up to ``as_of``, newest first, each with its deliveries in words; digests of a day are none.

    ``sent_to`` and ``failed_at`` name channels; ``waiting_count`` counts channels still to be tried; ``last_error`` is
    the newest, without any address.
    """
    return reader.ask(
        """
        SELECT a.*, coalesce(d.sent_to, []) AS sent_to, coalesce(d.failed_at, []) AS failed_at,
            coalesce(d.waiting_count, 0) AS waiting_count, coalesce(d.attempts, 0) AS attempts,
            coalesce(d.last_error, '') AS last_error
        FROM alerts a LEFT JOIN (
            SELECT alert_id, list(channel ORDER BY channel) FILTER (state = 'sent') AS sent_to,
                list(channel ORDER BY channel) FILTER (state = 'failed') AS failed_at,
                count(*) FILTER (state IN ('queued', 'sending')) AS waiting_count, max(attempts) AS attempts,
                arg_max(last_error, changed_at) FILTER (last_error <> '') AS last_error
            FROM deliveries GROUP BY alert_id
        ) d USING (alert_id)
        WHERE a.congress_id = $congress_id AND a.noticed_at <= $as_of AND a.kind NOT IN ('digest', 'safety', 'embargo')
        ORDER BY a.noticed_at DESC, a.alert_id LIMIT $limit
        """,
        congress_id=congress_id,
        limit=limit,
        as_of=as_of,
    )
