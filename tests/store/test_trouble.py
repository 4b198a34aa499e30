"""A file that cannot be relied on is refused in one line that says what to do; what was committed stays."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.access import Person
from pipelines.backup import backup, restore
from pipelines.errors import StoreError, StoreLocked
from pipelines.launch import DATABASE
from pipelines.model import Batch, Cursor, Like, Post
from pipelines.store.database import Store
from pipelines.store.extent import extent
from pipelines.store.trouble import trouble

AT = datetime(2026, 12, 5, 10)
KIM = Person("kim", "admin")


def posts(start: int, end: int) -> list[Post]:
    return [Post("x", str(n), "0", "ana", f"Words of a post {n} " * 8, AT, AT) for n in range(start, end)]


def fill(store: Store, count: int, step: int = 500) -> None:
    for start in range(0, count, step):
        end = start + step
        store.fold(Batch(records=posts(start, end), cursors=[Cursor("x", str(end), AT)]))


def stands(store: Store) -> tuple[int, str]:
    row = store.reader.ask("SELECT (SELECT count(*) FROM posts) AS n, (SELECT position FROM cursors) AS at").to_pylist()
    return row[0]["n"], row[0]["at"]


def cut(path: Path, share: float) -> None:
    os.truncate(path, int(path.stat().st_size * share))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.95])
def test_a_file_that_was_cut_off_is_refused_and_a_backup_takes_its_place(tmp_path, share):
    with Store(tmp_path / DATABASE) as store:
        fill(store, 4_000)
        backup(store, person=KIM, now=AT, file=str(tmp_path / "copy.duckdb"))
    cut(tmp_path / DATABASE, share)
    with pytest.raises(
        StoreError, match=r"pulse.duckdb: is damaged \(.*\); bring back .* congress restore FILE"
    ) as refusal:
        Store(tmp_path / DATABASE)
    assert 1 == len(str(refusal.value).splitlines())
    done = restore(tmp_path, tmp_path / "copy.duckdb", KIM, AT)
    assert (4_000, False) == (done.posts, done.was_readable)
    assert done.replaced is not None
    with Store(tmp_path / DATABASE) as store:
        assert (4_000, "4000") == stands(store)


@pytest.mark.parametrize("share", [0.0, 0.003, 0.5, 0.95])
def test_a_file_that_was_cut_off_is_refused_with_a_log_beside_it_too_and_stays_as_it_is(tmp_path, share):
    killed_with_a_log(tmp_path / DATABASE)
    cut(tmp_path / DATABASE, share)
    before = [(tmp_path / name).read_bytes() for name in (DATABASE, f"{DATABASE}.wal")]
    with pytest.raises(StoreError, match=r"pulse.duckdb: is damaged \((.* bytes are missing|nothing is in it)"):
        Store(tmp_path / DATABASE)
    assert before == [(tmp_path / name).read_bytes() for name in (DATABASE, f"{DATABASE}.wal")]


CHURN = "CREATE TABLE IF NOT EXISTS t (id VARCHAR PRIMARY KEY, words VARCHAR, round INTEGER)"


@pytest.fixture(scope="module")
def churned(tmp_path_factory):
    """A file that has grown and shrunk, closed, whose last used block is far behind the count of used blocks."""
    path = tmp_path_factory.mktemp("churned") / DATABASE
    db = duckdb.connect(str(path), config={"storage_compatibility_version": "v1.5.0"})
    db.execute(CHURN)
    for number in range(5):
        db.execute(
            "INSERT INTO t SELECT $1 || '-' || range, repeat(md5($1 || range::VARCHAR), 6), $2 FROM range(20000)",
            [str(number), number],
        )
        db.execute("FORCE CHECKPOINT")
        if number == 3:
            db.execute("DELETE FROM t WHERE round < 3")
    db.close()
    return path


def test_the_extent_of_a_file_is_its_length_where_nothing_stands_behind_the_last_used_block(churned):
    used = blocks_used(churned)
    assert extent(churned) == churned.stat().st_size
    assert used < churned.stat().st_size - 500_000  # a count of used blocks alone would not do


def blocks_used(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as db:
        row = db.execute("SELECT block_size * used_blocks FROM pragma_database_size()").fetchone()
    return row[0] if row else 0


@pytest.mark.parametrize("missing", [1, 4_096, 262_144, 500_000])
def test_a_file_that_lacks_but_its_last_bytes_is_refused(churned, tmp_path, missing):
    path = tmp_path / DATABASE
    path.write_bytes(churned.read_bytes()[:-missing])
    with pytest.raises(StoreError, match=f"is damaged \\({missing:,} bytes are missing at its end\\)"):
        Store(path)


def test_of_what_is_no_database_nothing_is_said_here(tmp_path):
    (tmp_path / "notes.txt").write_bytes(b"no database " * 2_000)
    assert extent(tmp_path / "notes.txt") is None


def test_an_owner_that_makes_its_file_shorter_is_an_owner(tmp_path):
    """Whoever reads the header just before a checkpoint and the length just after it sees a file that is too short."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / DATABASE)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    with holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        os.truncate(tmp_path / DATABASE, 300_000)
        with pytest.raises(StoreLocked, match="another process owns it"):
            Store(tmp_path / DATABASE)
        holder.kill()


HOLDER = """
import sys, time
from pathlib import Path
from pipelines.store.database import Store
from tests.store.test_trouble import fill
store = Store(Path(sys.argv[1]))
fill(store, 1_000)
store.checkpoint()
print("open", flush=True)
time.sleep(60)
"""

