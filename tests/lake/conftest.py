"""A real PostgreSQL for the lake's tests: started here on a free loopback port, as nobody where root runs the tests."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable, Iterator

import duckdb
import pytest

from pipelines.bench.postgres import Postgres, cluster, programs
from pipelines.lake.connect import VERSION
from pipelines.lake.log import Lake
from pipelines.lake.publish import Publisher
from pipelines.lake.remote import Served
from pipelines.store.database import Store


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    missing = "no PostgreSQL here (Debian: apt install postgresql)" if programs() is None else ""
    if duckdb.__version__ != VERSION or importlib.util.find_spec("duckdb_extension_ducklake") is None:
        missing = f"the lake needs the extra: pip install -e '.[lake]' (DuckDB {VERSION}; here {duckdb.__version__})"
    if missing and os.environ.get("CONGRESS_NEED_LAKE"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    with cluster() as server:
        yield server


@pytest.fixture(scope="session")
def made(postgres) -> str:
    """A database in which an empty lake was made, for others to be copies of."""
    postgres.client("createdb", "made")
    Lake.make(postgres.address("made"), str(postgres.folder / "files"))
    return "made"


@pytest.fixture
def address(postgres, made, tmp_path) -> str:
    """The address of a fresh lake with its files under ``tmp_path``/files."""
    name = f"lake{time.monotonic_ns()}"
    postgres.client("createdb", "-T", made, name)
    files = f"UPDATE ducklake_metadata SET value = '{tmp_path}/files/' WHERE key = 'data_path'"
    postgres.client("psql", "-d", name, "-c", files)
    return postgres.address(name)


@pytest.fixture
def send(address) -> Iterator[Callable[[Store], None]]:
    """Sends all that waits in a store to the lake."""
    publishers: dict[int, Publisher] = {}

    def sending(store: Store) -> None:
        publishers.setdefault(id(store), Publisher(store, address)).send_all()

    yield sending
    for each in publishers.values():
        each.close()


@pytest.fixture
def lake(address) -> Iterator[Lake]:
    opened = Lake(address)
    yield opened
    opened.close()


@pytest.fixture
def at_hand(monkeypatch) -> None:
    """The lake in this process: quicker by a second a test; what goes over the pipe is tested with hosts as they run."""
    monkeypatch.setattr("pipelines.lake.publish.RemoteLake", Served)
    monkeypatch.setattr("pipelines.lake.mirror.RemoteLake", Served)


def wait_for(what: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something holds, or fail."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)
