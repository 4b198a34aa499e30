"""Authors into the store, and whether their profiles declare an account on another platform."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, get_args, get_type_hints

import duckdb
import pyarrow as pa

from pipelines.model import Author
from pipelines.roles.same_person import declared_accounts
from pipelines.store.columns import table_of_tuples
from pipelines.store.named import Key, Named

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


class Said(NamedTuple):
    """What sightings of one author come to, in three parts: handle, profile, audience, each with its moment."""

    platform: str
    author_id: str
    author_number: int
    seen_at: datetime
    handle_at: datetime | None
    handle: str | None
    profile_at: datetime | None
    display_name: str | None
    bio: str | None
    location: str | None
    elsewhere: bool | None
    followers_at: datetime | None
    followers_count: int | None
    verified: bool | None


_TYPES = {str: pa.string(), int: pa.int64(), bool: pa.bool_(), datetime: pa.timestamp("us")}
_SCHEMA = pa.schema(
    [(name, _TYPES[get_args(hint)[0] if get_args(hint) else hint]) for name, hint in get_type_hints(Said).items()]
)
# each part: the moment that decides it, and what comes with it
_PARTS = {
    "seen_at": (),
    "handle_at": ("handle",),
    "profile_at": ("display_name", "bio", "location", "elsewhere"),
    "followers_at": ("followers_count", "verified"),
}


def fold_authors(db: Db, rows: Sequence[Author], named: Named) -> None:
    """What was said of authors: handle, profile and audience, each from the newest sighting that says it.

    Who is there already is found by number, and only the parts that are newer are written: an upsert would read every
    profile there is.
    """
    sightings: dict[Key, list[Author]] = {}
    for row in rows:
        key = (row.platform, row.author_id)
        if not named.is_gone(key, row.seen_at):
            sightings.setdefault(key, []).append(row)
    if not sightings:
        return
    said = [_said(seen, named.numbers[key]) for key, seen in sightings.items()]
    there = {row[0]: row[1:] for row in db.execute(_THERE).fetchall()}
    if new := [each for each in said if each.author_number not in there]:
        db.register("incoming", table_of_tuples(_SCHEMA, new))
        db.execute("INSERT INTO authors BY NAME FROM incoming")
        db.unregister("incoming")
    if old := [each for each in said if each.author_number in there]:
        _merge(db, old, there)


_THERE = """
    SELECT author_number, rowid AS place, seen_at, handle_at, profile_at, followers_at
    FROM authors SEMI JOIN (SELECT number_of(platform, id) AS author_number FROM named) USING (author_number)
"""


def _said(seen: Sequence[Author], number: int) -> Said:
    handled = _last(seen, _says_handle, _handle_weight)
    profiled = _last(seen, _says_profile, _profile_weight)
    counted = _last(seen, _says_audience, _audience_weight)
    return Said(
        seen[0].platform,
        seen[0].author_id,
        number,
        max([each.seen_at for each in seen]),
        handled.seen_at if handled else None,
        handled.handle if handled else None,
        profiled.seen_at if profiled else None,
        profiled.display_name if profiled else None,
        profiled.bio if profiled else None,
        profiled.location if profiled else None,
        declares_another(profiled) if profiled else None,
        counted.seen_at if counted else None,
        counted.followers_count if counted else None,
        counted.verified if counted else None,
    )


def _last(
    seen: Sequence[Author], says: Callable[[Author], bool], weight: Callable[[Any], tuple[Any, ...]]
) -> Author | None:
    """The newest sighting that says something; of one moment's the weightiest."""
    if len(seen) == 1:
        return seen[0] if says(seen[0]) else None
    return max([each for each in seen if says(each)], key=lambda each: (each.seen_at, *weight(each)), default=None)


def _says_handle(author: Author) -> bool:
    return author.handle is not None


def _says_profile(author: Author) -> bool:
    return author.display_name is not None or author.bio is not None


def _says_audience(author: Author) -> bool:
    return author.followers_count is not None


# of two words of one moment on the same part one wins, whichever comes first; a missing word is less than an empty one
def _handle_weight(said: Author | Said) -> tuple[Any, ...]:
    return (said.handle or "",)


def _profile_weight(said: Author | Said) -> tuple[Any, ...]:
    words = (said.display_name, said.bio, said.location)
    return (*(each or "" for each in words), *(each is not None for each in words))


def _audience_weight(said: Author | Said) -> tuple[Any, ...]:
    return (said.followers_count or 0, -1 if said.verified is None else int(said.verified))


_WEIGHTS = {"handle_at": _handle_weight, "profile_at": _profile_weight, "followers_at": _audience_weight}


def _merge(db: Db, rows: Sequence[Said], there: Mapping[int, tuple[Any, ...]]) -> None:
    """Of authors that are there each part that is newer; where the moments are the same, the words decide."""
    moments = {number: dict(zip(_PARTS, found[1:], strict=True)) for number, found in there.items()}
    tied = [
        each
        for each in rows
        if any(
            getattr(each, part) is not None and getattr(each, part) == moments[each.author_number][part]
            for part in _WEIGHTS
        )
    ]
    words = _words_of(db, [there[each.author_number][0] for each in tied]) if tied else {}
    together: dict[tuple[str, ...], list[Said]] = {}
    for each in rows:
        before, place = moments[each.author_number], there[each.author_number][0]
        won = tuple(part for part in _PARTS if _wins(each, part, before[part], words.get(place)))
        together.setdefault(won, []).append(each)
    for won, some in together.items():
        if won:
            _write_parts(db, won, some, there)


def _wins(said: Said, part: str, before: datetime | None, there: Said | None) -> bool:
    moment = getattr(said, part)
    if moment is None or (before is not None and moment < before):
        return False
    if before is None or moment > before:
        return True
    return part in _WEIGHTS and there is not None and _WEIGHTS[part](said) > _WEIGHTS[part](there)


def _words_of(db: Db, places: Sequence[int]) -> dict[int, Said]:
    """What stands at some places of the table."""
    db.register("tied", pa.table({"place": pa.array(places, pa.int64())}))
    found = db.execute("""
        SELECT place, platform, author_id, author_number, seen_at, handle_at, handle, profile_at, display_name, bio, location,
            elsewhere, followers_at, followers_count, verified
        FROM authors JOIN tied ON authors.rowid = tied.place
    """).fetchall()
    db.unregister("tied")
    return {place: Said(*rest) for place, *rest in found}


def _write_parts(db: Db, parts: Sequence[str], rows: Sequence[Said], there: Mapping[int, tuple[Any, ...]]) -> None:
    columns = [name for part in parts for name in (part, *_PARTS[part])]
    newer = table_of_tuples(_SCHEMA, rows).select(columns)
    places = pa.array([there[each.author_number][0] for each in rows], pa.int64())
    db.register("newer", newer.append_column("place", places))
    told = ", ".join(f"{each} = newer.{each}" for each in columns)
    db.execute(f"UPDATE authors SET {told} FROM newer WHERE authors.rowid = newer.place")
    db.unregister("newer")
