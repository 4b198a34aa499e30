"""The table of any named read as a file, under the rules for what leaves the house.

Patients are in no read that lists. Here, beside that: posts before a listed embargo time stay out, nobody but HCPs,
organisations and media is named or quoted, and of X at most 500 posts stand in full.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from pipelines.asking import Reads
from pipelines.congresses import Congress
from pipelines.errors import UsageError
from pipelines.reads import READS
from pipelines.recap import clean
from pipelines.recap.names import is_named, shown_link
from pipelines.recap.rows import FULL_POSTS

# what may be asked for; queues of the safety desk, the audit and other people's names are no exports
EXPORTS = frozenset(
    {
        "abstract_topics", "abstract_volume", "abstracts", "aligned_days", "aligned_volume", "bill", "browse", "catalogue",
        "congresses", "engagements", "gaps", "hashtags", "hcp_posts", "health", "links", "listing", "named_authors",
        "newest_posts", "one_abstract", "overview", "post_links", "role_shares", "sessions", "share_of_voice",
        "shareable_mentions", "shareable_posts", "topic_volume", "trending", "voices", "volume",
    }
)  # fmt: skip
_DROPPED = {"first_author_handle", "first_handle", "first_url", "first_role", "started_by", "post_ids", "bio", "masked"}
_OF_PEOPLE = ("author_id", "handle", "display_name", "text", "evidence")
_LIMIT = 1000


def export_table(reads: Reads, name: str, congress: Congress, params: Mapping[str, str], as_of: datetime) -> pa.Table:
    """The answer to a read that may leave, without what may not.

    Args:
        params: as the read takes them, as text; those left out get a sensible value where there is one (all that is
            followed, a thousand rows, buckets of an hour).

    Raises:
        UsageError: for a read that is none, may not leave, or lacks a parameter.
    """
    if name not in EXPORTS:
        raise UsageError(f'no read "{name}" to export; there are: {", ".join(sorted(EXPORTS & READS.keys()))}')
    table = reads.read(name, **{**_usual(name, congress, as_of), **params})
    held = _before_embargo(reads, congress, table)
    if held:
        table = table.filter(pa.array([index not in held for index in range(table.num_rows)]))
    return _without_people(table.drop_columns([each for each in table.column_names if each in _DROPPED]))


def _usual(name: str, congress: Congress, as_of: datetime) -> dict[str, Any]:
    """What a read is asked with when nothing else is said, of what it takes."""
    usual: dict[str, Any] = {
        "congress_id": congress.id, "minutes": 0, "limit": _LIMIT, "start": congress.follow_from, "end": congress.follow_until,
        "bucket_minutes": 60, "as_of": as_of,
    }  # fmt: skip
    return {key: value for key, value in usual.items() if key in inspect.signature(READS[name]).parameters}


def _before_embargo(reads: Reads, congress: Congress, table: pa.Table) -> set[int]:
    """The rows of posts that speak of an abstract whose listed embargo had not lifted when they were written."""
    if not {"created_at", "abstracts"} <= {*table.column_names}:
        return set()
    catalogue = reads.read("catalogue", congress_id=congress.id).select(["number", "embargo_lift_at"]).to_pylist()
    lifts = {row["number"]: row["embargo_lift_at"] for row in catalogue if row["embargo_lift_at"]}
    rows = table.select(["created_at", "abstracts"]).to_pylist()
    return {
        index
        for index, row in enumerate(rows)
        if any(row["created_at"] < lifts[each] for each in row["abstracts"] or () if each in lifts)
    }


def _without_people(table: pa.Table) -> pa.Table:
    """Names and words only of whom may be named, words of at most 500 posts of X; links without others' handles."""
    columns = {*table.column_names}
    if not {"platform", "role"} <= columns:
        return table
    rows, full = table.to_pylist(), 0
    for row in rows:
        if not is_named(row["role"]):
            row |= {key: None for key in _OF_PEOPLE if key in columns}
        if row.get("text"):
            full += row["platform"] == "x"
            row["text"] = clean.whole(row["text"]) if row["platform"] != "x" or full <= FULL_POSTS else ""
        if "post_id" in columns and "url" in columns:
            row["url"] = shown_link(row["role"], row["platform"], row["post_id"], row["url"])
    return pa.Table.from_pylist(rows, schema=table.schema)
