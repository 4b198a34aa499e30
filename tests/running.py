"""A read service that runs in a thread of the test, as it does in the collector."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from pipelines.store.serve import ReadService, serving


@contextlib.contextmanager
def running(service: ReadService, data: Path) -> Iterator[ReadService]:
    """Serve on a free loopback port, with ``owner.json`` in ``data``, while the context lasts."""
    started, stop, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        async with serving(service, data):
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    started.wait(10)
    try:
        yield service
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
