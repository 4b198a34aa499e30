"""How much is being said, by how many, and how much of it by HCPs: the figures of the tiles.

Definitions as in the field guide: a post is a unique post of any kind; HCP author share = HCP authors /
authors; HCP post share = posts by HCPs / posts; the two are never mixed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa

from pipelines.store.reader import Reader

EPOCH = datetime(1970, 1, 1)


def overview(
    reader: Reader, congress_id: str, minutes: int, as_of: datetime, until: datetime | None = None
) -> pa.Table:
    """One row of figures for the window of ``minutes`` before ``until`` (naive UTC) and, as ``*_before``, the one before it.

    ``minutes=0`` means everything up to then; the window before it is then empty. ``until`` is ``as_of`` unless given: an
    earlier one tells of a window that is over with what is known at ``as_of``. Authors and posts are told apart by 63-bit
    hashes, twice as fast as by their ids: among three million authors two share one with a chance of 1 in 2 million.
    """
    end, length = min(until or as_of, as_of), timedelta(minutes=minutes)
    return reader.ask(
        _FIGURES,
        congress_id=congress_id,
        as_of=as_of,
        until=end,
        starts=end - length if minutes else EPOCH,  # constants let the scans skip what is older
        earlier=end - 2 * length if minutes else EPOCH,
    )


_FIGURES = """
    WITH seen AS (
        SELECT author_number AS author, created_at > $starts AS now, count(*) AS posts,
            count(*) FILTER (kind = 'original') AS originals, count(*) FILTER (kind = 'repost') AS reposts,
            count(*) FILTER (kind = 'quote') AS quotes, count(*) FILTER (kind = 'reply') AS replies
        FROM matches
        WHERE congress_id = $congress_id AND visible AND created_at > $earlier AND created_at <= $until GROUP BY ALL
    ),
    hcps AS (SELECT author_number AS author FROM numbered_holders_at('hcp', $as_of)),
    named AS (
        SELECT number, post_number AS post, created_at > $starts AS now FROM spoken_of
        WHERE congress_id = $congress_id AND visible AND created_at > $earlier AND created_at <= $until
    )
    SELECT $as_of AS as_of, p.*, a.*, t.*, d.* FROM (
        SELECT coalesce(sum(posts) FILTER (now), 0)::BIGINT AS post_count,
            coalesce(sum(originals) FILTER (now), 0)::BIGINT AS original_count,
            coalesce(sum(reposts) FILTER (now), 0)::BIGINT AS repost_count,
            coalesce(sum(quotes) FILTER (now), 0)::BIGINT AS quote_count,
            coalesce(sum(replies) FILTER (now), 0)::BIGINT AS reply_count,
            count(*) FILTER (now) AS author_count,
            count(h.author) FILTER (now) AS hcp_author_count,
            coalesce(sum(posts) FILTER (now AND h.author IS NOT NULL), 0)::BIGINT AS hcp_post_count,
            coalesce(sum(posts) FILTER (NOT now), 0)::BIGINT AS post_count_before,
            coalesce(sum(originals) FILTER (NOT now), 0)::BIGINT AS original_count_before,
            coalesce(sum(reposts) FILTER (NOT now), 0)::BIGINT AS repost_count_before,
            coalesce(sum(quotes) FILTER (NOT now), 0)::BIGINT AS quote_count_before,
            coalesce(sum(replies) FILTER (NOT now), 0)::BIGINT AS reply_count_before,
            count(*) FILTER (NOT now) AS author_count_before,
            count(h.author) FILTER (NOT now) AS hcp_author_count_before,
            coalesce(sum(posts) FILTER (NOT now AND h.author IS NOT NULL), 0)::BIGINT AS hcp_post_count_before
        FROM seen LEFT JOIN hcps h USING (author)
    ) p CROSS JOIN (
        SELECT count(DISTINCT number) FILTER (now) AS abstract_count,
            count(DISTINCT post) FILTER (now) AS mention_count,
            count(DISTINCT number) FILTER (NOT now) AS abstract_count_before,
            count(DISTINCT post) FILTER (NOT now) AS mention_count_before
        FROM named
    ) a CROSS JOIN (
        SELECT count(*) AS total_post_count, count(DISTINCT author_number) AS total_author_count
        FROM matches WHERE congress_id = $congress_id AND visible AND created_at <= $as_of
    ) t CROSS JOIN (
        SELECT count(*) AS deleted_count FROM removed_posts
        WHERE congress_id = $congress_id AND created_at <= $as_of
    ) d
"""
