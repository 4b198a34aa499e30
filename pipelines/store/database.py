"""Opening the DuckDB file: one owner, migrations by name, naive UTC, a checkpoint before the log grows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from pipelines.alerts.records import Alert, Delivery
from pipelines.audit import Entry, Head, read_head, write_head
from pipelines.congresses import Congress
from pipelines.errors import StoreError, StoreLocked
from pipelines.model import Abstract, AbstractMention, Batch, Post, ProductMention, Session
from pipelines.store.copying import copy_as_it_stands, copy_in_steps
from pipelines.store.fold import fold, fold_reviews, replace_mentions
from pipelines.store.fold_added import settle_added
from pipelines.store.fold_alerts import fold_alerts
from pipelines.store.fold_audit import fold_audit
from pipelines.store.fold_authors import declare_again
from pipelines.store.fold_cases import fold_safety
from pipelines.store.fold_products import fold_tracked, replace_products
from pipelines.store.fold_programme import fold_catalogue, fold_congresses
from pipelines.store.outbox import Outbox, Reread
from pipelines.store.reader import Line, Reader
from pipelines.store.requests import scrub_requests
from pipelines.store.room import MORE, Room, clear_spill, make_spill, remove_spill, spill_folder
from pipelines.store.trouble import explained, refuse_cut

T = TypeVar("T")
WAL_LIMIT = 16 << 20  # bytes; overlapping readers keep DuckDB's own checkpoint from ever running
# until the file is closed and opened anew (a quarter of a second at a million posts): DuckDB (1.5.5 and 2.0.0) keeps some 6 kB
# of each fold until then, which is 3 GB a day at six a second, and some 0.6 kB of each record
FOLDS = 2_000
RECORDS = 30_000
OPENING = 30.0  # seconds in which somebody who looked in meanwhile has to be gone again


class Store:
    """The database of one data directory. One thread writes; any number read through ``reader``.

    Args:
        path: the file, made with its folder when missing; None keeps everything in memory.

    Raises:
        StoreLocked: when another process has the file.
        StoreError: when the file is no database of ours or of a newer version.
    """

    def __init__(self, path: Path | None):
        self.path = path
        self._line = Line(_connect(path), path)
        self._writing = threading.Lock()
        self._has_failed = False  # a commit
        self._folds = self._records = 0  # since the file was opened
        self._copies: set[Path] = set()  # that are being made: half a minute each at a million posts
        self._noted = threading.local()  # what this thread's next transaction tells the audit
        self.reader = Reader(self._line)
        self.version = 0
        try:
            self._bring_up()
            with self._transaction() as db:
                self.outbox = Outbox(db)
            if path:
                self._line.room = Room(self._line.connection)  # not before: an old file may need much to be brought up
        except BaseException:
            self._line.connection.close()  # or the file stays locked for as long as somebody looks at the exception
            raise

    def another_reader(self) -> Reader:
        """A reader with slots of its own, so that the collector never waits behind viewers."""
        return Reader(self._line)

    def fold(self, batch: Batch, told: bool = True) -> None:
        """Fold one batch in one transaction with its cursors: all of it, or nothing.

        Args:
            told: whether a lake that this file has joined is to hear of it; what came from there it knows.
        """

        def job(db: duckdb.DuckDBPyConnection) -> None:
            fold(db, batch)
            if told:
                self.outbox.note(db, batch)

        self._write(job)
        self._folds += 1
        self._records += len(batch.records)
        if (self._folds >= FOLDS or self._records >= RECORDS) and not self._copies:  # or reads would wait for the copy
            self.reopen()
        self._checkpoint_if_due()

    def fold_congresses(self, congresses: Iterable[Congress]) -> None:
        """Write down the congresses that are followed."""
        followed = tuple(congresses)

        def job(db: duckdb.DuckDBPyConnection) -> None:
            fold_congresses(db, followed)
            fold_tracked(db, followed)
            fold_safety(db, followed)

        self._write(job)

    def fold_catalogue(self, congress_id: str, abstracts: Sequence[Abstract], sessions: Sequence[Session] = ()) -> None:
        """Replace the catalogue and programme of one congress."""
        self._write(lambda db: fold_catalogue(db, congress_id, abstracts, sessions))

    def fold_alerts(self, alerts: Sequence[Alert], deliveries: Sequence[Delivery]) -> None:
        """Write down what rose and who was told."""
        self._write(lambda db: fold_alerts(db, alerts, deliveries))

    def fold_reviews(self, reviews: Sequence[Any]) -> None:
        """Keep what reviewers said of links (``corrections.Review``)."""
        self._write(lambda db: fold_reviews(db, reviews))

    def replace_mentions(
        self,
        congress_id: str,
        mentions: Sequence[AbstractMention],
        products: Sequence[ProductMention],
        posts: Sequence[Post],
        told: bool = True,
    ) -> None:
        """Replace what stored posts were read to mention, as after a new catalogue, new products or new rules.

        Args:
            told: as for ``fold``.
        """

        def job(db: duckdb.DuckDBPyConnection) -> None:
            replace_mentions(db, congress_id, mentions, posts)
            replace_products(db, congress_id, products, posts)
            if told:
                read = (Reread(congress_id, each.platform, each.post_id, each.revision) for each in posts)
                self.outbox.note_records(db, (*read, *mentions, *products))

        self._write(job)

    def keep_house(self, job: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """Do a job of ``store/keep.py`` in one transaction; what it returns."""
        return self._write(job)

    def record(self, *entries: Entry) -> None:
        """Append to the audit what changes nothing else, as an export or a sign-in."""
        with self.recording(*entries), self._transaction():
            pass

    @contextmanager
    def recording(self, *entries: Entry) -> Generator[None]:
        """What this thread writes inside goes into the audit in the same transaction: both are kept, or neither.

        When nothing is written inside, nothing was done: nothing is noted.
        """
        self._noted.entries = entries
        try:
            yield
        finally:
            self._noted.entries = ()

    def checkpoint(self) -> None:
        """Write the log into the file, waiting for readers in between."""
        with self._writing, explained(self.path), self._line.more(MORE):
            self._refuse_after_a_failed_commit()
            self._line.connection.execute("FORCE CHECKPOINT")

    def copy_to(self, target: Path) -> None:
        """Copy everything as it stands now into a new file, whole or not at all; reading and writing go on.

        Raises:
            StoreError: when it cannot be written.
        """
        fresh = target.with_name(f"{target.name}.new")
        self._copies.add(fresh)
        try:
            with self._line.cursor() as db:
                self._line.enough_for(lambda: copy_as_it_stands(db, fresh))
        except duckdb.Error as error:
            fresh.unlink(missing_ok=True)
            raise StoreError(f"{target}: cannot be written: {str(error).splitlines()[0]}") from None
        finally:
            self._copies.discard(fresh)
        fresh.chmod(0o600)
        fresh.replace(target)

    def rewrite(self) -> None:
        """Write the file anew from its rows and put it in place of the old one; writing waits meanwhile, reading only for the change.

        A checkpoint frees the blocks of deleted rows but leaves their bytes in the file: only a new file is free of them.
        """
        if self.path is None:
            return
        fresh = self.path.with_name(f"{self.path.name}.new")
        with self._writing:
            self._refuse_after_a_failed_commit()
            with self._line.more(MORE):  # with all there is, the reads meanwhile keep 100 MB more
                self.outbox.scrub(self._line.connection)
                scrub_requests(self._line.connection)
                self._line.connection.execute("FORCE CHECKPOINT")
            with self._line.cursor() as db:
                self._line.enough_for(lambda: copy_in_steps(db, fresh))
            with self._line.alone():
                self._line.connection.close()
                fresh.replace(self.path)
                self._opened_again(self.path)

    def reopen(self) -> None:
        """Close the file and open it anew, which gives back the memory that the database has kept of every fold; reading waits."""
        if self.path is None:
            return
        with self._writing, explained(self.path):
            self._refuse_after_a_failed_commit()
            with self._line.more(MORE):  # reading goes on: what is left to write when it is closed is little
                self._line.connection.execute("FORCE CHECKPOINT")
            with self._line.alone():
                self._line.connection.close()
                self._opened_again(self.path)

    def _opened_again(self, path: Path) -> None:
        until = time.monotonic() + OPENING
        while True:
            try:
                self._line.connection = _connect(path)
                break
            except StoreLocked:  # by a command that found the file free
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        self._line.room, self._folds, self._records = Room(self._line.connection), 0, 0

    def close(self) -> None:
        with self._writing, self._line.alone():  # DuckDB 2.0 refuses to close beside a read that begins
            self._line.connection.close()
            if self.path:
                remove_spill(self.path)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _bring_up(self) -> None:
        """An old file goes from version to version, each in its transaction: DuckDB 1.5 refuses to alter a table twice in one."""
        more = True
        while more:
            with self._transaction() as db:
                more = _migrate(db)

    def _write(self, job: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """Do a job in one transaction, and the whole of it anew where memory was lacking; what it returns."""

        def once() -> T:
            with self._begun() as db:
                done = job(db)
                settle_added(db)
                return done

        with explained(self.path):
            done = self._line.enough_for(once)
        self.version += 1
        return done

    @contextmanager
    def _transaction(self) -> Generator[duckdb.DuckDBPyConnection]:
        with explained(self.path), self._begun() as db:
            yield db

    @contextmanager
    def _begun(self) -> Generator[duckdb.DuckDBPyConnection]:
        with self._writing:
            self._refuse_after_a_failed_commit()
            db, is_committing = self._line.connection, False
            db.execute("BEGIN")
            try:
                yield db
                head = self._note(db)
                is_committing = True
                with self._line.more():  # whatever it takes: after one that failed nothing more can be written
                    db.execute("COMMIT")
            except BaseException:
                with suppress(duckdb.Error):  # after a full disk there is nothing left to roll back
                    db.execute("ROLLBACK")
                if is_committing:
                    self._write_no_more(db)
                raise
            self._noted.entries = ()
            if head and self.path:
                write_head(self.path, head)

    def _write_no_more(self, db: duckdb.DuckDBPyConnection) -> None:
        """After a commit that failed, DuckDB (1.5.5 and 2.0.0) takes the places of its rows for deleted. A checkpoint writes that
        down, also the one at closing, and what is appended there later is gone. The log is right: the next process reads it."""
        self._has_failed = True
        with suppress(duckdb.Error):
            db.execute("PRAGMA disable_checkpoint_on_shutdown")

    def _refuse_after_a_failed_commit(self) -> None:
        if self._has_failed:
            raise StoreError(f"{self.path}: a commit has failed; start again: nothing that was committed is lost")

    def _note(self, db: duckdb.DuckDBPyConnection) -> Head | None:
        entries = getattr(self._noted, "entries", ())
        return fold_audit(db, entries, read_head(self.path), self.path is not None) if entries else None

    def _checkpoint_if_due(self) -> None:
        wal = self.path.with_name(self.path.name + ".wal") if self.path else None
        if wal and wal.exists() and wal.stat().st_size > WAL_LIMIT:
            self.checkpoint()


def _connect(path: Path | None) -> duckdb.DuckDBPyConnection:
    if path:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # people's words: for this user alone
        if path.is_file():
            refuse_cut(path)
    # files stay readable by DuckDB 1.5 and 2.0 alike, and a churned file stays small
    config: dict[str, str | float | list[str]] = {
        "storage_compatibility_version": "v1.5.0",
        "autoinstall_known_extensions": "false",
    }
    made = False
    if path:
        made = make_spill(path)
        config["temp_directory"] = str(spill_folder(path))
    try:
        with explained(path):
            connection = duckdb.connect(str(path or ":memory:"), config=config)
        connection.execute(
            "SET GLOBAL TimeZone = 'UTC'"
        )  # as a setting of connect, 1.5 asks for icu before it is loaded
        if path:
            clear_spill(path)
    except (duckdb.Error, StoreError) as error:
        if path and made:  # one that was there is of the process that has the file
            remove_spill(path)
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"{path}: cannot be opened: {str(error).splitlines()[0]}") from None
    return connection


# what SQL alone cannot say, behind the migration of that name
_IN_PYTHON: Mapping[str, Callable[[duckdb.DuckDBPyConnection], None]] = {"0023_declared": declare_again}


def migrations() -> list[tuple[str, str]]:
    """Name and text of every migration, in order."""
    folder = resources.files("pipelines.store").joinpath("migrations")
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".sql")), key=lambda each: each.name)
    return [(each.name.removesuffix(".sql"), each.read_text(encoding="utf-8")) for each in files]


def _migrate(db: duckdb.DuckDBPyConnection) -> bool:
    """Do the first migration that this file has not seen, of a new file all; whether more may be left."""
    db.execute("CREATE TABLE IF NOT EXISTS migrations (name VARCHAR PRIMARY KEY)")
    done = {name for (name,) in db.execute("SELECT name FROM migrations").fetchall()}
    known = migrations()
    newer = done - {name for name, _ in known}
    if newer:
        raise StoreError(f"the database was written by a newer version ({max(newer)}); upgrade Congress Pulse")
    missing = [each for each in known if each[0] not in done]
    for name, text in missing[:1] if done else missing:
        db.execute(text)
        if name in _IN_PYTHON:
            _IN_PYTHON[name](db)
        db.execute("INSERT INTO migrations VALUES ($1)", [name])
    return bool(done and missing)
