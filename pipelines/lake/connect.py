"""The one door to DuckLake: extensions, the address, and statements whose errors never show a password."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import duckdb
import pyarrow as pa

from pipelines.errors import ConfigError, LakeAway, UsageError

VERSION = "1.5.5"  # of DuckDB: the extensions are bound to it
SETTING = "LAKE"
INLINE_ROWS = 500  # an append of fewer rows goes into PostgreSQL, not into a Parquet file of its own
MEMORY = "1GB"
_ABANDONED: list[duckdb.DuckDBPyConnection] = []
PATIENCE = {"connect_timeout": "5", "keepalives_idle": "5", "keepalives_interval": "2", "keepalives_count": "3", "tcp_user_timeout": "10000"}  # fmt: skip


def address_in(settings: Mapping[str, str]) -> str | None:
    """The lake's PostgreSQL as ``.env`` names it, or None.

    Raises:
        ConfigError: when it is no such address.
    """
    said = settings.get(SETTING, "").strip()
    if not said:
        return None
    parts = urlsplit(said)
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname or len(parts.path) < 2:
        raise ConfigError(f"{SETTING} in .env is no address like postgresql://USER:PASSWORD@HOST:5432/DATABASE")
    return said


def shown(address: str) -> str:
    """Where a lake is, without user and password."""
    parts = urlsplit(address)
    return f"{parts.hostname}:{parts.port or 5432}{parts.path}"


class Connection:
    """A DuckDB of its own with the lake attached as ``lake`` and its PostgreSQL as ``meta``. For one thread.

    Args:
        address: ``postgresql://...``; never shown.
        data_path: where Parquet files go; given only when the lake is made.

    Raises:
        UsageError: without the extra ``lake``.
        LakeAway: when PostgreSQL does not answer, or there is no lake.
    """

    def __init__(self, address: str, data_path: str | None = None):
        self.address = address
        self._broken = False
        self._db = _loaded()
        _learn_object_store(self._db)
        created = f", DATA_PATH '{_quoted(data_path)}'" if data_path else ", CREATE_IF_NOT_EXISTS false"
        options = f"METADATA_CATALOG 'meta', DATA_INLINING_ROW_LIMIT {INLINE_ROWS}{created}"
        try:
            self.run(f"ATTACH 'ducklake:postgres:{_quoted(_patient(address))}' AS lake ({options})")
        except LakeAway:
            self.close()
            raise

    def run(self, sql: str, *params: Any) -> None:
        """Carry out a statement."""
        with self._translated():
            self._db.execute(sql, list(params))

    def ask(self, sql: str, tables: Mapping[str, pa.Table] | None = None, **params: Any) -> pa.Table:
        """The answer to a statement; ``tables`` may be named in it."""
        with self._translated():
            for name, table in (tables or {}).items():
                self._db.register(name, table)
            try:
                return self._db.sql(sql, params=params).to_arrow_table()
            finally:
                for name in tables or {}:
                    self._db.unregister(name)

    def write(self, sql: str, tables: Mapping[str, pa.Table]) -> None:
        """Carry out a statement in which ``tables`` may be named."""
        with self._translated():
            for name, table in tables.items():
                self._db.register(name, table)
            try:
                self._db.execute(sql)
            finally:
                for name in tables:
                    self._db.unregister(name)

    def insert(self, table: str, rows: pa.Table) -> None:
        """Append rows to a table of the lake, by the names of their columns."""
        with self._translated():
            self._db.register("incoming", rows)
            try:
                self._db.execute(f'INSERT INTO lake."{table}" BY NAME SELECT * FROM incoming')
            finally:
                self._db.unregister("incoming")

    def without_nul(self, rows: pa.Table) -> pa.Table:
        """Rows with U+2400 in the place of each NUL character: PostgreSQL cannot hold it."""
        said = ", ".join(_cleaned(each) for each in rows.schema)
        return self.ask(f"SELECT {said} FROM given", {"given": rows})

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All that is written inside becomes one snapshot of the lake, or nothing; all that is read is of one."""
        self.run("BEGIN")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            with _silently():
                if not self._broken:
                    self._db.execute("ROLLBACK")
            raise

    def in_postgres(self, statement: str) -> None:
        """Carry out a statement of PostgreSQL itself that allows no transaction, like VACUUM."""
        self.run(f"CALL postgres_execute('meta', '{_quoted(statement)}', use_transaction=false)")

    def close(self) -> None:
        """Let go. A DuckDB that a dying PostgreSQL left in pieces ends the process when it is closed: it is left lying."""
        if self._broken:
            _ABANDONED.append(self._db)
            return
        with _silently():
            self._db.close()

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except duckdb.Error as error:
            self._broken = self._broken or isinstance(error, duckdb.FatalException | duckdb.InternalException)
            raise LakeAway(f"the lake at {shown(self.address)}: {self._redacted(str(error))}") from None

    def _redacted(self, text: str) -> str:
        """The first line of an error, without the address it may quote."""
        password = urlsplit(self.address).password
        return _first(text, _patient(self.address), self.address, password, os.environ.get("AWS_SECRET_ACCESS_KEY"))


