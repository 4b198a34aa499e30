"""The posts that may leave the house, as recap and export hand them out; and which have gone since.

Left out at every moment: posts of patients and advocates and reposts of them (also of who turned out to be one later), and
posts written before the listed embargo time of an abstract they speak of. They stay counted in every figure.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import pyarrow as pa

from pipelines.store.reader import Reader

Which = Literal["engaged", "asked"]
_Key = tuple[datetime, str, str]  # created_at, platform, post_id
_FIRST = datetime(1970, 1, 1)
_LAST = datetime(9999, 12, 31)
_EVERY = 1 << 40
_FEWEST = 1_000  # posts weighed at once


def held_posts(reader: Reader, congress_id: str, as_of: datetime, among: pa.Table | None = None) -> pa.Table:
    """Which of the posts ``among`` (platform, post_id, author_id; else all) may not leave: ``why`` is patient or embargo; each once.

    Pages show a post from before a listed embargo time once that time has come; what leaves the house never holds it.
    """
    if among is None:
        among = _candidates(reader, congress_id, _FIRST, _LAST, _LAST, _EVERY, (_FIRST, "", ""))
    return reader.ask(
        """
        WITH patients AS (
            SELECT platform, author_id FROM role_at(TIMESTAMP '9999-01-01') WHERE role = 'patient_advocate'
            UNION SELECT platform, author_id FROM role_at($as_of) WHERE role = 'patient_advocate'
        ),
        answering AS (
            SELECT m.platform, m.post_id, unnest([p.repost_of_id, p.quoted_id]) AS target_id
            FROM among m JOIN posts p USING (platform, post_id) WHERE coalesce(p.repost_of_id, p.quoted_id) IS NOT NULL
        ),
        held AS (
            SELECT platform, post_id, 'patient' AS why FROM among SEMI JOIN patients USING (platform, author_id)
            UNION ALL
            SELECT q.platform, q.post_id, 'patient' FROM answering q
            JOIN posts o ON o.platform = q.platform AND o.post_id = q.target_id
            JOIN patients w ON w.platform = o.platform AND w.author_id = o.author_id
            UNION ALL
            SELECT e.platform, e.post_id, 'embargo' FROM early e SEMI JOIN among USING (platform, post_id)
            WHERE e.congress_id = $congress_id
        )
        SELECT platform, post_id, max(why) AS why FROM held GROUP BY ALL ORDER BY ALL
        """,
        tables={"among": among.select(["platform", "post_id", "author_id"])},
        congress_id=congress_id,
        as_of=as_of,
    )


def listing(reader: Reader, congress_id: str, start: datetime, end: datetime, as_of: datetime) -> pa.Table:
    """One row: how many posts of [start, end) may be listed, and how many not, by why: listed_count, patient_count, embargo_count."""
    among = _candidates(reader, congress_id, start, end, as_of, _EVERY, (_FIRST, "", ""))
    return reader.ask(
        """
        SELECT count(*) FILTER (h.why IS NULL) AS listed_count, count(*) FILTER (h.why = 'patient') AS patient_count,
            count(*) FILTER (h.why = 'embargo') AS embargo_count
        FROM among LEFT JOIN held h USING (platform, post_id)
        """,
        tables={"among": among, "held": held_posts(reader, congress_id, as_of, among)},
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
    page = _page(reader, congress_id, start, end, limit, as_of, (after_at, after_platform, after_id))
    return reader.ask(
        """
        SELECT g.platform, g.post_id, g.created_at, g.kind, coalesce(r.role, 'unknown') AS role, p.url
        FROM page g JOIN posts p USING (platform, post_id)
        LEFT JOIN role_at($as_of) r ON r.platform = g.platform AND r.author_id = g.author_id
        ORDER BY g.created_at, g.platform, g.post_id
        """,
        tables={"page": page},
        as_of=as_of,
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
    page = _page(reader, congress_id, start, end, limit, as_of, (after_at, after_platform, after_id))
    return reader.ask(
        """
        WITH named AS (
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
        tables={"page": page},
        congress_id=congress_id,
        as_of=as_of,
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
) -> pa.Table:
    """The (post, abstract) pairs of a page of listable posts that speak of any, each under its strongest evidence.

    ``limit`` counts posts, and all pairs of a post stand in one page; an empty page is the last. ``inherited_from`` names the
    post whose mention was taken over; ``tier`` is then that post's.
    """
    page = _page(reader, congress_id, start, end, limit, as_of, (after_at, after_platform, after_id), True)
    return reader.ask(
        """
        WITH pairs AS (
            SELECT n.platform, n.post_id, n.created_at, n.number, any_value(n.author_id) AS author_id, min(n.tier) AS tier,
                arg_min(n.rule, (n.inherited_from IS NOT NULL, n.tier, n.rule)) AS rule,
                arg_min(n.evidence, (n.inherited_from IS NOT NULL, n.tier, n.rule)) AS evidence,
                CASE WHEN bool_and(n.inherited_from IS NOT NULL) THEN min(n.inherited_from) END AS inherited_from,
                bool_or(n.state = 'accepted') AS reviewed
            FROM spoken_of n SEMI JOIN page USING (platform, post_id) WHERE n.congress_id = $congress_id AND n.visible
            GROUP BY n.platform, n.post_id, n.created_at, n.number
        )
        SELECT g.* EXCLUDE (author_id), coalesce(r.role, 'unknown') AS role
        FROM pairs g LEFT JOIN role_at($as_of) r ON r.platform = g.platform AND r.author_id = g.author_id
        ORDER BY g.created_at, g.platform, g.post_id, g.number
        """,
        tables={"page": page},
        congress_id=congress_id,
        as_of=as_of,
    )


