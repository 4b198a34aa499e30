"""Posts over time, by platform or by who wrote them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import pyarrow as pa

from pipelines.store.reader import Reader


def volume(
    reader: Reader,
    congress_id: str,
    start: datetime,
    end: datetime,
    bucket_minutes: int,
    as_of: datetime,
    split: Literal["platform", "role", "stakeholder", "none"] = "none",
) -> pa.Table:
    """Posts per bucket: ``bucket_at`` (naive UTC, start of the bucket), ``series``, ``post_count``.

    Buckets lie on whole multiples of ``bucket_minutes`` since the epoch; one without posts is absent. ``series``
    is the platform; or ``hcp`` and ``others``; or the stakeholder: ``hcp``, ``industry``, ``patient_advocate``,
    ``organisation`` (societies, institutions, media) and ``others``; or ``all``. Every post in [start, end) up to ``as_of`` is in one bucket.
    """
    return reader.ask(
        """
        SELECT make_timestamp((epoch_us(m.created_at) // (($bucket_minutes::BIGINT * 60000000))) * $bucket_minutes::BIGINT * 60000000) AS bucket_at,
            CASE $split WHEN 'platform' THEN m.platform
                        WHEN 'role' THEN CASE WHEN r.role = 'hcp' THEN 'hcp' ELSE 'others' END
                        WHEN 'stakeholder' THEN CASE WHEN r.role IN ('hcp', 'patient_advocate') THEN r.role
                            WHEN r.role = 'pharma' THEN 'industry'
                            WHEN r.role IN ('society', 'institution', 'media') THEN 'organisation' ELSE 'others' END
                        ELSE 'all' END AS series,
            count(*) AS post_count
        FROM matches m
        LEFT JOIN (
            SELECT author_number, role FROM numbered_role_at($as_of) WHERE $split = 'stakeholder'
            UNION ALL SELECT author_number, 'hcp' FROM numbered_holders_at('hcp', $as_of) WHERE $split = 'role'
        ) r USING (author_number)
        WHERE m.congress_id = $congress_id AND m.visible
            AND m.created_at >= $start AND m.created_at < $end AND m.created_at <= $as_of
        GROUP BY ALL ORDER BY ALL
        """,
        congress_id=congress_id,
        start=start,
        end=end,
        bucket_minutes=bucket_minutes,
        split=split,
        as_of=as_of,
    )
