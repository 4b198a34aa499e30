"""Who spoke of each abstract first."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from pipelines.store.reader import Reader


def first_posts(reader: Reader, congress_id: str, as_of: datetime) -> pa.Table:
    """The first visible post on every abstract up to ``as_of``: number, first_post_at, role (unknown where none), handle.

    The handle of a patient or advocate, also of who turned out to be one later, is null.
    """
    return reader.ask(
        """
        WITH firsts AS (
            SELECT number, min(created_at) AS first_post_at,
                arg_min({'platform': platform, 'author_id': author_id}, (created_at, platform, post_id)) AS who
            FROM spoken_of WHERE congress_id = $congress_id AND visible AND created_at <= $as_of GROUP BY number
        )
        SELECT f.number, f.first_post_at, coalesce(r.role, 'unknown') AS role,
            CASE WHEN coalesce(l.role, '') <> 'patient_advocate' AND coalesce(r.role, '') <> 'patient_advocate' THEN a.handle END AS handle
        FROM firsts f
        LEFT JOIN role_at($as_of) r ON r.platform = f.who.platform AND r.author_id = f.who.author_id
        LEFT JOIN role_at(TIMESTAMP '9999-01-01') l ON l.platform = f.who.platform AND l.author_id = f.who.author_id
        LEFT JOIN authors a ON a.platform = f.who.platform AND a.author_id = f.who.author_id
        ORDER BY f.number
        """,
        congress_id=congress_id,
        as_of=as_of,
    )
