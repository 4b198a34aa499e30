"""Arrow columns derived from the record types, so that the two cannot drift."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from typing import Any

import pyarrow as pa

_ARROW: dict[type, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    datetime: pa.timestamp("us"),
    date: pa.date32(),
}


@cache
def schema_of(record: Any, *extra: tuple[str, Any]) -> pa.Schema:
    """The Arrow schema of a record type, with ``extra`` (name, type) columns behind its own."""
    hints = typing.get_type_hints(record)
    own = [(field.name, hints[field.name]) for field in dataclasses.fields(record)]
    return pa.schema([(name, _arrow(hint)) for name, hint in (*own, *extra)])


def table_of(record: Any, rows: Iterable[object], *extra: tuple[str, Any], values: Sequence[tuple] = ()) -> pa.Table:
    """Records of one type as an Arrow table; ``values`` holds the extra columns of each row."""
    schema = schema_of(record, *extra)
    rows = list(rows)
    own = len(schema) - len(extra)
    columns = [tuple(map(attrgetter(name), rows)) for name in schema.names[:own]]
    return _table(schema, [*columns, *(zip(*values, strict=True) if values else [()] * len(extra))])


def table_of_tuples(schema: pa.Schema, rows: Sequence[tuple]) -> pa.Table:
    """Tuples, with a value for each column of ``schema``, as an Arrow table."""
    return _table(schema, list(zip(*rows, strict=True)) if rows else [()] * len(schema))


def _table(schema: pa.Schema, columns: Sequence[Sequence]) -> pa.Table:
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _arrow(hint: typing.Any) -> pa.DataType:
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        return pa.string()
    if origin in (typing.Union, types.UnionType):
        inner = [each for each in typing.get_args(hint) if each is not type(None)]
        return _arrow(inner[0])
    if origin is tuple:
        return pa.list_(_arrow(typing.get_args(hint)[0]))
    return _ARROW[hint]
