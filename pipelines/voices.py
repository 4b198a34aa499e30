"""Which HCPs carry the conversation, in which order and why.

Order: voice rank (``rank.py``), a personalised PageRank over repost, quote, reply and mention edges that restarts
from HCPs only. Its parts stand beside it; followers alone never rank.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.model import Author
from pipelines.rank import rank_voices
from pipelines.roles.same_person import declared_accounts
from pipelines.store.reader import Reader

_SCHEMA = pa.schema(
    [
        ("rank", pa.int64()), ("rank_before", pa.int64()), ("platform", pa.string()), ("author_id", pa.string()),
        ("handle", pa.string()), ("display_name", pa.string()), ("also", pa.list_(pa.string())), ("role", pa.string()),
        ("confidence", pa.string()), ("evidence", pa.list_(pa.string())), ("credentials", pa.list_(pa.string())),
        ("specialty", pa.string()), ("post_count", pa.int64()), ("hcp_engager_count", pa.int64()),
        ("engagement_count", pa.int64()), ("score", pa.float64()), ("best_post_id", pa.string()), ("url", pa.string()),
    ]
)  # fmt: skip


def voices(
    reader: Reader, congress_id: str, minutes: int, limit: int, as_of: datetime, until: datetime | None = None
) -> pa.Table:
    """HCP voices of the window of ``minutes`` before ``until`` (0: everything; ``as_of`` unless given), best first, each with its parts.

    ``hcp_engager_count`` counts other HCPs who reposted, quoted, answered or named the voice; ``engagement_count``
    is likes + reposts + replies + quotes of its own posts in the window as seen by ``as_of``; ``rank_before`` is the place in
    the window before (null: none there, or no window before). Accounts of one person that name each other are one
    voice under the account with more posts; ``also`` holds the others' handles.
    """
    end = min(until or as_of, as_of)
    moments = [as_of, end - timedelta(minutes=minutes)] if minutes else [as_of]
    hcps = [_hcps(reader, moment) for moment in moments]  # asked once for all that follows: it is the dearest part
    persons = one_person(reader, hcps[0])
    edges = _edges(reader, congress_id, minutes, end, hcps)
    parts = _parts(reader, congress_id, minutes, as_of, end, hcps[0]).to_pylist()
    standing = _standing(parts, edges.filter(~pc.field("before")), persons)
    before: dict[str, int] = {}
    if minutes:
        parts = _parts_before(reader, congress_id, minutes, moments[1], hcps[1]).to_pylist()
        earlier = _standing(parts, edges.filter(pc.field("before")), persons)
        before = {row["person"]: row["rank"] for row in earlier}
    rows = [{**row, "rank_before": before.get(row["person"])} for row in standing[:limit]]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _hcps(reader: Reader, moment: datetime) -> pa.Table:
    return reader.ask("SELECT * EXCLUDE (rule, decided_by) FROM role_at($moment) WHERE role = 'hcp'", moment=moment)


def one_person(reader: Reader, hcps: pa.Table) -> dict[str, str]:
    """Author id to the id that stands for the person, for those of ``hcps`` whose profiles name each other; others are left out."""
    rows = reader.ask(
        r"""
        SELECT a.platform, a.author_id, a.seen_at, a.handle, a.bio, a.location FROM authors a
        SEMI JOIN hcps USING (platform, author_id)
        WHERE regexp_matches(lower(concat(a.bio, ' ', a.location)), 'bsky|bluesky|twitter|x\.com|(^|\W)x\W') ORDER BY ALL
        """,
        tables={"hcps": hcps},
    )
    accounts = [Author(**row) for row in rows.to_pylist()]
    declared = {(each.platform, (each.handle or "").casefold()): (each, set(_folded(each))) for each in accounts}
    found: dict[str, str] = {}
    for account, others in declared.values():
        for key in others & declared.keys():
            other, theirs = declared[key]
            if (account.platform, (account.handle or "").casefold()) in theirs:
                found[account.author_id] = min(account.author_id, other.author_id)
    return found


def _folded(author: Author) -> list[tuple[str, str]]:
    return [(platform, handle.casefold()) for platform, handle in declared_accounts(author)]


def _standing(parts: Sequence[dict[str, Any]], edges: pa.Table, persons: Mapping[str, str]) -> list[dict[str, Any]]:
    """All HCP voices of one window, best first."""
    if not parts:
        return []
    edges = _between_persons(edges, persons)
    by_hcp = edges.filter(edges["from_hcp"])
    people = _persons(parts, persons)
    scores = dict(rank_voices(edges, people.keys() | set(by_hcp["from_id"].to_pylist())))
    engagers = Counter(by_hcp["to_id"].to_pylist())
    rows: list[dict[str, Any]] = [
        {**row, "person": person, "score": scores.get(person, 0.0), "hcp_engager_count": engagers[person]}
        for person, row in people.items()
    ]
    rows.sort(key=lambda row: (-row["score"], -row["hcp_engager_count"], -row["post_count"], row["author_id"]))
    return [{**row, "rank": place} for place, row in enumerate(rows, start=1)]


def _persons(parts: Sequence[dict[str, Any]], persons: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """One row a person: the account with most posts stands for it, with the sums of all."""
    found: dict[str, dict[str, Any]] = {}
    for row in sorted(parts, key=lambda row: (-row["post_count"], row["author_id"])):
        person = persons.get(row["author_id"], row["author_id"])
        if person not in found:
            found[person] = {**row, "also": []}
            continue
        face = found[person]
        face["post_count"] += row["post_count"]
        face["engagement_count"] += row["engagement_count"]
        face["also"].append(f"{row['platform']}:{row['handle']}")
    return found


def _between_persons(edges: pa.Table, persons: Mapping[str, str]) -> pa.Table:
    """The edges with each person as one end, self-edges left out."""
    if persons:
        ends = [[persons.get(each, each) for each in edges[name].to_pylist()] for name in ("from_id", "to_id")]
        for place, (name, ids) in enumerate(zip(("from_id", "to_id"), ends, strict=True)):
            edges = edges.set_column(place, name, pa.array(ids, pa.string()))
    together = edges.group_by(["from_id", "to_id"]).aggregate([("edge_count", "sum"), ("from_hcp", "max")])
    together = together.rename_columns(["from_id", "to_id", "edge_count", "from_hcp"])
    return together.filter(pc.field("from_id") != pc.field("to_id")).sort_by(
        [("from_id", "ascending"), ("to_id", "ascending")]
    )


def _edges(reader: Reader, congress_id: str, minutes: int, until: datetime, hcps: Sequence[pa.Table]) -> pa.Table:
    """Who took up whom: from_id, to_id, edge_count, from_hcp, before; self-edges left out.

    ``before`` marks those of the window before. ``hcps`` are those of the window's end and, where there is one, of the
    end of the window before.
    """
    return reader.ask(
        """
        WITH seen AS (
            SELECT m.platform, m.author_id AS from_id, p.repost_of_id, p.quoted_id, p.reply_to_id, p.mentioned_ids,
                $minutes > 0 AND m.created_at <= $until - to_minutes($minutes) AS before
            FROM matches m JOIN posts p USING (platform, post_id)
            WHERE m.congress_id = $congress_id AND m.visible AND m.created_at <= $until
                AND ($minutes = 0 OR m.created_at > $until - to_minutes(2 * $minutes))
                AND (p.repost_of_id IS NOT NULL OR p.quoted_id IS NOT NULL OR p.reply_to_id IS NOT NULL
                     OR len(p.mentioned_ids) > 0)
        ),
        edges AS (
            SELECT s.platform, s.from_id, t.author_id AS to_id, s.before
            FROM (SELECT platform, from_id, before, unnest([repost_of_id, quoted_id, reply_to_id]) AS target_id FROM seen) s
            JOIN posts t ON t.platform = s.platform AND t.post_id = s.target_id
            UNION ALL
            SELECT platform, from_id, unnest(mentioned_ids) AS to_id, before FROM seen WHERE repost_of_id IS NULL
        ),
        by_hcps AS (
            SELECT platform, author_id, false AS before FROM hcps UNION ALL SELECT platform, author_id, true FROM hcps_before
        )
        SELECT e.from_id, e.to_id, count(*) AS edge_count, e.platform, any_value(h.author_id) IS NOT NULL AS from_hcp, e.before
        FROM edges e LEFT JOIN by_hcps h ON h.platform = e.platform AND h.author_id = e.from_id AND h.before = e.before
        WHERE e.from_id <> e.to_id GROUP BY e.platform, e.from_id, e.to_id, e.before ORDER BY ALL
        """,
        tables={"hcps": hcps[0], "hcps_before": hcps[-1]},
        congress_id=congress_id,
        minutes=minutes,
        until=until,
    )


def _parts_before(reader: Reader, congress_id: str, minutes: int, as_of: datetime, hcps: pa.Table) -> pa.Table:
    """Of the window before, which ends at ``as_of``, only what decides the order there."""
    return reader.ask(
        """
        SELECT platform, author_id, '' AS handle, count(*) AS post_count, 0 AS engagement_count
        FROM matches SEMI JOIN hcps USING (platform, author_id)
        WHERE congress_id = $congress_id AND visible AND created_at <= $as_of AND created_at > $as_of - to_minutes($minutes)
        GROUP BY ALL
        """,
        tables={"hcps": hcps},
        congress_id=congress_id,
        minutes=minutes,
        as_of=as_of,
    )


def _parts(
    reader: Reader, congress_id: str, minutes: int, as_of: datetime, until: datetime, hcps: pa.Table
) -> pa.Table:
    return reader.ask(
        """
        WITH own AS (
            SELECT m.platform, m.author_id, m.post_id, m.kind,
                coalesce(e.engagement_count, 0) AS engagement_count
            FROM matches m SEMI JOIN hcps USING (platform, author_id) LEFT JOIN engagement_at($as_of) e USING (platform, post_id)
            WHERE m.congress_id = $congress_id AND m.visible AND m.created_at <= $until
                AND ($minutes = 0 OR m.created_at > $until - to_minutes($minutes))
        ),
        written AS (
            SELECT platform, author_id, count(*) AS post_count,
                coalesce(sum(engagement_count) FILTER (kind <> 'repost'), 0)::BIGINT AS engagement_count,
                arg_max(post_id, (engagement_count, post_id)) FILTER (kind <> 'repost') AS best_post_id
            FROM own GROUP BY ALL
        )
        SELECT w.platform, w.author_id, a.handle, a.display_name, h.role, h.confidence, h.evidence, h.credentials,
            h.specialty, w.post_count, w.engagement_count,
            w.best_post_id, CASE WHEN w.best_post_id NOT IN (SELECT post_id FROM embargoed_at($until)) THEN p.url END AS url
        FROM written w JOIN hcps h USING (platform, author_id)
        ANTI JOIN (FROM role_at(TIMESTAMP '9999-01-01') WHERE role = 'patient_advocate') l USING (platform, author_id)
        LEFT JOIN authors a USING (platform, author_id)
        LEFT JOIN posts p ON p.platform = w.platform AND p.post_id = w.best_post_id
        """,
        tables={"hcps": hcps},
        congress_id=congress_id,
        minutes=minutes,
        as_of=as_of,
        until=until,
    )
