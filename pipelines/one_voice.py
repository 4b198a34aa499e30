"""One voice: who it is by what evidence, what it talks about, whom it takes up.

Only recognised HCPs have a view. Who is, or turns out to be, a patient or advocate has none at any moment.
"""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from pipelines.rank import t_index
from pipelines.store.reader import Reader


def one_voice(reader: Reader, congress_id: str, platform: str, author_id: str, as_of: datetime) -> pa.Table:
    """One row for an HCP who posted on the congress up to ``as_of`` (naive UTC), else none.

    Profile, role with its evidence, and the parts of the rank over the whole congress; ``t_index`` is the largest t such
    that t own posts have at least t reposts each.
    """
    row = reader.ask(
        _VOICE,
        congress_id=congress_id,
        platform=platform,
        author_id=author_id,
        as_of=as_of,
    )
    indices = pa.array([t_index(reposts) for reposts in row["reposts"].to_pylist()], pa.int64())
    return row.drop_columns(["reposts"]).append_column("t_index", indices)


_VOICE = """
    WITH mine AS (
        SELECT post_number FROM posts
        WHERE author_number = number_of($platform, $author_id) AND platform = $platform AND author_id = $author_id
    ),
    written AS (
        SELECT post_number, kind, created_at FROM matches SEMI JOIN mine USING (post_number)
        WHERE congress_id = $congress_id AND visible AND created_at <= $as_of
    ),
    observed AS (
        SELECT post_number, count(*) AS seen_count, count(*) FILTER (repost) AS repost_count FROM (
            SELECT post_number, false AS repost FROM likes WHERE created_at <= $as_of
            UNION ALL
            SELECT unnest([repost_of_number, reply_to_number, quoted_number]), repost_of_number IS NOT NULL
            FROM posts WHERE created_at <= $as_of
        ) SEMI JOIN written USING (post_number) GROUP BY ALL
    ),
    counted AS (FROM numbered_counts_at($as_of) SEMI JOIN written USING (post_number)),
    own AS (
        SELECT w.kind, w.created_at, greatest(coalesce(c.repost_count, 0), coalesce(o.repost_count, 0)) AS repost_count,
            greatest(coalesce(c.like_count, 0) + coalesce(c.repost_count, 0) + coalesce(c.reply_count, 0)
                + coalesce(c.quote_count, 0), coalesce(o.seen_count, 0)) AS engagement_count
        FROM written w LEFT JOIN counted c USING (post_number) LEFT JOIN observed o USING (post_number)
    ),
    said AS (
        SELECT count(*) AS post_count, count(*) FILTER (kind = 'original') AS original_count,
            count(*) FILTER (kind = 'repost') AS repost_count, count(*) FILTER (kind = 'quote') AS quote_count,
            count(*) FILTER (kind = 'reply') AS reply_count,
            coalesce(sum(engagement_count) FILTER (kind <> 'repost'), 0)::BIGINT AS engagement_count,
            coalesce(list(repost_count) FILTER (kind <> 'repost'), []) AS reposts, min(created_at) AS first_post_at
        FROM own
    ),
    taking AS (
        SELECT author_number, unnest([repost_of_number, quoted_number, reply_to_number]) AS post_number FROM matches
        WHERE congress_id = $congress_id AND visible AND created_at <= $as_of
            AND author_number <> number_of($platform, $author_id)
    ),
    engaged AS (
        SELECT count(DISTINCT author_number) AS hcp_engager_count FROM taking
        SEMI JOIN mine USING (post_number) SEMI JOIN numbered_holders_at('hcp', $as_of) USING (author_number)
    )
    SELECT h.*, a.handle, a.display_name, a.bio, a.followers_count, s.*, e.*
    FROM said s CROSS JOIN engaged e
    JOIN role_at($as_of) h ON h.platform = $platform AND h.author_id = $author_id AND h.role = 'hcp'
    LEFT JOIN authors a ON a.platform = $platform AND a.author_id = $author_id
    WHERE s.post_count > 0 AND NOT EXISTS (
        FROM role_at(TIMESTAMP '9999-01-01') l
        WHERE l.platform = $platform AND l.author_id = $author_id AND l.role = 'patient_advocate')
"""


