"""A congress by its own days and hours, so that it can be laid over another one.

Days are the congress's local days: 1 is its first, 2 the next; -1 is the day before the first, and there is no day 0.
Hours are on the local wall clock. Where a clock change makes an hour come twice, both are one row; an hour that a
clock change leaves out has no row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from pipelines.store.reader import Reader

STEP = timedelta(minutes=15)  # every zone's hours begin on a quarter of an hour of UTC
TOP = 3  # abstracts named beside a day
MISSING = ("open", "replaying", "partial", "budget", "filled_no_reposts")  # a gap filled in full misses nothing

_HOURS = pa.schema(
    [
        ("day_number", pa.int64()), ("hour", pa.int64()), ("local_date", pa.date32()), ("starts_at", pa.timestamp("us")),
        ("post_count", pa.int64()), ("hcp_post_count", pa.int64()), ("collected", pa.bool_()),
    ]
)  # fmt: skip


def aligned_volume(reader: Reader, congress_id: str, as_of: datetime) -> pa.Table:
    """Posts by congress day and local hour, from when following began to ``as_of`` (naive UTC) or its end.

    Every hour has a row, also without posts: day_number, hour, local_date, starts_at (naive UTC), post_count,
    hcp_post_count (roles as known at ``as_of``), collected (false where a gap of a source that misses something touches
    the hour). Empty for a congress that is not kept.
    """
    congress = _congress(reader, congress_id)
    if congress is None:
        return _HOURS.empty_table()
    zone, end = ZoneInfo(congress["timezone"]), min(as_of, congress["follow_until"])
    hours: dict[tuple[date, int], dict[str, Any]] = {}
    at = congress["follow_from"]
    while at < end:
        here = _local(at, zone)
        hours.setdefault(
            (here.date(), here.hour),
            {
                "day_number": day_number(here.date(), congress["starts_on"]), "hour": here.hour, "local_date": here.date(),
                "starts_at": at, "post_count": 0, "hcp_post_count": 0, "collected": True,
            },
        )  # fmt: skip
        at += STEP
    for step in _steps(reader, congress_id, congress["follow_from"], end, as_of).to_pylist():
        here = _local(step["step_at"], zone)
        row = hours[here.date(), here.hour]
        row["post_count"] += step["post_count"]
        row["hcp_post_count"] += step["hcp_post_count"]
        row["collected"] = row["collected"] and step["collected"]
    return pa.Table.from_pylist(list(hours.values()), schema=_HOURS)


def aligned_days(reader: Reader, congress_id: str, as_of: datetime) -> pa.Table:
    """The days of a congress up to ``as_of``: day_number, local_date, post_count, author_count, hcp_author_count, hcp_post_count.

    ``abstracts`` names the three most talked about of the day, ``platforms`` those with posts; ``complete`` is false for
    a day that is not over, ``collected`` where a gap that misses something touches it.
    """
    congress = _congress(reader, congress_id)
    bounds = _days(congress, as_of) if congress else []
    schema = pa.schema(
        [("day_number", pa.int64()), ("local_date", pa.date32()), ("starts_at", pa.timestamp("us")), ("ends_at", pa.timestamp("us")), ("complete", pa.bool_())]
    )  # fmt: skip
    return reader.ask(
        """
        WITH seen AS (
            SELECT d.day_number, m.platform, m.author_id, m.post_id, coalesce(r.role = 'hcp', false) AS by_hcp
            FROM matches m JOIN days d ON m.created_at >= d.starts_at AND m.created_at < d.ends_at
            LEFT JOIN role_at($as_of) r USING (platform, author_id)
            WHERE m.congress_id = $congress_id AND m.visible AND m.created_at <= $as_of
        ),
        said AS (
            SELECT day_number, count(*) AS post_count, count(DISTINCT (platform, author_id)) AS author_count,
                count(DISTINCT (platform, author_id)) FILTER (by_hcp) AS hcp_author_count,
                count(*) FILTER (by_hcp) AS hcp_post_count, list(DISTINCT platform ORDER BY platform) AS platforms
            FROM seen GROUP BY ALL
        ),
        named AS (
            FROM (
                SELECT d.day_number, n.number, count(DISTINCT (n.platform, n.post_id)) AS post_count
                FROM spoken_of n JOIN days d ON n.created_at >= d.starts_at AND n.created_at < d.ends_at
                WHERE n.congress_id = $congress_id AND n.visible AND n.created_at <= $as_of GROUP BY ALL
            ) QUALIFY row_number() OVER (PARTITION BY day_number ORDER BY post_count DESC, number) <= $top
        ),
        tops AS (SELECT day_number, list(number ORDER BY post_count DESC, number) AS abstracts FROM named GROUP BY ALL),
        holes AS (
            SELECT DISTINCT d.day_number FROM days d JOIN gaps g
                ON g.from_at < least(d.ends_at, $as_of) AND coalesce(least(g.to_at, $as_of), $as_of) > d.starts_at
            WHERE list_contains($missing, g.status) AND g.from_at <= $as_of
        )
        SELECT d.day_number, d.local_date, coalesce(s.post_count, 0) AS post_count, coalesce(s.author_count, 0) AS author_count,
            coalesce(s.hcp_author_count, 0) AS hcp_author_count, coalesce(s.hcp_post_count, 0) AS hcp_post_count,
            coalesce(t.abstracts, []) AS abstracts, coalesce(s.platforms, []) AS platforms, d.complete,
            h.day_number IS NULL AS collected
        FROM days d LEFT JOIN said s USING (day_number) LEFT JOIN tops t USING (day_number) LEFT JOIN holes h USING (day_number)
        ORDER BY d.day_number
        """,
        tables={"days": pa.Table.from_pylist(bounds, schema=schema)},
        congress_id=congress_id,
        as_of=as_of,
        top=TOP,
        missing=list(MISSING),
    )


def day_number(day: date, first: date) -> int:
    """1 for the first day of the congress, -1 for the day before it."""
    away = (day - first).days
    return away + 1 if away >= 0 else away


def _congress(reader: Reader, congress_id: str) -> dict[str, Any] | None:
    rows = reader.ask(
        "SELECT timezone, starts_on, follow_from, follow_until FROM congresses WHERE congress_id = $congress_id",
        congress_id=congress_id,
    ).to_pylist()
    return rows[0] if rows else None


def _steps(reader: Reader, congress_id: str, start: datetime, end: datetime, as_of: datetime) -> pa.Table:
    """Quarters of an hour in which anything was posted or missed: step_at, post_count, hcp_post_count, collected."""
    return reader.ask(
        """
        WITH steps AS (SELECT unnest(generate_series($start, $end, INTERVAL 15 MINUTES)) AS step_at),
        said AS (
            SELECT time_bucket(INTERVAL 15 MINUTES, m.created_at) AS step_at, count(*) AS post_count,
                count(*) FILTER (r.role = 'hcp') AS hcp_post_count
            FROM matches m LEFT JOIN role_at($as_of) r USING (platform, author_id)
            WHERE m.congress_id = $congress_id AND m.visible AND m.created_at <= $as_of
                AND m.created_at >= $start AND m.created_at < $end
            GROUP BY ALL
        ),
        missed AS (
            SELECT DISTINCT s.step_at FROM steps s JOIN gaps g
                ON g.from_at < s.step_at + INTERVAL 15 MINUTES AND coalesce(least(g.to_at, $as_of), $as_of) > s.step_at
            WHERE list_contains($missing, g.status) AND g.from_at <= $as_of AND s.step_at < $end
        )
        SELECT coalesce(s.step_at, m.step_at) AS step_at, coalesce(s.post_count, 0) AS post_count,
            coalesce(s.hcp_post_count, 0) AS hcp_post_count, m.step_at IS NULL AS collected
        FROM said s FULL JOIN missed m ON m.step_at = s.step_at
        """,
        congress_id=congress_id,
        start=start,
        end=end,
        as_of=as_of,
        missing=list(MISSING),
    )


def _days(congress: Mapping[str, Any], as_of: datetime) -> list[dict[str, Any]]:
    """The local days followed up to ``as_of``, each with its bounds in UTC, which a clock change shortens or stretches."""
    zone, end = ZoneInfo(congress["timezone"]), min(as_of, congress["follow_until"])
    day, found = _local(congress["follow_from"], zone).date(), []
    while (starts_at := _midnight(day, zone)) < end:
        ends_at = _midnight(day + timedelta(days=1), zone)
        number = day_number(day, congress["starts_on"])
        found.append(
            {"day_number": number, "local_date": day, "starts_at": starts_at, "ends_at": ends_at, "complete": ends_at <= as_of}
        )  # fmt: skip
        day += timedelta(days=1)
    return found


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.replace(tzinfo=UTC).astimezone(zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC).replace(tzinfo=None)
