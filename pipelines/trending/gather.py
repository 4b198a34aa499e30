"""What the store knows of one kind of item, as arrays: who named it when, all who spoke, and the history in buckets."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.store.reader import Reader
from pipelines.trending.assess import HOUR, Talk
from pipelines.trending.expectation import WINDOW, History, Programme
from pipelines.trending.history import named_by_bucket, spoke_by_bucket
from pipelines.trending.windows import Sightings

Kind = Literal["abstract", "hashtag", "drug", "trial", "company"]
KINDS: tuple[Kind, ...] = ("abstract", "hashtag", "drug", "trial", "company")
EPOCH = datetime(1970, 1, 1)
_LEAST_LOOKED_AT = 400  # a dozen companies are looked at as many times a day as a thousand abstracts: no easier bar
_PASSES_ON = 8  # an account that names this many items in half an hour passes everything on


@dataclass(frozen=True, slots=True)
class Gathered:
    """One kind of item of one congress: the names of the items, and their talk, which numbers them in this order.

    ``members`` lists the abstracts of each item: item, number, start.
    """

    items: tuple[str, ...]
    members: pa.Table
    talk: Talk


def minute_of(moment: datetime) -> int:
    """The full minute (since the epoch) that has passed at ``moment``."""
    return (moment - EPOCH) // timedelta(minutes=1)


def moment_of(minute: int) -> datetime:
    return EPOCH + timedelta(minutes=minute)


def gather(reader: Reader, congress_id: str, kind: Kind, since: int, until: int) -> Gathered:
    """What is needed to assess the minutes ``since`` ... ``until``, from posts written by then and visible now."""
    start = since // HOUR * HOUR - WINDOW
    bounds = {"congress_id": congress_id, "until": moment_of(until), "window": WINDOW}
    with ThreadPoolExecutor(1) as aside:
        asked = aside.submit(_everyone, reader, {**bounds, "since": moment_of(start)})
        listed = _members(reader, congress_id, kind)
        seen = _named(reader, kind, listed, {**bounds, "since": moment_of(start)})
        counting = aside.submit(_history, reader, kind, listed, bounds, seen)
        named = _sightings(reader, seen, bounds)
        counted = counting.result()
        everyone, pace = asked.result()
    named_items = [*listed["item"].chunks, *counted["item"].chunks, *named["item"].chunks]
    names = pa.chunked_array(named_items, pa.string()).unique()
    programme = Programme.of(_starts(listed, names))
    sightings = Sightings(_index(named, names), _column(named, "author"), _column(named, "minute"))
    history = History.of(
        (_index(counted, names), _column(counted, "bucket"), _column(counted, "author_count")),
        (_column(pace, "bucket"), _column(pace, "author_count")),
    )
    independent = np.asarray(named["independent"].to_numpy(), bool)
    return Gathered(
        tuple(names.to_pylist()),
        listed,
        Talk(programme, sightings, independent, everyone, history, max(programme.size, _LEAST_LOOKED_AT)),
    )


def _members(reader: Reader, congress_id: str, kind: Kind) -> pa.Table:
    """Every item of the catalogue with its abstracts: item, number, start (minutes, NULL when unknown)."""
    return reader.ask(
        """
        SELECT DISTINCT unnest(CASE $kind WHEN 'abstract' THEN [number] WHEN 'drug' THEN drugs WHEN 'trial' THEN trial
                                          WHEN 'company' THEN companies ELSE [] END) AS item,
            number, epoch_us(starts_at) / 60000000 AS start
        FROM abstracts WHERE congress_id = $congress_id ORDER BY ALL
        """,
        congress_id=congress_id,
        kind=kind,
    )


def _history(reader: Reader, kind: Kind, members: pa.Table, bounds: Mapping[str, Any], named: pa.Table) -> pa.Table:
    """Distinct authors by item and half hour: item, bucket, author_count; ``named`` is what was named of late."""
    if kind == "hashtag":
        return reader.ask(
            """
            WITH own AS (SELECT unnest(hashtags) AS item FROM congresses WHERE congress_id = $congress_id),
            named AS (
                SELECT unnest(p.hashtags) AS item, (epoch_us(m.created_at) - 1) // (60000000 * $window) AS bucket,
                    m.author_number AS author
                FROM matches m JOIN posts p USING (post_number)
                WHERE m.congress_id = $congress_id AND m.visible AND m.created_at <= $until
            )
            SELECT item, bucket, count(DISTINCT author) AS author_count
            FROM named ANTI JOIN own USING (item) GROUP BY ALL ORDER BY item, bucket
            """,
            **bounds,
        )
    return named_by_bucket(reader, kind, members, bounds, named)


def _named(reader: Reader, kind: Kind, members: pa.Table, bounds: Mapping[str, Any]) -> pa.Table:
    """Who named what of late: item, author, minute."""
    return _named_tags(reader, bounds) if kind == "hashtag" else _named_abstracts(reader, kind, members, bounds)


def _sightings(reader: Reader, named: pa.Table, bounds: Mapping[str, Any]) -> pa.Table:
    """Who ``named`` what of late: item, author, minute, independent.

    Not independent are companies' and societies' accounts, and whoever names eight or more items in half an hour.
    """
    return reader.ask(
        """
        WITH voices AS (SELECT DISTINCT author FROM named),
        houses AS (
            SELECT author FROM (SELECT author_number AS author, role, decided_by, decided_at FROM roles
                                WHERE decided_at <= $until)
            SEMI JOIN voices USING (author)
            GROUP BY author
            HAVING arg_max(role, (CASE decided_by WHEN 'rules' THEN 0 WHEN 'voices.csv' THEN 1 ELSE 2 END, decided_at))
                IN ('pharma', 'society')
        ),
        busy AS (
            SELECT author, (minute - 1) // $window AS bucket FROM named GROUP BY ALL HAVING count(DISTINCT item) >= $passes_on
        )
        SELECT n.item, n.author, n.minute, h.author IS NULL AND b.author IS NULL AS independent
        FROM named n LEFT JOIN houses h ON h.author = n.author
        LEFT JOIN busy b ON b.author = n.author AND b.bucket = (n.minute - 1) // $window
        """,
        tables={"named": named},
        until=bounds["until"],
        window=bounds["window"],
        passes_on=_PASSES_ON,
    )


def _named_abstracts(reader: Reader, kind: Kind, members: pa.Table, bounds: Mapping[str, Any]) -> pa.Table:
    return reader.ask(
        """
        SELECT DISTINCT coalesce(l.item, n.number) AS item, n.author_number AS author,
            (epoch_us(n.created_at) + 59999999) // 60000000 AS minute
        FROM spoken_of n LEFT JOIN listed l USING (number)
        WHERE n.congress_id = $congress_id AND n.visible AND n.created_at > $since AND n.created_at <= $until
            AND (l.item IS NOT NULL OR $kind = 'abstract')
        """,
        tables={"listed": members},
        congress_id=bounds["congress_id"],
        since=bounds["since"],
        until=bounds["until"],
        kind=kind,
    )


def _named_tags(reader: Reader, bounds: Mapping[str, Any]) -> pa.Table:
    """The congress's own hashtags are no topics: they stand on every post."""
    return reader.ask(
        """
        WITH own AS (SELECT unnest(hashtags) AS item FROM congresses WHERE congress_id = $congress_id),
        named AS (
            SELECT DISTINCT unnest(p.hashtags) AS item, m.author_number AS author,
                (epoch_us(m.created_at) + 59999999) // 60000000 AS minute
            FROM matches m JOIN posts p USING (post_number)
            WHERE m.congress_id = $congress_id AND m.visible AND m.created_at > $since AND m.created_at <= $until
        )
        SELECT * FROM named ANTI JOIN own USING (item)
        """,
        congress_id=bounds["congress_id"],
        since=bounds["since"],
        until=bounds["until"],
    )


