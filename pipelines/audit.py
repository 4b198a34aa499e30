"""What people did and saw, kept so that no row can be changed unnoticed: a chain of hashes with its head outside.

Each row's hash is taken over the row and the hash before it. The last number and hash also stand in ``audit.head``
beside the database, so that rows cut from the end are missed. Whoever can rewrite both can forge both: keep what
``congress audit verify`` prints somewhere else, and give it back with ``--expect``.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from pipelines.access import Person
from pipelines.store.reader import Reader

HEAD_FILE = "audit.head"
START = "0" * 64  # the hash before the first row
TARGETS = ("target", "case_id", "post_id", "author_id", "file", "page")  # the parameter that says what was acted on
LONGEST = 500  # letters kept of one parameter
AWAY = "Congress Pulse"  # who notes that the head was gone


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that somebody did. ``noted_at`` is the machine's time, naive UTC; ``params`` is JSON."""

    noted_at: datetime
    person: str
    role: str
    action: str
    congress_id: str = ""
    target: str = ""
    params: str = "{}"


@dataclass(frozen=True, slots=True)
class Row:
    """An entry in its place in the chain; places count from 1."""

    seq: int
    entry: Entry
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: how many rows, and the hash of the last."""

    seq: int = 0
    hash: str = START


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a chain, at which row."""

    seq: int
    what: str


def entry_of(person: Person, action: str, params: Mapping[str, Any], now: datetime) -> Entry:
    """What ``person`` does as an entry; never pass the words of a post: what is deleted must go, and this stays.

    Args:
        params: what it is done with; ``congress_id`` and what is acted on (``TARGETS``) become columns of their own.
        now: the machine's time, naive UTC.
    """
    kept = {key: str(value)[:LONGEST] for key, value in params.items() if value not in (None, "")}
    congress_id = kept.pop("congress_id", "")
    target = next((kept.pop(key) for key in TARGETS if key in kept), "")
    return Entry(now, person.name, person.role, action, congress_id, target, _canonical(kept))


def chained(entries: Iterable[Entry], head: Head) -> list[Row]:
    """The entries as rows that follow ``head``."""
    rows: list[Row] = []
    for entry in entries:
        seq, previous = (rows[-1].seq, rows[-1].hash) if rows else (head.seq, head.hash)
        rows.append(Row(seq + 1, entry, previous, hash_of(seq + 1, entry, previous)))
    return rows


def hash_of(seq: int, entry: Entry, previous_hash: str) -> str:
    """SHA-256 over the canonical JSON of a row with the hash before it."""
    said = {**asdict(entry), "noted_at": entry.noted_at.isoformat(timespec="microseconds")}
    return hashlib.sha256(_canonical({**said, "seq": seq, "previous_hash": previous_hash}).encode()).hexdigest()


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def verify(rows: Iterable[Row], head: Head | None, expected: str | None = None) -> Finding | None:
    """The first row at which the chain is broken, or None for a whole one.

    Args:
        rows: all rows, by ``seq``.
        head: what ``audit.head`` says; None where it is missing.
        expected: a hash noted down earlier, which must stand in the chain.
    """
    last, seen = Head(), {START: 0}
    for row in rows:
        if found := _broken(row, last):
            return found
        if head is not None and head.seq == row.seq and head.hash != row.hash:
            return Finding(row.seq, f"is not the row that {HEAD_FILE} knows: the chain was rewritten")
        last = Head(row.seq, row.hash)
        seen[row.hash] = row.seq
    if head is None:
        return Finding(last.seq, f"may not be the last: {HEAD_FILE} is missing") if last.seq else None
    if head.seq > last.seq:
        return Finding(last.seq + 1, f"is missing: {HEAD_FILE} knows {head.seq} rows, the tail was cut")
    if expected is not None and expected not in seen:
        return Finding(last.seq, "is the end of another chain: the expected hash is not in it")
    return None


def _broken(row: Row, last: Head) -> Finding | None:
    if row.seq != last.seq + 1:
        return Finding(last.seq + 1, "is missing: it was removed" if row.seq > last.seq else "stands twice")
    if row.hash != hash_of(row.seq, row.entry, row.previous_hash):
        return Finding(row.seq, "was edited: its hash is that of other words")
    if row.previous_hash != last.hash:
        return Finding(row.seq, f"does not follow row {last.seq}: a row was replaced, inserted or moved")
    return None


def read_head(path: Path | None) -> Head | None:
    """The head beside a database file; None where it is missing or is none."""
    if path is None:
        return None
    try:
        said = json.loads(path.with_name(HEAD_FILE).read_text(encoding="utf-8"))
        return Head(int(said["seq"]), str(said["hash"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_head(path: Path, head: Head) -> None:
    """Write the head beside a database file: whole or not at all, for this user alone."""
    fresh = path.with_name(f"{HEAD_FILE}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(head), file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path.with_name(HEAD_FILE))


def audit(reader: Reader, limit: int, offset: int = 0, order: Literal["newest", "oldest"] = "newest") -> pa.Table:
    """Rows of the audit as they are stored, with ``total_count``; for admins only (``access.FOR_ADMINS``)."""
    return reader.ask(
        """
        SELECT *, count(*) OVER () AS total_count FROM audit
        ORDER BY CASE WHEN $order = 'newest' THEN -seq ELSE seq END LIMIT $limit OFFSET $offset
        """,
        limit=limit,
        offset=offset,
        order=order,
    )


def rows_of(table: pa.Table) -> list[Row]:
    """The rows of the read ``audit``."""
    return [
        Row(
            each["seq"], Entry(*(each[name] for name in Entry.__slots__)), each["previous_hash"], each["hash"]
        )
        for each in table.to_pylist()
    ]  # fmt: skip
