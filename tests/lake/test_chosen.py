"""A mirror of some congresses holds of these what a mirror of the whole lake holds, and no post of the others."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pipelines.clock import RealClock
from pipelines.errors import UsageError
from pipelines.lake.chosen import keep_to
from pipelines.lake.compare import SHARED
from pipelines.lake.follow import Follower
from pipelines.lake.mirror import Mirror
from pipelines.launch import DATABASE
from pipelines.model import Batch, Cursor, Deletion
from pipelines.store.database import Store
from tests.lake.test_contract import batch, follow, tag_of
from tests.records import NOON, at, author, congress, match, post

OURS, OTHER = "ash-2026", "sabcs-2026"
# what belongs to a congress through another row
WITHIN = {
    "posts": "SEMI JOIN (FROM matches WHERE congress_id = 'ash-2026') USING (platform, post_id)",
    "deliveries": "SEMI JOIN (FROM alerts WHERE congress_id = 'ash-2026') USING (alert_id)",
    "case_decisions": "SEMI JOIN (FROM cases WHERE congress_id = 'ash-2026') USING (case_id)",
}


def add(store: Store, table: str, **values: object) -> None:
    """A row of a small table, empty but for ``values``."""
    of = store.reader.ask("SELECT column_name AS n, data_type AS t, is_nullable FROM duckdb_columns() WHERE table_name = $table", table=table)  # fmt: skip
    empty = {"VARCHAR": "", "TIMESTAMP": NOON, "BOOLEAN": False, "VARCHAR[]": []}
    needed = {row["n"]: empty.get(row["t"], 1) for row in of.to_pylist() if not row["is_nullable"]}
    row = {**needed, **values}
    names, places = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
    store.keep_house(lambda db: db.execute(f'INSERT INTO "{table}" ({names}) VALUES ({places})', list(row.values())))


def collect(store: Store, congress_id: str) -> None:
    """What a host writes: some of it before it joins the lake, some later."""
    both = post(f"both-{congress_id}", author_id="both")
    store.fold(batch(1, congress_id))
    store.fold(Batch(records=[both], matches=[match(both), match(both, congress_id=OTHER)]))
    add(store, "alerts", alert_id=f"alert-{congress_id}", congress_id=congress_id)
    add(store, "deliveries", alert_id=f"alert-{congress_id}", channel="mail")
    add(store, "cases", case_id=f"case-{congress_id}", congress_id=congress_id)
    add(store, "case_decisions", entry=1, case_id=f"case-{congress_id}", comment=f"words on {congress_id}")


@pytest.fixture
def stores(tmp_path):
    with Store(tmp_path / "a.duckdb") as ours, Store(tmp_path / "b.duckdb") as other:
        for store, congress_id in ((ours, OURS), (other, OTHER)):
            store.fold_congresses([congress(id=congress_id, hashtags=(tag_of(congress_id),))])
        yield {OURS: ours, OTHER: other}


def rows(store: Store, table: str, ending: str = "") -> list[str]:
    own = "WHERE NOT starts_with(source, 'lake')" if table in ("cursors", "health") else ""
    return sorted(map(str, store.reader.ask(f'FROM "{table}" {ending or own}').to_pylist()))


@pytest.mark.parametrize("first", [OURS, OTHER])
def test_it_holds_of_its_congress_what_a_mirror_of_all_holds(tmp_path, stores, lake, send, first):
    later = OTHER if first == OURS else OURS
    with Store(tmp_path / "whole.duckdb") as whole, Store(tmp_path / "chosen.duckdb") as chosen:
        follower = Follower(lake, chosen, congresses=[OURS])
        for each in (first, later):
            collect(stores[each], each)
            send(stores[each])
            follower.round()
        for each, store in stores.items():
            store.fold(batch(2, each))
            store.fold(Batch(records=[Deletion("x", "post", f"{each}-1", at(9))]))
            store.fold(Batch(records=[author("both", bio="MD", seen_at=at(9))]))
            send(store)
        while follower.round():
            pass
        follow(lake, whole)
        for table in sorted({*SHARED} - {"refused_posts"}):  # there stands what a tombstone met, here or on its host
            of_congress = "congress_id" in whole.reader.ask(f'FROM "{table}" LIMIT 0').column_names
            ending = WITHIN.get(table) or ("WHERE congress_id = 'ash-2026'" if of_congress else "")
            assert rows(whole, table, ending) == rows(chosen, table), table
        assert ["ash-2026-2", "both-ash-2026", "both-sabcs-2026"] == sorted(
            chosen.reader.ask("SELECT post_id FROM posts")["post_id"].to_pylist()
        )
        assert 4 == whole.reader.ask("SELECT count(*) AS n FROM posts")["n"][0].as_py()
        assert [OURS] == chosen.reader.ask("SELECT congress_id FROM removed_posts")["congress_id"].to_pylist()


def test_what_is_gone_of_an_alert_goes_here_too(tmp_path, stores, lake, send):
    with Store(tmp_path / "chosen.duckdb") as chosen:
        follower = Follower(lake, chosen, congresses=[OURS])
        collect(stores[OURS], OURS)
        send(stores[OURS])
        follower.round()
        assert 1 == len(rows(chosen, "alerts"))
        stores[OURS].keep_house(lambda db: db.execute("DELETE FROM alerts"))
        send(stores[OURS])
        while follower.round():
            pass
        assert [] == rows(chosen, "alerts")


def test_a_file_keeps_to_the_congresses_it_began_with(tmp_path):
    with Store(tmp_path / "file.duckdb") as store:
        keep_to(store, [OTHER, OURS], NOON)
        keep_to(store, [OURS], NOON)  # nothing was read yet
        store.fold(Batch(cursors=[Cursor("lake:w", "7", NOON)]))
        keep_to(store, [OURS], NOON)
        for others in ([], [OURS, OTHER]):
            with pytest.raises(UsageError, match="follows ash-2026 of the lake"):
                keep_to(store, others, NOON)


def test_a_file_of_the_whole_lake_is_not_cut_down(tmp_path):
    with Store(tmp_path / "file.duckdb") as store:
        store.fold(Batch(cursors=[Cursor("lake:w", "7", NOON)]))
        keep_to(store, [], NOON)
        with pytest.raises(UsageError, match="follows all congresses of the lake"):
            keep_to(store, [OURS], NOON)


def test_the_command_says_in_one_line_that_a_directory_follows_others(tmp_path, stores, address, send):
    collect(stores[OURS], OURS)
    send(stores[OURS])
    with Store(tmp_path / "data" / DATABASE) as store:
        mirror = Mirror(store, address, RealClock(), [OURS])
        mirror.round()
        assert ["ash-2026"] == store.reader.ask("SELECT congress_id FROM congresses")["congress_id"].to_pylist()
        mirror.stop()
        mirror.run()  # only ends what it opened
    command = [sys.executable, "-m", "pipelines.cli", "--data", str(tmp_path / "data"), "lake", "mirror", OTHER]
    done = subprocess.run(
        command, env={**os.environ, "LAKE": address}, capture_output=True, text=True, timeout=120, check=False
    )
    assert 2 == done.returncode, done.stderr
    assert "follows ash-2026 of the lake, not what was asked for (sabcs-2026)" in done.stderr
    assert 1 == len(done.stderr.strip().splitlines())