def _everyone(reader: Reader, bounds: Mapping[str, Any]) -> tuple[Sightings, pa.Table]:
    """All who spoke of late, and the distinct authors of the whole congress by half hour since it is followed."""
    spoke = _spoke(reader, bounds)
    authors = _column(spoke, "author")
    sightings = Sightings(np.zeros(len(authors), np.int64), authors, _column(spoke, "minute"))
    return sightings, spoke_by_bucket(reader, bounds, spoke)


def _spoke(reader: Reader, bounds: Mapping[str, Any]) -> pa.Table:
    """Who spoke when of late: author, minute."""
    return reader.ask(
        """
        SELECT DISTINCT author_number AS author, (epoch_us(created_at) + 59999999) // 60000000 AS minute
        FROM matches
        WHERE congress_id = $congress_id AND visible AND created_at > $since AND created_at <= $until
        """,
        congress_id=bounds["congress_id"],
        since=bounds["since"],
        until=bounds["until"],
    )


def _starts(members: pa.Table, names: pa.Array) -> list[list[float | None]]:
    starts: dict[str, list[float | None]] = {}
    for item, start in zip(members["item"].to_pylist(), members["start"].to_pylist(), strict=True):
        starts.setdefault(item, []).append(start)
    return [starts.get(name, []) for name in names.to_pylist()]


def _index(table: pa.Table, names: pa.Array) -> np.ndarray:
    places = pc.call_function("index_in", [table["item"]], pc.SetLookupOptions(value_set=names))
    return places.to_numpy().astype(np.int64)


def _column(table: pa.Table, name: str) -> np.ndarray:
    return table[name].to_numpy().astype(np.int64)
