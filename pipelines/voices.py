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


def voices(reader: Reader, congress_id: str, minutes: int, limit: int, as_of: datetime) -> pa.Table:
    """HCP voices of the window of ``minutes`` before ``as_of`` (0: everything), best first, each with its parts.

    ``hcp_engager_count`` counts other HCPs who reposted, quoted, answered or named the voice; ``engagement_count``
    is likes + reposts + replies + quotes of its own posts in the window as last seen; ``rank_before`` is the place in
    the window before (null: none there, or no window before). Accounts of one person that name each other are one
    voice under the account with more posts; ``also`` holds the others' handles.
    """
    persons = one_person(reader, as_of)
    standing = _standing(reader, congress_id, minutes, as_of, persons)
    earlier: list[dict[str, Any]] = []
    if minutes:
        earlier = _standing(reader, congress_id, minutes, as_of - timedelta(minutes=minutes), persons)
    before = {row["person"]: row["rank"] for row in earlier}
    rows = [{**row, "rank_before": before.get(row["person"])} for row in standing[:limit]]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def one_person(reader: Reader, as_of: datetime) -> dict[str, str]:
    """Author id to the id that stands for the person, for accounts whose profiles name each other; others are left out."""
    rows = reader.ask(
        r"""
        SELECT a.platform, a.author_id, a.seen_at, a.handle, a.bio, a.location FROM authors a
        SEMI JOIN (FROM role_at($as_of) WHERE role = 'hcp') h USING (platform, author_id)
        WHERE regexp_matches(lower(concat(a.bio, ' ', a.location)), 'bsky|bluesky|twitter|x\.com|(^|\W)x\W') ORDER BY ALL
        """,
        as_of=as_of,
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


def _standing(
    reader: Reader, congress_id: str, minutes: int, as_of: datetime, persons: Mapping[str, str]
) -> list[dict[str, Any]]:
    """All HCP voices of one window, best first."""
    parts = _parts(reader, congress_id, minutes, as_of).to_pylist()
    if not parts:
        return []
    edges = _between_persons(engagement_edges(reader, congress_id, minutes, as_of), persons)
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


def _parts(reader: Reader, congress_id: str, minutes: int, as_of: datetime) -> pa.Table:
    return reader.ask(
        """
        WITH hcps AS (FROM role_at($as_of) WHERE role = 'hcp'),
        own AS (
            SELECT m.platform, m.author_id, m.post_id, m.kind,
                coalesce(e.engagement_count, 0) AS engagement_count
            FROM matches m SEMI JOIN hcps USING (platform, author_id) LEFT JOIN engagement_of e USING (platform, post_id)
            WHERE m.congress_id = $congress_id AND m.visible AND m.created_at <= $as_of
                AND ($minutes = 0 OR m.created_at > $as_of - to_minutes($minutes))
        ),
        written AS (
            SELECT platform, author_id, count(*) AS post_count,
                coalesce(sum(engagement_count) FILTER (kind <> 'repost'), 0)::BIGINT AS engagement_count,
                arg_max(post_id, (engagement_count, post_id)) FILTER (kind <> 'repost') AS best_post_id
            FROM own GROUP BY ALL
        )
        SELECT w.platform, w.author_id, a.handle, a.display_name, h.role, h.confidence, h.evidence, h.credentials,
            h.specialty, w.post_count, w.engagement_count,
            w.best_post_id, p.url
        FROM written w JOIN hcps h USING (platform, author_id)
        LEFT JOIN authors a USING (platform, author_id)
        LEFT JOIN posts p ON p.platform = w.platform AND p.post_id = w.best_post_id
        """,
        congress_id=congress_id,
        minutes=minutes,
        as_of=as_of,
    )
