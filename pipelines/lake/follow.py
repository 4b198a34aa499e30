"""From the lake to a file: what hosts appended is folded by the same fold, so that the file ends in the state of theirs.

Folding is free of order and repetition, so two hosts may be read in any interleaving and a batch twice. Where a host was
read up to stands in the file as the cursor of the source ``lake:WRITER``, in the transaction of what it stands for.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from typing import Any

import pyarrow as pa

from pipelines.lake.chosen import Chosen
from pipelines.lake.log import Host, Lake, News
from pipelines.lake.remote import RemoteLake
from pipelines.lake.tables import KINDS, STATES, key_of
from pipelines.model import (
    AbstractMention,
    Batch,
    Cursor,
    Gap,
    Health,
    LedgerEntry,
    Match,
    Post,
    ProductMention,
    Record,
    Role,
)
from pipelines.store.columns import table_of
from pipelines.store.database import Store
from pipelines.store.fold_lake import keep_gone, replace_rows
from pipelines.store.outbox import Refused, Removed, Reread

CURSOR = "lake:"
PAGE = 20_000  # rows of one writer that are read at once
TOGETHER = 2_000  # records folded in one transaction when many batches are caught up with
HOST_SHIFT = 40  # a decision's number is its host's own: those of a second host stand 2^40 behind


class Follower:
    """Folds what is new in a lake into a store.

    Args:
        kinds: only these; None is everything, the small tables included.
        own: the writer whose batches are this store's own.
        only: no other writers than these, all of one host, whose sources then carry no name.
        congresses: what concerns others than these alone is left out; empty is all.
    """

    def __init__(
        self,
        lake: Lake | RemoteLake,
        store: Store,
        kinds: Collection[str] | None = None,
        own: str | None = None,
        only: Collection[str] | None = None,
        congresses: Collection[str] = (),
    ):
        self._lake, self._store, self._kinds, self._own, self._only = lake, store, kinds, own, only
        self._reader = store.another_reader()
        self._chosen = Chosen(congresses, store) if congresses else None

    def round(self) -> datetime | None:
        """Take in a page of each writer that has news; when the newest of it was published, None where nothing was new."""
        told = self._lake.read(self._heard(), PAGE, self._kinds, self._own, self._only)
        for each in told:
            self._take_in(each.news, each.tables, each.host)
        return max((each.news.published_at for each in told), default=None)

    def _heard(self) -> dict[str, int]:
        rows = self._reader.ask(
            "SELECT source, position FROM cursors WHERE starts_with(source, $prefix)", prefix=CURSOR
        )
        return {row["source"].removeprefix(CURSOR): int(row["position"]) for row in rows.to_pylist()}

    def _take_in(self, news: News, tables: Mapping[str, pa.Table], host: Host | None) -> None:
        rank, suffix = (host.rank, f" ({host.name})") if host and host.rank and self._only is None else (0, "")
        for table in STATES:
            if table in tables:
                rows = self._chosen.state(table, tables[table]) if self._chosen else tables[table]
                newest = _newest(rows, table, rank)
                self._store.keep_house(partial(replace_rows, table=table, keys=key_of(table), rows=newest))
        logged = {kind: rows for kind, rows in tables.items() if kind in KINDS}
        if self._chosen:
            logged = self._chosen.log(logged)
        waiting = Batch()
        for records in together(batches(logged, suffix)):
            self._fold(waiting)
            waiting = Batch()
            if any(isinstance(each, Reread) for each in records):
                self._reread(records)
                continue
            self._note_gone(records)
            waiting = batch_of(records)
        cursor = Cursor(f"{CURSOR}{news.writer}", str(news.upto), news.published_at)
        self._fold(replace(waiting, cursors=(*waiting.cursors, cursor)))

    def _fold(self, batch: Batch) -> None:
        if batch != Batch():
            self._store.fold(batch, told=False)

    def _reread(self, records: Sequence[object]) -> None:
        """Put a new reading of stored posts in the place of the old one, as far as this very version is stored here."""
        read = [each for each in records if isinstance(each, Reread)]
        rows = self._reader.ask(
            "SELECT p.* EXCLUDE (kind) FROM posts p SEMI JOIN wanted USING (platform, post_id, revision)",
            tables={"wanted": table_of(Reread, read)},
        ).to_pylist()
        stored = {(row["platform"], row["post_id"]): record_of(Post, row) for row in rows}
        for congress_id in dict.fromkeys(each.congress_id for each in read):
            posts = [stored[key] for each in read if each.congress_id == congress_id and (key := (each.platform, each.post_id)) in stored]  # fmt: skip
            found = [each for each in records if isinstance(each, AbstractMention | ProductMention)
                     and each.congress_id == congress_id and (each.platform, each.post_id) in stored]  # fmt: skip
            mentions = [each for each in found if isinstance(each, AbstractMention)]
            products = [each for each in found if isinstance(each, ProductMention)]
            self._store.replace_mentions(congress_id, mentions, products, posts, told=False)

    def _note_gone(self, records: Sequence[object]) -> None:
        removed = [each for each in records if isinstance(each, Removed)]
        refused = [each for each in records if isinstance(each, Refused)]
        if removed or refused:
            self._store.keep_house(partial(keep_gone, removed=removed, refused=refused))


def batches(tables: Mapping[str, pa.Table], suffix: str) -> Iterator[list[object]]:
    """The records of each batch, in order; sources of another host than the first carry its name as ``suffix``."""
    by_seq: dict[int, list[object]] = {}
    for kind in KINDS:
        if kind in tables:
            for row in tables[kind].to_pylist():
                by_seq.setdefault(row["seq"], []).append(record_of(KINDS[kind], row, suffix))
    for seq in sorted(by_seq):
        yield by_seq[seq]


def record_of(record: type, row: Mapping[str, Any], suffix: str = "") -> Any:
    """A record from its row; what an older version did not write is as the record's default says."""
    said: dict[str, Any] = {}
    for name, default, many in _fields(record):
        value = row[name]
        if value is None and default:
            continue
        said[name] = tuple(value) if many and value is not None else value
    if suffix and record in (Gap, Health, LedgerEntry, Cursor):
        said["source"] += suffix
    return record(**said)