def check_empty(data_path: str) -> None:
    """See that a folder can be a new lake's own: upkeep removes Parquet files there that no table knows.

    Raises:
        UsageError: when there are Parquet files in it.
        LakeAway: when the object store does not answer, or knows no such bucket.
    """
    db = _loaded()
    try:
        _learn_object_store(db)
        found = db.execute("SELECT 1 FROM glob($1) LIMIT 1", [f"{data_path.rstrip('/')}/**/*.parquet"]).fetchone()
    except duckdb.Error as error:
        raise LakeAway(f"{data_path}: {_first(str(error), os.environ.get('AWS_SECRET_ACCESS_KEY'))}") from None
    finally:
        db.close()
    if found:
        raise UsageError(f"{data_path}: holds Parquet files already; a new lake needs a folder of its own")


def check_installed() -> None:
    """See that a lake can be spoken to at all.

    Raises:
        UsageError: without the extra ``lake``.
    """
    if duckdb.__version__ != VERSION or importlib.util.find_spec("duckdb_extension_ducklake") is None:
        raise UsageError(
            f"the lake needs DuckDB {VERSION} with its extensions (here: {duckdb.__version__}); "
            "install them with: pip install -e '.[lake]'"
        )


def _loaded() -> duckdb.DuckDBPyConnection:
    check_installed()
    db = duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false", "memory_limit": MEMORY})
    for name in ("ducklake", "postgres_scanner"):
        _load(db, name)
    db.execute("SET GLOBAL TimeZone = 'UTC'")
    db.execute("SET enable_progress_bar = false")
    return db


def _learn_object_store(db: duckdb.DuckDBPyConnection) -> None:
    """Take the keys of an object store from the usual variables, where they are given."""
    key = os.environ.get("AWS_ACCESS_KEY_ID")
    if not key:
        return
    _load(db, "httpfs")
    end = urlsplit(os.environ.get("AWS_ENDPOINT_URL", ""))
    given = {
        "KEY_ID": key,
        "SECRET": os.environ.get("AWS_SECRET_ACCESS_KEY", ""),
        "REGION": os.environ.get("AWS_REGION", "us-east-1"),
    }
    if end.netloc:
        given |= {"ENDPOINT": end.netloc, "URL_STYLE": "path", "USE_SSL": str(end.scheme == "https").lower()}
    said = ", ".join(f"{name} '{_quoted(value)}'" for name, value in given.items())
    db.execute(f"CREATE OR REPLACE SECRET parquet (TYPE s3, {said})")


def _load(db: duckdb.DuckDBPyConnection, extension: str) -> None:
    found = importlib.util.find_spec(f"duckdb_extension_{extension}")
    folders = found.submodule_search_locations if found else None
    files = [file for folder in folders or () for file in Path(folder).rglob("*.duckdb_extension")]
    if not files:
        raise UsageError(f"the lake needs the DuckDB extension {extension}; install it with: pip install -e '.[lake]'")
    db.execute(f"LOAD '{_quoted(str(files[0]))}'")


def _first(text: str, *secrets: str | None) -> str:
    """The first two lines of an error, without secrets."""
    for secret in secrets:
        text = text.replace(secret, "...") if secret else text
    lines = [each.strip() for each in text.splitlines() if each.strip()]
    return " ".join(lines[:2])[:300]


def _cleaned(column: pa.Field) -> str:
    name = f'"{column.name}"'
    if pa.types.is_string(column.type):
        return f"replace({name}, chr(0), '\u2400') AS {name}"
    if pa.types.is_list(column.type) and pa.types.is_string(column.type.value_type):
        return f"list_transform({name}, lambda each: replace(each, chr(0), '\u2400')) AS {name}"
    return name


def _patient(address: str) -> str:
    """The address with time limits, so that a PostgreSQL that hangs is known for one that is away."""
    parts = urlsplit(address)
    query = {**PATIENCE, **dict(parse_qsl(parts.query))}
    return urlunsplit(parts._replace(query=urlencode(query)))


def _quoted(text: str | None) -> str:
    return (text or "").replace("'", "''")


@contextmanager
def _silently() -> Generator[None]:
    try:
        yield
    except duckdb.Error:
        return
