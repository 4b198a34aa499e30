"""The lake with its files on an object store: a real server of S3's protocol on loopback, reached through a line that can be cut."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from pipelines.errors import LakeAway, UsageError
from pipelines.lake.compare import folded_anew
from pipelines.lake.log import Lake
from pipelines.lake.publish import Publisher
from pipelines.lake.upkeep import purge, tidy
from pipelines.model import Batch, Deletion
from pipelines.store.database import Store
from tests.lake.conftest import wait_for
from tests.lake.test_contract import differing, follow
from tests.lake.test_hosts import count, state_of
from tests.lake.test_purge import rows_with
from tests.records import at, congress, match, post

pytestmark = pytest.mark.usefixtures("at_hand")
BUCKET, WORDS = "pulse", "UNMISTAKABLE"
MANY = 600  # more than an append that PostgreSQL keeps to itself: they go to the store at once


class Line:
    """Passes connections on to a port until it is cut: then they are refused."""

    def __init__(self, port: int):
        self._behind = port
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.join()

    def join(self) -> None:
        self._door = socket.create_server(("127.0.0.1", self.port))
        self._open: list[socket.socket] = []
        self._passing: list[threading.Thread] = []
        threading.Thread(target=self._take, args=(self._door,), daemon=True).start()

    def cut(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for each in self._open:
            _end(each)
        for each in self._passing:
            each.join()

    def _take(self, door: socket.socket) -> None:
        while True:
            try:
                here = door.accept()[0]
            except OSError:
                return
            there = socket.create_connection(("127.0.0.1", self._behind))
            self._open += [here, there]
            pair = [
                threading.Thread(target=_pass_on, args=each, daemon=True) for each in ((here, there), (there, here))
            ]
            self._passing += pair
            for each in pair:
                each.start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with one:
        try:
            while data := one.recv(1 << 16):
                other.sendall(data)
        except OSError:
            pass
        _end(other)


def _end(each: socket.socket) -> None:
    try:
        each.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


@pytest.fixture(scope="module")
def server(postgres) -> Iterator[int]:
    """The port of an object store with an empty bucket."""
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("flask_cors") is None:
        missing = "no object store here: pip install -r tests/lake/requirements.txt"
        (pytest.fail if os.environ.get("CONGRESS_NEED_LAKE") else pytest.skip)(missing)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    said = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(said, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: answers(port), 60)
        yield port
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    try:
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/{BUCKET}", method="PUT")).close()
    except OSError:
        return False
    return True


@pytest.fixture
def line(server, monkeypatch) -> Iterator[Line]:
    """The way to the object store, as the usual variables tell it."""
    between = Line(server)
    for name, said in (
        ("ACCESS_KEY_ID", "pulse"),
        ("SECRET_ACCESS_KEY", "hunter22hunter22"),
        ("REGION", "eu-central-1"),
    ):
        monkeypatch.setenv(f"AWS_{name}", said)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{between.port}")
    yield between
    between.cut()


@pytest.fixture
def folder(tmp_path) -> str:
    return f"s3://{BUCKET}/{tmp_path.name}"


@pytest.fixture
def address(postgres, made, line, folder) -> str:
    name = f"objects{time.monotonic_ns()}"
    postgres.client("createdb", "-T", made, name)
    files = f"UPDATE ducklake_metadata SET value = '{folder}/' WHERE key = 'data_path'"
    postgres.client("psql", "-d", name, "-c", files)
    return postgres.address(name)


def bucket_at(port: int) -> Any:
    """The bucket, as its own client shows it."""
    import boto3

    return boto3.resource(
        "s3", endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id="pulse", aws_secret_access_key="hunter22hunter22", region_name="eu-central-1",
    ).Bucket(BUCKET)  # fmt: skip


def objects(port: int, folder: str) -> dict[str, bytes]:
    """Every object of a lake by its name."""
    found = bucket_at(port).objects.filter(Prefix=folder.removeprefix(f"s3://{BUCKET}/"))
    return {each.key: each.get()["Body"].read() for each in found}


def many(begin: int, words: str = WORDS) -> Batch:
    posts = [post(f"m{number}", text=f"{words} of post {number}") for number in range(begin, begin + MANY)]
    return Batch(records=posts, matches=[match(each) for each in posts])


def holding(server: int, folder: str) -> list[str]:
    """The objects in whose bytes the words stand."""
    return [name for name, body in objects(server, folder).items() if WORDS.encode() in body]


def test_a_lake_lives_in_a_bucket_and_words_that_are_deleted_are_in_no_object_of_it(
    tmp_path, postgres, line, server, folder, request
):
    for name in ("bucket", "second"):
        postgres.client("createdb", name)
    Lake.make(postgres.address("bucket"), folder)
    lake = Lake(postgres.address("bucket"))
    request.addfinalizer(lake.close)
    with Store(tmp_path / "here.duckdb") as here, Store(tmp_path / "late.duckdb") as late:
        sending = Publisher(here, postgres.address("bucket"))
        request.addfinalizer(sending.close)
        here.fold_congresses([congress()])
        here.fold(many(0))
        sending.send_all()
        here.fold(Batch(records=[post("kept")], matches=[match(post("kept"))]))
        sending.send_all()
        assert [] == [each.table for each in folded_anew(lake, here, lake.hosts()) if not each.same]
        with pytest.raises(UsageError, match="a folder of its own"):
            Lake.make(postgres.address("second"), folder)
        with pytest.raises(LakeAway, match="404"):
            Lake.make(postgres.address("second"), "s3://another/lake")
        tidy(lake, at(60 * 24 * 400))
        lost = f"{folder.removeprefix(f's3://{BUCKET}/')}/main/post/ducklake-of-a-writer-that-was-killed.parquet"
        bucket_at(server).put_object(Key=lost, Body=WORDS.encode())
        assert 2 <= len(holding(server, folder))
        here.fold(Batch(records=[Deletion("x", "post", f"m{number}", at(5)) for number in range(MANY)]))
        sending.send_all()
        assert MANY <= purge(lake, "a-host", at(90))
        assert [] == holding(server, folder)
        assert [] == rows_with(lake)
        follow(lake, late)
        assert [] == differing(here, late)


def test_while_the_store_is_away_collecting_goes_on_and_says_so_and_then_everything_arrives_once(
    tmp_path, address, line, lake
):
    with Store(tmp_path / "here.duckdb") as here, Store(tmp_path / "there.duckdb") as there:
        publisher = Publisher(here, address).start()
        here.fold(many(0))
        wait_for(lambda: here.outbox.writer and here.outbox.writer.whole and count(here, "outbox") == 0)
        line.cut()
        here.fold(many(MANY))
        wait_for(lambda: state_of(here) and state_of(here)[0][0] == "reconnecting", 60)
        here.fold(many(2 * MANY))
        assert 3 * MANY == count(here)
        assert "batches wait here" in state_of(here)[0][1]
        assert "hunter22" not in state_of(here)[0][1]
        line.join()
        wait_for(lambda: count(here, "outbox") == 0 and state_of(here) == [("live", "")], 90)
        publisher.stop(10)
        follow(lake, there)
        assert 3 * MANY == lake.line.ask("SELECT count(*) AS n FROM lake.post")["n"][0].as_py()
        assert [] == differing(here, there)
