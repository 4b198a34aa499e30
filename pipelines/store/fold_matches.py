"""Why posts belong to a congress, into the store: of each congress and post the strongest reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from pipelines.matching import STRENGTH
from pipelines.model import Match
from pipelines.store.columns import table_of_tuples
from pipelines.store.fold_posts import Standing, Taken
from pipelines.store.named import Key, Named

Db = duckdb.DuckDBPyConnection
Id = tuple[str, Key]  # congress, post

_TEXT, _NUMBER, _MOMENT, _TERMS = pa.string(), pa.int64(), pa.timestamp("us"), pa.list_(pa.string())
_REFERS = [(name, _NUMBER) for name in ("repost_of_number", "quoted_number", "reply_to_number")]
_REASON = [("rule", _TEXT), ("term", _TEXT), ("terms", _TERMS)]
_NEW = pa.schema([
    ("congress_id", _TEXT), ("platform", _TEXT), ("post_id", _TEXT), *_REASON, ("post_number", _NUMBER), ("visible", pa.bool_()),
    ("author_id", _TEXT), ("created_at", _MOMENT), ("kind", _TEXT), ("author_number", _NUMBER), *_REFERS,
])  # fmt: skip
_CHANGED = pa.schema([("place", _NUMBER), *_REASON, ("created_at", _MOMENT), ("kind", _TEXT), *_REFERS])
_PLACES = pa.schema([("place", _NUMBER)])
_REMOVED = pa.schema([("congress_id", _TEXT), ("platform", _TEXT), ("post_id", _TEXT), ("created_at", _MOMENT)])
_STRENGTH = {rule: place for place, rule in enumerate(STRENGTH)}


class Made(NamedTuple):
    """A match that was put in: of which congress and post, whether it is shown, and the post as it stands."""

    congress_id: str
    post: Key
    visible: bool
    standing: Standing


class Matched(NamedTuple):
    """What became of the matches of a batch: those that were put in, and whether others were written anew."""

    made: Sequence[Made] = ()
    is_changed: bool = False


def fold_matches(db: Db, rows: Sequence[Match], taken: Taken, named: Named) -> Matched:
    """Why posts belong to a congress; of a post that a tombstone names a row without words stays."""
    if not rows:
        return Matched()
    strongest: dict[Id, Match] = {}
    for row in rows:
        key = (row.congress_id, (row.platform, row.post_id))
        if key not in strongest or _weight(row.rule, row.term, row.terms) < _weight_of(strongest[key]):
            strongest[key] = row
    if refused := [key for key in strongest if key[1] not in taken.posts]:
        _keep_refused(db, refused, taken)
    there = _there(db)
    kept = {key: row for key, row in strongest.items() if key[1] in taken.posts}
    made = _insert(db, [row for key, row in kept.items() if key not in there], taken, named)
    return Matched(made, _merge(db, [(row, there[key]) for key, row in kept.items() if key in there], taken))


def _weight(rule: str, term: str, terms: Sequence[str] | None) -> tuple[int, str, list[str]]:
    return (_STRENGTH.get(rule, len(_STRENGTH)), term, list(terms or ()))


def _weight_of(row: Match) -> tuple[int, str, list[str]]:
    return _weight(row.rule, row.term, row.terms)


def _keep_refused(db: Db, keys: Sequence[Id], taken: Taken) -> None:
    removed = [(congress_id, *key, taken.refused[key].created_at) for congress_id, key in keys]
    db.register("removed", table_of_tuples(_REMOVED, removed))
    db.execute("INSERT INTO removed_posts BY NAME FROM removed ON CONFLICT DO NOTHING")
    db.unregister("removed")


def _there(db: Db) -> dict[Id, tuple[Any, ...]]:
    """The matches of the batch's posts that are there, each with its place: looked for by number, then read where they stand."""
    places = db.execute("SELECT rowid FROM matches SEMI JOIN batch_posts USING (post_number)").fetchall()
    if not places:
        return {}
    db.register("places", table_of_tuples(_PLACES, places))
    found = db.execute("""
        SELECT congress_id, platform, post_id, place, rule, term, terms, created_at, kind,
            repost_of_number, quoted_number, reply_to_number
        FROM matches JOIN places ON matches.rowid = places.place
    """).fetchall()
    db.unregister("places")
    return {(row[0], (row[1], row[2])): row[3:] for row in found}


def _insert(db: Db, rows: Sequence[Match], taken: Taken, named: Named) -> list[Made]:
    if not rows:
        return []
    made, inserted = [], []
    for row in rows:
        key = (row.platform, row.post_id)
        post = _as_it_stands(key, taken)
        visible = _is_shown(db, row.platform, post.author_id, named)
        made.append(Made(row.congress_id, key, visible, post))
        inserted.append((row.congress_id, *key, row.rule, row.term, row.terms, taken.numbers[key].post, visible, *post))
    db.register("incoming", table_of_tuples(_NEW, inserted))
    db.execute("INSERT INTO matches BY NAME FROM incoming")
    db.unregister("incoming")
    return made


def _merge(db: Db, rows: Sequence[tuple[Match, tuple[Any, ...]]], taken: Taken) -> bool:
    """The stronger match stays, beside the post as it is now; whether that changed anything."""
    changed = []
    for row, (place, rule, term, terms, *beside) in rows:
        post = _as_it_stands((row.platform, row.post_id), taken)
        now = [post.created_at, post.kind, post.repost_of_number, post.quoted_number, post.reply_to_number]
        if _weight_of(row) < _weight(rule, term, terms):
            changed.append((place, row.rule, row.term, row.terms, *now))
        elif now != beside:
            changed.append((place, rule, term, terms, *now))
    if not changed:
        return False
    db.register("changed", table_of_tuples(_CHANGED, changed))
    db.execute("""
        UPDATE matches SET rule = c.rule, term = c.term, terms = c.terms, created_at = c.created_at, kind = c.kind,
            repost_of_number = c.repost_of_number, quoted_number = c.quoted_number, reply_to_number = c.reply_to_number
        FROM changed c WHERE matches.rowid = c.place
    """)
    db.unregister("changed")
    return True


def _as_it_stands(key: Key, taken: Taken) -> Standing:
    """What a match repeats of its post, as the store holds it now."""
    if key in taken.older:
        return taken.older[key]
    post, numbers = taken.posts[key], taken.numbers[key]
    refers = (numbers.repost_of, numbers.quoted, numbers.reply_to)
    return Standing(post.author_id, post.created_at, numbers.kind, numbers.author, *refers)


def _is_shown(db: Db, platform: str, author_id: str, named: Named) -> bool:
    if (platform, author_id) in named.numbers:
        return (platform, author_id) not in named.hidden
    # a post that is there under another author than the batch says
    states = db.execute(
        "SELECT active FROM account_states WHERE platform = $1 AND author_id = $2", [platform, author_id]
    )
    return (False,) not in states.fetchall()
