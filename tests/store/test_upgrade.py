"""A database that an earlier version wrote opens with this one: nothing is lost, every question is answered."""

from __future__ import annotations

import lzma
import os
import subprocess
import sys
from datetime import datetime
from inspect import Parameter
from pathlib import Path
from typing import Any, get_args

import duckdb
import pytest

from pipelines.audit import Head, rows_of, verify
from pipelines.errors import StoreError
from pipelines.model import Batch, Deletion
from pipelines.reads import READS, _signature, answer
from pipelines.store.database import Store, migrations
from tests.records import at, match, post

OLD = Path(__file__).parent / "old"
ROOT = Path(__file__).parents[2]
FILES = ("c513436", "3df2e32", "d82e461")
KEPT = (
    "abstract_mentions", "abstracts", "account_states", "authors", "case_decisions", "cases", "congresses", "counts", "cursors", "deletions",
    "engagement", "gaps", "health", "ledger", "likes", "matches", "posts", "refused_posts", "removed_posts", "reviews", "roles", "sessions",
)  # fmt: skip
NOW = datetime(2026, 9, 20)
ANY: dict[str, Any] = {
    "congress_id": "demo-2026", "other_id": "demo-2026", "minutes": 0, "limit": 50, "start": datetime(2026, 9, 1), "end": NOW, "bucket_minutes": 60,
    "number": "1", "platform": "x", "author_id": "1", "post_id": "1",
}  # fmt: skip


def given_for(key: str, kind: Any) -> str:
    """A value that a read takes for a parameter: one that fits the demo congress, else the first of a choice."""
    return str(ANY[key]) if key in ANY else str(get_args(kind)[0]) if get_args(kind) else "0"


@pytest.fixture(params=FILES)
def old(request, tmp_path) -> Path:
    """An old database, unpacked."""
    path = tmp_path / "pulse.duckdb"
    path.write_bytes(lzma.decompress((OLD / f"{request.param}.duckdb.xz").read_bytes()))
    return path


def counts(path: Path) -> dict[str, int]:
    """Rows of each table that has ever held what was collected or decided, as the file stands."""
    with duckdb.connect(str(path), read_only=True) as db:
        there = {name for (name,) in db.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        return {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in KEPT if name in there}


def test_every_row_is_there_after_the_upgrade(old):
    before = counts(old)
    Store(old).close()
    after = counts(old)
    assert before == {name: after[name] for name in before}
    assert before["posts"] > 3000
    with duckdb.connect(str(old), read_only=True) as db:
        done = [name for (name,) in db.execute("SELECT name FROM migrations ORDER BY name").fetchall()]
    assert [name for name, _ in migrations()] == done


def test_every_named_read_answers(old):
    with Store(old) as store:
        for name, read in READS.items():
            wanted = {key: kind for key, (kind, default) in _signature(read).items() if default is Parameter.empty}
            answer(
                store.reader, name, {key: given_for(key, kind) for key, kind in wanted.items() if key != "as_of"}, NOW
            )
        newest = answer(store.reader, "newest_posts", {"congress_id": "demo-2026", "limit": "5"}, NOW)
        assert 5 == newest.num_rows


def test_collecting_goes_on_where_it_was(old):
    with Store(old) as store:
        cursors = store.reader.ask("SELECT count(*) AS n FROM cursors")["n"][0].as_py()
        known = store.reader.ask(
            "SELECT platform, post_id FROM posts p WHERE kind = 'reply' AND NOT EXISTS (FROM posts o WHERE o.repost_of_id = p.post_id) ORDER BY ALL LIMIT 1"
        ).to_pylist()[0]
        new = post(post_id="900", platform="x")
        gone = Deletion(known["platform"], "post", known["post_id"], at(5), "author")
        before = store.reader.ask("SELECT count(*) AS n FROM posts")["n"][0].as_py()
        store.fold(Batch(records=[new, gone], matches=[match(new)]))
        store.fold(Batch(records=[new, gone], matches=[match(new)]))
        assert before == store.reader.ask("SELECT count(*) AS n FROM posts")["n"][0].as_py()
        assert cursors == store.reader.ask("SELECT count(*) AS n FROM cursors")["n"][0].as_py() > 0


HEADS = {  # what audit.head said beside each
    "3df2e32": Head(1, "c9f30a0252c1617826223aeec713830ae3ecae838407f73d29e3a61fc107205b"),
    "d82e461": Head(2, "0c337ca5ca005a4d098fb4d4eb73dd60a9590e878e128fe96c0be7ad4333a818"),
}


@pytest.mark.parametrize("name", HEADS)
def test_what_reviewers_did_is_kept_and_its_chain_is_whole(tmp_path, name):
    path = tmp_path / "pulse.duckdb"
    path.write_bytes(lzma.decompress((OLD / f"{name}.duckdb.xz").read_bytes()))
    with Store(path) as store:
        roles = store.reader.ask("SELECT role FROM roles WHERE decided_by = 'jane'")["role"].to_pylist()
        rows = rows_of(answer(store.reader, "audit", {"limit": "100", "order": "oldest"}, NOW))
        decided = store.reader.ask("SELECT decision, reference FROM case_decisions").to_pylist()
    assert ["hcp"] == roles
    assert "correct_role" == rows[0].entry.action
    assert verify(rows, HEADS[name]) is None
    assert ([{"decision": "forwarded", "reference": "PV-1"}] if name == "d82e461" else []) == decided


def test_a_second_opening_changes_nothing(old):
    Store(old).close()
    first = counts(old)
    Store(old).close()
    assert first == counts(old)


def test_a_database_of_a_newer_version_is_refused_in_one_line_and_left_as_it_is(old):
    Store(old).close()
    with duckdb.connect(str(old)) as db:
        db.execute("INSERT INTO migrations VALUES ('9999_tomorrow')")
    with pytest.raises(StoreError, match=r"written by a newer version .9999_tomorrow.; upgrade"):
        Store(old)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pipelines.cli", "--data", str(old.parent), "status"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=old.parent, env=environment, timeout=60)
    assert (1, 1) == (done.returncode, len(done.stderr.strip().splitlines())), done.stderr
    assert "9999_tomorrow" in done.stderr


def test_an_upgrade_that_is_cut_off_is_done_again(old, monkeypatch):
    """All migrations and their names are one transaction: a mistake in the last leaves the file as it was."""
    before = counts(old)
    known = migrations()
    monkeypatch.setattr(
        "pipelines.store.database.migrations",
        lambda: [*known, ("9998_torn", "CREATE TABLE torn (a INTEGER); SELECT * FROM nowhere")],
    )
    with pytest.raises(duckdb.Error):
        Store(old)
    monkeypatch.setattr("pipelines.store.database.migrations", lambda: known)
    Store(old).close()
    assert before == {name: counts(old)[name] for name in before}
