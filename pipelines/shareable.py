"""The posts that may leave the house, as recap and export hand them out; and which have gone since.

Left out at every moment: posts of patients and advocates and reposts of them (also of who turned out to be one later), and
posts written before the listed embargo time of an abstract they speak of. They stay counted in every figure.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import pyarrow as pa

from pipelines.store.reader import Reader

Which = Literal["engaged", "asked"]
_FIRST = datetime(1970, 1, 1)


def held_posts(reader: Reader, congress_id: str, as_of: datetime) -> pa.Table:
    """The posts that may not leave: ``platform``, ``post_id``, ``why`` (patient, embargo); each once."""
    return reader.ask(
        """
        WITH patients AS (
            SELECT platform, author_id FROM role_at(TIMESTAMP '9999-01-01') WHERE role = 'patient_advocate'
            UNION SELECT platform, author_id FROM role_at($as_of) WHERE role = 'patient_advocate'
        ),
        held AS (
            SELECT m.platform, m.post_id, 'patient' AS why FROM matches m SEMI JOIN patients USING (platform, author_id)
            WHERE m.congress_id = $congress_id
            UNION ALL
            SELECT q.platform, q.post_id, 'patient' FROM (
                SELECT m.platform, m.post_id, unnest([p.repost_of_id, p.quoted_id]) AS target_id
                FROM matches m JOIN posts p USING (platform, post_id)
                WHERE m.congress_id = $congress_id AND coalesce(p.repost_of_id, p.quoted_id) IS NOT NULL
            ) q JOIN posts o ON o.platform = q.platform AND o.post_id = q.target_id
            JOIN patients w ON w.platform = o.platform AND w.author_id = o.author_id
            UNION ALL
            SELECT n.platform, n.post_id, 'embargo' FROM spoken_of n
            JOIN abstracts a ON a.congress_id = n.congress_id AND a.number = n.number
            WHERE n.congress_id = $congress_id AND n.created_at < a.embargo_lift_at
        )
        SELECT platform, post_id, max(why) AS why FROM held GROUP BY ALL ORDER BY ALL
        """,
        congress_id=congress_id,
        as_of=as_of,
    )


def listing(reader: Reader, congress_id: str, start: datetime, end: datetime, as_of: datetime) -> pa.Table:
    """One row: how many posts of [start, end) may be listed, and how many not, by why: listed_count, patient_count, embargo_count."""
    return reader.ask(
        """
        SELECT count(*) FILTER (h.why IS NULL) AS listed_count, count(*) FILTER (h.why = 'patient') AS patient_count,
            count(*) FILTER (h.why = 'embargo') AS embargo_count
        FROM matches m LEFT JOIN held h USING (platform, post_id)
        WHERE m.congress_id = $congress_id AND m.visible
            AND m.created_at >= $start AND m.created_at < $end AND m.created_at <= $as_of
        """,
        tables={"held": held_posts(reader, congress_id, as_of)},
        congress_id=congress_id,
        start=start,
        end=end,
        as_of=as_of,
    )


def post_links(
    reader: Reader,
    congress_id: str,
    start: datetime,
    end: datetime,
    limit: int,
    as_of: datetime,
    after_at: datetime = _FIRST,
    after_platform: str = "",
    after_id: str = "",
) -> pa.Table:
    """A page of the listable posts of [start, end) as id and link, in order of (created_at, platform, post_id).

    The page begins behind the key ``after_*``; one shorter than ``limit`` is the last.
    """
    return reader.ask(
        """
        WITH page AS (
            SELECT m.platform, m.post_id, m.created_at, m.kind, m.author_id FROM matches m ANTI JOIN held USING (platform, post_id)
            WHERE m.congress_id = $congress_id AND m.visible
                AND m.created_at >= $start AND m.created_at < $end AND m.created_at <= $as_of
                AND (m.created_at, m.platform, m.post_id) > ($after_at, $after_platform, $after_id)
            ORDER BY m.created_at, m.platform, m.post_id LIMIT $limit
        )
        SELECT g.platform, g.post_id, g.created_at, g.kind, coalesce(r.role, 'unknown') AS role, p.url
        FROM page g JOIN posts p USING (platform, post_id)
        LEFT JOIN role_at($as_of) r ON r.platform = g.platform AND r.author_id = g.author_id
        ORDER BY g.created_at, g.platform, g.post_id
        """,
        tables={"held": held_posts(reader, congress_id, as_of)},
        congress_id=congress_id,
        start=start,
        end=end,
        limit=limit,
        as_of=as_of,
        after_at=after_at,
        after_platform=after_platform,
        after_id=after_id,
    )


def shareable_posts(
    reader: Reader,
    congress_id: str,
    start: datetime,
    end: datetime,
    limit: int,
    as_of: datetime,
    after_at: datetime = _FIRST,
    after_platform: str = "",
    after_id: str = "",
) -> pa.Table:
    """As ``post_links``, with author, words, engagement known at ``as_of``, why each is here and what it speaks of."""
    return reader.ask(
        """
        WITH page AS (
            SELECT m.platform, m.post_id, m.created_at, m.kind, m.author_id, m.rule, m.term
            FROM matches m ANTI JOIN held USING (platform, post_id)
            WHERE m.congress_id = $congress_id AND m.visible
                AND m.created_at >= $start AND m.created_at < $end AND m.created_at <= $as_of
                AND (m.created_at, m.platform, m.post_id) > ($after_at, $after_platform, $after_id)
            ORDER BY m.created_at, m.platform, m.post_id LIMIT $limit
        ),
        named AS (
            SELECT platform, post_id, list(DISTINCT number ORDER BY number) AS abstracts
            FROM spoken_of SEMI JOIN page USING (platform, post_id)
            WHERE congress_id = $congress_id AND visible GROUP BY ALL
        )
        SELECT g.platform, g.post_id, g.created_at, g.kind, g.author_id, a.handle, a.display_name,
            coalesce(r.role, 'unknown') AS role, p.lang, p.text, p.url, coalesce(e.engagement_count, 0) AS engagement_count,
            coalesce(n.abstracts, []) AS abstracts, g.rule, g.term, p.repost_of_id, p.quoted_id, p.reply_to_id
        FROM page g JOIN posts p USING (platform, post_id)
        LEFT JOIN authors a ON a.platform = g.platform AND a.author_id = g.author_id
        LEFT JOIN role_at($as_of) r ON r.platform = g.platform AND r.author_id = g.author_id
        LEFT JOIN engagement_at($as_of) e ON e.platform = g.platform AND e.post_id = g.post_id
        LEFT JOIN named n ON n.platform = g.platform AND n.post_id = g.post_id
        ORDER BY g.created_at, g.platform, g.post_id
        """,
        tables={"held": held_posts(reader, congress_id, as_of)},
        congress_id=congress_id,
        start=start,
        end=end,
        limit=limit,
        as_of=as_of,
        after_at=after_at,
        after_platform=after_platform,
        after_id=after_id,
    )


def shareable_mentions(
    reader: Reader,
    congress_id: str,
    start: datetime,
    end: datetime,
    limit: int,
    as_of: datetime,
    after_at: datetime = _FIRST,
    after_platform: str = "",
    after_id: str = "",
    after_number: str = "",
) -> pa.Table:
    """A page of (post, abstract) pairs of listable posts, each under its strongest evidence, paged as ``post_links`` by number too.

    ``inherited_from`` names the post whose mention was taken over; ``tier`` is then that post's.
    """
    return reader.ask(
        """
        WITH page AS (
            SELECT n.platform, n.post_id, n.created_at, n.number, any_value(n.author_id) AS author_id, min(n.tier) AS tier,
                arg_min(n.rule, (n.inherited_from IS NOT NULL, n.tier, n.rule)) AS rule,
                arg_min(n.evidence, (n.inherited_from IS NOT NULL, n.tier, n.rule)) AS evidence,
                CASE WHEN bool_and(n.inherited_from IS NOT NULL) THEN min(n.inherited_from) END AS inherited_from,
                bool_or(n.state = 'accepted') AS reviewed
            FROM spoken_of n ANTI JOIN held USING (platform, post_id)
            WHERE n.congress_id = $congress_id AND n.visible
                AND n.created_at >= $start AND n.created_at < $end AND n.created_at <= $as_of
                AND (n.created_at, n.platform, n.post_id, n.number) > ($after_at, $after_platform, $after_id, $after_number)
            GROUP BY n.platform, n.post_id, n.created_at, n.number
            ORDER BY n.created_at, n.platform, n.post_id, n.number LIMIT $limit
        )
        SELECT g.* EXCLUDE (author_id), coalesce(r.role, 'unknown') AS role
        FROM page g LEFT JOIN role_at($as_of) r ON r.platform = g.platform AND r.author_id = g.author_id
        ORDER BY g.created_at, g.platform, g.post_id, g.number
        """,
        tables={"held": held_posts(reader, congress_id, as_of)},
        congress_id=congress_id,
        start=start,
        end=end,
        limit=limit,
        as_of=as_of,
        after_at=after_at,
        after_platform=after_platform,
        after_id=after_id,
        after_number=after_number,
    )


def hcp_posts(
    reader: Reader,
    congress_id: str,
    start: datetime,
    end: datetime,
    limit: int,
    as_of: datetime,
    which: Which = "engaged",
) -> pa.Table:
    """Listable posts of HCPs in their own words, most engaged first: the best original of each author, or all that ask.

    A post asks when it holds a question mark outside a link. Each row carries ``total_count``: all that fit.
    """
    return reader.ask(
        r"""
        WITH own AS (
            SELECT m.platform, m.post_id, m.created_at, m.kind, m.author_id, a.handle, a.display_name, r.role, p.text, p.url,
                coalesce(e.engagement_count, 0) AS engagement_count
            FROM matches m ANTI JOIN held USING (platform, post_id) JOIN posts p USING (platform, post_id)
            JOIN role_at($as_of) r ON r.platform = m.platform AND r.author_id = m.author_id AND r.role = 'hcp'
            LEFT JOIN authors a ON a.platform = m.platform AND a.author_id = m.author_id
            LEFT JOIN engagement_at($as_of) e ON e.platform = m.platform AND e.post_id = m.post_id
            WHERE m.congress_id = $congress_id AND m.visible AND p.text <> ''
                AND m.created_at >= $start AND m.created_at < $end AND m.created_at <= $as_of
                AND CASE $which WHEN 'engaged' THEN m.kind = 'original'
                    ELSE m.kind <> 'repost' AND regexp_matches(regexp_replace(p.text, 'https?://\S+', '', 'g'), '[?？؟]') END
            QUALIFY $which = 'asked' OR row_number() OVER (
                PARTITION BY m.platform, m.author_id ORDER BY engagement_count DESC, m.created_at DESC, m.post_id) = 1
        ),
        best AS (
            SELECT *, count(*) OVER () AS total_count FROM own
            ORDER BY engagement_count DESC, created_at DESC, platform, post_id LIMIT $limit
        )
        SELECT b.*, coalesce(n.abstracts, []) AS abstracts
        FROM best b LEFT JOIN (
            SELECT platform, post_id, list(DISTINCT number ORDER BY number) AS abstracts
            FROM spoken_of SEMI JOIN best USING (platform, post_id) WHERE congress_id = $congress_id AND visible GROUP BY ALL
        ) n USING (platform, post_id)
        ORDER BY b.engagement_count DESC, b.created_at DESC, b.platform, b.post_id
        """,
        tables={"held": held_posts(reader, congress_id, as_of)},
        congress_id=congress_id,
        start=start,
        end=end,
        limit=limit,
        as_of=as_of,
        which=which,
    )


def departed(reader: Reader, congress_id: str, start: datetime, end: datetime) -> pa.Table:
    """Posts of [start, end) that were kept once and are gone or hidden now: platform, post_id, reason, gone_at (null: not told)."""
    return reader.ask(
        """
        SELECT r.platform, r.post_id, coalesce(d.reason, 'gone with its author or with what it reposts') AS reason,
            d.deleted_at AS gone_at
        FROM removed_posts r LEFT JOIN deletions d
            ON d.platform = r.platform AND d.target = 'post' AND d.target_id = r.post_id
        WHERE r.congress_id = $congress_id AND r.created_at >= $start AND r.created_at < $end
        UNION ALL
        SELECT m.platform, m.post_id, coalesce('account ' || s.status, 'hidden'), s.changed_at
        FROM matches m LEFT JOIN account_states s USING (platform, author_id)
        WHERE m.congress_id = $congress_id AND NOT m.visible AND m.created_at >= $start AND m.created_at < $end
        ORDER BY 1, 2
        """,
        congress_id=congress_id,
        start=start,
        end=end,
    )
