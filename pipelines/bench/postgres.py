"""A PostgreSQL of one's own for measurements and tests: on a free loopback port, as nobody where root starts it."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

from pipelines.errors import UsageError

USER = "pulse"


def programs() -> Path | None:
    """Where PostgreSQL's programs are: Debian keeps them out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    own = shutil.which("initdb")
    return found[-1].parent if found else Path(own).parent if own else None


class Postgres:
    """One cluster in a folder of its own, without passwords."""

    def __init__(self, folder: Path, port: int, tools: Path):
        self.folder, self.port, self._tools = folder, port, tools
        self._as: dict[str, Any] = (
            {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
        )
        if self._as:
            shutil.chown(folder, "nobody", "nogroup")

    def run(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs in the folder; what it said.

        Raises:
            UsageError: when it failed.
        """
        done = subprocess.run(
            [self._tools / program, *arguments], **self._as, cwd=self.folder, capture_output=True, text=True, timeout=60
        )
        if done.returncode:
            raise UsageError(f"{program}: {done.stderr}")
        return done.stdout

    def client(self, program: str, *arguments: str) -> str:
        """Run a client program against this cluster."""
        return self.run(program, "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, *arguments)

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        command = [self._tools / "pg_ctl", "-D", "cluster", "-w", "-o", options, "-l", "log", "start"]
        subprocess.run(command, **self._as, cwd=self.folder, check=True, stdout=subprocess.DEVNULL, timeout=60)

    def kill(self) -> None:
        """Stop at once, as when the machine goes."""
        self.run("pg_ctl", "-D", "cluster", "-m", "immediate", "stop")

    def address(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"


@contextlib.contextmanager
def cluster() -> Generator[Postgres]:
    """A fresh cluster while the context lasts.

    Raises:
        UsageError: without PostgreSQL's programs.
    """
    tools = programs()
    if tools is None:
        raise UsageError("no PostgreSQL here (Debian: apt install postgresql)")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="congress-pg-"))
    server = Postgres(folder, port, tools)
    try:
        server.run("initdb", "-D", "cluster", "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync", "--no-locale")
        server.start()
        try:
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(folder)
