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
    """What was said of authors: handle, profile and audience, each from the newest sighting that says it."""
    values = [(declares_another(row),) for row in rows]
    db.register("incoming", table_of(Author, rows, ("elsewhere", bool), values=values))
    # three parts (handle, profile, followers), each decided by its own newest sighting that says something
    db.execute("""
        INSERT INTO authors BY NAME
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
        ON CONFLICT DO UPDATE SET
            seen_at = greatest(authors.seen_at, excluded.seen_at),
            handle = CASE WHEN newer_part(authors.handle_at, authors.handle, excluded.handle_at, excluded.handle)
                THEN excluded.handle ELSE authors.handle END,
            handle_at = greatest(authors.handle_at, excluded.handle_at),
            display_name = CASE WHEN newer_whole(authors.profile_at, authors.display_name, authors.bio, authors.location,
                    excluded.profile_at, excluded.display_name, excluded.bio, excluded.location)
                THEN excluded.display_name ELSE authors.display_name END,
            bio = CASE WHEN newer_whole(authors.profile_at, authors.display_name, authors.bio, authors.location,
                    excluded.profile_at, excluded.display_name, excluded.bio, excluded.location)
                THEN excluded.bio ELSE authors.bio END,
            location = CASE WHEN newer_whole(authors.profile_at, authors.display_name, authors.bio, authors.location,
                    excluded.profile_at, excluded.display_name, excluded.bio, excluded.location)
                THEN excluded.location ELSE authors.location END,
            elsewhere = CASE WHEN newer_whole(authors.profile_at, authors.display_name, authors.bio, authors.location,
                    excluded.profile_at, excluded.display_name, excluded.bio, excluded.location)
                THEN excluded.elsewhere ELSE authors.elsewhere END,
            profile_at = greatest(authors.profile_at, excluded.profile_at),
            followers_count = CASE WHEN newer_audience(authors.followers_at, authors.followers_count, authors.verified,
                    excluded.followers_at, excluded.followers_count, excluded.verified)
                THEN excluded.followers_count ELSE authors.followers_count END,
            verified = CASE WHEN newer_audience(authors.followers_at, authors.followers_count, authors.verified,
                    excluded.followers_at, excluded.followers_count, excluded.verified)
                THEN excluded.verified ELSE authors.verified END,
            followers_at = greatest(authors.followers_at, excluded.followers_at)
    """)
    db.unregister("incoming")
