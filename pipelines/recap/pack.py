"""The data pack: a folder of tables as Parquet and CSV with their dictionary. The only file that writes either.

Posts and mentions stream through in pages; one page is in memory at a time. What may not leave the house is left out by the
reads (``pipelines/shareable.py``); whose name stands is decided in ``names.py``; here words are kept or left to the link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from pipelines.asking import Reads
from pipelines.recap import clean
from pipelines.recap.dictionary import entries, schema_of
from pipelines.recap.model import Provenance, Recap
from pipelines.recap.names import is_named, shown_link, shown_name
from pipelines.recap.pages import PAGE, pages
from pipelines.recap.rows import FULL_POSTS, abstract_of
from pipelines.recap.window import Window

_RISKY = f"^[{''.join(clean.RISKY).replace('-', chr(92) + '-')}]"
_EVERY = 1_000_000  # abstracts: all of them


def write_pack(recap: Recap, reads: Reads, folder: Path, page: int = PAGE) -> None:
    """Write every table of the dictionary into ``folder``, as Parquet and CSV, with ``dictionary.csv`` and ``about.csv``."""
    folder.mkdir(parents=True, exist_ok=True)
    told, about = recap.provenance, about_of(recap.provenance)
    full = _full_ids(recap, reads)
    asked: Any = (told.congress_id, told.start, told.end, told.as_of, page)
    posts = (_posts(each, full) for each in pages(reads, "shareable_posts", *asked))
    mentions = (_mentions(each) for each in pages(reads, "shareable_mentions", *asked))
    for name, tables in {"posts": posts, "mentions": mentions, **_small(recap, reads)}.items():
        _write(folder / name, schema_of(name, about), tables)
    _csv(folder / "dictionary.csv", [pa.Table.from_pylist(entries())])
    _csv(folder / "about.csv", [pa.table({"key": list(about), "value": list(about.values())})])


def about_of(told: Provenance) -> dict[str, str]:
    """What every file carries: congress, window, as-of, version, configuration and coverage."""
    return {
        "congress": f"{told.congress_name} ({told.congress_id})",
        "window": told.window_words,
        "start": f"{told.start.isoformat()}Z",
        "end": f"{told.end.isoformat()}Z",
        "as_of": f"{told.as_of.isoformat()}Z",
        "zone": told.zone,
        "version": told.version,
        "configuration": told.config_hash,
        "coverage": told.coverage_line,
        "simulated": "yes: no figure is real" if told.simulated else "no",
    }


def _full_ids(recap: Recap, reads: Reads) -> frozenset[str]:
    """The posts of X that stand with their words: those the recap quotes, then the most engaged of each HCP, 500 in all."""
    told = recap.provenance
    quoted = [each.post_id for each in (*recap.notable, *recap.questions) if each.platform == "x"]
    engaged = reads.read(
        "hcp_posts",
        congress_id=told.congress_id,
        start=told.start,
        end=told.end,
        as_of=told.as_of,
        limit=2 * FULL_POSTS,
    )
    best = [row["post_id"] for row in engaged.select(["platform", "post_id"]).to_pylist() if row["platform"] == "x"]
    return frozenset(list(dict.fromkeys([*quoted, *best]))[:FULL_POSTS])


def _posts(page: pa.Table, full: frozenset[str]) -> pa.Table:
    rows = page.select(
        ["platform", "post_id", "kind", "role", "display_name", "handle", "text", "url", "abstracts"]
    ).to_pylist()
    names = [shown_name(row["role"], row["display_name"], row["handle"]) for row in rows]
    texts = [clean.whole(row["text"]) if _may_stand(row, full) else "" for row in rows]
    columns = {
        **{name: page[name] for name in page.column_names},
        "author_name": pa.array([name for name, _ in names], pa.string()),
        "author_handle": pa.array([handle for _, handle in names], pa.string()),
        "shown": pa.array(["full" if text else "link" for text in texts], pa.string()),
        "text": pa.array(texts, pa.string()),
        "url": pa.array([shown_link(r["role"], r["platform"], r["post_id"], r["url"]) for r in rows], pa.string()),
        "abstracts": pa.array(
            [[clean.line(n, clean.NAME) for n in r["abstracts"]] for r in rows], pa.list_(pa.string())
        ),
        "matched_by": page["rule"],
        "matched_term": _cleaned(page["term"], clean.NAME),
    }
    return _shaped("posts", columns)


def _may_stand(row: dict[str, Any], full: frozenset[str]) -> bool:
    if not is_named(row["role"]) or row["kind"] == "repost":
        return False
    return row["platform"] != "x" or row["post_id"] in full


def _mentions(page: pa.Table) -> pa.Table:
    named = [is_named(role) for role in page["role"].to_pylist()]
    words = [clean.line(each, clean.EVIDENCE) for each in page["evidence"].to_pylist()]
    evidence = [word if shown else "" for word, shown in zip(words, named, strict=True)]
    columns = {name: page[name] for name in page.column_names}
    return _shaped(
        "mentions",
        {**columns, "evidence": pa.array(evidence, pa.string()), "number": _cleaned(page["number"], clean.NAME)},
    )


def _small(recap: Recap, reads: Reads) -> dict[str, list[pa.Table]]:
    """The tables that fit into memory whole."""
    told = recap.provenance
    window = Window(told.start, told.end)
    abstracts = reads.read(
        "abstracts",
        congress_id=told.congress_id,
        minutes=window.minutes,
        as_of=min(window.until, told.as_of),
        limit=_EVERY,
    ).to_pylist()
    authors = reads.read(
        "named_authors", congress_id=told.congress_id, start=told.start, end=told.end, as_of=told.as_of
    )
    return {
        "hours": _records("hours", recap.hours, lambda each: {"starts_at": each.at, "local_hour": f"{told.local(each.at):%Y-%m-%d %H:%M %Z}"}),
        "stakeholders": _records("stakeholders", recap.roles),
        "authors": [_rows("authors", [_author(row) for row in authors.to_pylist()])],
        "abstracts": _records("abstracts", [abstract_of(row, None) for row in abstracts]),
        "share_of_voice": _records("share_of_voice", recap.topics),
        "gaps": _records("gaps", recap.gaps),
    }  # fmt: skip


def _author(row: dict[str, Any]) -> dict[str, Any]:
    name, handle = shown_name(row["role"], row["display_name"], row["handle"])
    decided_by = row["decided_by"] if row["decided_by"] in ("rules", "voices.csv") else "reviewer"
    evidence = [clean.line(each, clean.EVIDENCE) for each in row["evidence"] or ()]
    specialty = clean.line(row["specialty"], clean.NAME)
    return {
        **row,
        "name": name,
        "handle": handle,
        "decided_by": decided_by,
        "evidence": evidence,
        "specialty": specialty,
    }


def _records(
    table: str, records: Sequence[Any], more: Callable[[Any], dict[str, Any]] = lambda _: {}
) -> list[pa.Table]:
    return [_rows(table, [{**asdict(each), **more(each)} for each in records])]


def _rows(table: str, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=schema_of(table))


def _shaped(table: str, columns: dict[str, Any]) -> pa.Table:
    schema = schema_of(table)
    return pa.table({name: columns[name] for name in schema.names}).cast(schema)


def _cleaned(column: pa.ChunkedArray, limit: int) -> pa.Array:
    return pa.array([clean.line(each, limit) for each in column.to_pylist()], pa.string())


def _write(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """The same rows as Parquet and as CSV, one table after the other."""
    with (
        pyarrow.parquet.ParquetWriter(path.with_suffix(".parquet"), schema, compression="zstd") as parquet,
        path.with_suffix(".csv").open("wb") as file,
        _csv_writer(file, schema) as lines,
    ):
        for each in tables:
            parquet.write_table(each.cast(schema))
            lines.write_table(_neutral(each))


def _csv(path: Path, tables: Sequence[pa.Table]) -> None:
    with path.open("wb") as file, _csv_writer(file, tables[0].schema) as lines:
        for each in tables:
            lines.write_table(_neutral(each))


def _csv_writer(file: Any, schema: pa.Schema) -> pyarrow.csv.CSVWriter:
    file.write(b"\xef\xbb\xbf")  # so that spreadsheets read accents
    return pyarrow.csv.CSVWriter(file, pa.schema([(name, pa.string()) for name in schema.names]))


def _neutral(table: pa.Table) -> pa.Table:
    """Every cell as text that no spreadsheet runs, the rule of ``clean.safe_cell`` a column at a time."""
    return pa.table({name: _neutral_column(table[name]) for name in table.column_names})


def _neutral_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        seconds = column.cast(pa.timestamp("s"), safe=False)
        return pc.call_function("strftime", [seconds], pc.StrftimeOptions("%Y-%m-%dT%H:%M:%SZ"))
    if pa.types.is_list(column.type):
        column = pc.call_function("binary_join", [column, pa.scalar("; ")])
    if not pa.types.is_string(column.type):
        return column.cast(pa.string())
    risky = pc.call_function("match_substring_regex", [column], pc.MatchSubstringOptions(_RISKY))
    marked = pc.call_function("binary_join_element_wise", [pa.scalar("'"), column, pa.scalar("")])
    return pc.call_function("if_else", [risky, marked, column])


def rows_in(path: Path) -> Iterator[pa.Table]:
    """The tables of a Parquet file, a row group at a time."""
    with pyarrow.parquet.ParquetFile(path) as file:
        for index in range(file.num_row_groups):
            yield file.read_row_group(index)
