"""Who speaks: authors and posts by what the authors are, and how much their posts were engaged with."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from pipelines.store.reader import Reader


def role_shares(reader: Reader, congress_id: str, start: datetime, end: datetime, as_of: datetime) -> pa.Table:
    """Accounts and posts of [start, end) by role at ``as_of``, most posts first: role (unknown where none), author_count, post_count."""
    return reader.ask(
        """
        SELECT coalesce(r.role, 'unknown') AS role, count(DISTINCT (m.platform, m.author_id)) AS author_count,
            count(*) AS post_count
        FROM matches m LEFT JOIN role_at($as_of) r USING (platform, author_id)
        WHERE m.congress_id = $congress_id AND m.visible
            AND m.created_at >= $start AND m.created_at < $end AND m.created_at <= $as_of
        GROUP BY ALL ORDER BY post_count DESC, role
        """,
        congress_id=congress_id,
        start=start,
        end=end,
        as_of=as_of,
    )


def engagements(reader: Reader, congress_id: str, start: datetime, end: datetime, as_of: datetime) -> pa.Table:
    """One row: likes + reposts + replies + quotes of the posts of [start, end), as known at ``as_of``; reposts themselves have none."""
    return reader.ask(
        """
        SELECT coalesce(sum(e.engagement_count), 0)::BIGINT AS engagement_count
        FROM matches m JOIN engagement_at($as_of) e USING (platform, post_id)
        WHERE m.congress_id = $congress_id AND m.visible AND m.kind <> 'repost'
            AND m.created_at >= $start AND m.created_at < $end AND m.created_at <= $as_of
        """,
        congress_id=congress_id,
        start=start,
        end=end,
        as_of=as_of,
    )


def named_authors(reader: Reader, congress_id: str, start: datetime, end: datetime, as_of: datetime) -> pa.Table:
    """HCPs, organisations and media that posted in [start, end), with the words that prove it; nobody else is listed anywhere."""
    return reader.ask(
        """
        SELECT m.platform, m.author_id, a.handle, a.display_name, r.role, r.confidence, r.evidence, r.specialty, r.decided_by,
            count(*) AS post_count, a.followers_count
        FROM matches m JOIN role_at($as_of) r USING (platform, author_id) LEFT JOIN authors a USING (platform, author_id)
        ANTI JOIN (FROM role_at(TIMESTAMP '9999-01-01') WHERE role NOT IN ('hcp', 'society', 'pharma', 'media', 'institution')) l
            USING (platform, author_id)
        WHERE m.congress_id = $congress_id AND m.visible AND r.role IN ('hcp', 'society', 'pharma', 'media', 'institution')
            AND m.created_at >= $start AND m.created_at < $end AND m.created_at <= $as_of
        GROUP BY ALL ORDER BY post_count DESC, platform, author_id
        """,
        congress_id=congress_id,
        start=start,
        end=end,
        as_of=as_of,
    )
