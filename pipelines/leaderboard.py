"""Which abstracts are talked about, by whom, on what evidence, and since when."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from pipelines.store.reader import Reader

SPARKS = 24  # equal buckets of the window in a sparkline


def abstracts(
    reader: Reader, congress_id: str, minutes: int, limit: int, as_of: datetime, until: datetime | None = None
) -> pa.Table:
    """Abstracts by posts in the window of ``minutes`` before ``until`` (0: everything; ``as_of`` unless given), most talked about first.

    A post counts once for an abstract, under its strongest tier; ``inherited`` counts posts that only took the
    mention over from what they answer. ``sparkline`` holds 24 equal buckets of the window.
    """
    return reader.ask(
        """
        WITH bounds AS (
            SELECT $until AS ends,
                CASE WHEN $minutes = 0
                    THEN coalesce((SELECT min(created_at) - INTERVAL 1 SECOND FROM spoken_of
                                   WHERE congress_id = $congress_id AND visible), $until - INTERVAL 1 DAY)
                    ELSE $until - to_minutes($minutes) END AS starts
        ),
        named AS (
            SELECT n.number, n.platform, n.post_id, any_value(n.author_id) AS author_id,
                any_value(n.created_at) AS created_at, min(n.tier) AS tier, bool_and(n.inherited_from IS NOT NULL) AS inherited,
                coalesce(bool_or(r.role = 'hcp'), false) AS by_hcp, any_value(n.created_at) > any_value(starts) AS now,
                any_value(starts) AS starts
            FROM spoken_of n CROSS JOIN bounds LEFT JOIN role_at($as_of) r USING (platform, author_id)
            WHERE n.congress_id = $congress_id AND n.visible AND n.created_at <= ends
                AND n.created_at > starts - (ends - starts)
            GROUP BY n.number, n.platform, n.post_id
        ),
        board AS (
            SELECT number, count(*) FILTER (now) AS post_count,
                count(DISTINCT (platform, author_id)) FILTER (now) AS author_count,
                count(*) FILTER (now AND by_hcp) AS hcp_post_count,
                count(DISTINCT (platform, author_id)) FILTER (now AND by_hcp) AS hcp_author_count,
                count(*) FILTER (NOT now) AS before_count,
                count(*) FILTER (now AND tier = 1 AND NOT inherited) AS tier_1,
                count(*) FILTER (now AND tier = 2 AND NOT inherited) AS tier_2,
                count(*) FILTER (now AND tier = 3 AND NOT inherited) AS tier_3,
                count(*) FILTER (now AND inherited) AS inherited
            FROM named GROUP BY ALL HAVING count(*) FILTER (now) > 0
            ORDER BY post_count DESC, number LIMIT $limit
        ),
        sparks AS (
            SELECT number, list(post_count ORDER BY spark) AS sparkline FROM (
                SELECT b.number, s.spark, count(n.post_id) AS post_count
                FROM board b CROSS JOIN (SELECT unnest(range($sparks)) AS spark) s
                LEFT JOIN named n ON n.number = b.number AND n.now
                    AND least(floor(epoch(n.created_at - n.starts) / epoch($until - n.starts) * $sparks)::BIGINT, $sparks - 1) = s.spark
                GROUP BY ALL
            ) GROUP BY ALL
        ),
        firsts AS (
            SELECT number, min(n.created_at) AS first_post_at,
                arg_min(CASE WHEN may_be_named(r.role) AND coalesce(l.role, '') <> 'patient_advocate' THEN coalesce(a.handle, 'an account') ELSE 'an individual' END,
                    (n.created_at, n.post_id)) AS first_author_handle
            FROM spoken_of n SEMI JOIN board USING (number) LEFT JOIN authors a USING (platform, author_id)
            LEFT JOIN role_at($as_of) r USING (platform, author_id)
            LEFT JOIN role_at(TIMESTAMP '9999-01-01') l USING (platform, author_id)
            WHERE n.congress_id = $congress_id AND n.visible AND n.created_at <= $as_of GROUP BY ALL
        )
        SELECT b.number, coalesce(c.title, '') AS title, c.trial, c.presenter, c.session, c.starts_at,
            coalesce(c.drugs, []) AS drugs, coalesce(c.companies, []) AS companies, b.* EXCLUDE (number),
            s.sparkline, f.first_post_at, f.first_author_handle
        FROM board b JOIN sparks s USING (number) JOIN firsts f USING (number)
        LEFT JOIN (SELECT * REPLACE (array_to_string(trial, ', ') AS trial) FROM abstracts WHERE congress_id = $congress_id) c
            USING (number)
        ORDER BY b.post_count DESC, b.number
        """,
        congress_id=congress_id,
        minutes=minutes,
        limit=limit,
        as_of=as_of,
        until=min(until or as_of, as_of),
        sparks=SPARKS,
    )


def hashtags(
    reader: Reader, congress_id: str, minutes: int, limit: int, as_of: datetime, until: datetime | None = None
) -> pa.Table:
    """Hashtags of the window up to ``until`` (``as_of`` unless given) by posts, beside the window before: hashtag, post_count, before_count."""
    return reader.ask(
        """
        WITH bounds AS (SELECT CASE WHEN $minutes = 0 THEN TIMESTAMP '1970-01-01' ELSE $until - to_minutes($minutes) END AS starts,
            CASE WHEN $minutes = 0 THEN TIMESTAMP '1970-01-01' ELSE $until - to_minutes(2 * $minutes) END AS earlier)
        SELECT hashtag, count(*) FILTER (created_at > starts) AS post_count,
            count(*) FILTER (created_at <= starts) AS before_count
        FROM (
            SELECT unnest(p.hashtags) AS hashtag, m.created_at, b.starts
            FROM matches m JOIN posts p USING (platform, post_id) CROSS JOIN bounds b
            WHERE m.congress_id = $congress_id AND m.visible AND m.created_at <= $until AND m.created_at > b.earlier
        )
        GROUP BY hashtag HAVING post_count > 0 ORDER BY post_count DESC, hashtag LIMIT $limit
        """,
        congress_id=congress_id,
        minutes=minutes,
        limit=limit,
        until=min(until or as_of, as_of),
    )
