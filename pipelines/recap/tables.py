"""Tables as Parquet, CSV and JSON. The only file that writes them: every CSV that leaves is one that no spreadsheet runs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import IO, Literal

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from pipelines.errors import InputError
from pipelines.recap import clean

TableFormat = Literal["csv", "parquet", "json"]
_RISKY = "^[" + "".join(f"\\{sign}" if sign in "-+=@" else sign for sign in clean.RISKY) + "]"
_BOM = b"\xef\xbb\xbf"  # so that spreadsheets read accents


def write_table(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """The same rows as ``path.parquet`` and ``path.csv``, one table of the stream after the other."""
    with (
        pyarrow.parquet.ParquetWriter(path.with_suffix(".parquet"), schema, compression="zstd") as parquet,
        path.with_suffix(".csv").open("wb") as file,
        _csv_writer(file, schema) as lines,
    ):
        for each in tables:
            parquet.write_table(each.cast(schema))
            lines.write_table(_neutral(each))


def write_csv(path: Path, table: pa.Table) -> None:
    """One table as CSV."""
    with path.open("wb") as file:
        _write_csv(file, table)


def write_as(file: IO[bytes], table: pa.Table, form: TableFormat) -> None:
    """One table in one format: CSV, Parquet, or JSON with one object a line (moments in UTC)."""
    if form == "csv":
        _write_csv(file, table)
    elif form == "parquet":
        pyarrow.parquet.write_table(table, file, compression="zstd")
    else:
        _write_json(file, table)


def _write_csv(file: IO[bytes], table: pa.Table) -> None:
    with _csv_writer(file, table.schema) as lines:
        lines.write_table(_neutral(table))


def _csv_writer(file: IO[bytes], schema: pa.Schema) -> pyarrow.csv.CSVWriter:
    file.write(_BOM)
    return pyarrow.csv.CSVWriter(file, pa.schema([(name, pa.string()) for name in schema.names]))


def _neutral(table: pa.Table) -> pa.Table:
    """Every cell as text that no spreadsheet runs: the rule of ``clean.safe_cell``, a column at a time."""
    return pa.table({name: _neutral_column(table[name]) for name in table.column_names})


def _neutral_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        seconds = column.cast(pa.timestamp("s"), safe=False)
        return pc.call_function("strftime", [seconds], pc.StrftimeOptions("%Y-%m-%dT%H:%M:%SZ"))
    if pa.types.is_list(column.type):
        column = _joined(column)
    if not pa.types.is_string(column.type):
        return column.cast(pa.string())
    risky = pc.call_function("match_substring_regex", [column], pc.MatchSubstringOptions(_RISKY))
    marked = pc.call_function("binary_join_element_wise", [pa.scalar("'"), column, pa.scalar("")])
    return pc.call_function("if_else", [risky, marked, column])


def _joined(column: pa.ChunkedArray) -> pa.ChunkedArray:
    rows = [None if row is None else "; ".join(map(str, row)) for row in column.to_pylist()]
    return pa.chunked_array([pa.array(rows, pa.string())])


def _write_json(file: IO[bytes], table: pa.Table) -> None:
    for batch in table.to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            file.write(orjson.dumps(row, default=str, option=_JSON))


_JSON = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


def tables_in(path: Path) -> list[pa.Table]:
    """The row groups of a Parquet file.

    Raises:
        InputError: when it is none.
    """
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            return [file.read_row_group(index) for index in range(file.num_row_groups)] or [
                file.schema_arrow.empty_table()
            ]
    except (pa.ArrowException, OSError):
        raise InputError(f"{path}: cannot be read as Parquet") from None