KILLED = """
import os, sys
from pathlib import Path
from pipelines.model import Batch, Cursor
from pipelines.store.database import Store
from tests.store.test_trouble import AT, fill, posts
store = Store(Path(sys.argv[1]))
fill(store, 1_000)
store.checkpoint()
store.fold(Batch(records=posts(1_000, 1_500), cursors=[Cursor("x", "1500", AT)]))
store.fold(Batch(records=posts(1_500, 2_000), cursors=[Cursor("x", "2000", AT)]))
os._exit(0)
"""


def killed_with_a_log(path: Path) -> None:
    """A database whose owner died with part of it only in the log."""
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=True, cwd=Path(__file__).parents[2])


@pytest.mark.parametrize("missing", [1, 7, 300])
def test_a_log_that_ends_in_the_middle_of_an_entry_loses_that_entry_with_its_cursor(tmp_path, missing):
    killed_with_a_log(tmp_path / DATABASE)
    log = tmp_path / f"{DATABASE}.wal"
    os.truncate(log, log.stat().st_size - missing)
    with Store(tmp_path / DATABASE) as store:
        assert (1_500, "1500") == stands(store)


def test_a_log_that_is_damaged_in_its_middle_is_refused_and_moves_aside_with_its_file(tmp_path):
    killed_with_a_log(tmp_path / DATABASE)
    log = tmp_path / f"{DATABASE}.wal"
    words = bytearray(log.read_bytes())
    third = slice(len(words) // 3, len(words) // 3 + 64)
    # each byte otherwise: DuckDB's checksum does not see when an even number of equal words becomes as many other equal words
    words[third] = bytes(each ^ place for place, each in enumerate(words[third], 1))
    with Store(tmp_path / "copy.duckdb") as store:
        fill(store, 500)
    log.write_bytes(words)
    with pytest.raises(StoreError, match="is damaged"):
        Store(tmp_path / DATABASE)
    done = restore(tmp_path, tmp_path / "copy.duckdb", KIM, AT)
    assert done.replaced is not None
    assert done.replaced.with_name(f"{done.replaced.name}.wal").read_bytes() == bytes(words)
    with Store(tmp_path / DATABASE) as store:
        assert (500, "500") == stands(store)


FULL = """
import sys
from pathlib import Path
from pipelines.errors import StoreError
from pipelines.store.database import Store
from tests.store.test_trouble import fill, stands
store = Store(Path(sys.argv[1]))
try:
    fill(store, 200_000)
except StoreError as error:
    print(error)
    try:
        store.reader.ask("SELECT 1")
    except StoreError as again:
        print(again)
"""


def test_a_full_disk_says_so_and_everything_committed_is_there_when_there_is_room_again(tmp_path):
    """No file may grow past 6 MB: the system answers as it does when the disk is full."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / DATABASE)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (6 << 20, 6 << 20)),
    )
    assert 0 == done.returncode, done.stderr
    assert [True] * len(done.stdout.splitlines()) == ["the disk is full (" in line for line in done.stdout.splitlines()]
    assert "make room and start again: nothing that was committed is lost" in done.stdout
    with Store(tmp_path / DATABASE) as store:
        count, at = stands(store)
        assert count == int(at)
        assert count > 1_000


FAILED_COMMIT = """
import resource, sys
from pathlib import Path
from pipelines.errors import StoreError
from pipelines.model import Batch, Deletion
from pipelines.store.database import Store
from tests.store.test_trouble import AT, likes, posts
path = Path(sys.argv[1])
with Store(path) as store:
    store.fold(Batch(records=[*posts(0, 10), *likes(0, 300)]))
    store.checkpoint()
    store.fold(Batch(records=likes(900, 901)))
    store.fold(Batch(records=[Deletion("x", "like", f"like-{n}", AT) for n in range(5)]))
    limit = path.with_name(path.name + ".wal").stat().st_size + 6_000  # room for the likes, not for the posts
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    for _ in range(2):
        try:
            store.fold(Batch(records=[*likes(300, 309), *posts(10, 400)]))
        except StoreError as error:
            print(error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
"""


def likes(start: int, end: int) -> list[Like]:
    return [Like("x", f"like-{n}", str(n % 10), AT) for n in range(start, end)]


def test_after_a_commit_that_failed_nothing_is_written_down_and_what_comes_later_stays(tmp_path):
    """A checkpoint after it, as at closing when there is room again, would lose the next rows that are appended."""
    done = subprocess.run(
        [sys.executable, "-c", FAILED_COMMIT, str(tmp_path / DATABASE)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert 0 == done.returncode, done.stderr
    full, again = done.stdout.splitlines()
    assert "the disk is full (" in full
    assert "a commit has failed; start again: nothing that was committed is lost" in again
    with Store(tmp_path / DATABASE) as store:
        store.fold(Batch(records=likes(300, 320)))
        found = set(store.reader.ask("SELECT like_id FROM likes")["like_id"].to_pylist())
    assert {f"like-{n}" for n in (*range(5, 320), 900)} == found


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ('Could not set lock on file "x": Conflicting lock is held', StoreLocked),
        ("computed checksum 1 does not match stored checksum 2 in block at location 0", StoreError),
    ],
)
def test_a_block_is_no_lock(words, kind):
    assert kind is type(trouble(Path("x"), duckdb.IOException(words)))


def test_a_mistake_in_sql_stays_as_loud_as_it_is(tmp_path):
    with Store(tmp_path / DATABASE) as store, pytest.raises(duckdb.Error, match="nothing_of_the_kind"):
        store.reader.ask("SELECT * FROM nothing_of_the_kind")
