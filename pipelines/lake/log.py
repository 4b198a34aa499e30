"""The lake as a log: who writes, what is appended in one snapshot, what is new since.

A writer's name has up to two parts. ``ID`` numbers what its outbox held; ``ID/stored`` what stood in its file before it
joined, ``ID/state`` the small tables, ``ID/purge`` what a purge left behind. Each counts its own batches.
"""

from __future__ import annotations

import platform
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from pipelines.errors import LakeAway
from pipelines.lake import requests
from pipelines.lake.connect import Connection, check_empty
from pipelines.lake.tables import BATCHES, KINDS, WRITERS, columns_of, key_of, schemas, sql_type

ORDER = (
    "state",
    "stored",
    "",
    "purge",
)  # of one host's parts: a case's words never come behind the deletion of its post


@dataclass(frozen=True, slots=True)
class News:
    """What a writer appended since: batches (``after``, ``upto``] into ``tables``."""

    writer: str
    after: int
    upto: int
    row_count: int
    tables: frozenset[str]
    published_at: datetime

    @property
    def host(self) -> str:
        return host_of(self.writer)


@dataclass(frozen=True, slots=True)
class Host:
    """A file that writes to the lake, under one writer's name or, after it was brought back, several; ``rank`` 0 joined first."""

    file: str
    name: str
    rank: int


def host_of(writer: str) -> str:
    """Whose part a writer is."""
    return writer.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Told:
    """News with their rows by table, and whose they are (None: no host's, as what a purge by hand leaves)."""

    news: News
    tables: Mapping[str, pa.Table]
    host: Host | None


