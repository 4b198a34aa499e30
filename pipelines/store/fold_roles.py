"""What was decided of roles, into the store: history, of which the newest decision holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb

from pipelines.model import Role
from pipelines.store.columns import table_of
from pipelines.store.named import Key, Named

Db = duckdb.DuckDBPyConnection
Id = tuple[Key, datetime, str]  # author, when, by whom


def fold_roles(db: Db, rows: Sequence[Role], named: Named) -> None:
    """Decisions on roles; those of one moment that differ are settled by their words, and they are few."""
    said: dict[Id, Role] = {}
    for row in rows:
        key = ((row.platform, row.author_id), row.decided_at, row.decided_by)
        if not named.is_gone(key[0], row.decided_at) and (key not in said or _weight(row) < _weight(said[key])):
            said[key] = row
    if not said:
        return
    there = {((row[0], row[1]), row[2], row[3]): row[4:] for row in db.execute(_THERE).fetchall()}
    if new := [row for key, row in said.items() if key not in there]:
        values = [(named.numbers[row.platform, row.author_id],) for row in new]
        db.register("incoming", table_of(Role, new, ("author_number", int), values=values))
        db.execute("INSERT INTO roles BY NAME FROM incoming")
        db.unregister("incoming")
    _replace(db, [(there[key][0], row) for key, row in said.items() if key in there and _wins(row, there[key])])


_THERE = """
    SELECT platform, author_id, decided_at, decided_by, r.rowid AS place, role, confidence, evidence, credentials, specialty, rule
    FROM roles r SEMI JOIN (SELECT number_of(platform, id) AS author_number FROM named) USING (author_number)
"""


def _weight(row: Role) -> tuple[Any, ...]:
    return _weight_of(row.role, row.confidence, row.evidence, row.credentials, row.specialty, row.rule)


def _weight_of(role: str, how_sure: str, proof: Any, letters: Any, specialty: str | None, why: str) -> tuple[Any, ...]:
    """Of two decisions of one moment the lesser stands; what is missing counts as empty."""
    return (role, how_sure, list(proof or ()), list(letters or ()), specialty or "", why)


def _wins(row: Role, there: Sequence[Any]) -> bool:
    return _weight(row) < _weight_of(*there[1:])


def _replace(db: Db, rows: Sequence[tuple[int, Role]]) -> None:
    if not rows:
        return
    db.register(
        "changed", table_of(Role, [row for _, row in rows], ("place", int), values=[(place,) for place, _ in rows])
    )
    db.execute("""
        UPDATE roles SET role = c.role, confidence = c.confidence, evidence = c.evidence, credentials = c.credentials,
            specialty = c.specialty, rule = c.rule
        FROM changed c WHERE roles.rowid = c.place
    """)
    db.unregister("changed")
