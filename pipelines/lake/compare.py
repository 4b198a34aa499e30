"""Whether two files hold the same, table by table: what a migration is checked by."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pipelines.lake.follow import Follower
from pipelines.lake.log import Lake
from pipelines.lake.tables import STATES
from pipelines.store.database import Store
from pipelines.store.outbox import OWN_SOURCE
from pipelines.store.reader import Reader

# what each host keeps for itself: its tapes and upkeep, its audit, its own way to the lake, what was asked on it
LOCAL = frozenset(
    {"added_mentions", "audit", "lake_writer", "migrations", "outbox", "requests", "taken_up", "tapes", "upkeep"}
)
SHARED = (
    "posts", "authors", "engagement", "counts", "likes", "deletions", "removed_posts", "refused_posts", "account_states",
    "matches", "abstract_mentions", "product_mentions", "roles", "gaps", "health", "cursors", "ledger", *STATES,
)  # fmt: skip
_OWN = {"health": f"WHERE source <> '{OWN_SOURCE}'", "cursors": f"WHERE NOT starts_with(source, '{OWN_SOURCE}:')"}


@dataclass(frozen=True, slots=True)
class Compared:
    """One table: how many rows here and there, and whether they are the same rows."""

    table: str
    here: int
    there: int
    same: bool


def compare(here: Reader, there: Reader) -> list[Compared]:
    """All shared tables of two stores."""
    found = []
    for table in SHARED:
        (own, own_hash), (other, other_hash) = _summary(here, table), _summary(there, table)
        found.append(Compared(table, own, other, (own, own_hash) == (other, other_hash)))
    return found


def folded_anew(lake: Lake, here: Store, writers: Collection[str]) -> list[Compared]:
    """Fold what ``writers`` sent into a fresh file, which goes afterwards, and compare it with ``here``."""
    with tempfile.TemporaryDirectory(prefix="congress-lake-") as folder, Store(Path(folder) / "fresh.duckdb") as fresh:
        follower = Follower(lake, fresh, only=writers)
        while follower.round():
            pass
        return compare(here.reader, fresh.reader)


def _summary(reader: Reader, table: str) -> tuple[int, int]:
    """How many rows, and a number that depends on all of them but not on their order."""
    names = ", ".join(f'"{name}"' for name in reader.ask(f'FROM "{table}" LIMIT 0').column_names)
    row = reader.ask(
        f'SELECT count(*) AS n, coalesce(sum(hash({names})), 0)::VARCHAR AS h FROM "{table}" {_OWN.get(table, "")}'
    )
    return row["n"][0].as_py(), int(row["h"][0].as_py())
