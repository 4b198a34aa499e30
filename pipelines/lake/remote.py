"""The lake in a process of its own, asked as if it were here.

A PostgreSQL that dies in the middle of a statement has been seen to take DuckDB, and with it the whole process, down
(1.5.5: "Attempted to access index 0 within vector of size 0", then std::terminate). So neither a collector nor a mirror
speaks with the lake itself: a child does, and one that ends is started again.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from multiprocessing.connection import Connection as Pipe
from typing import Any

import pyarrow as pa

from pipelines.errors import LakeAway
from pipelines.lake import requests
from pipelines.lake.connect import SETTING, check_installed
from pipelines.lake.log import Host, Lake, Told
from pipelines.lake.upkeep import Upkeep
from pipelines.store.requests import Answer, Request

PATIENCE = 600.0  # seconds: a purge writes files anew


class RemoteLake:
    """``Lake`` in a child process: the methods that a sender and a follower use.

    Raises:
        UsageError: without the extra ``lake``.
        LakeAway: from every method, when the lake or the child does not answer.
    """

    def __init__(self, address: str):
        check_installed()
        self._line, theirs = multiprocessing.Pipe()
        self._child = subprocess.Popen(
            [sys.executable, "-m", "pipelines.lake.remote", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env={**os.environ, SETTING: address},
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the parent, which closes the pipe
        )
        theirs.close()

    def position(self, writer: str) -> tuple[int, str] | None:
        return self._ask("position", writer)

    def join(self, now: datetime, seq: int = 0, before: str = "") -> tuple[str, str]:
        return self._ask("join", now, seq, before)

    def append(
        self, writer: str, tables: Mapping[str, pa.Table], upto: tuple[int, str], now: datetime, folded_at: datetime
    ) -> None:
        self._ask("append", writer, dict(tables), upto, now, folded_at)

    def append_next(self, writer: str, tables: Mapping[str, pa.Table], now: datetime) -> None:
        self._ask("append_next", writer, dict(tables), now)

    def changed(self, table: str, writer: str, now: pa.Table, known: pa.Table | None) -> pa.Table:
        return self._ask("changed", table, writer, now, known)

    def read(
        self,
        heard: Mapping[str, int],
        page: int,
        kinds: Collection[str] | None,
        own: str | None,
        only: Collection[str] | None,
    ) -> list[Told]:
        return self._ask("read", dict(heard), page, kinds, own, only)

    def hosts(self) -> dict[str, Host]:
        return self._ask("hosts")

    def ask_for(self, asked: Sequence[Request]) -> list[str]:
        return self._ask("ask_for", list(asked))

    def asked(self, writer: str) -> list[Request]:
        return self._ask("asked", writer)

    def answer(self, told: Answer) -> None:
        self._ask("answer", told)

    def answers(self, ids: Sequence[str]) -> list[Answer]:
        return self._ask("answers", list(ids))

    def keep(self, writer: str, now: datetime, urgent: bool) -> None:
        """Do for the lake what is due (``upkeep.Upkeep``)."""
        self._ask("keep", writer, now, urgent)

    def close(self) -> None:
        """End the child."""
        self._line.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(1)
            return
        self._child.kill()
        self._child.wait()

    def _ask(self, name: str, *arguments: Any) -> Any:
        try:
            self._line.send((name, arguments))
            if not self._line.poll(PATIENCE):
                raise LakeAway(f"the lake did not answer within {PATIENCE:.0f} s")
            answer = self._line.recv()
        except (EOFError, OSError):
            raise LakeAway("the process that speaks with the lake ended; it is started again") from None
        if isinstance(answer, Exception):
            raise answer
        return answer


class Served(Lake):
    """A lake with its requests and its upkeep, as the child holds it."""

    def __init__(self, address: str):
        super().__init__(address)
        self._upkeep = Upkeep()
        self._files: dict[str, str] = {}  # whose a writer is, which never changes

    def ask_for(self, asked: Sequence[Request]) -> list[str]:
        return requests.ask_for(self.line, asked)

    def asked(self, writer: str) -> list[Request]:
        if writer not in self._files:
            self._files[writer] = self.hosts()[writer].file
        return requests.asked(self.line, self._files[writer])

    def answer(self, told: Answer) -> None:
        requests.answer(self.line, told)

    def answers(self, ids: Sequence[str]) -> list[Answer]:
        return requests.answers(self.line, ids)

    def keep(self, writer: str, now: datetime, urgent: bool) -> None:
        self._upkeep.urgent = self._upkeep.urgent or urgent
        self._upkeep.round(self, writer, now)


def serve(line: Pipe, address: str) -> None:
    """Answer until the other end closes the pipe."""
    lake: Served | None = None
    while True:
        try:
            name, arguments = line.recv()
        except (EOFError, OSError):
            return
        try:
            lake = lake or Served(address)
            answer = getattr(lake, name)(*arguments)
        except Exception as error:  # whatever it is, whoever asked decides
            answer = error
        with contextlib.suppress(OSError):
            line.send(answer)


if __name__ == "__main__":
    serve(Pipe(int(sys.argv[1])), os.environ[SETTING])
    os._exit(0)  # a DuckDB in pieces must not be taken apart
