"""What is talked about, and how much against its like: products, companies, drugs, trials, hashtags.

Share of voice = posts naming X / posts naming any item of the same kind. It is never a share of all posts: each row
carries that denominator. A post that names two counts for both, so that shares may add up to more than all.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import pyarrow as pa

from pipelines.store.reader import Reader

By = Literal["product", "company", "drug", "trial", "hashtag"]
SPARKS = 24  # equal buckets of the window in a sparkline


def share_of_voice(
    reader: Reader, congress_id: str, minutes: int, by: By, limit: int, as_of: datetime, until: datetime | None = None
) -> pa.Table:
    """Items of one kind by posts in the window of ``minutes`` before ``until`` (naive UTC, ``as_of`` unless given; 0: everything), most named first.

    Products and companies are those tracked for the congress, also those that nobody named (``post_count`` 0), with a
    product's ``company``. Drugs and trials are the catalogue's, through the abstracts that posts speak of by any
    evidence. Hashtags are all but the congress's own. One post counts once for a name; ``inherited_count`` counts posts
    that only took it over from what they repost, quote or answer; ``before_count`` the window before. The denominators
    stand in each row: ``whole_count``, ``hcp_whole_count`` and ``before_whole_count`` count posts that name any item of
    the kind, ``item_count`` the items named. ``sparkline`` holds 24 equal buckets of the window.
    """
    return reader.ask(
        """
        WITH board AS (
            SELECT item, mode(name) AS name, count(*) FILTER (now) AS post_count,
                count(DISTINCT (platform, author_id)) FILTER (now) AS author_count,
                count(*) FILTER (now AND by_hcp) AS hcp_post_count,
                count(DISTINCT (platform, author_id)) FILTER (now AND by_hcp) AS hcp_author_count,
                count(*) FILTER (now AND inherited) AS inherited_count, count(*) FILTER (NOT now) AS before_count
            FROM named GROUP BY item
        ),
        listed AS (
            SELECT coalesce(t.name, b.name) AS name, t.company, b.* EXCLUDE (item, name), coalesce(item, lower(trim(t.name))) AS item
            FROM (FROM board WHERE post_count > 0) b
            FULL JOIN (FROM tracked WHERE congress_id = $congress_id AND kind = $by) t ON lower(trim(t.name)) = b.item
            ORDER BY b.post_count DESC NULLS LAST, item LIMIT $limit
        ),
        sparks AS (
            SELECT item, list(post_count ORDER BY spark) AS sparkline FROM (
                SELECT l.item, s.spark, count(n.post_id) AS post_count
                FROM listed l CROSS JOIN (SELECT unnest(range($sparks)) AS spark) s
                LEFT JOIN named n ON n.item = l.item AND n.now AND n.spark = s.spark
                GROUP BY ALL
            ) GROUP BY ALL
        ),
        whole AS (
            SELECT count(DISTINCT (platform, post_id)) FILTER (now) AS whole_count,
                count(DISTINCT (platform, post_id)) FILTER (now AND by_hcp) AS hcp_whole_count,
                count(DISTINCT (platform, post_id)) FILTER (NOT now) AS before_whole_count,
                count(DISTINCT item) FILTER (now) AS item_count
            FROM named
        )
        SELECT l.name, l.company, coalesce(l.post_count, 0) AS post_count, coalesce(l.author_count, 0) AS author_count,
            coalesce(l.hcp_post_count, 0) AS hcp_post_count, coalesce(l.hcp_author_count, 0) AS hcp_author_count,
            coalesce(l.inherited_count, 0) AS inherited_count, coalesce(l.before_count, 0) AS before_count, w.*, s.sparkline
        FROM listed l JOIN sparks s USING (item) CROSS JOIN whole w ORDER BY l.post_count DESC NULLS LAST, l.item
        """,
        tables={"named": _named(reader, congress_id, minutes, by, as_of, min(until or as_of, as_of))},
        congress_id=congress_id,
        by=by,
        limit=limit,
        sparks=SPARKS,
    )


def _named(reader: Reader, congress_id: str, minutes: int, by: By, as_of: datetime, until: datetime) -> pa.Table:
    """Each post of the window and of the one before, once for each name in it: when in the window, whether by an HCP."""
    return reader.ask(
        """
        WITH bounds AS (
            SELECT CASE WHEN $minutes = 0
                THEN coalesce((SELECT min(created_at) - INTERVAL 1 SECOND FROM matches
                               WHERE congress_id = $congress_id AND visible), $until - INTERVAL 1 DAY)
                ELSE $until - to_minutes($minutes) END AS starts
        ),
        own AS (SELECT unnest(hashtags) AS item FROM congresses WHERE congress_id = $congress_id AND $by = 'hashtag'),
        said AS (
            SELECT lower(trim(t.name)) AS item, mode(t.name) AS name, t.platform, t.post_id, any_value(t.author_id) AS author_id,
                any_value(t.created_at) AS created_at, bool_and(t.inherited) AS inherited
            FROM topics t CROSS JOIN bounds
            WHERE t.congress_id = $congress_id AND t.kind = $by AND t.created_at <= $until
                AND t.created_at > starts - ($until - starts)
            GROUP BY ALL
        )
        SELECT s.* EXCLUDE (created_at), coalesce(r.role = 'hcp', false) AS by_hcp, s.created_at > starts AS now,
            least(floor(epoch(s.created_at - starts) / epoch($until - starts) * $sparks)::BIGINT, $sparks - 1) AS spark
        FROM said s CROSS JOIN bounds LEFT JOIN role_at($as_of) r USING (platform, author_id)
        ANTI JOIN own USING (item)
        """,
        congress_id=congress_id,
        minutes=minutes,
        by=by,
        as_of=as_of,
        until=until,
        sparks=SPARKS,
    )


def topic_volume(
    reader: Reader,
    congress_id: str,
    by: By,
    first: str,
    second: str,
    start: datetime,
    end: datetime,
    bucket_minutes: int,
    as_of: datetime,
) -> pa.Table:
    """Posts that name two items of one kind, per bucket: ``bucket_at`` (naive UTC), ``series``, ``post_count``, ``hcp_post_count``.

    ``series`` is ``first``, ``second`` or ``both``; a post of ``both`` is in the other two as well. Buckets as in
    ``volume``: whole multiples of ``bucket_minutes`` since the epoch within [start, end), those without posts absent.
    Names are compared without case; an empty or unknown one has no buckets.
    """
    return reader.ask(
        """
        WITH said AS (
            SELECT platform, post_id, any_value(author_id) AS author_id, any_value(created_at) AS created_at,
                bool_or(lower(trim(name)) = lower(trim($first))) AS names_first,
                bool_or(lower(trim(name)) = lower(trim($second))) AS names_second
            FROM topics
            WHERE congress_id = $congress_id AND kind = $by AND lower(trim(name)) IN (lower(trim($first)), lower(trim($second)))
                AND created_at >= $start AND created_at < $end AND created_at <= $as_of
            GROUP BY ALL
        ),
        placed AS (
            SELECT unnest(list_filter(['first', 'second', 'both'],
                    lambda x: (x = 'first' AND names_first) OR (x = 'second' AND names_second)
                        OR (x = 'both' AND names_first AND names_second))) AS series,
                make_timestamp((epoch_us(created_at) // ($bucket_minutes::BIGINT * 60000000)) * $bucket_minutes::BIGINT * 60000000) AS bucket_at,
                coalesce(r.role = 'hcp', false) AS by_hcp
            FROM said LEFT JOIN role_at($as_of) r USING (platform, author_id)
        )
        SELECT bucket_at, series, count(*) AS post_count, count(*) FILTER (by_hcp) AS hcp_post_count
        FROM placed GROUP BY ALL ORDER BY ALL
        """,
        congress_id=congress_id,
        by=by,
        first=first,
        second=second,
        start=start,
        end=end,
        bucket_minutes=bucket_minutes,
        as_of=as_of,
    )


def abstract_topics(reader: Reader, congress_id: str, number: str, as_of: datetime) -> pa.Table:
    """Which tracked products and companies the posts on one abstract name: kind, name, company, post_count, hcp_post_count.

    Of all posts up to ``as_of`` (naive UTC) that speak of the abstract, products first, the most named first.
    """
    return reader.ask(
        """
        WITH own AS (
            SELECT DISTINCT platform, post_id FROM spoken_of
            WHERE congress_id = $congress_id AND number = $number AND visible AND created_at <= $as_of
        )
        SELECT t.kind, t.name, any_value(k.company) AS company, count(*) AS post_count,
            count(*) FILTER (r.role = 'hcp') AS hcp_post_count
        FROM topics t JOIN own USING (platform, post_id)
        JOIN tracked k ON k.congress_id = t.congress_id AND k.kind = t.kind AND k.name = t.name
        LEFT JOIN role_at($as_of) r ON r.platform = t.platform AND r.author_id = t.author_id
        WHERE t.congress_id = $congress_id AND t.kind IN ('product', 'company') AND t.created_at <= $as_of
        GROUP BY t.kind, t.name ORDER BY t.kind DESC, post_count DESC, t.name
        """,
        congress_id=congress_id,
        number=number,
        as_of=as_of,
    )
