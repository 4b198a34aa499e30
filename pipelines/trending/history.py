"""How many spoke and how many named each item, by half hour, since a congress is followed.

Whatever was said an hour ago and more hardly ever changes: it is counted once and kept beside a mark, the sum of the hashes of
all that was counted. Each look sums them anew, a fraction of the work; when a late post, an edit, a deletion or an account that
is hidden changes the sum, all is counted again. So what is answered never depends on what was asked before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.store.reader import Reader
from pipelines.trending.expectation import WINDOW

_EPOCH = datetime(1970, 1, 1)
_SETTLED = timedelta(hours=1)  # what is older is kept
_MOST = 16  # counts kept of one store: five kinds of items of a few congresses


@dataclass(frozen=True, slots=True)
class _Kept:
    mark: tuple[Any, ...]
    members: pa.Table | None
    counted: pa.Table


_KEPT: WeakKeyDictionary[Reader, dict[tuple[Any, ...], _Kept]] = WeakKeyDictionary()


def named_by_bucket(
    reader: Reader, kind: str, members: pa.Table, bounds: Mapping[str, Any], seen: pa.Table
) -> pa.Table:
    """Distinct authors by item and half hour: item, bucket, author_count, in this order. Not for hashtags.

    ``seen`` is what was said of late, two hours at least: item, author, minute.
    """

    def count(until: datetime) -> pa.Table:
        return _count_named(reader, kind, members, {**bounds, "until": until})

    def mark(until: datetime) -> pa.Table:
        return reader.ask(
            """
            SELECT count(*) AS n, sum(hash(number, author_number, (epoch_us(created_at) - 1) // (60000000 * $window)))::VARCHAR AS h
            FROM spoken_of WHERE congress_id = $congress_id AND visible AND created_at <= $until
            """,
            **dict[str, Any](bounds, until=until),
        )

    listed = members.select(["item", "number"])
    return _with_kept(reader, kind, listed, bounds, mark, count, seen).sort_by(
        [("item", "ascending"), ("bucket", "ascending")]
    )


def spoke_by_bucket(reader: Reader, bounds: Mapping[str, Any], seen: pa.Table) -> pa.Table:
    """Distinct authors of the whole congress by half hour: bucket, author_count, in this order.

    ``seen`` is who spoke of late, two hours at least: author, minute.
    """
    bounds = {name: bounds[name] for name in ("congress_id", "window", "until")}

    def count(until: datetime) -> pa.Table:
        return reader.ask(
            """
            SELECT (epoch_us(created_at) - 1) // (60000000 * $window) AS bucket, count(DISTINCT author_number) AS author_count
            FROM matches WHERE congress_id = $congress_id AND visible AND created_at <= $until GROUP BY ALL
            """,
            **dict[str, Any](bounds, until=until),
        )

    def mark(until: datetime) -> pa.Table:
        return reader.ask(
            """
            SELECT count(*) AS n, sum(hash(author_number, (epoch_us(created_at) - 1) // (60000000 * $window)))::VARCHAR AS h
            FROM matches WHERE congress_id = $congress_id AND visible AND created_at <= $until
            """,
            **dict[str, Any](bounds, until=until),
        )

    return _with_kept(reader, "", None, bounds, mark, count, seen).sort_by("bucket")


def _with_kept(
    reader: Reader,
    kind: str,
    members: pa.Table | None,
    bounds: Mapping[str, Any],
    mark: Callable[[datetime], pa.Table],
    count: Callable[[datetime], pa.Table],
    seen: pa.Table,
) -> pa.Table:
    length = timedelta(minutes=WINDOW)
    settled = _EPOCH + (bounds["until"] - _SETTLED - _EPOCH) // length * length  # the end of a bucket
    key = (kind, bounds["congress_id"], settled)
    marked = tuple(mark(settled).to_pylist()[0].values())
    kept = _KEPT.setdefault(reader, {})
    known = kept.get(key)
    if known is None or known.mark != marked or (members is not None and not members.equals(known.members)):
        known = _Kept(marked, members, count(settled))
        kept.pop(key, None)
        kept[key] = known
        for old in list(kept)[:-_MOST]:
            kept.pop(old, None)
    return pa.concat_tables([known.counted, _fresh(seen, (settled - _EPOCH) // timedelta(minutes=1))])


def _fresh(seen: pa.Table, after: int) -> pa.Table:
    """What was ``seen`` behind the minute ``after``, by half hour: bucket, author_count, and item if it has one, as it was counted."""
    late = seen.filter(pc.field("minute") > after)
    buckets = pa.array((late["minute"].to_numpy() - 1) // WINDOW, pa.int64())
    keys = [*(name for name in late.column_names if name == "item"), "bucket"]
    counted = late.append_column("bucket", buckets).group_by(keys).aggregate([("author", "count_distinct")])
    return counted.rename_columns([*keys, "author_count"])


def _count_named(reader: Reader, kind: str, members: pa.Table, bounds: Mapping[str, Any]) -> pa.Table:
    return reader.ask(
        """
        WITH named AS (
            SELECT number, (epoch_us(created_at) - 1) // (60000000 * $window) AS bucket, author_number AS author
            FROM spoken_of WHERE congress_id = $congress_id AND visible AND created_at <= $until
        )
        SELECT coalesce(l.item, n.number) AS item, n.bucket, count(DISTINCT n.author) AS author_count
        FROM named n LEFT JOIN listed l USING (number) WHERE l.item IS NOT NULL OR $kind = 'abstract'
        GROUP BY ALL
        """,
        tables={"listed": members},
        kind=kind,
        **bounds,
    )
