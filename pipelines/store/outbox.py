"""What was folded and has yet to reach the lake, kept in the file itself: in the transaction of the fold, until the lake has it.

A file that never joined a lake (``lake_writer`` is empty) keeps nothing here. Every batch has a number that only rises and
a random mark, so that a copy of the file, or one brought back from a backup, is known for what it is (``lake/publish.py``).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.clock import RealClock
from pipelines.model import (
    AbstractMention,
    AccountState,
    Author,
    Batch,
    Cursor,
    Deletion,
    Engagement,
    Gap,
    Health,
    LedgerEntry,
    Like,
    Match,
    Post,
    ProductMention,
    Role,
)
from pipelines.store.columns import table_of
from pipelines.store.reader import Reader

Db = duckdb.DuckDBPyConnection
OWN_SOURCE = "lake"  # what a host says of its own way to the lake concerns nobody else


@dataclass(frozen=True, slots=True)
class Removed:
    """A matched post that is gone: what keeps the counts of a host honest that never saw it."""

    congress_id: str
    platform: str
    post_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """A post that a tombstone reached, also through its author or through what it reposts."""

    platform: str
    post_id: str


@dataclass(frozen=True, slots=True)
class Reread:
    """A stored version of a post was read anew for one congress: its mentions in the same batch replace the older ones."""

    congress_id: str
    platform: str
    post_id: str
    revision: str


# what the lake's log holds: one table for each, with the fields of the record as columns
KINDS: Mapping[str, type] = {
    "post": Post,
    "author": Author,
    "engagement": Engagement,
    "like": Like,
    "deletion": Deletion,
    "account_state": AccountState,
    "gap": Gap,
    "health": Health,
    "ledger_entry": LedgerEntry,
    "match": Match,
    "abstract_mention": AbstractMention,
    "product_mention": ProductMention,
    "role": Role,
    "cursor": Cursor,
    "reread": Reread,
    "removed": Removed,
    "refused": Refused,
}
KIND_OF: Mapping[type, str] = {record: kind for kind, record in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Writer:
    """Under which name a file writes to the lake, and the last batch of it that the lake is known to have."""

    writer: str
    name: str
    seq: int
    mark: str
    whole: bool


class Outbox:
    """Writes batches down for the lake, when the file has joined one."""

    def __init__(self, db: Db):
        self.writer = _writer(db)
        row = db.execute("SELECT max(seq) FROM outbox").fetchone()
        self._last = max((row[0] if row else None) or 0, self.writer.seq if self.writer else 0)

    def is_mirror(self, reader: Reader) -> bool:
        """Whether this file only follows a lake: what would change what hosts share is for another host to do."""
        heard = reader.ask("SELECT 1 FROM cursors WHERE starts_with(source, $own) LIMIT 1", own=f"{OWN_SOURCE}:")
        return self.writer is None and heard.num_rows > 0

    def note(self, db: Db, batch: Batch) -> None:
        """Keep a batch that was just folded in this transaction."""
        if self.writer is None:
            return
        records = [each for each in batch.records if not (isinstance(each, Health) and each.source == OWN_SOURCE)]
        read = (*batch.matches, *batch.mentions, *batch.products, *batch.roles, *batch.cursors)
        self.note_records(db, (*records, *read))

    def note_records(self, db: Db, records: Iterable[object]) -> None:
        """Keep records of any kind as one batch."""
        tables = tables_of(records)
        if self.writer is None or not tables:
            return
        self._last += 1  # a transaction that fails leaves a hole in the numbers, which means nothing
        mark, now = secrets.token_hex(8), RealClock().now()
        for kind, table in tables.items():
            row = [self._last, mark, kind, table.num_rows, stream_of(table), now]
            db.execute("INSERT INTO outbox VALUES ($1, $2, $3, $4, $5, $6)", row)

    def join(self, db: Db, writer: Writer) -> None:
        """Write to the lake from now on, as ``writer``."""
        db.execute("DELETE FROM lake_writer")
        row = [writer.writer, writer.name, writer.seq, writer.mark, writer.whole]
        db.execute("INSERT INTO lake_writer VALUES ($1, $2, $3, $4, $5)", row)
        self.writer, self._last = writer, max(self._last, writer.seq)

    def sent(self, db: Db, seq: int, mark: str) -> None:
        """The lake has every batch up to ``seq``, the last with this mark."""
        db.execute("DELETE FROM outbox WHERE seq <= $1", [seq])
        if self.writer:
            self.join(db, replace(self.writer, seq=seq, mark=mark))

    def leave(self, db: Db) -> None:
        """Write to no lake any more, and forget what has not reached it."""
        db.execute("DELETE FROM lake_writer")
        db.execute("DELETE FROM outbox")
        db.execute("DELETE FROM cursors WHERE starts_with(source, $1)", [f"{OWN_SOURCE}:"])
        self.writer = None

    def scrub(self, db: Db) -> None:
        """Take what was deleted since out of batches that wait: the words must not outlive the post here."""
        gone = _gone(db)
        if not gone.num_rows:
            return
        db.register("gone", gone)
        touched = []
        for seq, kind, body in db.execute("SELECT seq, kind, body FROM outbox WHERE kind <> 'deletion'").fetchall():
            table = table_from(body)
            key = "post_id" if "post_id" in table.column_names else "author_id"
            if "platform" not in table.column_names or key not in table.column_names:
                continue
            left = _without(db, table, key)
            if left.num_rows < table.num_rows:
                touched += table.select(["platform", key]).to_pylist() if key == "post_id" else []
                row = [left.num_rows, stream_of(left), seq, kind]
                db.execute("UPDATE outbox SET row_count = $1, body = $2 WHERE seq = $3 AND kind = $4", row)
        db.unregister("gone")
        self.note_records(db, _consequences(db, touched))


def tables_of(records: Iterable[object]) -> dict[str, pa.Table]:
    """Records by kind, each kind as one Arrow table in the order in which they came."""
    by_kind: dict[str, list[object]] = {}
    for record in records:
        by_kind.setdefault(KIND_OF[type(record)], []).append(record)
    return {kind: table_of(KINDS[kind], rows) for kind, rows in by_kind.items()}


def stream_of(table: pa.Table) -> bytes:
    """An Arrow table as IPC stream bytes."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def table_from(body: bytes) -> pa.Table:
    """The table that ``stream_of`` wrote."""
    return pa.ipc.open_stream(body).read_all()


