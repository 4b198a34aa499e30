"""Hosts as they run: a PostgreSQL that goes and comes back, a mirror that does, copies of a file, and the commands."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.access import Person
from pipelines.errors import CongressError, LakeAway, UsageError
from pipelines.lake.compare import compare
from pipelines.lake.connect import address_in
from pipelines.lake.follow import Follower
from pipelines.lake.log import Lake
from pipelines.lake.publish import Publisher
from pipelines.launch import DATABASE
from pipelines.model import Batch, Deletion
from pipelines.store.client import OwnerClient
from pipelines.store.database import Store
from tests.lake.conftest import wait_for
from tests.lake.test_contract import batch, differing, follow
from tests.records import YAML, at, congress, post


def count(store: Store, table: str = "posts") -> int:
    return store.reader.ask(f"SELECT count(*) AS n FROM {table}")["n"][0].as_py()


def state_of(store: Store) -> list[tuple]:
    rows = store.reader.ask("SELECT state, detail FROM health WHERE source = 'lake'").to_pylist()
    return [(row["state"], row["detail"]) for row in rows]


def test_while_postgres_is_away_collecting_goes_on_and_says_so_and_then_everything_arrives_once(
    tmp_path, postgres, address, lake
):
    with Store(tmp_path / "here.duckdb") as here, Store(tmp_path / "there.duckdb") as there:
        publisher = Publisher(here, address).start()
        here.fold(batch(0))
        wait_for(lambda: here.outbox.writer and here.outbox.writer.whole and count(here, "outbox") == 0)
        lake.close()
        postgres.kill()
        try:
            for number in range(1, 5):
                here.fold(batch(number))
            wait_for(lambda: state_of(here) and state_of(here)[0][0] == "reconnecting")
            assert 5 == count(here)
            assert count(here, "outbox") > 0
            assert "batches wait here" in state_of(here)[0][1]
            assert "postgresql://" not in state_of(here)[0][1]
        finally:
            postgres.start()
        wait_for(lambda: count(here, "outbox") == 0 and state_of(here) == [("live", "")])
        publisher.stop(10)
        again = Lake(address)
        follow(again, there)
        sent = again.line.ask("SELECT count(*) AS n FROM lake.post")["n"][0].as_py()
        again.close()
        assert 5 == sent
        assert [] == differing(here, there)


@pytest.mark.usefixtures("at_hand")
def test_what_the_lake_took_before_the_file_heard_of_it_is_not_sent_twice(tmp_path, address, lake):
    """As when the process dies between the lake's commit and its own."""
    path = tmp_path / "here.duckdb"
    with Store(path) as here:
        first = Publisher(here, address)
        first.send_all()
        here.fold(batch(1))
        here.checkpoint()
        shutil.copy(path, tmp_path / "before.duckdb")
        first.send_all()
        first.close()
    shutil.copy(tmp_path / "before.duckdb", path)
    with Store(path) as here:
        writer = here.outbox.writer
        again = Publisher(here, address)
        again.send_all()
        again.close()
        assert writer.writer == here.outbox.writer.writer
        assert 0 == count(here, "outbox")
    assert 1 == lake.line.ask("SELECT count(*) AS n FROM lake.post")["n"][0].as_py()


@pytest.mark.usefixtures("at_hand")
def test_a_file_brought_back_from_a_backup_goes_on_under_a_new_name_and_loses_nothing(tmp_path, address, lake):
    path, kept = tmp_path / "here.duckdb", tmp_path / "backup.duckdb"
    with Store(path) as here:
        publisher = Publisher(here, address)
        publisher.send_all()
        here.copy_to(kept)
        for number in (1, 2):
            here.fold(batch(number))
            publisher.send_all()
        publisher.close()
    with Store(kept) as back, Store(tmp_path / "there.duckdb") as there:
        for number in (7, 8, 9):  # under numbers that the lake has other batches for
            back.fold(batch(number))
        publisher = Publisher(back, address)
        publisher.send_all()
        publisher.close()
        follow(lake, there)
        posts = there.reader.ask("SELECT post_id FROM posts ORDER BY post_id")["post_id"].to_pylist()
        assert ["1", "2", "7", "8", "9"] == [each.removeprefix("ash-2026-") for each in posts]
        assert 1 == count(there, "health")  # it is still one host


@pytest.mark.usefixtures("at_hand")
def test_a_deletion_on_one_host_reaches_the_files_of_the_others(tmp_path, address, lake):
    """Somebody asks one host to be forgotten; another had collected the same author."""
    with Store(tmp_path / "one.duckdb") as one, Store(tmp_path / "two.duckdb") as two:
        two.fold(batch(1))
        sending, other = Publisher(one, address), Publisher(two, address)
        for each in (sending, other):
            each.send_all()
        one.fold(Batch(records=[Deletion("x", "author", "ash-2026-a1", at(60), "request")]))
        sending.send_all()
        other._round()
        for each in (sending, other):
            each.close()
        assert 0 == count(two)
        assert 1 == count(two, "removed_posts")


@pytest.mark.parametrize("said", ["mysql://u:p@h/d", "postgresql://h", "h:5432/d"])
def test_a_setting_that_is_no_address_is_said_without_repeating_it(said):
    with pytest.raises(UsageError) as caught:
        address_in({"LAKE": said})
    assert said not in str(caught.value)


def test_a_lake_that_was_never_made_is_said_in_one_line_without_the_password(postgres):
    postgres.client("createdb", "empty")
    with pytest.raises(LakeAway) as caught:
        Lake(postgres.address("empty").replace("pulse@", "pulse:hunter22@"))
    assert "hunter22" not in str(caught.value)
    assert "\n" not in str(caught.value)


