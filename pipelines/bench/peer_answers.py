"""What a dashboard without this store would do for the same answers: pandas from Parquet, from CSV, in memory, and SQLite.

The files are the best such a dashboard could wish for: one a question's table, with only the columns it needs, matched, linked
and with the role that holds. Parquet is made for being read; CSV is what exports and twarc write.
Four of the six answers have a definition that is plain enough to be written down again: overview, volume, abstracts (the
counts) and newest_posts (which posts). Voice rank and trending are the product's own; no peer has them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from pipelines.bench.fill import Filled
from pipelines.store.reader import Reader

ASKED = ("overview", "volume", "abstracts", "newest_posts")
MINUTES, BUCKET = 1440, 10
_FILES = {
    "posts": "SELECT platform, post_id, author_id, created_at, kind FROM matches WHERE visible",
    "mentions": "SELECT number, platform, post_id, author_id, created_at FROM spoken_of WHERE visible",
    # the peers get the role that holds; ours chooses it from the history at each call
    "roles": "SELECT platform, author_id, role FROM role_at(TIMESTAMP '9999-01-01')",
    "words": "SELECT platform, post_id, text, url FROM posts",
}
Ways = dict[str, Callable[[], Any]]


class Peer(Protocol):
    """Another way to answer; inside the context it stands ready."""

    @property
    def name(self) -> str: ...
    def __call__(self, folder: Path, filled: Filled) -> AbstractContextManager[Ways]: ...


def export(reader: Reader, folder: Path) -> None:
    """Write what the peers read: a Parquet file and a CSV file a table."""
    folder.mkdir()
    for name, sql in _FILES.items():
        table = reader.ask(sql)
        pq.write_table(table, folder / f"{name}.parquet")
        pc.write_csv(table, folder / f"{name}.csv")


def comparable(name: str, table: pa.Table) -> Any:
    """Of our answer, what the peers answer too."""
    rows = table.to_pylist()
    if name == "overview":
        row = rows[0]
        return [
            row[each]
            for each in (
                "post_count",
                "author_count",
                "hcp_author_count",
                "hcp_post_count",
                "post_count_before",
                "mention_count",
                "abstract_count",
            )
        ]
    if name == "volume":
        return [(row["bucket_at"], row["series"], row["post_count"]) for row in rows]
    if name == "abstracts":
        return [(row["number"], row["post_count"], row["author_count"], row["hcp_post_count"]) for row in rows]
    return [row["post_id"] for row in rows]


class _Pandas:
    """Tables of pandas, read for each question or once."""

    def __init__(self, name: str, read: Callable[[Path], pd.DataFrame], ending: str, in_memory: bool = False):
        self.name, self._read, self._ending, self._in_memory = name, read, ending, in_memory

    @contextmanager
    def __call__(self, folder: Path, filled: Filled) -> Generator[Ways]:
        def once(name: str) -> pd.DataFrame:
            return self._read(folder / "files" / f"{name}.{self._ending}")

        read: Callable[[str], pd.DataFrame] = (
            {each: once(each) for each in _FILES}.__getitem__ if self._in_memory else once
        )
        now = filled.as_of
        yield {
            "overview": lambda: _overview(read, now), "volume": lambda: _volume(read, now),
            "abstracts": lambda: _abstracts(read, now), "newest_posts": lambda: _newest(read, now),
        }  # fmt: skip


def _read_csv(path: Path) -> pd.DataFrame:
    """With pandas' own reader; ids stay words."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return table.assign(created_at=pd.to_datetime(table.created_at)) if "created_at" in table else table


def _window(table: pd.DataFrame, now: datetime, length: int = MINUTES) -> pd.DataFrame:
    return table[(table.created_at > now - timedelta(minutes=length)) & (table.created_at <= now)]