def _writer(db: Db) -> Writer | None:
    row = db.execute("SELECT writer, name, seq, mark, whole FROM lake_writer").fetchone()
    return Writer(*row) if row else None


def _gone(db: Db) -> pa.Table:
    """Posts and authors that may not wait in the outbox: (platform, key, id, up_to), ``up_to`` null for every moment."""
    return db.sql("""
        SELECT platform, 'post_id' AS key, post_id AS id, NULL::TIMESTAMP AS up_to FROM refused_posts
        UNION SELECT platform, 'post_id', target_id, NULL FROM deletions WHERE target = 'post'
        UNION SELECT platform, 'author_id', target_id, deleted_at FROM deletions WHERE target = 'author'
    """).to_arrow_table()


def _without(db: Db, table: pa.Table, key: str) -> pa.Table:
    """The rows that do not speak of a gone post or, by ``key`` author_id, of what was said of an author by then."""
    moment = next((each for each in ("seen_at", "decided_at") if each in table.column_names), None)
    when = f"i.{moment}" if key == "author_id" and moment else "NULL"
    db.register("waiting", table)
    left = db.sql(f"""
        SELECT i.* FROM waiting i WHERE NOT EXISTS (
            FROM gone g WHERE g.platform = i.platform AND g.key = '{key}' AND g.id = i.{key}
                AND (g.up_to IS NULL OR {when} <= g.up_to))
    """).to_arrow_table()
    db.unregister("waiting")
    return left.cast(table.schema)


def _consequences(db: Db, touched: Sequence[Mapping[str, Any]]) -> list[object]:
    """What a host must know of posts whose rows were taken out before it saw them."""
    if not touched:
        return []
    db.register("touched", pa.Table.from_pylist([dict(each) for each in touched]))
    removed = db.sql("FROM removed_posts r SEMI JOIN touched t USING (platform, post_id)").to_arrow_table().to_pylist()
    refused = db.sql("FROM refused_posts r SEMI JOIN touched t USING (platform, post_id)").to_arrow_table().to_pylist()
    db.unregister("touched")
    return [*(Removed(**each) for each in removed), *(Refused(**each) for each in refused)]
