"""A backup holds everything, and bringing it back brings nothing back that was deleted since."""

from __future__ import annotations

import pytest

from pipelines.access import Person
from pipelines.backup import backup, restore
from pipelines.commands import carry_out
from pipelines.errors import InputError, StoreError, StoreLocked, UsageError
from pipelines.launch import DATABASE
from pipelines.model import AccountState, Batch, Deletion
from pipelines.store.database import Store
from tests.records import at, author, congress, match, post

KIM = Person("kim", "admin")
TABLES = ("posts", "authors", "matches", "audit", "congresses", "upkeep", "reveals", "product_mentions")


def fill(store: Store, count: int) -> None:
    posts = [post(str(n), author_id=f"a{n % 3}") for n in range(count)]
    store.fold_congresses([congress()])
    store.fold(Batch(records=[*(author(f"a{n}") for n in range(3)), *posts], matches=[match(each) for each in posts]))


def state(store: Store) -> dict[str, list[dict]]:
    return {table: store.reader.ask(f"SELECT * FROM {table} ORDER BY ALL").to_pylist() for table in TABLES}


def shown(store: Store) -> list[str]:
    return store.reader.ask("SELECT post_id FROM matches WHERE visible ORDER BY ALL")["post_id"].to_pylist()


def test_what_comes_back_is_what_was_there(tmp_path):
    with Store(tmp_path / DATABASE) as store:
        fill(store, 20)
        carry_out(store, "backup", {"file": str(tmp_path / "copy.duckdb")}, KIM, at(1))
        before = state(store)
    restored = restore(tmp_path / "elsewhere", tmp_path / "copy.duckdb", KIM, at(9))
    assert (20, 0, None) == (restored.posts, restored.deletions_carried, restored.replaced)
    with Store(tmp_path / "elsewhere" / DATABASE) as store:
        after = state(store)
    assert ["backup", "head_missing", "restore"] == [row["action"] for row in after["audit"]]
    assert {**before, "audit": []} == {**after, "audit": []}


def test_collecting_goes_on_behind_a_backup_and_the_backup_stays_as_it_was(tmp_path):
    with Store(tmp_path / DATABASE) as store:
        fill(store, 5)
        backup(store, person=KIM, now=at(1), file=str(tmp_path / "copy.duckdb"))
        fill(store, 9)
        assert 9 == len(shown(store))
    with Store(tmp_path / "copy.duckdb") as copied:
        assert 5 == len(shown(copied))


def test_what_was_deleted_or_hidden_since_the_backup_stays_away(tmp_path):
    with Store(tmp_path / DATABASE) as store:
        fill(store, 6)
        backup(store, person=KIM, now=at(1), file=str(tmp_path / "copy.duckdb"))
        store.fold(
            Batch(
                records=[
                    Deletion("x", "post", "0", at(2), "deleted"),
                    AccountState("x", "a1", False, at(3), "suspended"),
                ]
            )
        )
        assert ["2", "3", "5"] == shown(store)
    restored = restore(tmp_path, tmp_path / "copy.duckdb", KIM, at(9))
    assert 1 == restored.deletions_carried
    with Store(tmp_path / DATABASE) as store:
        assert ["2", "3", "5"] == shown(store)
        assert 0 == store.reader.ask("SELECT count(*) AS n FROM posts WHERE post_id = '0'")["n"][0].as_py()


def test_the_database_before_is_kept_beside_it(tmp_path):
    with Store(tmp_path / DATABASE) as store:
        fill(store, 3)
        backup(store, person=KIM, now=at(1), file=str(tmp_path / "copy.duckdb"))
        fill(store, 8)
    restored = restore(tmp_path, tmp_path / "copy.duckdb", KIM, at(9))
    assert restored.replaced is not None
    with Store(restored.replaced) as before:
        assert 8 == len(shown(before))


def test_a_backup_never_overwrites(tmp_path):
    (tmp_path / "copy.duckdb").write_bytes(b"mine")
    with Store(tmp_path / DATABASE) as store, pytest.raises(UsageError, match="is there already"):
        backup(store, person=KIM, now=at(1), file=str(tmp_path / "copy.duckdb"))
    assert b"mine" == (tmp_path / "copy.duckdb").read_bytes()


def test_what_is_no_database_is_refused_and_nothing_changes(tmp_path):
    (tmp_path / "wrong").write_text("not a database " * 1000)
    with Store(tmp_path / DATABASE) as store:
        fill(store, 3)
    with pytest.raises(InputError):
        restore(tmp_path, tmp_path / "absent", KIM, at(9))
    with pytest.raises(StoreError):
        restore(tmp_path, tmp_path / "wrong", KIM, at(9))
    with Store(tmp_path / DATABASE) as store:
        assert 3 == len(shown(store))
    assert [] == list(tmp_path.glob("*restoring*"))


def test_the_way_back_waits_for_the_collector_to_stop(tmp_path):
    import subprocess
    import sys

    with Store(tmp_path / DATABASE) as store:
        fill(store, 3)
        backup(store, person=KIM, now=at(1), file=str(tmp_path / "copy.duckdb"))
    holding = f"from pathlib import Path; from pipelines.store.database import Store; s = Store(Path({str(tmp_path / DATABASE)!r})); print('open', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        with pytest.raises(StoreLocked):
            restore(tmp_path, tmp_path / "copy.duckdb", KIM, at(9))
        owner.kill()
