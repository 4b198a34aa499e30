"""One abstract: its catalogue record, what was said of it, who began, and when."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from pipelines.access import Sight
from pipelines.store.reader import Reader


def one_abstract(reader: Reader, congress_id: str, number: str, as_of: datetime, sight: Sight = "viewer") -> pa.Table:
    """One row for an abstract that is catalogued or was spoken of up to ``as_of`` (naive UTC), else none.

    A post counts once, under its strongest tier; ``inherited`` counts posts that only took the mention over. ``first_*``
    tell the first post; of whoever is no professional and no organisation, handle and link are null, the link also
    while the post is held from viewers. ``early_count`` counts posts before the listed embargo time, ``held_count`` those
    that viewers do not see until it has come.
    """
    return reader.ask(
        """
        WITH own AS (
            SELECT n.platform, n.post_id, any_value(n.author_id) AS author_id, any_value(n.created_at) AS created_at,
                min(n.tier) AS tier, bool_and(n.inherited_from IS NOT NULL) AS inherited,
                coalesce(any_value(r.role), 'unknown') AS role,
                NOT may_be_named(any_value(r.role)) OR coalesce(any_value(l.role) = 'patient_advocate', false) AS unnamed
            FROM spoken_of n LEFT JOIN role_at($as_of) r USING (platform, author_id)
            LEFT JOIN role_at(TIMESTAMP '9999-01-01') l USING (platform, author_id)
            WHERE n.congress_id = $congress_id AND n.number = $number AND n.visible AND n.created_at <= $as_of GROUP BY ALL
        ),
        catalogued AS (FROM abstracts WHERE congress_id = $congress_id AND number = $number),
        said AS (
            SELECT count(*) AS post_count, count(DISTINCT (platform, author_id)) AS author_count,
                count(*) FILTER (role = 'hcp') AS hcp_post_count,
                count(DISTINCT (platform, author_id)) FILTER (role = 'hcp') AS hcp_author_count,
                count(*) FILTER (tier = 1 AND NOT inherited) AS tier_1, count(*) FILTER (tier = 2 AND NOT inherited) AS tier_2,
                count(*) FILTER (tier = 3 AND NOT inherited) AS tier_3, count(*) FILTER (inherited) AS inherited,
                count(*) FILTER (created_at < (SELECT embargo_lift_at FROM catalogued)) AS early_count,
                count(*) FILTER (created_at < (SELECT embargo_lift_at FROM catalogued WHERE embargo_lift_at > $as_of)) AS held_count,
                min(created_at) AS first_post_at, max(created_at) AS last_post_at
            FROM own
        ),
        began AS (FROM own ORDER BY created_at, platform, post_id LIMIT 1)
        SELECT $number AS number, coalesce(c.title, '') AS title, c.presenter, c.session, c.session_type, c.starts_at,
            c.embargo_lift_at, c.doi, coalesce(c.nct, []) AS nct, coalesce(c.trial, []) AS trial,
            coalesce(c.drugs, []) AS drugs, coalesce(c.companies, []) AS companies, c.number IS NOT NULL AS catalogued,
            s.*, b.role AS first_role, CASE WHEN NOT b.unnamed THEN a.handle END AS first_handle,
            CASE WHEN NOT b.unnamed AND ($sight = 'reviewer' OR h.post_id IS NULL) THEN p.url END AS first_url
        FROM said s LEFT JOIN catalogued c ON true LEFT JOIN began b ON true
        LEFT JOIN authors a ON a.platform = b.platform AND a.author_id = b.author_id
        LEFT JOIN posts p ON p.platform = b.platform AND p.post_id = b.post_id
        LEFT JOIN embargoed_at($as_of) h ON h.congress_id = $congress_id AND h.platform = b.platform AND h.post_id = b.post_id
        WHERE c.number IS NOT NULL OR s.post_count > 0
        """,
        congress_id=congress_id,
        number=number,
        as_of=as_of,
        sight=sight,
    )


def abstract_volume(
    reader: Reader, congress_id: str, number: str, start: datetime, end: datetime, bucket_minutes: int, as_of: datetime
) -> pa.Table:
    """Posts that name an abstract, per bucket: ``bucket_at`` (naive UTC), ``series``, ``post_count``.

    Both splits stand in one answer, told apart by ``split``: for ``role`` the series is the stakeholder (as in ``volume``:
    hcp, industry, patient_advocate, organisation, others), for ``platform`` the platform.
    """
    return reader.ask(
        """
        WITH own AS (
            SELECT DISTINCT n.platform, n.post_id, n.created_at,
                CASE WHEN r.role IN ('hcp', 'patient_advocate') THEN r.role
                    WHEN r.role = 'pharma' THEN 'industry'
                    WHEN r.role IN ('society', 'institution', 'media') THEN 'organisation' ELSE 'others' END AS stakeholder
            FROM spoken_of n LEFT JOIN role_at($as_of) r USING (platform, author_id)
            WHERE n.congress_id = $congress_id AND n.number = $number AND n.visible
                AND n.created_at >= $start AND n.created_at < $end AND n.created_at <= $as_of
        ),
        placed AS (
            SELECT *, make_timestamp((epoch_us(created_at) // ($bucket_minutes::BIGINT * 60000000)) * $bucket_minutes::BIGINT * 60000000) AS bucket_at
            FROM own
        )
        SELECT 'role' AS split, bucket_at, stakeholder AS series, count(*) AS post_count
        FROM placed GROUP BY ALL
        UNION ALL
        SELECT 'platform', bucket_at, platform, count(*) FROM placed GROUP BY ALL ORDER BY ALL
        """,
        congress_id=congress_id,
        number=number,
        start=start,
        end=end,
        bucket_minutes=bucket_minutes,
        as_of=as_of,
    )
