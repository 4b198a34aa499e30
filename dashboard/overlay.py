"""Two topics over one another in time: the data sets of ``charts.overlay`` and what is true of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from dashboard import wording
from dashboard.timeline import Frame, timeline

SERIES = ("first", "second")
POINTS = pa.schema([("t", pa.int64()), ("series", pa.string()), ("n", pa.int32())])
BUCKETS = pa.schema(
    [("t", pa.int64()), ("t2", pa.int64()), ("when", pa.string()), *((name, pa.string()) for name in (*SERIES, "both"))]
)


@dataclass(frozen=True, slots=True)
class Overlay:
    """Named data sets, and one row a bucket with both counts: ``None`` where a gap left nothing to count."""

    datasets: Mapping[str, pa.Table]
    buckets: Sequence[Mapping[str, Any]]
    gap_count: int


def overlay(
    frame: Frame, rows: Iterable[Mapping[str, Any]], gaps: Sequence[Mapping[str, Any]], names: tuple[str, str]
) -> Overlay:
    """Rows of the reads ``topic_volume`` and ``gaps`` as one picture; ``names`` stand in its tips."""
    rows, frame = list(rows), replace(frame, by="role", posts="")
    drawn = {
        series: timeline(frame, [{**row, "series": "all"} for row in rows if row["series"] == series], [], gaps)
        for series in (*SERIES, "both")
    }
    found = {series: each.datasets["volume"].to_pylist() for series, each in drawn.items()}
    buckets = [
        {"t": one["t"], "t2": one["t2"], "when": one["when"], "note": one["note"], "first": one["total"], "second": two["total"], "both": both["total"]}
        for one, two, both in zip(found["first"], found["second"], found["both"], strict=True)
    ]  # fmt: skip
    middle = [
        {"t": (each["t"] + each["t2"]) // 2, "series": series, "n": each[series]}
        for series in SERIES
        for each in buckets
    ]
    told = [
        {**each, **{key: _tip(each[key], word) for key, word in zip((*SERIES, "both"), (*names, "both"), strict=True)}}
        for each in buckets
    ]
    tables = {
        "points": pa.Table.from_pylist(middle, schema=POINTS), "buckets": _table(told, BUCKETS),
        "ticks": drawn["first"].datasets["ticks"], "gaps": drawn["first"].datasets["gaps"],
    }  # fmt: skip
    return Overlay(tables, buckets, drawn["first"].facts.gap_count)


def _tip(count: int | None, word: str) -> str:
    return "not collected" if count is None else f"{wording.count(count)} · {word}"


def _table(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([{name: row[name] for name in schema.names} for row in rows], schema=schema)
