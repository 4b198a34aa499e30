"""Which HCPs carry the conversation, in which order and why.

Order: voice rank (``rank.py``), a personalised PageRank over repost, quote, reply and mention edges that restarts
from HCPs only. Its parts stand beside it; followers alone never rank.
"""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from pipelines.rank import rank_voices
from pipelines.store.reader import Reader


def voices(reader: Reader, congress_id: str, minutes: int, limit: int, as_of: datetime) -> pa.Table:
    """HCP voices of the window of ``minutes`` before ``as_of`` (0: everything), best first, each with its parts.

    ``hcp_engager_count`` counts other HCPs who reposted, quoted, answered or named the voice; ``engagement_count``
    is likes + reposts + replies + quotes of its own posts in the window as last seen.
    """
    window = {"congress_id": congress_id, "minutes": minutes, "as_of": as_of}
    parts = _parts(reader, **window)
    if not parts.num_rows:
        return parts.append_column("score", pa.array([], pa.float64())).append_column("rank", pa.array([], pa.int64()))
    edges = engagement_edges(reader, **window)
    hcp = set(parts["author_id"].to_pylist()) | _hcp_among(edges)
    scores = dict(rank_voices(edges, hcp))
    scored = parts.append_column("score", pa.array([scores.get(each, 0.0) for each in parts["author_id"].to_pylist()]))
    keys = [
        ("score", "descending"),
        ("hcp_engager_count", "descending"),
        ("post_count", "descending"),
        ("author_id", "ascending"),
    ]
    ranked = scored.sort_by(keys).slice(0, limit)
    return ranked.append_column("rank", pa.array(range(1, ranked.num_rows + 1), pa.int64()))


def engagement_edges(reader: Reader, congress_id: str, minutes: int, as_of: datetime) -> pa.Table:
    """Who took up whom in the window: from_id, to_id, edge_count, from_hcp; self-edges left out."""
    return reader.ask(
        """
        WITH seen AS (
            SELECT m.platform, m.author_id AS from_id, p.repost_of_id, p.quoted_id, p.reply_to_id, p.mentioned_ids
            FROM matches m JOIN posts p USING (platform, post_id)
            WHERE m.congress_id = $congress_id AND m.visible AND m.created_at <= $as_of
                AND ($minutes = 0 OR m.created_at > $as_of - to_minutes($minutes))
                AND (p.repost_of_id IS NOT NULL OR p.quoted_id IS NOT NULL OR p.reply_to_id IS NOT NULL
                     OR len(p.mentioned_ids) > 0)
        ),
        edges AS (
            SELECT s.platform, s.from_id, t.author_id AS to_id
            FROM (SELECT platform, from_id, unnest([repost_of_id, quoted_id, reply_to_id]) AS target_id FROM seen) s
            JOIN posts t ON t.platform = s.platform AND t.post_id = s.target_id
            UNION ALL
            SELECT platform, from_id, unnest(mentioned_ids) AS to_id FROM seen WHERE repost_of_id IS NULL
        )
        SELECT e.from_id, e.to_id, count(*) AS edge_count, e.platform, coalesce(any_value(r.role) = 'hcp', false) AS from_hcp
        FROM edges e LEFT JOIN role_at($as_of) r ON r.platform = e.platform AND r.author_id = e.from_id
        WHERE e.from_id <> e.to_id GROUP BY e.platform, e.from_id, e.to_id ORDER BY ALL
        """,
        congress_id=congress_id,
        minutes=minutes,
        as_of=as_of,
    )


def _hcp_among(edges: pa.Table) -> set[str]:
    return set(edges.filter(edges["from_hcp"])["from_id"].to_pylist())


def _parts(reader: Reader, congress_id: str, minutes: int, as_of: datetime) -> pa.Table:
    return reader.ask(
        """
        WITH hcps AS (FROM role_at($as_of) WHERE role = 'hcp'),
        own AS (
            SELECT m.platform, m.author_id, m.post_id, m.kind,
                coalesce(c.like_count, 0) + coalesce(c.repost_count, 0) + coalesce(c.reply_count, 0)
                    + coalesce(c.quote_count, 0) AS engagement_count
            FROM matches m SEMI JOIN hcps USING (platform, author_id) LEFT JOIN counts c USING (platform, post_id)
            WHERE m.congress_id = $congress_id AND m.visible AND m.created_at <= $as_of
                AND ($minutes = 0 OR m.created_at > $as_of - to_minutes($minutes))
        ),
        written AS (
            SELECT platform, author_id, count(*) AS post_count,
                coalesce(sum(engagement_count) FILTER (kind <> 'repost'), 0)::BIGINT AS engagement_count,
                arg_max(post_id, (engagement_count, post_id)) FILTER (kind <> 'repost') AS best_post_id
            FROM own GROUP BY ALL
        ),
        engaged AS (
            SELECT t.platform, t.author_id, count(DISTINCT m.author_id) AS hcp_engager_count
            FROM matches m SEMI JOIN hcps USING (platform, author_id) JOIN posts p USING (platform, post_id)
            JOIN posts t ON t.platform = p.platform AND t.post_id IN (p.repost_of_id, p.quoted_id, p.reply_to_id)
            WHERE m.congress_id = $congress_id AND m.visible AND m.created_at <= $as_of
                AND ($minutes = 0 OR m.created_at > $as_of - to_minutes($minutes)) AND t.author_id <> m.author_id
            GROUP BY ALL
        )
        SELECT w.platform, w.author_id, a.handle, a.display_name, h.role, h.confidence, h.evidence, h.credentials,
            h.specialty, w.post_count, coalesce(e.hcp_engager_count, 0) AS hcp_engager_count, w.engagement_count,
            w.best_post_id, p.url
        FROM written w JOIN hcps h USING (platform, author_id)
        LEFT JOIN engaged e USING (platform, author_id) LEFT JOIN authors a USING (platform, author_id)
        LEFT JOIN posts p ON p.platform = w.platform AND p.post_id = w.best_post_id
        """,
        congress_id=congress_id,
        minutes=minutes,
        as_of=as_of,
    )
