"""The data pack: a folder of tables as Parquet and CSV with their dictionary.

Posts and mentions stream through in pages; one page is in memory at a time. What may not leave the house is left out by the
reads (``pipelines/shareable.py``); whose name stands is decided in ``names.py``; here words are kept or left to the link.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.asking import Reads
from pipelines.recap import clean
from pipelines.recap.dictionary import entries, schema_of
from pipelines.recap.model import Provenance, Recap
from pipelines.recap.names import is_named, shown_link, shown_name
from pipelines.recap.pages import PAGE, pages
from pipelines.recap.rows import FULL_POSTS, abstract_of
from pipelines.recap.tables import write_csv, write_table
from pipelines.recap.window import Window

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
        write_table(folder / name, schema_of(name, about), tables)
    write_csv(folder / "dictionary.csv", pa.Table.from_pylist(entries()))
    write_csv(folder / "about.csv", pa.table({"key": list(about), "value": list(about.values())}))


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
        until=window.until,
        as_of=told.as_of,
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
