"""Where posts point to outside their platforms."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from pipelines.store.reader import Reader


def links(reader: Reader, congress_id: str, start: datetime, end: datetime, limit: int, as_of: datetime) -> pa.Table:
    """Pages outside by posts of [start, end) that point to them: url, post_count, author_count; at least two authors.

    Links into the platforms themselves and the tails that only trace a click (``?utm_...``) are left out; posts of patients
    count, and a link that only one account posts is not listed: it may be about that person.
    """
    return reader.ask(
        r"""
        WITH pointed AS (
            SELECT m.platform, m.post_id, m.author_id,
                regexp_replace(unnest(p.links), '(\?utm_[^#]*|[&]utm_[^&#]*|#.*)$', '', 'g') AS url
            FROM matches m JOIN posts p USING (platform, post_id)
            WHERE m.congress_id = $congress_id AND m.visible
                AND m.created_at >= $start AND m.created_at < $end AND m.created_at <= $as_of
        )
        SELECT url, count(DISTINCT (platform, post_id)) AS post_count, count(DISTINCT (platform, author_id)) AS author_count
        FROM pointed
        WHERE NOT regexp_matches(url, '^https?://([a-z0-9-]+\.)*(x\.com|twitter\.com|t\.co|bsky\.app|linkedin\.com|lnkd\.in)(/|$)', 'i')
        GROUP BY ALL HAVING author_count > 1 ORDER BY post_count DESC, url LIMIT $limit
        """,
        congress_id=congress_id,
        start=start,
        end=end,
        limit=limit,
        as_of=as_of,
    )