def _page(
    reader: Reader,
    congress_id: str,
    start: datetime,
    end: datetime,
    limit: int,
    as_of: datetime,
    after: _Key,
    speaking: bool = False,
) -> pa.Table:
    """The next ``limit`` listable posts behind a key: only those looked at are weighed, not the whole congress each time."""
    kept: list[pa.Table] = []
    missing = limit
    while True:
        asked = max(missing, min(limit, _FEWEST))
        found = _candidates(reader, congress_id, start, end, as_of, asked, after, speaking)
        held = held_posts(reader, congress_id, as_of, found)
        kept.append(found.join(held.select(["platform", "post_id"]), ["platform", "post_id"], join_type="left anti"))
        missing -= kept[-1].num_rows
        if found.num_rows < asked or missing <= 0:
            break
        last = found.slice(found.num_rows - 1).to_pylist()[0]
        after = (last["created_at"], last["platform"], last["post_id"])
    order: Any = [("created_at", "ascending"), ("platform", "ascending"), ("post_id", "ascending")]
    return pa.concat_tables(kept).sort_by(order).slice(0, limit)


def _candidates(
    reader: Reader,
    congress_id: str,
    start: datetime,
    end: datetime,
    as_of: datetime,
    limit: int,
    after: _Key,
    speaking: bool = False,
) -> pa.Table:
    """Visible posts of [start, end) behind a key, in its order; ``speaking``: only those that speak of an abstract."""
    return reader.ask(
        """
        SELECT m.platform, m.post_id, m.author_id, m.created_at, m.kind, m.rule, m.term FROM matches m
        WHERE m.congress_id = $congress_id AND m.visible
            AND m.created_at >= $start AND m.created_at < $end AND m.created_at <= $as_of
            AND (m.created_at, m.platform, m.post_id) > ($after_at, $after_platform, $after_id)
            AND (NOT $speaking OR EXISTS (FROM spoken_of n WHERE n.congress_id = $congress_id AND n.visible
                AND n.platform = m.platform AND n.post_id = m.post_id))
        ORDER BY m.created_at, m.platform, m.post_id LIMIT $limit
        """,
        congress_id=congress_id,
        start=start,
        end=end,
        as_of=as_of,
        limit=limit,
        after_at=after[0],
        after_platform=after[1],
        after_id=after[2],
        speaking=speaking,
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
    among = _candidates(reader, congress_id, start, end, as_of, _EVERY, (_FIRST, "", ""))
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
        tables={"held": held_posts(reader, congress_id, as_of, among)},
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