def voice_topics(
    reader: Reader, congress_id: str, platform: str, author_id: str, limit: int, as_of: datetime
) -> pa.Table:
    """What an author's posts speak of up to ``as_of``, most first: ``kind`` (abstract, hashtag), ``item``, ``title``, ``post_count``."""
    return reader.ask(
        """
        WITH own AS (
            SELECT m.platform, m.post_id, p.hashtags FROM matches m JOIN posts p USING (platform, post_id)
            WHERE m.congress_id = $congress_id AND m.platform = $platform AND m.author_id = $author_id
                AND m.visible AND m.created_at <= $as_of
        ),
        topics AS (
            SELECT 'abstract' AS kind, n.number AS item, count(DISTINCT n.post_id) AS post_count
            FROM spoken_of n SEMI JOIN own USING (platform, post_id) WHERE n.congress_id = $congress_id AND n.visible GROUP BY ALL
            UNION ALL
            SELECT 'hashtag', tag, count(*) FROM (SELECT unnest(hashtags) AS tag FROM own)
            WHERE NOT list_contains((SELECT hashtags FROM congresses WHERE congress_id = $congress_id), tag) GROUP BY ALL
        )
        SELECT t.kind, t.item, coalesce(a.title, '') AS title, t.post_count
        FROM topics t LEFT JOIN abstracts a ON t.kind = 'abstract' AND a.congress_id = $congress_id AND a.number = t.item
        QUALIFY row_number() OVER (PARTITION BY t.kind ORDER BY t.post_count DESC, t.item) <= $limit
        ORDER BY t.kind, t.post_count DESC, t.item
        """,
        congress_id=congress_id,
        platform=platform,
        author_id=author_id,
        limit=limit,
        as_of=as_of,
    )


def voice_engages(
    reader: Reader, congress_id: str, platform: str, author_id: str, limit: int, as_of: datetime
) -> pa.Table:
    """Whom an author reposts, quotes, answers and mentions up to ``as_of``, most first: author_id, handle, display_name, role, edge_count.

    Only HCPs, organisations and media are named; everybody else stands together in one last row without a name
    (``role`` null), ``edge_count`` being the times, ``author_count`` the people.
    """
    return reader.ask(
        """
        WITH seen AS (
            SELECT p.repost_of_id, p.quoted_id, p.reply_to_id, p.mentioned_ids
            FROM matches m JOIN posts p USING (platform, post_id)
            WHERE m.congress_id = $congress_id AND m.platform = $platform AND m.author_id = $author_id
                AND m.visible AND m.created_at <= $as_of
        ),
        edges AS (
            SELECT t.author_id AS to_id
            FROM (SELECT unnest([repost_of_id, quoted_id, reply_to_id]) AS target_id FROM seen) s
            JOIN posts t ON t.platform = $platform AND t.post_id = s.target_id
            UNION ALL
            SELECT unnest(mentioned_ids) FROM seen WHERE repost_of_id IS NULL
        ),
        named AS (
            SELECT e.to_id, count(*) AS edge_count, any_value(r.role) AS role, any_value(l.role) AS latest
            FROM edges e LEFT JOIN role_at($as_of) r ON r.platform = $platform AND r.author_id = e.to_id
            LEFT JOIN role_at(TIMESTAMP '9999-01-01') l ON l.platform = $platform AND l.author_id = e.to_id
            WHERE e.to_id <> $author_id GROUP BY e.to_id
        ),
        split AS (
            SELECT *, may_be_named(role) AND coalesce(latest, '') <> 'patient_advocate' AS shown FROM named
        )
        (SELECT s.to_id AS author_id, a.handle, a.display_name, s.role, s.edge_count, 1::BIGINT AS author_count
         FROM split s LEFT JOIN authors a ON a.platform = $platform AND a.author_id = s.to_id
         WHERE s.shown ORDER BY s.edge_count DESC, s.to_id LIMIT $limit)
        UNION ALL
        SELECT NULL, NULL, NULL, NULL, sum(edge_count)::BIGINT, count(*) FROM split WHERE NOT shown HAVING count(*) > 0
        """,
        congress_id=congress_id,
        platform=platform,
        author_id=author_id,
        limit=limit,
        as_of=as_of,
    )
