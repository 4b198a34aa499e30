"""How much is being said, by how many, and how much of it by HCPs: the figures of the tiles.

Definitions as in the field guide: a post is a unique post of any kind; HCP author share = HCP authors /
authors; HCP post share = posts by HCPs / posts; the two are never mixed.
"""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from pipelines.store.reader import Reader


def overview(
    reader: Reader, congress_id: str, minutes: int, as_of: datetime, until: datetime | None = None
) -> pa.Table:
    """One row of figures for the window of ``minutes`` before ``until`` (naive UTC) and, as ``*_before``, the one before it.

    ``minutes=0`` means everything up to then; the window before it is then empty. ``until`` is ``as_of`` unless given: an
    earlier one tells of a window that is over with what is known at ``as_of``.
    """
    return reader.ask(
        """
        WITH bounds AS (
            SELECT $until AS ends,
                CASE WHEN $minutes = 0 THEN TIMESTAMP '1970-01-01' ELSE $until - to_minutes($minutes) END AS starts,
                CASE WHEN $minutes = 0 THEN TIMESTAMP '1970-01-01' ELSE $until - to_minutes(2 * $minutes) END AS earlier
        ),
        seen AS (
            SELECT m.*, coalesce(r.role = 'hcp', false) AS by_hcp, m.created_at > starts AS now
            FROM matches m CROSS JOIN bounds LEFT JOIN role_at($as_of) r USING (platform, author_id)
            WHERE m.congress_id = $congress_id AND m.visible AND m.created_at > earlier AND m.created_at <= ends
        ),
        named AS (
            SELECT n.*, n.created_at > starts AS now FROM spoken_of n CROSS JOIN bounds
            WHERE n.congress_id = $congress_id AND n.visible AND n.created_at > earlier AND n.created_at <= ends
        )
        SELECT $as_of AS as_of, p.*, a.*, t.*, d.* FROM (
            SELECT count(*) FILTER (now) AS post_count,
                count(*) FILTER (now AND kind = 'original') AS original_count,
                count(*) FILTER (now AND kind = 'repost') AS repost_count,
                count(*) FILTER (now AND kind = 'quote') AS quote_count,
                count(*) FILTER (now AND kind = 'reply') AS reply_count,
                count(DISTINCT (platform, author_id)) FILTER (now) AS author_count,
                count(DISTINCT (platform, author_id)) FILTER (now AND by_hcp) AS hcp_author_count,
                count(*) FILTER (now AND by_hcp) AS hcp_post_count,
                count(*) FILTER (NOT now) AS post_count_before,
                count(*) FILTER (NOT now AND kind = 'original') AS original_count_before,
                count(*) FILTER (NOT now AND kind = 'repost') AS repost_count_before,
                count(*) FILTER (NOT now AND kind = 'quote') AS quote_count_before,
                count(*) FILTER (NOT now AND kind = 'reply') AS reply_count_before,
                count(DISTINCT (platform, author_id)) FILTER (NOT now) AS author_count_before,
                count(DISTINCT (platform, author_id)) FILTER (NOT now AND by_hcp) AS hcp_author_count_before,
                count(*) FILTER (NOT now AND by_hcp) AS hcp_post_count_before
            FROM seen
        ) p CROSS JOIN (
            SELECT count(DISTINCT number) FILTER (now) AS abstract_count,
                count(DISTINCT (platform, post_id)) FILTER (now) AS mention_count,
                count(DISTINCT number) FILTER (NOT now) AS abstract_count_before,
                count(DISTINCT (platform, post_id)) FILTER (NOT now) AS mention_count_before
            FROM named
        ) a CROSS JOIN (
            SELECT count(*) AS total_post_count, count(DISTINCT (platform, author_id)) AS total_author_count
            FROM matches WHERE congress_id = $congress_id AND visible AND created_at <= $as_of
        ) t CROSS JOIN (
            SELECT count(*) AS deleted_count FROM removed_posts
            WHERE congress_id = $congress_id AND created_at <= $as_of
        ) d
        """,
        congress_id=congress_id,
        minutes=minutes,
        as_of=as_of,
        until=min(until or as_of, as_of),
    )
