"""Authors into the store, and whether their profiles declare an account on another platform."""

from __future__ import annotations

import re

import duckdb
import pyarrow as pa

from pipelines.model import Author
from pipelines.roles.same_person import declared_accounts
from pipelines.store.columns import table_of

Db = duckdb.DuckDBPyConnection

_SPEAKS_OF_ELSEWHERE = re.compile(
    r"bsky|bluesky|twitter|x\.com|(^|\W)x\W", re.ASCII
)  # few profiles do: the rest is not read


def declares_another(author: Author) -> bool:
    """Whether a profile declares an account on another platform (``roles/same_person.py``)."""
    words = f"{author.bio or ''} {author.location or ''}".lower()
    return bool(_SPEAKS_OF_ELSEWHERE.search(words)) and bool(declared_accounts(author))


def declare_again(db: Db) -> None:
    """Read the profiles that were marked by their words alone, and unmark those that declare nothing."""
    marked = db.execute("SELECT platform, author_id, seen_at, bio, location FROM authors WHERE elsewhere").fetchall()
    read = [Author(platform, key, seen, bio=bio, location=place) for platform, key, seen, bio, place in marked]
    silent = [each for each in read if not declares_another(each)]
    columns = {name: [getattr(each, name) for each in silent] for name in ("platform", "author_id")}
    db.register("silent", pa.table(columns, pa.schema([("platform", pa.string()), ("author_id", pa.string())])))
    db.execute("""
        UPDATE authors SET elsewhere = false FROM silent s
        WHERE s.platform = authors.platform AND s.author_id = authors.author_id
    """)
    db.unregister("silent")


def fold_authors(db: Db, rows: list[Author]) -> None:
    """What was said of authors: handle, profile and audience, each from the newest sighting that says it.

    Who is there already is found by number, and only the parts that are newer are written: an upsert would read every
    profile there is.
    """
    values = [(declares_another(row),) for row in rows]
    db.register("incoming", table_of(Author, rows, ("elsewhere", bool), values=values))
    said = db.sql(_SAID).to_arrow_table()
    db.unregister("incoming")
    db.register("said", said)
    stood = db.sql("""
        SELECT a.rowid AS place, a.author_number, a.seen_at, a.handle_at, a.profile_at, a.followers_at
        FROM authors a SEMI JOIN said USING (author_number)
    """).to_arrow_table()
    db.register("stood", stood)
    if stood.num_rows < said.num_rows:
        db.execute("INSERT INTO authors BY NAME FROM said ANTI JOIN stood USING (author_number)")
    if stood.num_rows:
        _merge(db)
    db.unregister("stood")
    db.unregister("said")


# three parts (handle, profile, followers), each decided by its own newest sighting that says something
_SAID = """
    SELECT platform, author_id, seen_at, handle, handle_at, profile.n AS display_name, profile.b AS bio,
        profile.l AS location, profile_at, audience.c AS followers_count, audience.v AS verified, followers_at,
        number_of(platform, author_id) AS author_number,
        CASE WHEN profile_at IS NOT NULL THEN profile.e END AS elsewhere
    FROM (
        SELECT i.platform, i.author_id, max(i.seen_at) AS seen_at,
            arg_max(handle, (i.seen_at, handle)) FILTER (handle IS NOT NULL) AS handle,
            max(i.seen_at) FILTER (handle IS NOT NULL) AS handle_at,
            arg_max({n: display_name, b: bio, l: location, e: elsewhere}, profile_weight(i.seen_at, display_name, bio, location))
                FILTER (profiled) AS profile,
            max(i.seen_at) FILTER (profiled) AS profile_at,
            arg_max({c: followers_count, v: verified}, audience_weight(i.seen_at, followers_count, verified))
                FILTER (followers_count IS NOT NULL) AS audience,
            max(i.seen_at) FILTER (followers_count IS NOT NULL) AS followers_at
        FROM (SELECT *, display_name IS NOT NULL OR bio IS NOT NULL AS profiled FROM incoming) i
        WHERE NOT EXISTS (FROM deletions d WHERE d.platform = i.platform AND d.target = 'author'
                          AND d.target_id = i.author_id AND i.seen_at <= d.deleted_at)
        GROUP BY ALL
    )
"""
# each part: the moment that decides it, what comes with it, and which words win where the moments are the same
_PARTS = {
    "seen_at": ((), "false"),
    "handle_at": (("handle",), "newer_part(a.handle_at, a.handle, s.handle_at, s.handle)"),
    "profile_at": (
        ("display_name", "bio", "location", "elsewhere"),
        "newer_whole(a.profile_at, a.display_name, a.bio, a.location, s.profile_at, s.display_name, s.bio, s.location)",
    ),
    "followers_at": (
        ("followers_count", "verified"),
        "newer_audience(a.followers_at, a.followers_count, a.verified, s.followers_at, s.followers_count, s.verified)",
    ),
}


def _merge(db: Db) -> None:
    """Of authors that are there each part that is newer; where the moments are the same, the words decide."""
    for moment, (columns, wins) in _PARTS.items():
        told = [moment, *columns]
        newer = db.sql(f"""
            SELECT t.place, {", ".join(f"s.{each}" for each in told)} FROM said s JOIN stood t USING (author_number)
            WHERE s.{moment} > t.{moment} OR (s.{moment} IS NOT NULL AND t.{moment} IS NULL)
        """).to_arrow_table()
        _write_parts(db, newer, told)
        if columns and _are_tied(db, moment):
            tied = db.sql(f"""
                SELECT t.place, {", ".join(f"s.{each}" for each in told)}
                FROM said s JOIN stood t USING (author_number) JOIN authors a ON a.rowid = t.place
                WHERE s.{moment} = t.{moment} AND {wins}
            """).to_arrow_table()
            _write_parts(db, tied, told)


def _are_tied(db: Db, moment: str) -> bool:
    tied = db.execute(f"SELECT count(*) FROM said s JOIN stood t USING (author_number) WHERE s.{moment} = t.{moment}")
    return tied.fetchall() != [(0,)]


def _write_parts(db: Db, newer: pa.Table, columns: list[str]) -> None:
    if newer.num_rows:
        db.register("newer", newer)
        told = ", ".join(f"{each} = newer.{each}" for each in columns)
        db.execute(f"UPDATE authors SET {told} FROM newer WHERE authors.rowid = newer.place")
        db.unregister("newer")
