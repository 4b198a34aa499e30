"""A copy of the database while the collector runs, and the way back that brings nothing deleted with it.

A backup is one DuckDB file. Bringing it back folds every deletion that came after it was made into it first: what was
deleted meanwhile stays deleted. Sources go on from the backup's own cursors, and what they cannot fetch again becomes a gap.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.access import Person
from pipelines.audit import entry_of
from pipelines.errors import InputError, StoreError, StoreLocked, UsageError
from pipelines.launch import DATABASE
from pipelines.model import AccountState, Batch, Deletion
from pipelines.store.database import Store
from pipelines.store.keep import note_upkeep


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back, and what was kept from coming back."""

    posts: int
    deletions_carried: int
    replaced: Path | None  # where the database that stood there before is now
    was_readable: bool = True  # False: it is damaged, and what was deleted since the backup could not be looked up


def backup(store: Store, *, person: Person, now: datetime, file: str) -> None:
    """Copy the whole database into a new file, in one consistent state, while collection goes on.

    Raises:
        UsageError: when the file is there already, or its folder is not.
    """
    target = Path(file)
    if target.exists():
        raise UsageError(f"{target}: is there already; name a new file")
    if not target.parent.is_dir():
        raise UsageError(f"{target.parent}: no such folder; make it first")
    store.keep_house(lambda db: note_upkeep(db, "backup", now, 1))  # with it who asked for it enters the audit
    store.copy_to(target)


def restore(data: Path, file: Path, person: Person, now: datetime) -> Restored:
    """Put a backup in the place of the database; the one before it is kept beside it, also where it is damaged.

    Raises:
        InputError: when the file is none, or no database of ours.
        StoreLocked: while a collector runs on the data directory.
    """
    if not file.is_file():
        raise InputError(f"{file}: not found")
    place = data / DATABASE
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = place.with_name(f"{place.name}.restoring")
    carried, was_readable = _carried(place)
    try:
        shutil.copyfile(file, fresh)
        with Store(fresh) as store:
            store.fold(Batch(records=carried))
            store.record(entry_of(person, "restore", {"file": file.name}, now))
            store.checkpoint()
            posts = store.reader.ask("SELECT count(*) AS n FROM posts")["n"][0].as_py()
        aside = _put_aside(place, now)
        fresh.replace(place)
    finally:
        for left in (fresh, fresh.with_name(f"{fresh.name}.wal")):
            left.unlink(missing_ok=True)
    return Restored(posts, sum(isinstance(each, Deletion) for each in carried), aside, was_readable)


def _carried(place: Path) -> tuple[Sequence[Deletion | AccountState], bool]:
    """What was deleted up to now, and whether that could be read: a damaged file must not bar the way back."""
    try:
        return _tombstones(place), True
    except StoreLocked:
        raise
    except StoreError:
        return [], False


def _tombstones(place: Path) -> Sequence[Deletion | AccountState]:
    """All that was deleted or hidden up to now; opening the database also shows that no collector has it."""
    if not place.exists():
        return []
    with Store(place) as store:
        gone = store.reader.ask("SELECT platform, target, target_id, deleted_at, reason FROM deletions").to_pylist()
        hidden = store.reader.ask(
            "SELECT platform, author_id, active, changed_at, status FROM account_states"
        ).to_pylist()
    return [*(Deletion(**row) for row in gone), *(AccountState(**row) for row in hidden)]


def _put_aside(place: Path, now: datetime) -> Path | None:
    """Move the database away under a name with the time, its log with it: another file must not be given that log."""
    if not place.exists():
        return None
    aside = place.with_name(f"{place.stem}-before-{now:%Y%m%dT%H%M%S}{place.suffix}")
    for ending in (".wal", ""):
        if (part := place.with_name(place.name + ending)).exists():
            part.replace(aside.with_name(aside.name + ending))
    return aside
