"""The tables of the lake: one for each kind of record, append-only, and the small tables of a store as they change.

``KINDS`` (``store/outbox.py``) are the log: a row is a record with who wrote it, in which batch, and when that was folded.
``STATES`` are a store's small tables that people and the collector change in place: every version of a row is appended,
the newest holds, and ``gone`` says that there is none any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pyarrow as pa

from pipelines.store.columns import schema_of
from pipelines.store.database import Store
from pipelines.store.outbox import KINDS

# a table's key; empty where the whole row is
STATES: Mapping[str, tuple[str, ...]] = {
    "congresses": ("congress_id",),
    "tracked": ("congress_id", "kind", "name"),
    "safety": ("congress_id",),
    "abstracts": ("congress_id", "number"),
    "sessions": ("congress_id", "session_id"),
    "alerts": ("alert_id",),
    "deliveries": ("alert_id", "channel"),
    "reviews": ("congress_id", "platform", "post_id", "number", "decided_at"),
    "cases": ("case_id",),
    "case_decisions": ("entry",),
    "reveals": (),
    "certificates": (),
}
LOGGED = (("writer", pa.string()), ("seq", pa.int64()), ("folded_at", pa.timestamp("us")))
CHANGED = (("writer", pa.string()), ("seq", pa.int64()), ("gone", pa.bool_()))
WRITERS = pa.schema(
    [("writer", pa.string()), ("file", pa.string()), ("name", pa.string()), ("joined_at", pa.timestamp("us"))]
)
BATCHES = pa.schema(
    [
        ("writer", pa.string()), ("first_seq", pa.int64()), ("last_seq", pa.int64()), ("mark", pa.string()),
        ("row_count", pa.int64()), ("tables", pa.list_(pa.string())), ("folded_at", pa.timestamp("us")),
        ("published_at", pa.timestamp("us")),
    ]
)  # fmt: skip


@cache
def schemas() -> Mapping[str, pa.Schema]:
    """Every table of the lake with its columns."""
    logs = {kind: _with(schema_of(record), LOGGED) for kind, record in KINDS.items()}
    with Store(None) as store:
        states = {name: _with(store.reader.ask(f'FROM "{name}" LIMIT 0').schema, CHANGED) for name in STATES}
    return {**logs, **states, "writers": WRITERS, "batches": BATCHES}


def columns_of(table: str) -> list[str]:
    """The columns of a kind's record, or of a store's table: without what the lake adds."""
    added = {name for name, _ in (LOGGED if table in KINDS else CHANGED)}
    return [name for name in schemas()[table].names if name not in added]


def key_of(table: str) -> list[str]:
    """The columns by which a row of a state's table is known."""
    return list(STATES[table]) or columns_of(table)


def sql_type(kind: pa.DataType) -> str:
    """The column type in SQL."""
    if pa.types.is_list(kind):
        return f"{sql_type(kind.value_type)}[]"
    return _SQL[kind]


def _with(schema: pa.Schema, added: tuple[tuple[str, pa.DataType], ...]) -> pa.Schema:
    return pa.schema([*added, *((each.name, _plain(each.type)) for each in schema)])


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type without what only Arrow tells apart."""
    return pa.list_(kind.value_type) if pa.types.is_list(kind) else kind


_SQL: Mapping[pa.DataType, str] = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.int32(): "INTEGER",
    pa.int8(): "TINYINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.timestamp("us"): "TIMESTAMP",
    pa.date32(): "DATE",
}
