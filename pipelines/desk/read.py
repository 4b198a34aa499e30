"""The reads of the safety desk, for reviewers: cases with their clock, one case, the log, posts before an embargo lifts.

Words are shown only while the post may be shown: not after it went, nor while its account is hidden.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import pyarrow as pa

from pipelines.store.reader import Reader

State = Literal["open", "decided", "apart", "all"]


def cases(
    reader: Reader, congress_id: str, as_of: datetime, state: State = "open", limit: int = 500, case_id: str = ""
) -> pa.Table:
    """Cases as they stood at ``as_of``: those to decide, most urgent first, or others, newest first.

    Args:
        state: ``open`` waits for a decision, ``apart`` is study data.
        case_id: that case alone, in any state.

    Columns: those of a case, ``state``, the newest decision, ``text`` and ``url`` of the post, ``handle`` and ``role`` of
    its author, ``repost_count``, ``due_at``, ``overdue``, ``clock`` (share of the hours that has passed, up to the decision),
    ``twin_of`` (an earlier case of the same author with the same text: a likely duplicate), ``total_count``.
    """
    return reader.ask(
        """
        WITH known AS (SELECT * FROM cases_at($as_of) WHERE congress_id = $congress_id),
        clocked AS (
            SELECT k.*, k.first_seen_at + to_microseconds((coalesce(s.hours, 24) * 3600000000)::BIGINT) AS due_at,
                epoch(CASE WHEN k.state IN ('open', 'apart') THEN $as_of ELSE k.decided_at END - k.first_seen_at)
                    / (coalesce(s.hours, 24) * 3600) AS clock,
                min(CASE WHEN k.author_id IS NOT NULL THEN k.number END) OVER (
                    PARTITION BY k.platform, coalesce(k.author_id, k.case_id), k.text_hash) AS first_number
            FROM known k LEFT JOIN safety s USING (congress_id)
        ),
        chosen AS (
            SELECT *, count(*) OVER () AS total_count FROM clocked
            WHERE CASE WHEN $case_id <> '' THEN case_id = $case_id WHEN $state = 'all' THEN true
                WHEN $state = 'decided' THEN state NOT IN ('open', 'apart') ELSE state = $state END
            ORDER BY CASE WHEN state = 'open' THEN first_seen_at END NULLS LAST, coalesce(decided_at, first_seen_at) DESC, case_id
            LIMIT $limit
        )
        SELECT c.* EXCLUDE (first_number, elements, comment), c.clock > 1 AS overdue,
            CASE WHEN c.first_number < c.number THEN c.first_number END AS twin_of,
            CASE WHEN shown THEN c.elements ELSE '' END AS elements, coalesce(c.comment, '') AS comment,
            CASE WHEN shown THEN p.text ELSE '' END AS text, CASE WHEN shown THEN coalesce(o.url, p.url) END AS url,
            CASE WHEN shown THEN a.handle END AS handle, coalesce(r.role, 'unknown') AS role, p.lang,
            c.removed_at IS NULL AND NOT shown AS hidden,
            (SELECT count(*) FROM posts t WHERE t.platform = c.platform AND t.repost_of_id = c.post_id
                AND t.created_at <= $as_of) AS repost_count
        FROM (
            SELECT h.*, h.removed_at IS NULL AND coalesce(m.visible, true) AND p.post_id IS NOT NULL AS shown
            FROM chosen h LEFT JOIN matches m ON m.congress_id = h.congress_id AND m.platform = h.platform AND m.post_id = h.read_from
            LEFT JOIN posts p ON p.platform = h.platform AND p.post_id = h.read_from
        ) c
        LEFT JOIN posts p ON p.platform = c.platform AND p.post_id = c.read_from
        LEFT JOIN posts o ON o.platform = c.platform AND o.post_id = c.post_id
        LEFT JOIN authors a ON a.platform = c.platform AND a.author_id = c.author_id
        LEFT JOIN role_at($as_of) r ON r.platform = c.platform AND r.author_id = c.author_id
        ORDER BY CASE WHEN c.state = 'open' THEN c.first_seen_at END NULLS LAST, coalesce(c.decided_at, c.first_seen_at) DESC, c.case_id
        """,
        congress_id=congress_id,
        as_of=as_of,
        state=state,
        limit=limit,
        case_id=case_id,
    )


def case_log(
    reader: Reader, congress_id: str, as_of: datetime, start: datetime = datetime(1970, 1, 1), end: datetime = datetime(9999, 1, 1)
) -> pa.Table:  # fmt: skip
    """Every case first seen in [start, end) with every decision on it, in order of number and entry: one row each.

    A case without a decision has one row with null decision columns; numbers without holes are the proof that none is missing.
    """
    return reader.ask(
        """
        SELECT c.number, c.case_id, c.congress_id, c.platform, c.post_id, c.product, c.special, c.score, c.created_at,
            c.first_seen_at, c.removed_at, c.removed_why, c.text_hash, d.entry, d.decided_at, d.person, d.decision,
            d.duplicate_of, d.reference, d.comment, d.text_hash AS decided_text_hash
        FROM cases c LEFT JOIN case_decisions d ON d.case_id = c.case_id AND d.decided_at <= $as_of
        WHERE c.congress_id = $congress_id AND c.number IS NOT NULL AND c.first_seen_at <= $as_of
            AND c.first_seen_at >= $start AND c.first_seen_at < $end
        ORDER BY c.number, d.entry
        """,
        congress_id=congress_id,
        as_of=as_of,
        start=start,
        end=end,
    )


def waiting(reader: Reader, congress_id: str, as_of: datetime) -> pa.Table:
    """One row: how many cases wait, how many are overdue, since when the oldest waits, how many are study data,
    the hours to decide, and the share of them at which people are told."""
    return reader.ask(
        """
        SELECT count(*) FILTER (c.state = 'open') AS open_count,
            count(*) FILTER (c.state = 'open' AND epoch($as_of - c.first_seen_at) > coalesce(s.hours, 24) * 3600) AS overdue_count,
            min(c.first_seen_at) FILTER (c.state = 'open') AS oldest_at,
            count(*) FILTER (c.state = 'apart') AS apart_count,
            count(*) FILTER (c.state NOT IN ('open', 'apart')) AS decided_count,
            coalesce(any_value(s.hours), 24) AS hours, coalesce(any_value(s.alert_at), 0.5) AS alert_at
        FROM (SELECT $congress_id AS congress_id) q LEFT JOIN cases_at($as_of) c USING (congress_id)
        LEFT JOIN safety s USING (congress_id)
        """,
        congress_id=congress_id,
        as_of=as_of,
    )


def early_posts(reader: Reader, congress_id: str, as_of: datetime, limit: int = 200) -> pa.Table:
    """Posts that name an abstract before its listed embargo time, up to ``as_of``, newest first, with that time.

    ``held`` says whether that time is still to come: then viewers and exports do not see the post. ``total_count`` and
    ``held_count`` count posts.
    """
    return reader.ask(
        """
        WITH known AS (
            SELECT platform, post_id, any_value(author_id) AS author_id, any_value(created_at) AS created_at,
                any_value(kind) AS kind, list(DISTINCT number ORDER BY number) AS abstracts, any_value(title ORDER BY number) AS title,
                max(embargo_lift_at) AS embargo_lift_at, max(embargo_lift_at) > $as_of AS held
            FROM early WHERE congress_id = $congress_id AND visible AND created_at <= $as_of GROUP BY ALL
        ),
        page AS (
            SELECT *, count(*) OVER () AS total_count, count(*) FILTER (held) OVER () AS held_count FROM known
            ORDER BY created_at DESC, platform, post_id LIMIT $limit
        )
        SELECT g.*, a.handle, a.display_name, coalesce(r.role, 'unknown') AS role, p.url,
            CASE WHEN p.text = '' THEN coalesce(o.text, '') ELSE p.text END AS text
        FROM page g JOIN posts p USING (platform, post_id)
        LEFT JOIN posts o ON o.platform = p.platform AND o.post_id = p.repost_of_id
        LEFT JOIN authors a ON a.platform = g.platform AND a.author_id = g.author_id
        LEFT JOIN role_at($as_of) r ON r.platform = g.platform AND r.author_id = g.author_id
        ORDER BY g.created_at DESC, g.platform, g.post_id
        """,
        congress_id=congress_id,
        as_of=as_of,
        limit=limit,
    )


def held_count(reader: Reader, congress_id: str, as_of: datetime) -> pa.Table:
    """One row for everybody: ``held_count`` posts are held until an embargo lifts, and ``next_lift_at``."""
    return reader.ask(
        """
        SELECT count(DISTINCT (platform, post_id)) AS held_count, min(embargo_lift_at) AS next_lift_at FROM early
        WHERE congress_id = $congress_id AND visible AND created_at <= $as_of AND embargo_lift_at > $as_of
        """,
        congress_id=congress_id,
        as_of=as_of,
    )
