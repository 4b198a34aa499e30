"""Which abstracts are talked about, by whom, on what evidence, and since when."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa

from pipelines.overview import EPOCH
from pipelines.store.reader import Reader

SPARKS = 24  # equal buckets of the window in a sparkline


def abstracts(
    reader: Reader, congress_id: str, minutes: int, limit: int, as_of: datetime, until: datetime | None = None
) -> pa.Table:
    """Abstracts by posts in the window of ``minutes`` before ``until`` (0: everything; ``as_of`` unless given), most talked about first.

    A post counts once for an abstract, under its strongest tier; ``inherited`` counts posts that only took the
    mention over from what they answer. ``sparkline`` holds 24 equal buckets of the window. Posts and authors are told apart
    by 63-bit hashes, as in ``overview``.
    """
    end = min(until or as_of, as_of)
    starts = end - timedelta(minutes=minutes) if minutes else _begin(reader, congress_id, end)
    return reader.ask(
        _BOARD,
        congress_id=congress_id,
        limit=limit,
        as_of=as_of,
        until=end,
        starts=starts,  # constants let the scans skip what is older
        earlier=starts - (end - starts),
        sparks=SPARKS,
    )


_BOARD = """
    WITH hcps AS (SELECT author_number AS author FROM numbered_holders_at('hcp', $as_of)),
    named AS (
        SELECT n.number, n.post_number AS post, any_value(n.author_number) AS author,
            any_value(n.created_at) AS created_at, min(n.tier) AS tier, bool_and(n.inherited_from IS NOT NULL) AS inherited
        FROM spoken_of n
        WHERE n.congress_id = $congress_id AND n.visible AND n.created_at <= $until AND n.created_at > $starts
        GROUP BY ALL
    ),
    earlier AS (  -- of the window before only how many: a third of the work
        SELECT number, count(*) AS before_count FROM (
            SELECT DISTINCT number, post_number FROM spoken_of
            WHERE congress_id = $congress_id AND visible AND created_at <= $starts AND created_at > $earlier
        ) GROUP BY number
    ),
    by_time AS (
        SELECT number, least(floor(epoch(created_at - $starts) / epoch($until - $starts) * $sparks)::BIGINT, $sparks - 1) AS spark,
            count(*) AS posts, count(*) FILTER (tier = 1 AND NOT inherited) AS tier_1,
            count(*) FILTER (tier = 2 AND NOT inherited) AS tier_2, count(*) FILTER (tier = 3 AND NOT inherited) AS tier_3,
            count(*) FILTER (inherited) AS inherited
        FROM named GROUP BY ALL
    ),
    said AS (
        SELECT number, sum(posts)::BIGINT AS post_count, sum(tier_1)::BIGINT AS tier_1, sum(tier_2)::BIGINT AS tier_2,
            sum(tier_3)::BIGINT AS tier_3, sum(inherited)::BIGINT AS inherited, map_from_entries(list((spark, posts))) AS posts_at
        FROM by_time GROUP BY number ORDER BY post_count DESC, number LIMIT $limit
    ),
    by_author AS (
        SELECT number, author, count(*) AS posts FROM named SEMI JOIN said USING (number) GROUP BY ALL
    ),
    board AS (
        SELECT s.*, a.* EXCLUDE (number), coalesce(e.before_count, 0) AS before_count,
            [coalesce(posts_at[spark], 0) FOR spark IN range($sparks)] AS sparkline
        FROM said s JOIN (
            SELECT number, count(*) AS author_count,
                coalesce(sum(posts) FILTER (h.author IS NOT NULL), 0)::BIGINT AS hcp_post_count, count(h.author) AS hcp_author_count
            FROM by_author LEFT JOIN hcps h USING (author) GROUP BY ALL
        ) a USING (number) LEFT JOIN earlier e USING (number)
    ),
    begun AS (
        SELECT number, min(created_at) AS first_post_at,
            arg_min(author_number, epoch_us(created_at)::HUGEINT << 63 | post_number::HUGEINT) AS author_number
        FROM spoken_of SEMI JOIN said USING (number)
        WHERE congress_id = $congress_id AND visible AND created_at <= $as_of GROUP BY number
    ),
    held AS (
        SELECT author_number, role, decided_at, word_of(decided_by, decided_at) AS word FROM roles SEMI JOIN begun USING (author_number)
    ),
    firsts AS (
        SELECT number, first_post_at,
            CASE WHEN may_be_named(r.role) AND coalesce(l.role, '') <> 'patient_advocate' THEN coalesce(a.handle, 'an account') ELSE 'an individual' END AS first_author_handle
        FROM begun b LEFT JOIN authors a USING (author_number)
        LEFT JOIN (
            SELECT author_number, arg_max(role, word) AS role FROM held WHERE decided_at <= $as_of GROUP BY author_number
        ) r USING (author_number)
        LEFT JOIN (SELECT author_number, arg_max(role, word) AS role FROM held GROUP BY author_number) l USING (author_number)
    )
    SELECT b.number, coalesce(c.title, '') AS title, c.trial, c.presenter, c.session, c.starts_at,
        coalesce(c.drugs, []) AS drugs, coalesce(c.companies, []) AS companies, b.post_count, b.author_count,
        b.hcp_post_count, b.hcp_author_count, b.before_count, b.tier_1, b.tier_2, b.tier_3, b.inherited, b.sparkline,
        f.first_post_at, f.first_author_handle
    FROM board b JOIN firsts f USING (number)
    LEFT JOIN (SELECT * REPLACE (array_to_string(trial, ', ') AS trial) FROM abstracts WHERE congress_id = $congress_id) c
        USING (number)
    ORDER BY b.post_count DESC, b.number
"""


def _begin(reader: Reader, congress_id: str, end: datetime) -> datetime:
    """Just before the first post that names an abstract; a day before ``end`` while there is none."""
    rows = reader.ask(
        "SELECT min(created_at) AS at FROM spoken_of WHERE congress_id = $congress_id AND visible",
        congress_id=congress_id,
    )
    first = rows["at"][0].as_py()
    return first - timedelta(seconds=1) if first else end - timedelta(days=1)


def hashtags(
    reader: Reader, congress_id: str, minutes: int, limit: int, as_of: datetime, until: datetime | None = None
) -> pa.Table:
    """Hashtags of the window up to ``until`` (``as_of`` unless given) by posts, beside the window before: hashtag, post_count, before_count."""
    end, length = min(until or as_of, as_of), timedelta(minutes=minutes)
    return reader.ask(
        """
        SELECT hashtag, count(*) FILTER (created_at > $starts) AS post_count,
            count(*) FILTER (created_at <= $starts) AS before_count
        FROM (
            SELECT unnest(p.hashtags) AS hashtag, m.created_at
            FROM matches m JOIN posts p USING (platform, post_id)
            WHERE m.congress_id = $congress_id AND m.visible AND m.created_at <= $until AND m.created_at > $earlier
        )
        GROUP BY hashtag HAVING post_count > 0 ORDER BY post_count DESC, hashtag LIMIT $limit
        """,
        congress_id=congress_id,
        limit=limit,
        until=end,
        starts=end - length if minutes else EPOCH,
        earlier=end - 2 * length if minutes else EPOCH,
    )
