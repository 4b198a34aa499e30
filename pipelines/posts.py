"""The posts themselves, each with why it is here and what it speaks of."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa

from pipelines.access import Sight
from pipelines.overview import EPOCH
from pipelines.store.reader import Reader

LATELY = (timedelta(minutes=10), timedelta(hours=6))


def newest_posts(reader: Reader, congress_id: str, limit: int, as_of: datetime, sight: Sight = "viewer") -> pa.Table:
    """The newest visible posts of a congress, newest first, with author, role, rule and abstracts.

    Patients and advocates are counted everywhere and listed nowhere: their posts are left out here, also those of who
    turned out to be one after ``as_of``.

    Posts from before a listed embargo time that is still to come are shown to reviewers only.

    A repost stands with the words of what it reposts where the platform sends only a reference.
    """
    begin, wanted = _begin(reader, congress_id, limit, as_of), limit
    while True:
        found = _newest_since(reader, congress_id, limit, as_of, sight, begin)
        if found.num_rows >= limit or begin == EPOCH:
            return found
        wanted *= 8  # patients and embargoed posts were among them: look further back
        begin = _begin(reader, congress_id, wanted, as_of)


def _begin(reader: Reader, congress_id: str, count: int, as_of: datetime) -> datetime:
    """The moment of the ``count``-th newest post and some more; the epoch where there are fewer.

    Mostly they are of the last minutes: what is older is not read then.
    """
    for since in (*(as_of - back for back in LATELY), EPOCH):
        rows = reader.ask(
            """
            SELECT created_at FROM matches
            WHERE congress_id = $congress_id AND visible AND created_at <= $as_of AND created_at >= $since
            ORDER BY created_at DESC LIMIT 1 OFFSET $count
            """,
            congress_id=congress_id,
            as_of=as_of,
            since=since,
            count=2 * count,
        )
        if rows.num_rows:
            return rows["created_at"][0].as_py()
    return EPOCH


def _newest_since(
    reader: Reader, congress_id: str, limit: int, as_of: datetime, sight: Sight, begin: datetime
) -> pa.Table:
    """The newest of the posts from ``begin`` on: the tables are read for these alone."""
    return reader.ask(
        """
        WITH late AS (
            SELECT platform, post_id, author_id, created_at, kind, rule, term, post_number, author_number FROM matches
            WHERE congress_id = $congress_id AND visible AND created_at <= $as_of AND created_at >= $begin
        ),
        patients AS (
            SELECT author_number FROM (SELECT *, word_of(decided_by, decided_at) AS word FROM roles)
            SEMI JOIN late USING (author_number) GROUP BY ALL
            HAVING arg_max(role, word) = 'patient_advocate'
                OR arg_max(role, word) FILTER (decided_at <= $as_of) = 'patient_advocate'
        ),
        embargoed AS (
            SELECT DISTINCT post_number FROM early
            WHERE congress_id = $congress_id AND created_at >= $begin - INTERVAL 1 DAY AND embargo_lift_at > $as_of AND $sight <> 'reviewer'
        ),
        newest AS (
            FROM late ANTI JOIN patients USING (author_number) ANTI JOIN embargoed USING (post_number)
            ORDER BY created_at DESC, platform, post_id LIMIT $limit
        ),
        shown AS (
            SELECT p.* EXCLUDE (text), CASE WHEN p.text = '' THEN coalesce(o.text, '') ELSE p.text END AS text, o.author_number AS said_by
            FROM (
                SELECT post_number, text, url, repost_of_number FROM posts SEMI JOIN newest USING (post_number)
                WHERE created_at >= $begin - INTERVAL 1 DAY  -- the post of a match may since carry another moment: an edit's
            ) p LEFT JOIN posts o ON o.post_number = p.repost_of_number
        ),
        held AS (
            SELECT author_number, role, confidence FROM roles
            SEMI JOIN (SELECT author_number FROM newest UNION ALL SELECT said_by FROM shown) USING (author_number)
            WHERE decided_at <= $as_of
            QUALIFY row_number() OVER (PARTITION BY author_number ORDER BY word_of(decided_by, decided_at) DESC) = 1
        )
        SELECT n.platform, n.post_id, n.created_at, n.author_id, a.handle, a.display_name,
            coalesce(r.role, 'unknown') AS role, CASE WHEN p.repost_of_number IS NOT NULL THEN coalesce(q.role, 'unknown') END AS words_role,
            r.confidence, n.kind,
            p.text, p.url, n.rule, n.term,
            coalesce(m.abstracts, []) AS abstracts
        FROM newest n
        JOIN shown p USING (post_number)
        LEFT JOIN authors a ON a.author_number = n.author_number
        LEFT JOIN held r ON r.author_number = n.author_number
        LEFT JOIN held q ON q.author_number = p.said_by
        LEFT JOIN (
            SELECT post_number, list(DISTINCT number ORDER BY number) AS abstracts
            FROM spoken_of SEMI JOIN newest USING (post_number)
            WHERE congress_id = $congress_id AND visible AND created_at >= $begin - INTERVAL 1 DAY GROUP BY ALL
        ) m USING (post_number)
        ORDER BY n.created_at DESC, n.platform, n.post_id
        """,
        congress_id=congress_id,
        limit=limit,
        as_of=as_of,
        sight=sight,
        begin=begin,
    )
