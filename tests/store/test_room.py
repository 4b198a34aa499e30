"""The database's memory: small as a rule, more where more is needed, and what was put down meanwhile does not stay."""

import stat
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.model import Author, Batch
from pipelines.store import copying
from pipelines.store.database import Store
from pipelines.store.room import POOL, Room

NOW = datetime(2026, 12, 5, 9)
AUTHORS = 150_000
LARGE = "SELECT platform, bio, list(author_id ORDER BY author_id) AS ids FROM authors GROUP BY ALL ORDER BY bio"


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A closed database with many long profiles."""
    path = tmp_path_factory.mktemp("room") / "data" / "pulse.duckdb"
    with Store(path) as store:
        store.keep_house(
            lambda db: db.execute(
                "INSERT INTO authors BY NAME SELECT 'x' AS platform, n::VARCHAR AS author_id, $2 AS seen_at, "
                "repeat(md5(n::VARCHAR), 6) AS bio FROM range($1) AS r(n)",
                [AUTHORS, NOW],
            )
        )
    return path


def limit_of(store: Store) -> str:
    return store.reader.ask("SELECT current_setting('memory_limit') AS it")["it"][0].as_py()


def test_a_read_that_does_not_fit_is_answered_and_the_memory_given_back(filled):
    with Store(filled) as store:
        store._line.room = Room(store._line.connection, 8 << 20)
        with pytest.raises(duckdb.OutOfMemoryException):
            store._line.connection.cursor().sql(LARGE).to_arrow_table()
        small = limit_of(store)
        assert AUTHORS == store.reader.ask(LARGE).num_rows
        assert small == limit_of(store)


def test_a_fold_that_does_not_fit_is_folded_once(filled):
    with Store(filled) as store:
        store._line.room = Room(store._line.connection, 1 << 20)
        before = store.version
        store.fold(Batch(records=[Author("x", f"more {n}", NOW, bio="b" * 200) for n in range(5_000)]))
        told = store.reader.ask("SELECT count(*) AS n FROM authors WHERE author_id LIKE 'more %'")
        assert (5_000, before + 1) == (told["n"][0].as_py(), store.version)


def test_another_error_is_not_tried_again(filled):
    tried = []

    def job() -> None:
        tried.append(1)
        raise duckdb.BinderException("no such column")

    with Store(filled) as store, pytest.raises(duckdb.BinderException):
        store._line.enough_for(job)
    assert [1] == tried


def test_a_file_gets_the_pool_and_a_rewritten_one_too(filled):
    with Store(filled) as store:
        assert f"{POOL / 2**20:.1f} MiB" == limit_of(store)
        store.rewrite()
        assert f"{POOL / 2**20:.1f} MiB" == limit_of(store)


def test_what_a_killed_process_put_down_is_gone_after_the_next_start(tmp_path):
    folder = tmp_path / "pulse.duckdb.tmp"
    folder.mkdir()
    (folder / "duckdb_temp_1_0_owner").write_bytes(b"words of a deleted post")
    with Store(tmp_path / "pulse.duckdb"):
        assert [] == list(folder.iterdir())
    assert not folder.exists()


def test_what_does_not_fit_is_put_down_where_only_this_user_looks(tmp_path):
    with Store(tmp_path / "pulse.duckdb"):
        assert "0o700" == oct(stat.S_IMODE((tmp_path / "pulse.duckdb.tmp").stat().st_mode))


def test_a_collector_makes_arrays_without_pandas_and_a_frame_where_one_is_asked_for():
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from pipelines.frugal import spare_pandas; spare_pandas(); import pyarrow as pa; a = pa.table({'a': [1]}); "
            "print('pandas' in sys.modules, len(a.to_pandas()))",
        ],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert "False 1" == said.stdout.strip()


def test_a_collector_s_arrays_are_of_the_c_library_s_memory():
    asked = (
        "from pipelines.frugal import spare_a_pool; spare_a_pool(); import pyarrow as pa; a = pa.array(range(1_000)); "
        "print(pa.default_memory_pool().backend_name, pa.system_memory_pool().bytes_allocated() >= a.nbytes)"
    )
    folder = Path(__file__).parents[2]
    said = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True, cwd=folder)
    assert "system True" == said.stdout.strip()


def test_a_database_is_written_anew_in_steps_with_all_its_rows_in_their_order(filled, monkeypatch):
    monkeypatch.setattr(copying, "STEP", 7_000)
    asked = "SELECT author_id, bio FROM authors WHERE author_id NOT LIKE 'more %'"
    with Store(filled) as store:
        store.keep_house(lambda db: db.execute("DELETE FROM authors WHERE author_id LIKE '%77'"))
        before, words = (
            store.reader.ask(asked),
            store.reader.ask("SELECT count(*) FROM duckdb_views() WHERE NOT internal"),
        )
        store.rewrite()
        assert before.equals(store.reader.ask(asked))
        assert words.equals(store.reader.ask("SELECT count(*) FROM duckdb_views() WHERE NOT internal"))
        with pytest.raises(duckdb.ConstraintException):
            store.keep_house(lambda db: db.execute("INSERT INTO authors BY NAME FROM authors LIMIT 1"))


def test_what_a_copy_that_was_killed_has_left_is_not_read_into_the_next(filled):
    with duckdb.connect(filled.with_name("pulse.duckdb.new")) as left:
        left.execute("PRAGMA disable_checkpoint_on_shutdown")
        left.execute("CREATE TABLE authors (words VARCHAR)")
    assert filled.with_name("pulse.duckdb.new.wal").exists()
    with Store(filled) as store:
        known = store.reader.ask("SELECT count(*) FROM authors")
        store.rewrite()
        assert known.equals(store.reader.ask("SELECT count(*) FROM authors"))


def test_a_copy_has_every_row_of_one_moment_and_none_of_what_is_folded_meanwhile(filled, tmp_path, monkeypatch):
    asked, tables = "SELECT author_id, bio FROM authors", copying._tables
    monkeypatch.setattr(copying, "STEP", 9_000)
    monkeypatch.setattr(copying, "BATCH", 3_000)
    with Store(filled) as store:
        before = store.reader.ask(asked)

        def folded_meanwhile(*given):
            named = tables(*given)
            store.fold(Batch(records=[Author("x", "somebody later", NOW)]))
            return named

        monkeypatch.setattr(copying, "_tables", folded_meanwhile)
        store.copy_to(tmp_path / "copy.duckdb")
        assert before.num_rows + 1 == store.reader.ask(asked).num_rows
    with Store(tmp_path / "copy.duckdb") as copied:
        assert before.equals(copied.reader.ask(asked))
