"""A sign of life: figures in the log each minute, and word to the service manager that the store still answers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Any

from pipelines.clock import Clock
from pipelines.errors import StoreError
from pipelines.store.database import Store
from pipelines.store.reader import Reader
from pipelines.vitals import vitals

BEAT_SECONDS = 15.0
TOLD_EVERY = 4  # beats between two lines of figures

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def beating(store: Store, clock: Clock, beat: float = BEAT_SECONDS) -> AsyncGenerator[None]:
    """Beat while the context lasts; what waits for this service may start now."""
    tell_service_manager("READY=1")
    task = asyncio.create_task(_beat(store.another_reader(), clock, beat))
    try:
        yield
    finally:
        tell_service_manager("STOPPING=1")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _beat(reader: Reader, clock: Clock, beat: float) -> None:
    count = 0
    while True:
        try:
            rows = await asyncio.to_thread(lambda: vitals(reader, clock.now()).to_pylist())
        except StoreError:  # no word to the service manager: when it lasts, it starts the collector anew
            log.error("the store did not answer in time")
        else:
            tell_service_manager("WATCHDOG=1")
            if count % TOLD_EVERY == 0:
                _tell(rows)
            count += 1
        await asyncio.sleep(beat)


def _tell(rows: Iterable[Mapping[str, Any]]) -> None:
    """One line a source and one a congress."""
    by: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
    for row in rows:
        if row["figure"] == "posts":
            found = by["congress", row["congress_id"]]
            found["posts"] = found.get("posts", 0) + int(row["value"])
        elif row["congress_id"]:
            by["congress", row["congress_id"]][row["figure"]] = int(row["value"])
        elif row["figure"] == "state":
            by["source", row["source"]]["state"] = row["word"]
        else:
            by["source", row["source"]][row["figure"]] = round(row["value"], 3)
    for (kind, name), figures in sorted(by.items()):
        log.info("collecting", extra={kind: name, **figures})


def tell_service_manager(word: str) -> None:
    """Say a word to systemd where it started this process and listens; nothing elsewhere."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line, contextlib.suppress(OSError):
        line.sendto(word.encode(), f"\0{address[1:]}" if address.startswith("@") else address)
