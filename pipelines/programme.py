"""The congresses that are followed, and their sessions."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from pipelines.store.reader import Reader


def congresses(reader: Reader) -> pa.Table:
    """Followed congresses in the order of their days, each with how many posts are kept."""
    return reader.ask(
        """
        SELECT c.congress_id AS id, c.* EXCLUDE (congress_id), coalesce(m.post_count, 0) AS post_count
        FROM congresses c LEFT JOIN (
            SELECT congress_id, count(*) AS post_count FROM matches WHERE visible GROUP BY ALL
        ) m USING (congress_id)
        ORDER BY c.starts_on, c.congress_id
        """
    )


def sessions(reader: Reader, congress_id: str, start: datetime, end: datetime) -> pa.Table:
    """Sessions that touch [start, end), in order of their start."""
    return reader.ask(
        """
        SELECT session_id, title, starts_at, ends_at, kind FROM sessions
        WHERE congress_id = $congress_id AND starts_at < $end AND ends_at > $start
        ORDER BY starts_at, ends_at, session_id
        """,
        congress_id=congress_id,
        start=start,
        end=end,
    )
