"""Whoever answers the named reads: the collector that owns the database, or the file itself when none runs."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from pipelines.access import SIGHTED, Person, PersonRole
from pipelines.clock import RealClock
from pipelines.errors import ReadsUnavailable
from pipelines.launch import DATABASE
from pipelines.privacy import mask_from
from pipelines.reads import answer
from pipelines.store.client import OwnerClient
from pipelines.store.database import Store


class Reads(Protocol):
    """What recap, export and status ask: named reads, parameters by name."""

    def read(self, name: str, **params: Any) -> pa.Table: ...


class StoredReads:
    """The named reads of a store that this process has open."""

    def __init__(self, store: Store, now: datetime):
        self._store, self._now = store, now
        self._mask = mask_from(os.environ)

    def read(self, name: str, *, sight: PersonRole = "viewer", **params: Any) -> pa.Table:
        """The answer to a named read; parameters that are None are left to their default, ``sight`` as of the client."""
        if name in SIGHTED:
            params["sight"] = Person("", sight).sight
        given = {key: _text(value) for key, value in params.items() if value is not None}
        if name == "clock":
            return pa.Table.from_pylist([{"now": self._now, "version": self._store.version}])
        return answer(self._store.reader, name, given, self._now, self._mask)


@contextmanager
def asking(data: Path) -> Generator[Reads]:
    """The reads of a data directory, from its owner, or from its database while no owner runs.

    Raises:
        ReadsUnavailable: when there is neither.
    """
    with OwnerClient(data) as owner:
        try:
            owner.read("clock")
            running = True
        except ReadsUnavailable:
            running = False
        if running:
            yield owner
            return
    if not (data / DATABASE).exists():
        raise ReadsUnavailable(f"nothing was collected in {data} yet; start with: congress run")
    with Store(data / DATABASE) as store:
        yield StoredReads(store, RealClock().now())


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