def _with_roles(table: pd.DataFrame, read: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
    return table.merge(read("roles"), how="left", on=["platform", "author_id"])


def _overview(read: Callable[[str], pd.DataFrame], now: datetime) -> list[int]:
    both = _with_roles(_window(read("posts"), now, 2 * MINUTES), read)
    recent = _window(both, now)
    hcps = recent[recent.role == "hcp"]
    named = _window(read("mentions"), now)
    authors = [len(each.drop_duplicates(["platform", "author_id"])) for each in (recent, hcps)]
    mentions = len(named.drop_duplicates(["platform", "post_id"]))
    return [len(recent), *authors, len(hcps), len(both) - len(recent), mentions, named.number.nunique()]


def _volume(read: Callable[[str], pd.DataFrame], now: datetime) -> list[tuple[Any, ...]]:
    posts = read("posts")
    posts = posts[(posts.created_at >= now - timedelta(minutes=MINUTES)) & (posts.created_at < now)]
    posts = _with_roles(posts, read)
    series = posts.role.eq("hcp").map({True: "hcp", False: "others"})
    posts = posts.assign(at=posts.created_at.dt.floor(f"{BUCKET}min"), series=series)
    counted = posts.groupby(["at", "series"]).agg(posts=("post_id", "size")).reset_index()
    rows = counted[["at", "series", "posts"]].itertuples(index=False, name=None)
    return [(at.to_pydatetime(), name, int(count)) for at, name, count in rows]


def _abstracts(read: Callable[[str], pd.DataFrame], now: datetime) -> list[tuple[Any, ...]]:
    named = _window(read("mentions"), now).drop_duplicates(["number", "platform", "post_id"])
    named = _with_roles(named, read)
    named = named.assign(hcp=named.role.eq("hcp"), author=named.platform + ":" + named.author_id)
    board = named.groupby("number").agg(posts=("post_id", "size"), authors=("author", "nunique"), hcp=("hcp", "sum"))
    board = board.reset_index().sort_values(["posts", "number"], ascending=[False, True]).head(60)
    rows = board[["number", "posts", "authors", "hcp"]].itertuples(index=False, name=None)
    return [(number, int(posts), int(authors), int(hcp)) for number, posts, authors, hcp in rows]


def _newest(read: Callable[[str], pd.DataFrame], now: datetime) -> list[str]:
    posts = _with_roles(read("posts"), read)
    posts = posts[(posts.role != "patient_advocate") & (posts.created_at <= now)]
    newest = posts.sort_values(["created_at", "platform", "post_id"], ascending=[False, True, True]).head(60)
    return newest.merge(read("words"), on=["platform", "post_id"]).post_id.tolist()


class _Sqlite:
    """SQLite on disk with the indexes that these questions want."""

    name = "SQLite"

    @contextmanager
    def __call__(self, folder: Path, filled: Filled) -> Generator[Ways]:
        db = sqlite3.connect(folder / "peer.sqlite")
        for name in _FILES:
            table = pd.read_parquet(folder / "files" / f"{name}.parquet")
            if "created_at" in table:
                table["created_at"] = table.created_at.astype("datetime64[us]").astype("int64")
            table.to_sql(name, db, index=False, chunksize=50_000)
        db.executescript("""
            CREATE INDEX posts_at ON posts (created_at, platform, author_id, post_id, kind);
            CREATE INDEX mentions_at ON mentions (created_at, number, platform, post_id, author_id);
            CREATE UNIQUE INDEX roles_of ON roles (platform, author_id, role);
            CREATE UNIQUE INDEX words_of ON words (platform, post_id);
            ANALYZE;
        """)
        end = _micros(filled.as_of)
        given = {"end": end, "start": end - MINUTES * 60_000_000, "earlier": end - 2 * MINUTES * 60_000_000}
        try:
            yield {
                "overview": lambda: _one(db, _OVERVIEW, given),
                "volume": lambda: [(_moment(at), name, count) for at, name, count in db.execute(_VOLUME, given)],
                "abstracts": lambda: db.execute(_ABSTRACTS, given).fetchall(),
                "newest_posts": lambda: [row[1] for row in db.execute(_NEWEST, given)],
            }
        finally:
            db.close()


_OVERVIEW = """
    WITH seen AS (
        SELECT p.platform || ':' || p.author_id AS author, coalesce(r.role = 'hcp', 0) AS hcp, p.created_at > :start AS now
        FROM posts p LEFT JOIN roles r ON r.platform = p.platform AND r.author_id = p.author_id
        WHERE p.created_at > :earlier AND p.created_at <= :end
    ),
    named AS (SELECT number, platform || ':' || post_id AS post FROM mentions WHERE created_at > :start AND created_at <= :end)
    SELECT sum(now), count(DISTINCT CASE WHEN now THEN author END), count(DISTINCT CASE WHEN now AND hcp THEN author END),
        sum(now AND hcp), sum(NOT now), (SELECT count(DISTINCT post) FROM named), (SELECT count(DISTINCT number) FROM named)
    FROM seen
"""
_VOLUME = """
    SELECT p.created_at / 600000000 * 600000000 AS bucket, CASE WHEN r.role = 'hcp' THEN 'hcp' ELSE 'others' END AS series, count(*)
    FROM posts p LEFT JOIN roles r ON r.platform = p.platform AND r.author_id = p.author_id
    WHERE p.created_at >= :start AND p.created_at < :end GROUP BY 1, 2 ORDER BY 1, 2
"""
_ABSTRACTS = """
    SELECT number, count(*), count(DISTINCT n.platform || ':' || n.author_id), sum(coalesce(r.role = 'hcp', 0))
    FROM (SELECT DISTINCT number, platform, post_id, author_id FROM mentions WHERE created_at > :start AND created_at <= :end) n
    LEFT JOIN roles r ON r.platform = n.platform AND r.author_id = n.author_id
    GROUP BY number ORDER BY 2 DESC, 1 LIMIT 60
"""
_NEWEST = """
    SELECT p.platform, p.post_id, w.text, w.url FROM posts p
    LEFT JOIN roles r ON r.platform = p.platform AND r.author_id = p.author_id
    JOIN words w ON w.platform = p.platform AND w.post_id = p.post_id
    WHERE p.created_at <= :end AND coalesce(r.role, '') <> 'patient_advocate'
    ORDER BY p.created_at DESC, p.platform, p.post_id LIMIT 60
"""


def _one(db: sqlite3.Connection, sql: str, given: dict[str, int]) -> list[int]:
    return list(db.execute(sql, given).fetchone())


def _micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1)) // timedelta(microseconds=1)


def _moment(micros: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(microseconds=micros)


PEERS: tuple[Peer, ...] = (
    _Pandas("pandas from Parquet", pd.read_parquet, "parquet"),
    _Pandas("pandas from CSV", _read_csv, "csv"),
    _Pandas("pandas in memory", pd.read_parquet, "parquet", in_memory=True),
    _Sqlite(),
)
