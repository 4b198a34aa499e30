"""The posts behind a figure, filtered and paged, each with why it is here and what of it names an abstract.

Patients and advocates are counted and never listed: neither their own posts nor reposts of them. Who turned out to be
one later is left out of any past moment too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import pyarrow as pa

from pipelines.store.reader import Reader

Order = Literal["newest", "engaged"]


def browse(
    reader: Reader,
    congress_id: str,
    limit: int,
    as_of: datetime,
    offset: int = 0,
    minutes: int = 0,
    kind: str = "",
    role: str = "",
    platform: str = "",
    abstract: str = "",
    author: str = "",
    text: str = "",
    order: Order = "newest",
) -> pa.Table:
    """Visible posts of the window of ``minutes`` before ``as_of`` (0: everything), ``limit`` of them from ``offset`` on.

    An empty filter lets everything through; ``author`` is an author id, ``text`` is looked for in post and author, as
    written but for case. ``tier``, ``evidence`` and ``read_by`` say what names ``abstract``, where one is given (tier 4:
    taken over from the post it answers). Each row carries ``total_count``, all posts that fit and may be listed, and
    ``unlisted_count``, those that fit and may not. A repost stands with the words of what it reposts.
    """
    return reader.ask(
        """
        WITH named AS (
            SELECT platform, post_id, min(CASE WHEN inherited_from IS NULL THEN tier ELSE 4 END) AS tier,
                arg_min(evidence, CASE WHEN inherited_from IS NULL THEN tier ELSE 4 END) AS evidence,
                arg_min(rule, CASE WHEN inherited_from IS NULL THEN tier ELSE 4 END) AS read_by
            FROM spoken_of WHERE congress_id = $congress_id AND number = $abstract AND visible GROUP BY ALL
        ),
        patients AS (SELECT platform, author_id FROM role_at(TIMESTAMP '9999-01-01') WHERE role = 'patient_advocate'),
        fitting AS (
            SELECT m.platform, m.post_id, m.author_id, m.created_at, m.kind, m.rule, m.term, a.handle, a.display_name,
                coalesce(r.role, 'unknown') AS role, r.confidence, p.url, n.tier, n.evidence, n.read_by,
                CASE WHEN p.text = '' THEN coalesce(o.text, '') ELSE p.text END AS text,
                coalesce(c.like_count, 0) AS like_count, coalesce(c.repost_count, 0) AS repost_count,
                coalesce(c.reply_count, 0) AS reply_count, coalesce(c.quote_count, 0) AS quote_count,
                w.author_id IS NOT NULL OR v.author_id IS NOT NULL OR coalesce(r.role, '') = 'patient_advocate' AS unlisted
            FROM matches m JOIN posts p USING (platform, post_id)
            LEFT JOIN posts o ON o.platform = p.platform AND o.post_id = p.repost_of_id
            LEFT JOIN authors a ON a.platform = m.platform AND a.author_id = m.author_id
            LEFT JOIN role_at($as_of) r ON r.platform = m.platform AND r.author_id = m.author_id
            LEFT JOIN patients w ON w.platform = m.platform AND w.author_id = m.author_id
            LEFT JOIN patients v ON v.platform = o.platform AND v.author_id = o.author_id
            LEFT JOIN counts c ON c.platform = m.platform AND c.post_id = m.post_id
            LEFT JOIN named n ON n.platform = m.platform AND n.post_id = m.post_id
            WHERE m.congress_id = $congress_id AND m.visible AND m.created_at <= $as_of
                AND ($minutes = 0 OR m.created_at > $as_of - to_minutes($minutes))
                AND ($kind = '' OR m.kind = $kind) AND ($platform = '' OR m.platform = $platform)
                AND ($role = '' OR coalesce(r.role, 'unknown') = $role)
                AND ($author = '' OR m.author_id = $author) AND ($abstract = '' OR n.post_id IS NOT NULL)
                AND ($text = '' OR contains(lower(concat_ws(' ', p.text, o.text, a.handle, a.display_name)), lower($text)))
        ),
        page AS (
            SELECT *, count(*) OVER () AS total_count FROM fitting WHERE NOT unlisted
            ORDER BY CASE WHEN $order = 'engaged' THEN like_count + repost_count + reply_count + quote_count END DESC,
                created_at DESC, platform, post_id
            LIMIT $limit OFFSET $offset
        )
        SELECT g.* EXCLUDE (unlisted), coalesce(s.abstracts, []) AS abstracts,
            (SELECT count(*) FROM fitting WHERE unlisted) AS unlisted_count
        FROM page g LEFT JOIN (
            SELECT platform, post_id, list(DISTINCT number ORDER BY number) AS abstracts
            FROM spoken_of SEMI JOIN page USING (platform, post_id)
            WHERE congress_id = $congress_id AND visible GROUP BY ALL
        ) s ON s.platform = g.platform AND s.post_id = g.post_id
        ORDER BY CASE WHEN $order = 'engaged' THEN like_count + repost_count + reply_count + quote_count END DESC,
            created_at DESC, g.platform, g.post_id
        """,
        congress_id=congress_id,
        limit=limit,
        as_of=as_of,
        offset=offset,
        minutes=minutes,
        kind=kind,
        role=role,
        platform=platform,
        abstract=abstract,
        author=author,
        text=text,
        order=order,
    )