def command(address: str, data: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "pipelines.cli", "--json", "--data", str(data), *arguments]


def run(address: str, data: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "LAKE": address}
    return subprocess.run(
        command(address, data, *arguments), env=environment, capture_output=True, text=True, timeout=120
    )


def test_a_file_is_sent_and_compared_by_one_command(tmp_path, address):
    data = tmp_path / "data"
    with Store(data / DATABASE) as store:
        store.fold_congresses([congress()])
        for number in range(20):
            store.fold(batch(number))
        store.fold(Batch(records=[Deletion("x", "post", "ash-2026-3", at(5))]))
    done = run(address, data, "lake", "publish")
    assert 0 == done.returncode, done.stderr
    compared = {row["table"]: row for row in json.loads(done.stdout)["compared"]}
    assert (19, 19, True) == tuple(compared["posts"][key] for key in ("here", "from the lake", "same"))
    assert (1, 1, True) == tuple(compared["removed_posts"][key] for key in ("here", "from the lake", "same"))
    assert all(row["same"] for row in compared.values())


def test_a_mirror_that_is_killed_goes_on_where_it_was(tmp_path, address, lake, send):
    data = tmp_path / "mirror"
    environment = {**os.environ, "LAKE": address}
    with Store(tmp_path / "here.duckdb") as here:
        here.fold_congresses([congress()])

        def seen(owner: OwnerClient) -> int:
            try:
                rows = owner.read("congresses").to_pylist()
            except Exception:
                return -1
            return rows[0]["post_count"] if rows else -1

        for begun in (0, 5):
            for number in range(begun, begun + 5):
                here.fold(batch(number))
            send(here)
            process = subprocess.Popen(command(address, data, "lake", "mirror"), env=environment)
            try:
                with OwnerClient(data) as owner:
                    wait_for(lambda owner=owner, begun=begun: seen(owner) == begun + 5, 60)
                    sources = {row["source"]: row["state"] for row in owner.read("health").to_pylist()}
                    assert "live" == sources["lake"]
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait()
        with Store(data / DATABASE) as there:
            Follower(lake, there).round()
            assert [] == [each.table for each in compare(here.reader, there.reader) if not each.same]


@contextlib.contextmanager
def started(address: str, data: Path, *arguments: str) -> Iterator[subprocess.Popen]:
    """A command that goes on, until it is killed at the end."""
    environment = {**os.environ, "LAKE": address}
    process = subprocess.Popen(command(address, data, *arguments), env=environment, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def answers(owner: OwnerClient) -> bool:
    try:
        return owner.read("congresses").num_rows > 0
    except CongressError:
        return False


def test_a_reviewers_word_travels_from_mirror_to_collector_also_over_deaths_of_all_three(tmp_path, postgres, address):
    """Two hosts as they run, each its own processes: answered within seconds, then with PostgreSQL and collector killed."""
    away, here, there = tmp_path / "congresses.yaml", tmp_path / "here", tmp_path / "there"
    away.write_text(YAML)
    with Store(here / DATABASE) as store:
        store.fold(batch(1))
    collect = ("collect", "ash-2026", "--jetstream", "ws://127.0.0.1:1/subscribe")
    given = {"platform": "x", "author_id": "ash-2026-a1", "reason": "its own page"}
    ann, config = Person("ann", "reviewer"), ("--config", str(away))

    def done_in(data: Path) -> list[tuple[str, str]]:
        with OwnerClient(data) as owner:
            rows = owner.read("audit", sight="admin", limit=50, order="oldest").to_pylist()
        return [(row["action"], json.loads(row["params"])["role"]) for row in rows]

    with started(address, there, "lake", "mirror"), OwnerClient(there) as mirror, OwnerClient(here) as owner:
        with started(address, here, *config, *collect):
            wait_for(lambda: answers(owner) and answers(mirror) and mirror.read("health").num_rows, 60)
            wait_for(lambda: mirror.read("congresses")["post_count"].to_pylist() == [1], 60)
            mirror.do("correct_role", ann, **given, role="pharma")
            wait_for(lambda: done_in(here) == [("correct_role", "pharma")])
            assert [("asked_correct_role", "pharma")] == done_in(there)
            postgres.kill()
            late = mirror.do("correct_role", ann, **given, role="society")
            assert late is not None
        assert "as soon as" in late.said
        postgres.start()
        wait_for(lambda: mirror.read("requests", sight="reviewer")["state"][0].as_py() == "sent", 60)
        with started(address, here, *config, *collect):
            wait_for(lambda: mirror.read("requests", sight="reviewer")["state"][0].as_py() == "done", 60)
            assert [("correct_role", "pharma"), ("correct_role", "society")] == done_in(here)


def test_without_the_extra_the_commands_say_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.lake.connect.VERSION", "0.0.0")
    with pytest.raises(UsageError, match=r"pip install -e '\.\[lake\]'"):
        Lake("postgresql://u@127.0.0.1:1/d")


def test_a_dead_address_is_known_within_seconds():
    pytest.importorskip("duckdb_extension_ducklake", reason="the lake needs the extra: pip install -e '.[lake]'")
    begun = time.monotonic()
    with pytest.raises((LakeAway, UsageError)):
        Lake("postgresql://u@127.0.0.1:1/d")
    assert time.monotonic() - begun < 10


@pytest.mark.usefixtures("at_hand")
def test_posts_are_told_apart_by_platform(tmp_path, address, lake, send):
    with Store(tmp_path / "here.duckdb") as here, Store(tmp_path / "there.duckdb") as there:
        here.fold(Batch(records=[post("1"), post("1", platform="bluesky")]))
        send(here)
        follow(lake, there)
        assert 2 == count(there)