class Lake:
    """The log in an open lake. For one thread."""

    def __init__(self, address: str):
        self.line = Connection(address)
        self._sent_by: dict[str, set[str]] = {}
        self._prepare()

    @classmethod
    def make(cls, address: str, data_path: str) -> None:
        """Make a lake, or only its missing tables where there is one.

        Raises:
            UsageError: when a new lake would share its folder with other Parquet files.
            LakeAway: when PostgreSQL or the object store does not answer, or the lake keeps its files elsewhere.
        """
        try:
            Connection(address).close()
        except LakeAway:  # there is none yet; where PostgreSQL is away, the next line but one says so
            check_empty(data_path)
        Connection(address, data_path).close()
        cls(address).close()

    def close(self) -> None:
        self.line.close()

    def join(self, now: datetime, seq: int = 0, before: str = "") -> tuple[str, str]:
        """A new writer and its name, that of this machine; it begins behind ``seq``.

        Args:
            before: the writer under which the same file wrote until now.
        """
        writer, name = secrets.token_hex(4), platform.node() or "host"
        known = self.line.ask("SELECT file FROM lake.writers WHERE writer = $before", before=before)["file"].to_pylist()
        row = {"writer": writer, "file": known[0] if known else writer, "name": name, "joined_at": now}
        with self.line.transaction():
            self.line.insert("writers", pa.Table.from_pylist([row], WRITERS))
            self._note(writer, seq, seq, "", {}, now, now)
        return writer, name

    def hosts(self) -> dict[str, Host]:
        """Every writer's host."""
        rows = self.line.ask("SELECT writer, file, name FROM lake.writers ORDER BY joined_at, writer").to_pylist()
        found: dict[str, Host] = {}
        for row in rows:
            if row["file"] not in found:
                taken, number = {each.name for each in found.values()}, 2
                name = row["name"]
                while name in taken:
                    name, number = f"{row['name']}-{number}", number + 1
                found[row["file"]] = Host(row["file"], name, len(found))
        return {row["writer"]: found[row["file"]] for row in rows}

    def position(self, writer: str) -> tuple[int, str] | None:
        """The last batch the lake has of a writer, and its mark; None for a writer it never saw."""
        rows = self.line.ask(
            "SELECT last_seq, mark FROM lake.batches WHERE writer = $writer ORDER BY last_seq DESC LIMIT 1",
            writer=writer,
        ).to_pylist()
        return (rows[0]["last_seq"], rows[0]["mark"]) if rows else None

    def append(
        self, writer: str, tables: Mapping[str, pa.Table], upto: tuple[int, str], now: datetime, folded_at: datetime
    ) -> None:
        """Append a writer's batches as one snapshot, with the mark of the last: all of it, or nothing.

        Args:
            tables: rows with their column ``seq``, by table; those of kinds with ``folded_at`` too.
            upto: the last batch's number and mark.
            folded_at: when the last batch was folded.

        Raises:
            LakeAway: also when the lake has a later batch of this writer: nothing is written then.
        """
        seq, mark = upto
        with self.line.transaction():
            known = self.position(writer)
            if known and known[0] >= seq:
                raise LakeAway(f"the lake has batch {known[0]} of this host already, and here is {seq}")
            self._insert(writer, tables)
            self._note(writer, known[0] + 1 if known else 1, seq, mark, tables, now, folded_at)

    def append_next(self, writer: str, tables: Mapping[str, pa.Table], now: datetime) -> None:
        """Append one batch, as one snapshot, under the next number of a writer that keeps no count of its own."""
        with self.line.transaction():
            self.append_in(writer, tables, now)

    def append_in(self, writer: str, tables: Mapping[str, pa.Table], now: datetime) -> None:
        """As ``append_next``, inside the caller's transaction."""
        known = self.position(writer)
        self._sent_by.pop(writer, None)
        seq = known[0] + 1 if known else 1
        self._insert(writer, {name: numbered_by(rows, seq, now, name in KINDS) for name, rows in tables.items()})
        self._note(writer, seq, seq, "", tables, now, now)

    def _insert(self, writer: str, tables: Mapping[str, pa.Table]) -> None:
        for table, rows in tables.items():
            own = pa.array([writer] * rows.num_rows, pa.string())
            self.line.insert(table, self.line.without_nul(rows.add_column(0, "writer", own)))

    def news(self, heard: Mapping[str, int], page: int) -> list[News]:
        """What was appended since ``heard`` (a number by writer), at most about ``page`` rows of each writer."""
        known = pa.table({"writer": pa.array(heard, pa.string()), "upto": pa.array(heard.values(), pa.int64())})
        rows = self.line.ask(
            """
            SELECT writer, max(last_seq) AS upto, sum(row_count)::BIGINT AS row_count,
                list_distinct(flatten(list(tables))) AS tables, max(published_at) AS published_at
            FROM (
                SELECT b.*, coalesce(h.upto, -1) AS upto,
                    sum(b.row_count) OVER (PARTITION BY b.writer ORDER BY b.last_seq) - b.row_count AS before
                FROM lake.batches b LEFT JOIN heard h ON h.writer = b.writer WHERE b.last_seq > coalesce(h.upto, -1)
            ) WHERE before <= $page GROUP BY writer
            """,
            tables={"heard": known},
            page=page,
        ).to_pylist()
        found = [News(row["writer"], heard.get(row["writer"], -1), row["upto"], row["row_count"], frozenset(row["tables"]), row["published_at"]) for row in rows]  # fmt: skip
        return sorted(found, key=lambda each: (each.host, ORDER.index(each.writer.partition("/")[2])))

    def rows(self, table: str, news: News) -> pa.Table:
        """The rows of a table that are news, with their ``seq`` (and ``gone`` of a state), in order."""
        return self.line.ask(
            f'SELECT * EXCLUDE (writer) FROM lake."{table}" WHERE writer = $writer AND seq > $after AND seq <= $upto ORDER BY seq',
            writer=news.writer,
            after=news.after,
            upto=news.upto,
        )

    def state(self, table: str, writer: str) -> pa.Table:
        """The rows of a state's table as a writer last said them."""
        keys = ", ".join(f'"{name}"' for name in key_of(table))
        own = ", ".join(f'"{name}"' for name in columns_of(table))
        return self.line.ask(
            f"""
            SELECT {own} FROM (
                FROM lake."{table}" WHERE writer = $writer
                QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY seq DESC, gone) = 1
            ) WHERE NOT gone
            """,
            writer=writer,
        )

    def read(
        self,
        heard: Mapping[str, int],
        page: int,
        kinds: Collection[str] | None,
        own: str | None,
        only: Collection[str] | None,
    ) -> list[Told]:
        """What is new since ``heard``, with its rows, all of one snapshot; arguments as of ``Follower``."""
        with self.line.transaction():
            news = [each for each in self.news(heard, page) if each.host != own and (only is None or each.host in only)]
            hosts = self.hosts() if news else {}
            return [
                Told(
                    each,
                    {
                        name: self.rows(name, each)
                        for name in sorted(each.tables if kinds is None else each.tables & {*kinds})
                    },
                    hosts.get(each.host),
                )
                for each in news
            ]

    def changed(self, table: str, writer: str, now: pa.Table, known: pa.Table | None) -> pa.Table:
        """What changed in a state's table since ``known``, or since what the lake holds of the writer."""
        if known is not None:
            last = self.line.without_nul(known)
        elif table in self._ever_sent(writer):
            last = self.state(table, writer)
        else:
            last = now.slice(0, 0)
        return self._changes(table, self.line.without_nul(now), last)

    def _ever_sent(self, writer: str) -> set[str]:
        """The tables of which the lake has rows of a writer: most hosts never fill most of the small ones."""
        if writer not in self._sent_by:
            told = self.line.ask("SELECT tables FROM lake.batches WHERE writer = $writer", writer=writer)
            self._sent_by[writer] = {each for tables in told["tables"].to_pylist() for each in tables}
        return self._sent_by[writer]

    def _changes(self, table: str, now: pa.Table, known: pa.Table) -> pa.Table:
        """Rows that are new or other than ``known``, and the keys of those that are gone, with the column ``gone``."""
        keys = ", ".join(f'"{name}"' for name in key_of(table))
        return self.line.ask(
            f"""
            SELECT *, false AS gone FROM (FROM now_rows EXCEPT FROM known_rows)
            UNION ALL BY NAME
            SELECT {keys}, true AS gone FROM (
                SELECT {keys} FROM known_rows EXCEPT SELECT {keys} FROM now_rows)
            """,
            tables={"now_rows": now, "known_rows": known},
        )

    def written(self) -> list[dict[str, Any]]:
        """Every host: its name, publications and rows it sent, and when the last was published."""
        rows = self.line.ask("""
            SELECT split_part(writer, '/', 1) AS writer, count(*) FILTER (row_count > 0) AS publications,
                sum(row_count)::BIGINT AS rows_sent, max(published_at) AS last_at FROM lake.batches GROUP BY ALL ORDER BY ALL
        """).to_pylist()
        hosts = self.hosts()
        return [
            {"host": hosts[row["writer"]].name if row["writer"] in hosts else "upkeep by hand", **row} for row in rows
        ]

    def figures(self) -> dict[str, int]:
        """How large the lake is: Parquet files and their bytes, rows and bytes in PostgreSQL, snapshots."""
        files = self.line.ask("""
            SELECT count(*) AS files, coalesce(sum(file_size_bytes), 0)::BIGINT AS file_bytes,
                (SELECT count(*) FROM meta.ducklake_snapshot) AS snapshots
            FROM meta.ducklake_data_file WHERE end_snapshot IS NULL
        """).to_pylist()[0]
        held = self.line.ask("SELECT table_name FROM meta.ducklake_inlined_data_tables")["table_name"].to_pylist()
        counts = [self.line.ask(f'SELECT count(*) AS n FROM meta."{name}"')["n"][0].as_py() for name in held]
        size = self.line.ask("FROM postgres_query('meta', 'SELECT pg_database_size(current_database()) AS bytes')")
        return {**files, "rows in PostgreSQL": sum(counts), "PostgreSQL bytes": size["bytes"][0].as_py()}

    def _note(
        self, writer: str, first: int, seq: int, mark: str, tables: Mapping[str, pa.Table], now: datetime, folded_at: datetime
    ) -> None:  # fmt: skip
        count = sum(rows.num_rows for rows in tables.values())
        row = dict(zip(BATCHES.names, (writer, first, seq, mark, count, list(tables), folded_at, now), strict=True))
        self.line.insert("batches", pa.Table.from_pylist([row], BATCHES))

    def _prepare(self) -> None:
        """Make the tables and columns that are missing.

        Raises:
            LakeAway: when a newer version of Congress Pulse has written here.
        """
        rows = self.line.ask(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'lake'"
        ).to_pylist()
        there: dict[str, set[str]] = {}
        for row in rows:
            there.setdefault(row["table_name"], set()).add(row["column_name"])
        newer = [f"{table}.{name}" for table, names in there.items() for name in names - set(schemas()[table].names)]
        if newer:
            self.line.close()
            raise LakeAway(f"the lake was written by a newer version ({min(newer)}); upgrade Congress Pulse")
        missing = [
            statement for table, schema in schemas().items() for statement in _made(table, schema, there.get(table))
        ]
        if missing:
            with self.line.transaction():
                for statement in missing:
                    self.line.run(statement)
        requests.prepare(self.line)


def _made(table: str, schema: pa.Schema, there: set[str] | None) -> list[str]:
    """The statements that give a table the columns it lacks."""
    columns = {each.name: f'"{each.name}" {sql_type(each.type)}' for each in schema}
    if there is None:
        return [f'CREATE TABLE IF NOT EXISTS lake."{table}" ({", ".join(columns.values())})']
    return [f'ALTER TABLE lake."{table}" ADD COLUMN {said}' for name, said in columns.items() if name not in there]


def numbered_by(rows: pa.Table, seq: int, folded_at: datetime, logged: bool) -> pa.Table:
    """Rows with the number of their batch, and when it was folded where the table is a kind's."""
    rows = rows.append_column("seq", pa.array([seq] * rows.num_rows, pa.int64()))
    if not logged:
        return rows
    return rows.append_column("folded_at", pa.array([folded_at] * rows.num_rows, pa.timestamp("us")))


def in_order(tables: Mapping[str, pa.Table]) -> Sequence[tuple[str, pa.Table]]:
    """Tables of kinds in the order of ``KINDS``, those that are there."""
    return [(kind, tables[kind]) for kind in KINDS if kind in tables]
