"""A real PostgreSQL for the lake's tests: started here on a free loopback port, as nobody where root runs the tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.lake.connect import VERSION
from pipelines.lake.log import Lake
from pipelines.lake.publish import Publisher
from pipelines.store.database import Store

USER = "pulse"


def programs() -> Path | None:
    """Where PostgreSQL's programs are: Debian keeps them out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    own = shutil.which("initdb")
    return found[-1].parent if found else Path(own).parent if own else None


class Postgres:
    """One cluster in a folder of its own."""

    def __init__(self, folder: Path, port: int, tools: Path):
        self.folder, self.port, self._tools = folder, port, tools
        self._as: dict = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(folder, "nobody", "nogroup")

    def run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [self._tools / program, *arguments], **self._as, cwd=self.folder, capture_output=True, text=True, timeout=60
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr}")
        return done.stdout

    def begin(self) -> None:
        self.run("initdb", "-D", "cluster", "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync", "--no-locale")
        self.start()

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        command = [self._tools / "pg_ctl", "-D", "cluster", "-w", "-o", options, "-l", "log", "start"]
        subprocess.run(command, **self._as, cwd=self.folder, check=True, stdout=subprocess.DEVNULL, timeout=60)

    def kill(self) -> None:
        """Stop at once, as when the machine goes."""
        self.run("pg_ctl", "-D", "cluster", "-m", "immediate", "stop")

    def client(self, program: str, *arguments: str) -> str:
        return self.run(program, "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, *arguments)

    def address(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    tools = programs()
    if tools is None:
        pytest.skip("no PostgreSQL here (Debian: apt install postgresql)")
    if duckdb.__version__ != VERSION:
        pytest.skip(f"the lake needs the extra: pip install -e '.[lake]' (DuckDB {VERSION}; here {duckdb.__version__})")
    pytest.importorskip("duckdb_extension_ducklake", reason="the lake needs the extra: pip install -e '.[lake]'")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="congress-pg-"))
    server = Postgres(folder, port, tools)
    server.begin()
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder)


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


def wait_for(what: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something holds, or fail."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)
