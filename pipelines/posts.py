"""The posts themselves, each with why it is here and what it speaks of."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from pipelines.access import Sight
from pipelines.store.reader import Reader


def newest_posts(reader: Reader, congress_id: str, limit: int, as_of: datetime, sight: Sight = "viewer") -> pa.Table:
    """The newest visible posts of a congress, newest first, with author, role, rule and abstracts.

    Patients and advocates are counted everywhere and listed nowhere: their posts are left out here, also those of who
    turned out to be one after ``as_of``.

    Posts from before a listed embargo time that is still to come are shown to reviewers only.

    A repost stands with the words of what it reposts where the platform sends only a reference.
    """
    return reader.ask(
        """
        WITH patients AS (
            SELECT platform, author_id FROM (
                SELECT *, (CASE decided_by WHEN 'rules' THEN 0 WHEN 'voices.csv' THEN 1 ELSE 2 END, decided_at) AS word FROM roles
            ) GROUP BY ALL
            HAVING arg_max(role, word) = 'patient_advocate'
                OR arg_max(role, word) FILTER (decided_at <= $as_of) = 'patient_advocate'
        ),
        newest AS (
            SELECT platform, post_id, author_id, created_at, kind, rule, term FROM matches
            ANTI JOIN patients USING (platform, author_id)
            ANTI JOIN (FROM embargoed_at($as_of) WHERE $sight <> 'reviewer') USING (congress_id, platform, post_id)
            WHERE congress_id = $congress_id AND visible AND created_at <= $as_of
            ORDER BY created_at DESC, platform, post_id LIMIT $limit
        )
        SELECT n.platform, n.post_id, n.created_at, n.author_id, a.handle, a.display_name,
            coalesce(r.role, 'unknown') AS role, CASE WHEN p.repost_of_id IS NOT NULL THEN coalesce(q.role, 'unknown') END AS words_role,
            r.confidence, n.kind,
            CASE WHEN p.text = '' THEN coalesce(o.text, '') ELSE p.text END AS text, p.url, n.rule, n.term,
            coalesce(m.abstracts, []) AS abstracts
        FROM newest n
        JOIN posts p ON p.platform = n.platform AND p.post_id = n.post_id
        LEFT JOIN posts o ON o.platform = p.platform AND o.post_id = p.repost_of_id
        LEFT JOIN authors a ON a.platform = n.platform AND a.author_id = n.author_id
        LEFT JOIN role_at($as_of) r ON r.platform = n.platform AND r.author_id = n.author_id
        LEFT JOIN role_at($as_of) q ON q.platform = o.platform AND q.author_id = o.author_id
        LEFT JOIN (
            SELECT platform, post_id, list(DISTINCT number ORDER BY number) AS abstracts
            FROM spoken_of SEMI JOIN newest USING (platform, post_id)
            WHERE congress_id = $congress_id AND visible GROUP BY ALL
        ) m ON m.platform = n.platform AND m.post_id = n.post_id
        ORDER BY n.created_at DESC, n.platform, n.post_id
        """,
        congress_id=congress_id,
        limit=limit,
        as_of=as_of,
        sight=sight,
    )