@cache
def _fields(record: Any) -> tuple[tuple[str, bool, bool], ...]:
    """Name, whether there is a default, whether it holds many, of each field."""
    hints = typing.get_type_hints(record)
    return tuple(
        (each.name, each.default is not dataclasses.MISSING, typing.get_origin(hints[each.name]) is tuple)
        for each in dataclasses.fields(record)
    )


def together(found: Iterator[list[object]]) -> Iterator[list[object]]:
    """Consecutive batches as one where that changes nothing: no post stands twice in it, and no new reading of stored posts."""
    gathered: list[object] = []
    posts: set[tuple[str, str]] = set()
    for records in found:
        own = {(each.platform, each.post_id) for each in records if isinstance(each, Post)}
        apart = any(isinstance(each, Reread) for each in records)
        if gathered and (apart or posts & own or len(gathered) + len(records) > TOGETHER):
            yield gathered
            gathered, posts = [], set()
        if apart:
            yield records
            continue
        gathered, posts = [*gathered, *records], posts | own
    if gathered:
        yield gathered


_READ = (Match, AbstractMention, ProductMention, Role, Cursor, Removed, Refused)


def batch_of(records: Sequence[object]) -> Batch:
    """What a collector folded, put together again; its cases come as rows of their own."""

    def of(kind: type) -> list[Any]:
        return [each for each in records if isinstance(each, kind)]

    told: list[Record] = [each for each in records if not isinstance(each, _READ)]  # ty: ignore[invalid-assignment]
    return Batch(told, of(Match), of(AbstractMention), of(Role), of(Cursor), of(ProductMention))


def _newest(rows: pa.Table, table: str, rank: int) -> pa.Table:
    """The last word on each key, with the column ``gone``; decisions of a later host get numbers of their own."""
    keys, last = key_of(table), {}
    for row in rows.to_pylist():
        last[tuple(str(row[key]) for key in keys)] = row
    if table == "case_decisions" and rank:
        for row in last.values():
            row["entry"] += rank << HOST_SHIFT
    return pa.Table.from_pylist(list(last.values()), rows.schema).drop_columns(["seq"])
